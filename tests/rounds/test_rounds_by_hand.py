# SPDX-License-Identifier: GPL-2.0-only
"""Small plays whose every round is worked out by hand."""
from __future__ import annotations

from dataclasses import replace

import pytest

from numakit.kernel import V3_6, V3_8, V3_13, V6_1
from numakit.machine import Machine
from numakit.mempolicy import Flag, Mempolicy, Mode
from numakit.mount_option import policy
from numakit.nodemask import Nodemask
from numakit.shared_policy import SharedPolicy
from numakit.topology import Topology, recorded4_v3_8, two_sockets

np = pytest.importorskip("numpy")
rounds = pytest.importorskip("numakit.rounds")

V3_8_SMALL = replace(V3_8, small_vma_gate=False)
"""v3.8 for a mapping of a few pages: it would skip those below 512."""

both = pytest.mark.parametrize("play", [rounds.play, rounds.play_plainly], ids=["arrays", "loop"])


def two_tasks(kernel=V3_8_SMALL, **changed):
    """Four pages of tmpfs on node 0, a task on node 1 and a task on node 2."""
    known = {"machine": Machine(recorded4_v3_8(), kernel), "pages": 4, "start": [0] * 4,
             "tasks": (rounds.Runner((1,)), rounds.Runner((2,))), "pattern": rounds.PingPong()}
    return rounds.Scenario(**known | changed)


@both
def test_two_tasks_in_turn_on_four_pages_move_none_in_v3_8(play):
    # The first task is where the scanner first met the process: it may not scan. The second may, for both.
    # round 0  task 1 on node 1 faults on each page: last task unset, none moves; the pages remember node 1
    # round 1  task 2 on node 2: the fault before came from node 1, none moves; the pages remember node 2
    # round 2  task 1: the fault before came from node 2, none moves ... and so on for ever
    history = play(two_tasks(), 4)
    assert history.scanned.tolist() == [True] * 4
    assert history.faults.tolist() == [[0, 4, 0, 0], [0, 0, 4, 0], [0, 4, 0, 0], [0, 0, 4, 0]]
    assert history.local.sum() == 0
    assert history.moves.tolist() == [0, 0, 0, 0]
    assert history.pages.tolist() == [[4, 0, 0, 0]] * 4


