# SPDX-License-Identifier: GPL-2.0-only
"""play from outside: what it refuses, what it keeps when it is cut short, what a History says."""
from __future__ import annotations

import tracemalloc
from dataclasses import replace

import pytest

from numakit.errors import BadRange, InvalidNodes, ModelError, NotEnoughMemory
from numakit.kernel import V3_8, V6_1
from numakit.machine import Machine
from numakit.mempolicy import Mempolicy, Mode
from numakit.mount_option import policy
from numakit.nodemask import Nodemask
from numakit.shared_policy import SharedPolicy
from numakit.topology import nodes64, recorded4, ring4

np = pytest.importorskip("numpy")
rounds = pytest.importorskip("numakit.rounds")
memory = pytest.importorskip("numakit.rounds.memory")

SMALL = replace(V3_8, small_vma_gate=False)
TASKS = rounds.Runner((1,)), rounds.Runner((2,))
FIGHT = rounds.Scenario(Machine(ring4(), SMALL), 48, TASKS, rounds.Random(), seed=1)


@pytest.mark.parametrize(("changed", "error", "words"), [
    ({"pages": 0}, BadRange, "pages is 0; .* 1 or more"), ({"pages": 8.0}, BadRange, "8.0"),
    ({"round_ms": 0}, BadRange, "round_ms is 0"), ({"seed": -1}, BadRange, "seed"),
    ({"mapcount": 0}, BadRange, "mapcount"), ({"pattern": rounds.OwnPart}, BadRange, r"OwnPart\(\)"),
    ({"i_ino": -1}, BadRange, "i_ino"), ({"tasks": ()}, BadRange, "1 to 32768 Runners"),
    ({"tasks": (1, 2)}, BadRange, "Runners"), ({"tasks": (rounds.Runner((4,)),)}, InvalidNodes, "node 4; 0 to 3"),
    ({"tasks": (rounds.Runner((0,), prefers=9),)}, InvalidNodes, "node 9"), ({"kind": "file"}, BadRange, "'shmem' or"),
    ({"start": [0] * 47}, BadRange, r"\(47,\); a node for each of 48"), ({"start": [4] * 48}, InvalidNodes, "0 to 3"),
    ({"start": [0.5] * 48}, InvalidNodes, "0 to 3"), ({"start": [-1] * 48}, InvalidNodes, "0 to 3"),
    ({"start": 2}, BadRange, "task 2 .* 0 to 1"), ({"start": -1}, BadRange, "task -1"),
    ({"task_policy": Mempolicy(Mode.BIND, Nodemask.of(7))}, InvalidNodes, "bind"),
    ({"pattern": 3}, BadRange, "pattern"), ({"machine": None}, BadRange, "machine"),
    ({"tree": SharedPolicy().replace(0, 9, Mempolicy(Mode.BIND, Nodemask.of(7)))}, InvalidNodes, "0 to 3 would do")])
def test_a_scenario_that_cannot_be_is_refused(changed, error, words):
    with pytest.raises(error, match=words):
        replace(FIGHT, **changed)


@pytest.mark.parametrize(("args", "words"), [
    ((0,), "0 rounds"), ((True,), "True rounds"), ((1.5,), "1.5 rounds"), ((3, False, 0), "chunk of 0 pages")])
@pytest.mark.parametrize("play", [rounds.play, rounds.playing], ids=["play", "playing"])
def test_no_rounds_and_no_chunk_are_refused_at_once(play, args, words):
    with pytest.raises(BadRange, match=words):
        play(FIGHT, *args)


@pytest.mark.parametrize(("make", "error"), [
    (lambda: rounds.Runner(()), InvalidNodes), (lambda: rounds.Runner((-1,)), InvalidNodes),
    (lambda: rounds.Runner(("a",)), InvalidNodes), (lambda: rounds.Runner((0,), 0), BadRange),
    (lambda: rounds.Runner((0,), prefers=-1), InvalidNodes)])
def test_a_task_that_runs_nowhere_is_refused(make, error):
    with pytest.raises(error, match="would do"):
        make()


def test_a_scenario_starts_where_the_first_task_touches_the_pages():
    anon = replace(FIGHT, kind="anon", shared=False)
    assert rounds.play(anon, 1).start.tolist() == [0, 48, 0, 0]
    assert rounds.play(replace(anon, start=1), 1).start.tolist() == [0, 0, 48, 0]


def test_a_file_starts_where_its_policies_put_it_and_holes_where_the_task_runs():
    tree = SharedPolicy().replace(0, 8, policy("interleave", FIGHT.machine)).replace(
        40, 48, policy("bind:3", FIGHT.machine))
    file = replace(FIGHT, tree=tree, i_ino=7)
    history = rounds.play(file, 1, keep_pages=True)
    assert history.nodes[0].tolist() == [3, 0, 1, 2] * 2 + [1] * 32 + [3] * 8


