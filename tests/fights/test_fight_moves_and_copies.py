# SPDX-License-Identifier: GPL-2.0-only
"""MPOL_MF_MOVE and private copies against placement at fault, and two processes' mbind on one file."""
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import kernels

from numakit.errors import BadRange, InvalidMount, KernelBug
from numakit.fights import NOWHERE, copies, move_against_fault, two_mbinds
from numakit.kernel import ALL, V3_8, V3_13, V6_1, V6_8, V6_12, V6_18, V7_3
from numakit.topology import ladder8


def test_six_pages_of_inode_4_moved_and_touched_anew_counted_by_hand():
    before, after = move_against_fault(V6_1, files=[(4, 0)], pages=6).sides
    touched, bound, gone = [0, 1, 2, 3, 0, 1], [3] * 6, [NOWHERE] * 6
    by_index, by_inode = [0, 1, 2, 0, 1, 2], [1, 2, 0, 1, 2, 0]
    assert before.nodes.tolist() == [touched, bound, by_index, by_index, gone, by_inode]
    assert after.nodes.tolist() == [touched, bound, by_inode, by_inode, gone, by_inode]


def test_the_recorded_files_give_the_recorded_numbers():
    fight = move_against_fault()
    assert (fight.told["6.1.192"]["off"], fight.told["6.1.192"]["pages"]) == (120, 192)
    assert (fight.told["6.12.117"]["off"], fight.told["6.12.117"]["pages"]) == (0, 192)
    assert fight.told["6.1.192"]["inodes"] == tuple(ino for ino in range(2, 10) if ino % 3)
    assert "120 of 192 (6.1.192), 0 of 192 (6.12.117)" in fight.recorded


@pytest.mark.parametrize("kernel", ALL, ids=repr)
def test_a_move_goes_astray_on_every_kernel_without_ilx_and_never_twice(kernel):
    told = move_against_fault(kernel).told[kernel.name]
    assert told["off"] == (0 if kernel.ilx_known_to_fault_path else 120) and told["moved again"] == 0


@settings(max_examples=30, deadline=None)
@given(kernels, st.integers(0, 1 << 33), st.integers(1, 20))
def test_a_move_repeated_moves_nothing(kernel, i_ino, pages):
    assert move_against_fault(kernel, beside=kernel, files=[(i_ino, 0)], pages=pages).told[
        kernel.name]["moved again"] == 0


def test_a_mapping_from_page_3_is_a_bug_of_v3_8s_own():
    with pytest.raises(KernelBug):
        move_against_fault(V3_8, files=[(6, 3)])
    assert move_against_fault(V3_8).told["3.8"]["pages"] == 192


def test_the_same_kernel_twice_is_one_side():
    assert len(move_against_fault(V6_12).sides) == len(copies(V6_12).sides) == 1


def test_copies_of_four_pages_of_inode_3_counted_by_hand():
    before, after = copies(V6_1, inodes=[3], pages=4).sides
    assert before.nodes.tolist() == [[3, 0, 1, 2], [0, 1, 2, 3]]
    assert after.nodes.tolist() == [[3, 0, 1, 2], [3, 0, 1, 2]]


@pytest.mark.parametrize("kernel", [V3_8, V3_13, V6_1, V6_8, V6_12, V6_18, V7_3])
@pytest.mark.parametrize("policy, apart", [("interleave:0-3", 32), ("interleave:0,2", 16), ("bind:1", 0)])
def test_copies_lie_apart_where_the_index_forgets_the_inode(kernel, policy, apart):
    told = copies(kernel, policy=policy).told[kernel.name]
    assert told["elsewhere"] == (0 if kernel.ilx_known_to_fault_path else apart)


def test_under_local_the_copies_lie_with_the_writer_on_any_kernel():
    assert all(told["elsewhere"] == told["copies"] for told in copies(policy="local").told.values())


def test_many_files_of_one_page_are_spread_by_the_inode_and_their_copies_are_not():
    before, after = copies(V6_1, inodes=range(2, 66), pages=1).sides
    assert before.share.tolist() == [[16, 16, 16, 16], [64, 0, 0, 0]]
    assert after.share.tolist() == [[16, 16, 16, 16]] * 2


# Two processes on one file

@pytest.mark.parametrize("kernel", ALL, ids=repr)
def test_pages_that_both_have_mapped_stay_under_move(kernel):
    assert two_mbinds(kernel).told["MOVE"]["moves"] == 0


def test_under_move_all_the_first_call_of_each_counts_counted_by_hand():
    # A touched all on node 0. A's bind:0 finds nothing off; B's bind:1 moves all; A's mapping has bind:0 already, so
    # the file keeps bind:1: v6.1 asks the file where to, v6.8 the call.
    old, new = two_mbinds(V6_1, pages=3, turns=3), two_mbinds(V6_8, pages=3, turns=3)
    assert old.sides[1].nodes.tolist() == [[0] * 3, [0] * 3, [1] * 3, [1] * 3]
    assert new.sides[1].nodes.tolist() == [[0] * 3, [0] * 3, [1] * 3, [0] * 3]
    for fight in (old, new):
        assert fight.told["MOVE_ALL"]["policies"] == fight.told["MOVE"]["policies"] == ("bind:0", "bind:1", "bind:1")
        assert fight.told["MOVE_ALL"]["in vain"] == 1


def test_it_goes_on_for_ever_since_v6_7_and_ended_after_one_move_before():
    assert two_mbinds(V6_1, turns=12).told["MOVE_ALL"]["in each call"] == (0, 24) + (0,) * 10
    assert two_mbinds(V6_12, turns=12).told["MOVE_ALL"]["in each call"] == (0,) + (24,) * 11


def test_each_with_its_own_half_has_nothing_to_fight_for():
    for told in two_mbinds(touched="halves").told.values():
        assert told["moves"] == 0 and told["policies"][-1] == "bind:1"


def test_a_larger_machine_and_other_nodes_will_do():
    fight = two_mbinds(V6_12, nodes=(6, 2), topology=ladder8())
    assert fight.sides[1].steps[:2] == ("A: bind:6", "B: bind:2") and fight.sides[1].nodes[2].tolist() == [2] * 24


@pytest.mark.parametrize("call", [
    lambda: copies(inodes=[]), lambda: move_against_fault(files=()), lambda: two_mbinds(turns=-1),
    lambda: two_mbinds(turns=1.5), lambda: two_mbinds(touched="nobody")])
def test_no_files_and_no_number_of_calls_are_refused(call):
    with pytest.raises(BadRange):
        call()


@pytest.mark.parametrize("fight", [copies, move_against_fault, two_mbinds])
def test_files_without_pages_are_refused(fight):
    with pytest.raises(InvalidMount):
        fight(pages=0)


def test_files_may_come_one_by_one():
    assert move_against_fault(files=iter([(4, 0)]), pages=6).told["6.12.117"]["pages"] == 6
