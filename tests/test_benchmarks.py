# SPDX-License-Identifier: GPL-2.0-only
"""The benchmarks run on tiny sizes, measure what they say, and give results in the form promised. Nothing is timed."""

import json
from pathlib import Path

import pytest

from benchmarks import importing, painting, range_map, report, whole
from benchmarks.timing import Row, in_turn, medians
from numakit import Machine, SharedPolicy, pages, policy, ring4

TINY = range_map.work(ranges=20, timed=30)
ROWS = [Row("painting", "ns a page", 3.0, 2.0, "at most 1.5 ns a page"), Row("fallback", "s", 0.5)]


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """The std::map, where it can be compiled."""
    made = range_map.compiled(tmp_path_factory.mktemp("range_map"))
    return made or pytest.skip(range_map.NO_COMPILER)


@pytest.mark.parametrize("seed", range(5))
def test_the_std_map_holds_and_finds_what_shared_policy_does(program, seed):
    work = range_map.work(ranges=20, timed=200, seed=seed)
    ours, theirs = range_map.in_python(work, range_map.policies()), range_map.in_cpp(work, program)
    assert (ours.ranges, ours.found) == (theirs.ranges, theirs.found)


def test_the_range_map_is_set_beside_the_std_map(program):
    rows = range_map.rows(program, TINY, times=1)
    assert [row.what.rpartition(": ")[2] for row in rows] == ["replace", "lookup"]
    assert all(row.ratio is not None for row in rows)


def test_without_a_compiler_the_range_map_stands_alone(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert range_map.compiled(tmp_path) is None
    assert [row.other for row in range_map.rows(None, TINY, times=1)] == [None, None]


def test_the_changes_keep_about_as_many_ranges_as_asked_for():
    done = range_map.in_python(range_map.work(ranges=100, timed=10), range_map.policies())
    assert 70 < done.ranges < 130


@pytest.mark.parametrize("size", [5, 8, 12, 20, 40])
def test_painting_gives_each_page_the_policy_that_lookup_finds(size):
    a, b = policy("bind:1", Machine(ring4())), policy("interleave:0-3", Machine(ring4()))
    shared = SharedPolicy().replace(2, 8, a).replace(8, 10, b).replace(14, 30, a)
    painted = painting.paint(shared, size)
    assert [painted.policies[n] for n in painted.numbers] == [shared.lookup(page) for page in range(size)]


def test_a_file_with_no_policy_is_painted_none():
    painted = painting.paint(SharedPolicy(), 3)
    assert (painted.numbers.tolist(), painted.policies) == ([0, 0, 0], (None,))


def test_the_file_to_be_painted_has_the_size_asked_for():
    file = painting.file_of(ranges=10, size=1280)
    assert len(pages.touch(file, Machine(ring4()))) == file.pages == 1280


@pytest.mark.parametrize("measure", [
    lambda: painting.rows(ranges=10, size=1280, times=1), lambda: importing.rows(times=1),
    lambda: whole.picture_rows(times=1), lambda: whole.fallback_rows(ring4(), times=1)],
    ids=["painting", "importing", "picture", "fallback"])
def test_each_part_measures_and_says_what(measure):
    for row in measure():
        assert row.what and row.unit and isinstance(row.ours, float)


def test_an_import_that_loads_numpy_is_refused(tmp_path):
    loaded = importing.IMPORT.replace("numakit\n", "numakit.pages\n")
    with pytest.raises(importing.subprocess.CalledProcessError):
        importing.run(loaded, str(tmp_path))


def test_the_picture_measured_is_drawn_with_its_recording():
    shown = whole.picture(7)
    assert shown.startswith("<svg") and "recorded" in shown and "<table" in shown


def test_jobs_take_turns():
    said = []
    assert in_turn(lambda: said.append("a"), lambda: said.append("b"), times=2) == [(None, None), (None, None)]
    assert said == ["a", "b", "a", "b"]


def test_each_job_has_its_median():
    assert len(medians(int, float, times=3)) == 2


def test_results_have_the_form_promised():
    found = json.loads(report.as_json(ROWS, ["a reason"]))
    assert found["rows"] == [
        {"what": "painting", "unit": "ns a page", "ours": 3.0, "other": 2.0, "ratio": 1.5,
         "goal": "at most 1.5 ns a page"},
        {"what": "fallback", "unit": "s", "ours": 0.5, "other": None, "ratio": None, "goal": None}]
    assert (found["left_out"], found["cores"] > 0) == (["a reason"], True)


def test_the_table_shows_each_row_and_what_was_left_out():
    lines = report.table(ROWS, ["no compiler"]).splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["what", "painting", "fallback"]
    assert "1.5x" in lines[1] and "Left out: no compiler." in lines
    assert [line.split()[-1] for line in lines[:3]] == ["met?", "missed", "-"]


@pytest.mark.parametrize(("ours", "other", "goal", "said"), [
    (1.5, None, "at most 1.5 ns a page", "yes"), (1.51, None, "at most 1.5 ns a page", "missed"),
    (10, 2, "at most 5x a std::map", "yes"), (11, 2, "at most 5x a std::map", "missed"),
    (61, 2, "at most 60 ms", "missed"), (11, None, "at most 5x a std::map", "-"), (11, 2, None, "-")])
def test_a_goal_is_met_or_missed_by_what_it_speaks_of(ours, other, goal, said):
    assert report.met(Row("it", "ms", ours, other, goal)) == said


@pytest.mark.parametrize("part", [range_map, painting, importing, whole], ids=lambda part: part.__name__)
def test_each_goal_is_one_that_the_table_can_read(part):
    source = Path(part.__file__).read_text(encoding="utf-8")
    assert source.count("at most ") == len(report.GOAL.findall(source))