def test_progress_is_told_after_each_round():
    told = []
    rounds.play(FIGHT, 3, progress=lambda done, all: told.append((done, all)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_an_interruption_leaves_the_rounds_that_were_finished():
    def interrupted(round, pages):
        if round == 4:
            raise KeyboardInterrupt
        return pages % 2
    history = rounds.play(replace(FIGHT, pattern=interrupted), 9, keep_pages=True)
    assert history.rounds == 4
    assert history.nodes.shape == (5, 48)
    assert not history.complete
    assert "interrupted" in repr(history)
    assert replace(history, complete=True) == rounds.play(replace(FIGHT, pattern=lambda r, pages: pages % 2), 4, True)


def test_playing_gives_the_history_after_each_round():
    found = list(rounds.playing(FIGHT, 3, keep_pages=True))
    assert [history.rounds for history in found] == [1, 2, 3]
    assert found[1] == rounds.play(FIGHT, 2, keep_pages=True)


def test_what_a_history_says():
    history = rounds.play(FIGHT, 24)
    moves = int(history.moves.sum())
    share = f"{100 * moves / 1152:.0f} % of page-rounds"
    assert repr(history).startswith(f"<24 rounds of 48 pages on 4 nodes: {moves} moves, {share}")
    assert history.page_count == 48
    row = history.table()[23]
    assert row["round"] == 23
    assert row["faults"] == 48
    assert row["node 1"] + row["node 2"] == 48
    assert row["moves"] == history.moves[23]
    assert history != 3


def test_pages_are_disputed_until_their_last_move():
    turns = replace(FIGHT, pages=2, start=[1, 1], pattern=lambda round, pages: np.where(pages == 0, round // 2 % 2, 0))
    history = rounds.play(turns, 8, keep_pages=True)
    assert history.moves.tolist() == [0, 0, 0, 1, 0, 1, 0, 1]
    assert history.disputed.tolist() == [1, 1, 1, 1, 1, 1, 1, 0]
    with pytest.raises(ModelError, match="keep_pages"):
        _ = rounds.play(turns, 2).disputed


def test_arrays_of_a_history_cannot_be_written():
    history = rounds.play(FIGHT, 2, keep_pages=True)
    for array in (history.pages, history.faults, history.nodes, history.start, history.scanned):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


@pytest.mark.parametrize(("machine", "tasks", "pattern", "most"), [
    (Machine(nodes64(), V3_8), [(0,), (1,)], rounds.OwnPart(), 2),
    (Machine(nodes64(), V6_1), [(0, 1)] * 200, rounds.Zipf(), 5),
    (Machine(recorded4(), V6_1), [(0, 1)], rounds.Random(), 3)])
def test_no_more_memory_is_taken_than_was_told(machine, tasks, pattern, most):
    scenario = rounds.Scenario(machine, 1_000_000, tuple(map(rounds.Runner, tasks)), pattern, "anon", False)
    assert memory.bytes_a_page(scenario) == most
    tracemalloc.start()
    rounds.play(scenario, 2, chunk=1 << 14)
    taken = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most * scenario.pages <= taken <= rounds.memory_needed(scenario, 2, chunk=1 << 14)


def test_more_memory_than_there_is_is_refused_before_anything_is_taken():
    huge = rounds.Scenario(Machine(recorded4(), V3_8), 1 << 36)
    words = r"need [\d,.]+ GB, and .* are free; [\d,]+ pages would do; Linux"
    with pytest.raises(NotEnoughMemory, match=words) as caught:
        rounds.play(huge, 3)
    assert isinstance(caught.value, MemoryError)


def test_kept_pages_that_do_not_fit_are_named_as_what_could_be_left_out(monkeypatch):
    scenario = rounds.Scenario(Machine(recorded4(), V3_8), 1_000_000)
    monkeypatch.setattr(memory, "free_memory", lambda: 100 << 20)
    with pytest.raises(NotEnoughMemory, match="keep_pages=False"):
        rounds.play(scenario, 200, keep_pages=True)


def test_free_memory_is_what_the_kernel_says_or_sysconf_or_unknown(tmp_path, monkeypatch):
    told = tmp_path / "meminfo"
    told.write_text("MemTotal:  9 kB\nMemAvailable:    7 kB\n")
    assert memory.free_memory(told) == 7 << 10
    told.write_text("MemTotal:  9 kB\n")
    assert memory.free_memory(told) > 0
    assert memory.free_memory(tmp_path / "none") != 0
    monkeypatch.delattr(memory.os, "sysconf")
    assert memory.free_memory(told) is None
