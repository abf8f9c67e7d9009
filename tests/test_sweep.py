# SPDX-License-Identifier: GPL-2.0-only
"""Sweeps: every point of a grid, by any executor, with nothing lost when the run or a worker is killed."""

import json
import math
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections import Counter
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from numakit import V3_8, V6_12
from numakit.sweep import BadSweep, Failure, SweepWarning, Table, sweep

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "sweeps.md").read_text(encoding="utf-8")
GRID = {"a": [3, 1], "b": [10, 20, 30]}


def added(a, b):
    return {"sum": a + b}


def slowly_added(a, b):
    """As `added`, but no crew has done all points before anybody can interrupt it."""
    time.sleep(0.02)
    return added(a, b)


def odd_fails(n):
    if n % 2:
        raise ValueError(f"{n} is odd")
    return {"half": n // 2}


def die():
    """As the kernel does it that runs out of memory."""
    os.kill(os.getpid(), signal.SIGKILL)


def once_deadly(n, folder):
    """Point 3 kills its worker the first time."""
    marker = Path(folder) / "died"
    if n == 3 and not marker.exists():
        marker.touch()
        die()
    return {"square": n * n}


def deadly(n):
    if n == 3:
        die()
    return {"square": n * n}


def always_deadly(n):
    die()


def waits_at_three(n):
    if n == 3:
        threading.Event().wait()
    return {"square": n * n}


class Unpicklable(Exception):
    """Its pickle can't be read, and would break a pool that carries it."""

    def __init__(self, one, two):
        super().__init__(f"{one} {two}")


def raises_unpicklable(n):
    raise Unpicklable(n, n)


class Row:
    def as_row(self):
        return {"x": 1}


def quiet(*arguments, **named):
    """A sweep whose warnings are expected, and seen in its notes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SweepWarning)
        return sweep(*arguments, **named)


# Rows

def test_all_combinations_are_run_in_order():
    table = sweep(added, GRID)
    assert [(row["a"], row["b"], row["sum"]) for row in table.rows] == [
        (3, 10, 13), (3, 20, 23), (3, 30, 33), (1, 10, 11), (1, 20, 21), (1, 30, 31)]
    assert table.complete and table.failed == () and len(table) == 6


def test_a_list_of_dicts_is_just_these_points():
    assert [row["sum"] for row in sweep(added, [{"a": 2, "b": 2}, {"b": 0, "a": 1}]).rows] == [4, 1]


@given(st.lists(st.integers(), min_size=1, max_size=4), st.lists(st.integers(), min_size=1, max_size=4))
def test_each_combination_has_one_row_in_the_grids_order(a, b):
    rows = sweep(added, {"a": a, "b": b}).rows
    assert rows == tuple({"a": x, "b": y, "sum": x + y} for x in a for y in b)


@pytest.mark.parametrize("executor", [partial(ThreadPoolExecutor, 2), partial(ProcessPoolExecutor, 2)])
def test_any_executor_gives_the_same_table(executor):
    here = sweep(added, GRID)
    assert sweep(added, GRID, executor) == here
    with executor() as pool:
        assert sweep(added, GRID, pool) == here
        assert pool.submit(int, 7).result() == 7   # the user's executor goes on


def test_a_value_with_as_row_is_a_row():
    assert sweep(lambda n: Row(), {"n": [5]}).rows == ({"n": 5, "x": 1},)


def test_numbers_and_arrays_of_numpy_become_plain():
    np = pytest.importorskip("numpy")
    row = sweep(lambda n: {"n": n, "whole": n + 1, "half": n / 2, "some": np.arange(2)}, {"n": np.array([4])}).rows[0]
    assert {name: (value, type(value)) for name, value in row.items()} == {
        "n": (4, int), "whole": (5, int), "half": (2.0, float), "some": ([0, 1], list)}


def test_pandas_makes_a_frame_of_the_rows():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(sweep(added, GRID).rows)
    assert list(frame.columns) == ["a", "b", "sum"] and list(frame["sum"]) == [13, 23, 33, 11, 21, 31]


def test_progress_is_told_after_each_point():
    told = []
    sweep(added, GRID, progress=lambda done, total: told.append((done, total)))
    assert told == [(n, 6) for n in range(1, 7)]


@pytest.mark.parametrize(("table", "text"), [
    (Table("m.f", ({}, {}), (), 2), "<sweep of m.f: 2 points, all done>"),
    (Table("m.f", ({},), (), 1), "<sweep of m.f: 1 point, all done>"),
    (Table("m.f", ({},), (Failure({"n": 3}, "ValueError: no"),), 1200, (), True),
     "<sweep of m.f: 1 of 1,200 points done, 1 failed, 1,198 not run, interrupted>"),
    (Failure({"n": 3, "mpol": "local"}, "ValueError: no"), "<(n=3, mpol='local') failed: ValueError: no>"),
])
def test_a_table_and_a_failure_say_themselves(table, text):
    assert repr(table) == text


# Points that fail

@pytest.mark.parametrize("executor", [None, partial(ThreadPoolExecutor, 2), partial(ProcessPoolExecutor, 2)])
def test_a_point_that_raises_is_kept_with_its_arguments_and_the_others_go_on(executor):
    table = sweep(odd_fails, {"n": [0, 1, 2, 3]}, executor)
    assert table.rows == ({"n": 0, "half": 0}, {"n": 2, "half": 1})
    assert table.failed == (Failure({"n": 1}, "ValueError: 1 is odd"), Failure({"n": 3}, "ValueError: 3 is odd"))
    assert "in odd_fails" in table.failed[0].traceback and not table.complete


def test_an_error_that_no_pickle_carries_breaks_no_pool():
    table = sweep(raises_unpicklable, {"n": [1, 2]}, partial(ProcessPoolExecutor, 1))
    assert [failure.error for failure in table.failed] == ["test_sweep.Unpicklable: 1 1", "test_sweep.Unpicklable: 2 2"]
    assert table.notes == ()


def test_a_point_that_exits_is_one_that_failed():
    assert sweep(lambda n: sys.exit(n), {"n": [4]}).failed == (Failure({"n": 4}, "SystemExit: 4"),)


def test_an_argument_that_no_pickle_carries_is_a_point_that_failed():
    table = sweep(added, [{"a": threading.Lock(), "b": 1}, {"a": 1, "b": 1}], partial(ProcessPoolExecutor, 1))
    assert [row["sum"] for row in table.rows] == [2] and "cannot pickle" in table.failed[0].error


@pytest.mark.parametrize(("value", "said"), [
    ({"x": {1, 2}}, "the result['x'] is {1, 2}, a set; numbers, text, None, lists and dicts of these would do"),
    ({"x": [0, 1j]}, "the result['x'][1] is 1j, a complex;"),
    ({"x": {0: 5}}, "the result['x'] has the key 0; text would do, such as '0'"),
    (7, "the scenario returned 7; a dict of results by name would do"),
    (None, "the scenario returned None;"),
    ({"n": 6}, "the result's 'n' is 6 and the argument of that name 5; another name for the result would do"),
    ({"x": 10 ** 5000}, "ValueError: Exceeds the limit"),
])
def test_a_result_that_the_file_could_not_hold_is_a_point_that_failed(value, said):
    failure, = sweep(lambda n: value, {"n": [5]}).failed
    assert said in failure.error


# Bad input

BAD_GRIDS = [
    ({}, "a grid without a point; one name with one value or more would do"),
    ([], "a grid without a point;"),
    ({"a": [], "b": [1]}, "'a' has no value; one or more would do, or leave 'a' out"),
    ({"a": "zipf", "b": [1]}, "'a' has the values 'zipf'; a list would do: {'a': [...]}"),
    ({"a": 3, "b": [1]}, "'a' has the values 3; a list would do"),
    ({"a": {1, 2}, "b": [1]}, "'a' has the values {1, 2}; a list would do"),
    ({"a": iter([1]), "b": [1]}, "a list would do"),
    ({3: [1]}, "a grid with the name 3; a name such as 'nodes' would do"),
    ({"no name": [1]}, "a grid with the name 'no name';"),
    ([{"a": 1, "b": 2}, 7], "point 1 of the grid is 7; a dict such as {'nodes': 2} would do"),
    ([{None: 1}], "a grid with the name None;"),
    ("ab", "a grid that is a str;"),
    (5, "a grid that is a int;"),
    ({"a": range(10_000), "b": range(10_000)}, "a grid of 100,000,000 points; up to 1,000,000 would do"),
    ({"a": [1], "c": [1]}, "points with the names a, c: missing a required argument: 'b'; what the scenario takes"),
    ([{"a": 1, "b": 1}, {"a": 1, "b": 1, "c": 1}], "got an unexpected keyword argument 'c'"),
]


@pytest.mark.parametrize(("grid", "said"), BAD_GRIDS)
def test_a_grid_that_cant_be_run_is_answered_before_any_point_is(grid, said, tmp_path):
    file = tmp_path / "sweep.jsonl"
    with pytest.raises(BadSweep, match=re.escape(said)) as caught:
        sweep(added, grid, file=file)
    assert len(str(caught.value).split("; ")) >= 3 and not file.exists()


@pytest.mark.parametrize("executor", [7, object(), dict, "threads"])
def test_an_executor_that_is_none_is_refused(executor):
    with pytest.raises(BadSweep, match="of a Dask client, client.get_executor"):
        sweep(added, GRID, executor)


def test_a_scenario_that_is_no_function_is_refused():
    with pytest.raises(BadSweep, match="the scenario 7; a function of named arguments"):
        sweep(7, GRID)


def test_a_scenario_that_no_process_can_find_is_refused_and_threads_take_it():
    def scenario(n):
        return {"n": n}

    with pytest.raises(BadSweep, match="can't go to another process .*; a function at the top of a module would do"):
        sweep(scenario, {"n": [1]}, ProcessPoolExecutor)
    assert sweep(scenario, {"n": [1]}, ThreadPoolExecutor).complete


@pytest.mark.parametrize(("scenario", "grid"), [(lambda a: {}, {"a": [1]}), (odd_fails, {"n": [object()]})])
def test_with_a_file_what_a_later_run_could_not_know_again_is_refused(scenario, grid, tmp_path):
    with pytest.raises(BadSweep, match="a later run must know it again"):
        sweep(scenario, grid, file=tmp_path / "sweep.jsonl")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        sweep(added, GRID, file=tmp_path / "nowhere" / "sweep.jsonl")


# The file

def test_the_file_says_what_is_swept_and_has_a_line_for_each_point(tmp_path):
    file = tmp_path / "sweep.jsonl"
    sweep(added, {"a": [1, 2], "b": [5]}, file=file)
    assert [json.loads(line) for line in file.read_text().splitlines()] == [
        {"numakit sweep": 1, "scenario": "test_sweep.added", "grid": {"a": [1, 2], "b": [5]}},
        {"point": 0, "args": {"a": 1, "b": 5}, "result": {"sum": 6}},
        {"point": 1, "args": {"a": 2, "b": 5}, "result": {"sum": 7}}]


def test_each_line_is_in_the_file_before_progress_is_told(tmp_path):
    file = tmp_path / "sweep.jsonl"
    lines = []
    sweep(added, GRID, file=file, progress=lambda done, total: lines.append(file.read_bytes().count(b"\n")))
    assert lines == [2, 3, 4, 5, 6, 7]


def test_what_has_a_result_is_not_run_again(tmp_path):
    file, told = tmp_path / "sweep.jsonl", []
    first = sweep(added, GRID, file=file)
    before = file.read_bytes()
    assert sweep(added, GRID, file=file, progress=lambda *done: told.append(done)) == first
    assert told == [(6, 6)] and file.read_bytes() == before


def test_what_failed_is_run_again_and_its_result_counts(tmp_path):
    file, well = tmp_path / "sweep.jsonl", tmp_path / "well"

    def scenario(n):
        if n == 1 and not well.exists():
            raise OSError("ill")
        return {"square": n * n}

    assert sweep(scenario, {"n": [0, 1, 2]}, file=file).failed == (Failure({"n": 1}, "OSError: ill"),)
    well.touch()
    for _ in range(2):
        assert [row["square"] for row in sweep(scenario, {"n": [0, 1, 2]}, file=file).rows] == [0, 1, 4]


def test_numbers_that_json_has_no_word_for_come_back(tmp_path):
    grid = {"n": [math.inf, 0.1]}
    for _ in range(2):
        rows = sweep(odd_one_out, grid, file=tmp_path / "sweep.jsonl").rows
        assert rows[0]["y"] == -math.inf and math.isnan(rows[0]["z"]) and rows[1]["y"] == -0.1


def odd_one_out(n):
    return {"y": -n, "z": math.nan}


def test_arguments_that_json_cant_hold_are_known_by_their_repr(tmp_path):
    file, grid = tmp_path / "sweep.jsonl", {"kernel": [V3_8, V6_12], "nodes": [(0, 1)]}
    rows = sweep(told_by, grid, file=file).rows
    assert rows[1] == {"kernel": V6_12, "nodes": (0, 1), "filter": V6_12.two_stage_filter}
    assert sweep(told_by, grid, file=file).rows == rows
    with pytest.raises(BadSweep, match="on another grid"):
        sweep(told_by, {"kernel": [V6_12, V3_8], "nodes": [(0, 1)]}, file=file)


def told_by(kernel, nodes):
    return {"filter": kernel.two_stage_filter}


def test_a_partial_is_known_by_what_it_holds(tmp_path):
    file = tmp_path / "sweep.jsonl"
    assert sweep(partial(added, b=1), {"a": [1]}, file=file).complete
    with pytest.raises(BadSweep, match=r"holds a sweep of partial\(test_sweep.added, b=1\)"):
        sweep(partial(added, b=2), {"a": [1]}, file=file)


@pytest.mark.parametrize(("scenario", "grid", "said"), [
    (odd_fails, {"n": [1]}, "holds a sweep of test_sweep.added; name another file, or sweep the same again; not of "),
    (added, {"a": [3, 1], "b": [10, 20]}, "on another grid, of 6 points; name another file"),
    (added, {"b": [10, 20, 30], "a": [3, 1]}, "on another grid"),   # the same points in another order
])
def test_another_sweeps_file_is_refused_and_left_as_it_is(scenario, grid, said, tmp_path):
    file = tmp_path / "sweep.jsonl"
    sweep(added, GRID, file=file)
    before = file.read_bytes()
    with pytest.raises(BadSweep, match=re.escape(said)):
        sweep(scenario, grid, file=file)
    assert file.read_bytes() == before


@pytest.mark.parametrize("found", [b"a letter to a friend", b"a,b\n1,2\n", b"\x00\xff\n", b"{}\n", b"[1]\n", b"\n",
                                   b'{"numakit sweep": 1, "scenario": "x", "grid": []}\n', b'{"numakit sweep": 2'])
def test_a_file_that_is_no_sweeps_is_refused_and_left_as_it_is(found, tmp_path):
    file = tmp_path / "sweep.jsonl"
    file.write_bytes(found)
    with pytest.raises(BadSweep, match="does not begin as a sweep's file; name a file that is not there yet"):
        sweep(added, GRID, file=file)
    assert file.read_bytes() == found


def test_a_file_of_a_later_format_is_refused(tmp_path):
    file = tmp_path / "sweep.jsonl"
    file.write_text('{"numakit sweep": 2, "scenario": "test_sweep.added", "grid": [{"a": 1}]}\n')
    with pytest.raises(BadSweep, match="format 2; format 1 would do"):
        sweep(added, GRID, file=file)


@pytest.mark.parametrize("line", ["rubbish", "7", '{"point": 9, "args": {}, "result": {}}', '{"point": "0"}',
                                  '{"point": -1, "args": {"a": 1, "b": 30}, "result": {}}', "",
                                  '{"point": 0, "args": {"a": 8, "b": 10}, "result": {}}',
                                  '{"point": 0, "args": {"a": 3, "b": 10}, "result": 7}',
                                  '{"point": 0, "args": {"a": 3, "b": 10}}'])
def test_a_line_that_cant_be_read_is_named_and_the_file_left_as_it_is(line, tmp_path):
    file = tmp_path / "sweep.jsonl"
    sweep(added, GRID, file=file)
    lines = file.read_text().splitlines()
    file.write_text("\n".join([*lines[:3], line, *lines[3:], ""]))
    before = file.read_bytes()
    with pytest.raises(BadSweep, match="line 4 of .* can't be read as a point of this sweep; mend or remove that line"):
        sweep(added, GRID, file=file)
    assert file.read_bytes() == before


def test_a_file_cut_at_any_byte_is_gone_on_with_to_the_same_table(tmp_path):
    # Wherever a kill falls: in the header, in a line, between two.
    small = {"a": [1, 2], "b": [5]}
    whole, file = tmp_path / "whole.jsonl", tmp_path / "cut.jsonl"
    expected = sweep(added, small, file=whole)
    said = whole.read_bytes()
    for end in range(len(said)):
        file.write_bytes(said[:end])
        table = quiet(added, small, file=file)
        half = end and said[end - 1:end] != b"\n"
        assert table == expected and file.read_bytes().startswith(said[:end]) and bool(table.notes) == bool(half)
        assert sweep(added, small, file=file) == expected   # and once more, with nothing to tell


def test_a_half_written_line_is_told_and_stays(tmp_path):
    file = tmp_path / "sweep.jsonl"
    sweep(added, GRID, file=file)
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.warns(SweepWarning, match="line 7 of .* was cut short when an earlier run ended"):
        table = sweep(added, GRID, file=file)
    assert table.complete and "cut short" in table.notes[0]
    assert "<- cut short here" in file.read_text().splitlines()[6]


def test_two_sweeps_of_one_process_dont_share_a_file(tmp_path):
    file = tmp_path / "sweep.jsonl"

    def scenario(n):
        return {"inner": repr(sweep(added, GRID, file=file))}

    assert "is being written by another sweep" in sweep(scenario, {"n": [1]}, file=file).failed[0].error
    assert sweep(scenario, {"n": [1]}, file=file).failed   # the first has let it go


# Workers that die

@pytest.mark.parametrize("ours", [True, False])
def test_the_points_of_a_worker_that_died_are_run_again(ours, tmp_path):
    grid, pool = {"n": range(8), "folder": [str(tmp_path)]}, partial(ProcessPoolExecutor, 2)
    with pytest.warns(SweepWarning, match="a worker died"):
        table = sweep(once_deadly, grid, pool if ours else pool())
    assert [row["square"] for row in table.rows] == [n * n for n in range(8)]
    assert table.complete and any("n=3" in note for note in table.notes)


def test_a_point_that_kills_each_worker_is_kept_as_failed_and_no_other_is_blamed(tmp_path):
    table = quiet(deadly, {"n": range(8)}, partial(ProcessPoolExecutor, 2), file=tmp_path / "sweep.jsonl")
    assert table.failed == (Failure({"n": 3}, "its worker died, 2 times while it ran alone"),)
    assert [row["n"] for row in table.rows] == [0, 1, 2, 4, 5, 6, 7]


def test_a_single_point_that_kills_its_worker_is_kept_as_failed():
    table = quiet(deadly, {"n": [3]}, partial(ProcessPoolExecutor, 2))
    assert table.notes == ("a worker died at the point (n=3); run again",
                           "a worker died again at the point (n=3); kept as failed")


def test_pools_that_die_and_die_are_given_up():
    table = quiet(always_deadly, {"n": range(30)}, partial(ProcessPoolExecutor, 1))
    assert table.rows == () and 0 < len(table.failed) < 30
    assert table.notes[-1].startswith("10 pools of workers died before a point ended: are the scenario")


def test_a_pool_that_was_broken_before_is_replaced():
    with ProcessPoolExecutor(1) as pool:
        with pytest.raises(BrokenExecutor):
            pool.submit(die).result()
        assert sweep(added, GRID, pool) == sweep(added, GRID)


def test_processes_that_start_afresh_do_as_well():
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        assert sweep(added, GRID, pool) == sweep(added, GRID)


class Breaking(Executor):
    """Breaks at its fourth point, as somebody's own executor might."""

    def __init__(self):
        self.points = 0

    def submit(self, fn, /, *arguments, **named):
        self.points += 1
        future = Future()
        if self.points == 4:
            future.set_exception(BrokenExecutor("gone"))
        else:
            future.set_result(fn(*arguments, **named))
        return future


def test_a_broken_executor_of_another_kind_is_told_and_what_is_done_stays(tmp_path):
    file = tmp_path / "sweep.jsonl"
    table = quiet(added, GRID, Breaking(), file=file)
    assert not table.complete and len(table.rows) + 1 == table.points
    assert "another like it can't be made from here: sweep again with a new one" in table.notes[-1]
    assert sweep(added, GRID, file=file) == sweep(added, GRID)


def test_an_executor_that_was_shut_down_is_told():
    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    table = quiet(added, GRID, pool)
    assert table.rows == () and table.notes == ("cannot schedule new futures after shutdown; the points that are left "
                                                "were not run",)


@pytest.mark.parametrize("kind", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_an_executor_that_is_shut_down_on_the_way_is_told(kind):
    pool = kind(1)
    table = quiet(slowly_added, {"a": range(50), "b": [1]}, pool,
                  progress=lambda done, total: done == 1 and pool.shutdown(wait=False, cancel_futures=True))
    assert 1 <= len(table.rows) < 50 and "the points that are left were not run" in table.notes[-1]


# Interruptions

@pytest.mark.parametrize("executor", [None, partial(ThreadPoolExecutor, 2), partial(ProcessPoolExecutor, 2)])
def test_ctrl_c_gives_what_is_done(executor, tmp_path):
    def at_three(done, total):
        if done == 3:
            signal.raise_signal(signal.SIGINT)

    file = tmp_path / "sweep.jsonl"
    table = sweep(slowly_added, {"a": range(50), "b": [1]}, executor, file=file, progress=at_three)
    assert table.interrupted and 3 <= len(table.rows) < 50 and not table.complete
    assert file.read_bytes().count(b"\n") > len(table.rows)
    assert sweep(slowly_added, {"a": range(50), "b": [1]}, file=file) == sweep(slowly_added, {"a": range(50), "b": [1]})


def test_what_workers_had_finished_at_ctrl_c_is_kept_too():
    first = []

    def interrupt(done, total):
        if not first:
            first.append(done)
            pool.submit(int).result()   # one thread, in order: all five have ended now
            signal.raise_signal(signal.SIGINT)

    with ThreadPoolExecutor(1) as pool:
        table = sweep(odd_one_out, {"n": range(5)}, pool, progress=interrupt)
    assert table.interrupted and table.complete


def test_a_scenario_that_is_interrupted_here_is_no_failed_point():
    def scenario(n):
        if n == 2:
            raise KeyboardInterrupt
        return {"square": n * n}

    table = sweep(scenario, {"n": range(5)})
    assert [row["n"] for row in table.rows] == [0, 1] and table.failed == () and table.interrupted


def test_a_worker_that_was_interrupted_interrupts_the_sweep():
    table = sweep(interrupted_at_two, {"n": range(50)}, partial(ProcessPoolExecutor, 1))
    assert table.interrupted and table.failed == () and [row["n"] for row in table.rows[:2]] == [0, 1]


def interrupted_at_two(n):
    if n == 2:
        raise KeyboardInterrupt
    return {"square": n * n}


SCRIPT = """
import sys
import time
sys.path[:0] = [{tests!r}, {root!r}]
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from numakit.sweep import sweep
from test_sweep import {scenario} as scenario
table = sweep(scenario, {{"n": range({points})}}, {executor}, file={file!r},
              progress=lambda done, total: print(done, flush=True))
print(table, flush=True)
"""


def script(file, executor=None, scenario="waits_at_three", points=8):
    """A sweep in a process group of its own, started."""
    code = SCRIPT.format(tests=str(ROOT / "tests"), root=str(ROOT), file=str(file), executor=executor, points=points,
                         scenario=scenario)
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            start_new_session=True)


def squares(points):
    """The table that an uninterrupted run of the script would have."""
    return [{"n": n, "square": n * n} for n in range(points)]


def resumed(file, points):
    """The rows after another run on the same file, by a scenario of that name which does not wait."""
    def waits_at_three(n):
        assert n not in had, "this point had its result"
        return {"square": n * n}

    lines = [json.loads(line) for line in file.read_text().splitlines()[1:] if line.endswith("}")]
    had = {line["point"] for line in lines}
    assert len(had) == len(lines) > 0
    waits_at_three.__qualname__ = "waits_at_three"
    return list(quiet(waits_at_three, {"n": range(points)}, file=file).rows)


@pytest.mark.parametrize("executor", [None, "partial(ProcessPoolExecutor, 2)"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_ended_from_outside_is_gone_on_with_as_if_nothing_had_been(executor, number, tmp_path):
    file = tmp_path / "sweep.jsonl"
    with script(file, executor) as running:
        ended = 7 if executor else 3   # of two workers one waits, and the other does the rest
        assert [running.stdout.readline() for _ in range(ended)] == [f"{n}\n" for n in range(1, ended + 1)]
        if number == signal.SIGINT:
            os.killpg(running.pid, number)   # as Ctrl-C in a terminal: all of them have it
            assert running.stdout.readline() == (f"<sweep of test_sweep.waits_at_three: {ended} of 8 points done, "
                                                 f"{8 - ended} not run, interrupted>\n")
        else:
            running.kill()                   # the first alone: workers outlive it, and hold no lock
            running.wait()
        assert resumed(file, 8) == squares(8)
        if number == signal.SIGKILL and executor:
            os.killpg(running.pid, number)


def test_a_run_killed_again_and_again_at_any_moment_comes_to_its_end(tmp_path):
    file, runs = tmp_path / "sweep.jsonl", 0
    for stop in (40, 7, 90):
        with script(file, scenario="deadly_never", points=400) as running:
            for _ in range(stop):
                running.stdout.readline()
            running.kill()
            runs += 1
    table = quiet(deadly_never, {"n": range(400)}, file=file)
    assert list(table.rows) == squares(400) and runs == 3
    ran = Counter(json.loads(line).get("point") for line in file.read_text().splitlines() if line.endswith("}"))
    assert set(ran.values()) == {1}   # no point with a result was run twice


def deadly_never(n):
    return {"square": n * n}


def test_two_processes_dont_share_a_file(tmp_path):
    file = tmp_path / "sweep.jsonl"
    with script(file) as running:
        running.stdout.readline()
        with pytest.raises(BadSweep, match="is being written by another sweep; wait for its end, or name another file"):
            sweep(waits_at_three, {"n": range(8)}, file=file)
        running.kill()


# Dask, and the page

def test_a_dask_clients_executor_runs_a_sweep(tmp_path):
    distributed = pytest.importorskip("distributed")
    with distributed.Client(n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None) as client:
        table = sweep(added, GRID, client.get_executor(), file=tmp_path / "sweep.jsonl")
        failing = sweep(odd_fails, {"n": [1, 2]}, client.get_executor())
        with pytest.raises(BadSweep, match="client.get_executor"):
            sweep(added, GRID, client)
    assert table == sweep(added, GRID) == sweep(added, GRID, file=tmp_path / "sweep.jsonl")
    assert failing.failed == (Failure({"n": 1}, "ValueError: 1 is odd"),) and len(failing.rows) == 1


def test_a_point_that_kills_dasks_workers_is_kept_as_failed_and_the_others_go_on():
    distributed = pytest.importorskip("distributed")
    dask = pytest.importorskip("dask")
    with dask.config.set({"distributed.scheduler.allowed-failures": 0}), \
            distributed.Client(n_workers=1, threads_per_worker=1, processes=True, dashboard_address=None) as client:
        table = quiet(deadly, {"n": [0, 3, 4]}, client.get_executor())
    assert [row["n"] for row in table.rows] == [0, 4]
    assert table.failed == (Failure({"n": 3}, "its worker died, 2 times while it ran alone"),)


def blocks():
    """The page's pieces of Python, in order."""
    return re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def test_the_code_of_the_page_runs_and_says_what_the_page_says(tmp_path):
    module, *others = blocks()
    (tmp_path / "spread.py").write_text(module)
    there = [code for code, needs in zip(others, ["json", "json", "json", "distributed", "pandas"], strict=True)
             if subprocess.run([sys.executable, "-c", f"import {needs}"], capture_output=True).returncode == 0]
    (tmp_path / "page.py").write_text("".join(there))
    done = subprocess.run([sys.executable, "page.py"], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)},
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    said = re.findall(r"# (<.*>|\{.*\})", "".join(others)) + ["9 9"]
    assert done.stdout.splitlines()[:3] == said
