# SPDX-License-Identifier: GPL-2.0-only
"""Allocation against the fault path: who moves, how often, and why not for ever."""
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import kernels, presets, subsets

from numakit.errors import BadRange, InvalidPolicy
from numakit.fights import NOWHERE, by_inode
from numakit.hinting import RATELIMIT_PAGES
from numakit.kernel import V3_8, V3_13, V6_1, V6_8, V6_12


def test_eight_pages_of_inode_7_counted_by_hand():
    # Allocated at (i + 7) % 4, wanted at i % 4: the table of kernel-facts 8.6.
    before, after = by_inode(V6_1, pages=8, rounds=2).sides
    assert before.nodes.tolist() == [[3, 0, 1, 2, 3, 0, 1, 2], [0, 1, 2, 3, 0, 1, 2, 3], [0, 1, 2, 3, 0, 1, 2, 3]]
    assert after.nodes.tolist() == [[3, 0, 1, 2, 3, 0, 1, 2]] * 3


def test_three_nodes_with_a_gap_counted_by_hand():
    before, _ = by_inode(V6_1, pages=8, policy="interleave:0,2-3", rounds=1).sides
    assert before.nodes.tolist() == [[2, 3, 0, 2, 3, 0, 2, 3], [0, 2, 3, 0, 2, 3, 0, 2]]


@pytest.mark.parametrize("i_ino", range(9))
def test_all_pages_move_once_or_none_does_by_the_inode_number(i_ino):
    fight = by_inode(V6_1, i_ino=i_ino, pages=40)
    assert fight.sides[0].moves.tolist() == ([0] * 4 if i_ino % 4 == 0 else [40, 0, 0, 0])
    assert fight.told["disagree"] == fight.told["moves"] and fight.told["disagree with ilx"] == 0


@settings(max_examples=40, deadline=None)
@given(st.data(), kernels, presets)
def test_no_page_moves_twice_unless_it_is_allocated_anew(data, kernel, topology):
    nodes = data.draw(subsets(topology.memory))
    drops = data.draw(st.sets(st.integers(0, 3), max_size=3))
    fight = by_inode(kernel, i_ino=data.draw(st.integers(0, 1 << 40)), policy=f"interleave:{nodes}", rounds=5,
                     drop_after=tuple(drops), topology=topology)
    before, after = fight.sides
    assert before.moves_of_page.max() <= 1 + len(drops)
    assert after.moves.sum() == 0
    dropped = [i for i, step in enumerate(before.steps) if step == "dropped"]
    for start, end in zip([0, *(i + 2 for i in dropped)], [*dropped, len(before.steps)], strict=True):
        assert before.moved[start:end].sum(axis=0).max(initial=0) <= 1
        assert (before.nodes[end] == before.nodes[min(end, start + 1)]).all()  # all went in the stretch's first round


def test_pages_that_are_allocated_anew_go_back_and_move_again():
    fight = by_inode(V6_1, pages=4, rounds=3, drop_after=(0, 1))
    side = fight.sides[0]
    assert side.steps == ("round 0", "dropped", "touched anew", "round 1", "dropped", "touched anew", "round 2")
    assert side.nodes.tolist() == [[3, 0, 1, 2], [0, 1, 2, 3], [NOWHERE] * 4, [3, 0, 1, 2], [0, 1, 2, 3],
                                   [NOWHERE] * 4, [3, 0, 1, 2], [0, 1, 2, 3]]
    assert fight.told["moves"] == 12 and fight.told["most moves of a page"] == 3
    assert side.history.faults.sum(axis=1).tolist() == [4, 0, 0, 4, 0, 0, 4]
    assert side.history.scanned.tolist() == [True, False, False, True, False, False, True]
    assert "dropped and allocated anew, as 2 times here" in fight.sentence


@pytest.mark.parametrize("kernel", [V3_8, V3_13, V6_1, V6_8, V6_12])
def test_as_released_nothing_moves_though_v3_8_takes_the_faults(kernel):
    fight = by_inode(kernel, reachable=False)
    assert fight.told["moves"] == fight.told["moves with ilx"] == 0
    assert fight.told["faults"] == (4 * 512 if kernel is V3_8 else 0)
    assert ("no release lets anybody" if kernel is V3_8 else "lacks MPOL_F_MOF") in fight.sentence


def test_the_rate_limit_of_v3_8_makes_them_move_later_and_still_once():
    free = by_inode(V6_1, pages=300_000, round_ms=100, rounds=14)
    limited = by_inode(V3_8, pages=300_000, round_ms=100, rounds=14)
    assert limited.told["refused by the rate limit"] > 0 == free.told["refused by the rate limit"]
    assert limited.sides[0].moves[0] < free.sides[0].moves[0] == 300_000
    assert limited.sides[0].moves[0] >= 4 * (RATELIMIT_PAGES + 1)
    assert limited.told["most moves of a page"] == 1
    assert np.count_nonzero(limited.sides[0].moves) > 1


def test_weighted_interleave_counts_the_inode_number_in_as_well():
    assert by_inode(V6_12, policy="weighted interleave:0-2", i_ino=7).told["moves"] == 48


def test_titles_tell_the_kernels_own_way_from_our_switch():
    assert [s.title for s in by_inode(V6_1).sides] == [
        "Linux 6.1.192, ilx unknown to the fault path", "Linux 6.1.192, ilx known to the fault path (our switch)"]
    assert by_inode(V6_8).sides[0].title.endswith("(our switch)")


@pytest.mark.parametrize("policy", ["bind:1", "local", "default", "prefer:2"])
def test_a_policy_without_an_index_is_refused(policy):
    with pytest.raises(InvalidPolicy, match="does not ask for an index"):
        by_inode(policy=policy)


@pytest.mark.parametrize("drop_after", [(3,), (4,), (-1,), (0, 9)])
def test_a_drop_after_a_round_that_is_not_played_is_refused(drop_after):
    with pytest.raises(BadRange):
        by_inode(rounds=4, drop_after=drop_after)