@both
def test_in_v3_13_the_first_of_them_gets_the_pages(play):
    # round 0  task 1: the pages have no last task, which passes: 4 pages go to node 1
    # round 1  task 2: the fault before came from node 1: stay.  round 2  task 1, local, but the last was task 2: stay
    history = play(two_tasks(V3_13, kind="anon", shared=False), 3)
    assert history.migrations.tolist() == [[0, 4, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    assert history.local.tolist() == [[0, 0, 0, 0], [0, 0, 0, 0], [0, 4, 0, 0]]
    assert history.pages.tolist() == [[0, 4, 0, 0]] * 3


@both
def test_without_the_filter_every_fault_from_elsewhere_is_a_move(play):
    history = play(two_tasks(replace(V3_8_SMALL, two_stage_filter="none")), 4)
    assert history.moves.tolist() == [4, 4, 4, 4]
    assert history.pages.tolist() == [[0, 4, 0, 0], [0, 0, 4, 0]] * 2


@both
def test_nobody_is_no_task_on_any_node(play):
    # Tasks on nodes 0 and 1, a policy that may move pages by itself (a switch of the model), and pages without a touch.
    by_index = Mempolicy(Mode.INTERLEAVE, Nodemask.of(0, 1), Flag.MOF)
    tasks = rounds.Runner((0,)), rounds.Runner((1,))
    history = play(two_tasks(tasks=tasks, task_policy=by_index, pattern=lambda round, pages: pages // 2 * 2 - 1), 2)
    assert history.faults.tolist() == [[0, 2, 0, 0]] * 2
    assert history.pages.tolist() == [[3, 1, 0, 0]] * 2


@both
def test_two_rounds_each_make_every_second_round_a_move(play):
    # task 1 has rounds 0 and 1, task 2 rounds 2 and 3: the second fault in a row takes the pages along
    turns = two_tasks(pattern=lambda round, pages: np.full(len(pages), round // 2 % 2))
    history = play(turns, 8)
    assert history.moves.tolist() == [0, 4, 0, 4, 0, 4, 0, 4]
    assert history.pages.tolist() == [[4, 0, 0, 0], [0, 4, 0, 0], [0, 4, 0, 0], [0, 0, 4, 0]] + [
        [0, 0, 4, 0], [0, 4, 0, 0], [0, 4, 0, 0], [0, 0, 4, 0]]


@both
def test_a_task_that_stays_on_its_first_node_is_never_scanned_and_one_that_leaves_opens_the_gate_for_good(play):
    stays = two_tasks(tasks=(rounds.Runner((1,)),), pattern=rounds.OwnPart())
    assert not play(stays, 3).scanned.any()
    leaves = two_tasks(tasks=(rounds.Runner((1, 2), stay=2),), pattern=rounds.OwnPart())
    history = play(leaves, 6)
    assert history.scanned.tolist() == [False, False, True, True, True, True]
    assert history.moves.tolist() == [0, 0, 0, 4, 0, 4]


@both
def test_pages_that_nobody_touches_keep_their_marks(play):
    # Scanned in round 0 and touched in round 1 for the first time; pages 2 and 3 are never touched.
    history = play(two_tasks(pattern=lambda round, pages: np.where((pages < 2) & (round > 0), 1, -1)), 3)
    assert history.faults.tolist() == [[0, 0, 0, 0], [0, 0, 2, 0], [0, 0, 2, 0]]
    assert history.pages.tolist() == [[4, 0, 0, 0], [4, 0, 0, 0], [2, 0, 2, 0]]


@both
def test_a_mark_outlives_a_scan_that_would_not_set_it_again(play):
    # v6.1, an only task on nodes 1 and 2 in turn, two private pages on node 2; page 1 is left alone in round 0.
    # round 0  from node 1 both are marked; page 0 faults and moves to node 1
    # round 1  from node 2 page 0 is marked anew; page 1, local now, would not be, but still is: a local fault
    alone = two_tasks(V6_1, kind="anon", shared=False, pages=2, start=[2, 2], tasks=(rounds.Runner((1, 2)),),
                      pattern=lambda round, pages: np.where((pages == 0) | (round > 0), 0, -1))
    history = play(alone, 2)
    assert history.faults.tolist() == [[0, 1, 0, 0], [0, 0, 2, 0]]
    assert history.local.tolist() == [[0, 0, 0, 0], [0, 0, 1, 0]]


@both
@pytest.mark.parametrize(("kernel", "changed"), [
    (V3_8, {}), (V3_6, {}), (V3_8_SMALL, {"mapcount": 2}), (V3_13, {}), (V6_1, {"shared": False})])
def test_where_a_gate_is_shut_nothing_happens(play, kernel, changed):
    history = play(two_tasks(kernel, **changed), 3)
    assert history.faults.sum() == history.migrations.sum() == 0
    assert history.pages.tolist() == [[4, 0, 0, 0]] * 3


@both
def test_a_policy_on_half_of_the_file_pays_for_faults_and_moves_nothing(play):
    tree = SharedPolicy().replace(2, 4, policy("local", Machine(recorded4_v3_8(), V3_8)))
    history = play(two_tasks(tree=tree, pattern=lambda round, pages: np.ones(len(pages), int)), 2)
    assert history.faults.tolist() == [[0, 0, 4, 0], [0, 0, 4, 0]]
    assert history.pages.tolist() == [[4, 0, 0, 0], [2, 0, 2, 0]]


@both
def test_a_node_without_memory_takes_no_page(play):
    bare = Topology("one bare node", ((10, 20, 20), (20, 10, 20), (20, 20, 10)), ((0,), (1,), (2,)), Nodemask.of(0, 1))
    machine = Machine(bare, V3_8_SMALL)
    history = play(two_tasks(machine=machine, pattern=lambda round, pages: np.ones(len(pages), int)), 2)
    assert history.refused_otherwise.tolist() == [[0, 0, 0], [0, 0, 4]]
    assert history.moves.tolist() == [0, 0]


def test_of_forty_thousand_pages_a_window_takes_32769():
    # 1 ms a round: all within one window of 100 ms.
    # round 0  task 2 faults on all from node 2: the first fault moves none.  round 1  the second: 32,769 go, 7,231 not
    # round 2  32,769 are local, the rest is refused again: the window of round 1 lasts until 101 ms
    history = rounds.play(rounds.Scenario(
        Machine(two_sockets(), V3_8), 40_000, (rounds.Runner((0,)), rounds.Runner((1,))),
        lambda round, pages: np.ones(len(pages), int), start=np.zeros(40_000, int), round_ms=1), 3)
    assert history.moves.tolist() == [0, 32_769, 0]
    assert history.refused_by_limit.tolist() == [[0, 0], [0, 7_231], [0, 7_231]]
    assert history.local.tolist() == [[0, 0], [0, 0], [0, 32_769]]


def test_a_window_that_is_over_takes_as_many_again():
    # 102 ms a round: what round 1 refuses goes in round 2, whose first fault opens a new window.
    late = rounds.Scenario(
        Machine(two_sockets(), replace(V3_8, scanner_heeds_rate_limit=False)), 40_000,
        (rounds.Runner((0,)), rounds.Runner((1,))), lambda round, pages: np.ones(len(pages), int),
        start=np.zeros(40_000, int), round_ms=102)
    # Round 1 lasts from 102 to 203 ms, its window to 202: pages from 202 < 102 + p * 102 // 40,000 on open a new one.
    # Such are the pages p >= 101 * 40,000 / 102, so 39,608 to 39,999: 392 pages; 6,839 are refused before.
    history = rounds.play(late, 3)
    assert history.moves.tolist() == [0, 32_769 + 392, 6_839]
    assert history.refused_by_limit.sum(axis=1).tolist() == [0, 6_839, 0]
