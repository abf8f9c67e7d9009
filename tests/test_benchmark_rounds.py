# SPDX-License-Identifier: GPL-2.0-only
"""The benchmarks of rounds, on few pages: the C loops do what `play` does, rows say what they say. Nothing is timed."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import report, rounds, rounds_alone, rounds_loops, rounds_scenarios
from numakit.rounds import play

ROUNDS = 5
TOPOLOGIES = [rounds_scenarios.flat(nodes) for nodes in (2, 4, 9, 64, 130)]


@pytest.fixture(scope="module")
def loops(tmp_path_factory):
    """The compiled loops, where they can be made."""
    return rounds_loops.compiled(tmp_path_factory.mktemp("loops")) or pytest.skip(rounds_loops.NO_COMPILER)


@pytest.mark.parametrize("kind", ["plain", "split"])
@pytest.mark.parametrize("topology", TOPOLOGIES, ids=lambda topology: topology.name)
@pytest.mark.parametrize("pages", [1, 4098, 20_001])
def test_the_c_loops_do_what_play_does_to_the_last_page(loops, kind, topology, pages):
    for made in (rounds_scenarios.steady, rounds_scenarios.brisk, rounds_scenarios.hot):
        scenario = made(topology, pages)
        loop = rounds_loops.loop(kind, scenario, loops)
        for round in range(ROUNDS):
            loop.step(round)
        assert loop.differences(play(scenario, ROUNDS, keep_pages=True)) == []


@pytest.mark.parametrize("kind", ["plain", "split"])
@pytest.mark.parametrize("round_ms", [1, 37, 100, 101, 350])
def test_the_c_loops_do_so_where_windows_are_full(loops, kind, round_ms):
    scenario = replace(rounds_scenarios.hot(TOPOLOGIES[1], 300_000), round_ms=round_ms)
    loop = rounds_loops.loop(kind, scenario, loops)
    for round in range(ROUNDS):
        loop.step(round)
    history = play(scenario, ROUNDS, keep_pages=True)
    assert loop.differences(history) == []
    assert history.refused_by_limit.any() == (round_ms < 350)


def test_a_loop_that_does_otherwise_is_told(loops):
    scenario = rounds_scenarios.steady(TOPOLOGIES[1], 1000)
    loop = rounds_loops.loop("plain", scenario, loops)
    loop.step(0)
    with pytest.raises(RuntimeError, match="the plain C loop do not agree in round 0: on, faults"):
        rounds.one_round(iter([play(replace(scenario, seed=2), 1)]), [loop], 0)


def test_steady_and_brisk_rounds_are_refused_nothing_and_hot_ones_are():
    topology = TOPOLOGIES[1]
    for made, refused in ((rounds_scenarios.steady, False), (rounds_scenarios.brisk, False),
                          (rounds_scenarios.hot, True)):
        assert play(made(topology, 500_000), 3).refused_by_limit.any() == refused
    assert not rounds_loops.limited(rounds_scenarios.steady(topology, 10**6))
    assert rounds_loops.limited(rounds_scenarios.brisk(topology, 10**6))


def test_each_row_has_a_goal_and_something_beside_it(loops):
    topology = TOPOLOGIES[1]
    for row in (*rounds.steady_rows(loops, topology, 2000, 1), *rounds.hot_rows(loops, topology, 2000, 1),
                *rounds.twin_rows(topology, 2000, 1, few=50)):
        assert row.ratio is not None
        assert report.met(row) != "-"


def test_without_a_compiler_rounds_stand_alone(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert rounds_loops.compiled(tmp_path) is None
    assert [row.other for row in rounds.steady_rows(None, TOPOLOGIES[1], 2000, 1)] == [None, None]
    assert rounds_loops.NO_COMPILER in rounds.left_out(None)


@pytest.mark.skipif(not rounds.has_proc(), reason=rounds.NO_PROC)
def test_memory_is_measured_in_a_process_of_its_own():
    assert [row.unit for row in rounds.memory_rows(pages=1000)] == ["bytes a page"] * 2
    assert [row.unit for row in rounds.size_rows(pages=2000, small=1000, rounds=1)] == ["GB", "ns a page"]


def test_a_process_without_a_peak_is_told(monkeypatch, tmp_path):
    status = tmp_path / "status"
    status.write_text("Name: python\n", encoding="utf-8")
    monkeypatch.setattr(rounds_alone, "STATUS", status)
    with pytest.raises(RuntimeError, match="does not say VmHWM"):
        rounds_alone.peak()


def test_too_little_memory_is_told(monkeypatch):
    monkeypatch.setattr(rounds, "free_memory", lambda: 1000)
    assert not rounds.has_room()
    assert not rounds.has_proc() or rounds.NO_ROOM in rounds.left_out(Path())


def test_each_goal_is_one_that_the_table_can_read():
    source = Path(rounds.__file__).read_text(encoding="utf-8")
    assert source.count("at most ") == len(report.GOAL.findall(source)) > 0
