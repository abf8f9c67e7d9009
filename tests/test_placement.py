# SPDX-License-Identifier: GPL-2.0-only
"""Where a new page goes, page by page: cases worked by hand, and laws that hold on every machine."""
from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import machines, policies, subsets

from numakit.errors import BadRange, InvalidNodes, InvalidPolicy
from numakit.kernel import V3_8, V3_8_SPLIT_MENDED, V6_1, V6_8, V6_12
from numakit.machine import Machine
from numakit.mempolicy import Mempolicy, Mode
from numakit.mount_option import policy
from numakit.nodemask import Nodemask
from numakit.placement import (
    HUGE_ORDER,
    disputed,
    node_of_file_page,
    node_of_new_page,
    node_wanted_by_fault_path,
    policy_in_force,
    shmem_ilx,
    touch,
    touch_huge,
)
from numakit.task import Task
from numakit.tmpfs import Mount
from numakit.topology import Topology, recorded4, recorded4_v3_8, ring4

OLD, MENDED = Machine(recorded4_v3_8(), V3_8), Machine(recorded4_v3_8(), V3_8_SPLIT_MENDED)
V61, V68, V612 = (Machine(recorded4(), k) for k in (V6_1, V6_8, V6_12))
ROWS = tuple(tuple(10 if a == b else 20 + abs(a - b) * 3 for b in range(4)) for a in range(4))
BARE = Topology("nodes 0 and 2 bare", ROWS, ((0,), (1,), (2,), (3,)), Nodemask.of(1, 3))


def file(options, i_ino=2, pages=8, machine=V61):
    return Mount.new(options=options, machine=machine).create("f", pages, i_ino=i_ino)["f"]


def landed(options, i_ino=2, pages=8, machine=V61, task=None):
    return touch(file(options, i_ino, pages, machine), machine, task).nodes


def wanted(option, i_ino, machine, pages=8, cpu_node=0):
    """What the fault path would want of each page that lies where it was put."""
    pol = policy(option, machine)
    nodes = [node_of_new_page(pol, shmem_ilx(p, i_ino, machine), cpu_node, machine) for p in range(pages)]
    return tuple(node_wanted_by_fault_path(pol, p, i_ino, n, cpu_node, machine) for p, n in enumerate(nodes))


# --- interleave and the i_ino bias ---

def test_a_file_interleaves_from_its_inode_number_on():
    assert landed("mpol=interleave:0-3", 7, machine=OLD) == (3, 0, 1, 2, 3, 0, 1, 2)


def test_the_fault_path_of_v3_8_does_not_know_the_inode_number():
    assert wanted("interleave:0-3", 7, OLD) == (0, 1, 2, 3, 0, 1, 2, 3)


def test_since_v6_7_both_count_alike():
    assert wanted("interleave:0-3", 7, V68) == landed("mpol=interleave:0-3", 7, machine=V68) == (3, 0, 1, 2, 3, 0, 1, 2)


def test_with_three_nodes_the_two_disagree_as_worked_in_the_facts():
    assert landed("mpol=interleave:0,2-3", 7, machine=OLD) == (2, 3, 0, 2, 3, 0, 2, 3)
    assert wanted("interleave:0,2-3", 7, OLD) == (0, 2, 3, 0, 2, 3, 0, 2)


@given(st.integers(0, (1 << 32) - 9), st.sampled_from(["0-3", "0,2-3", "1-2"]), st.sampled_from([OLD, V61]))
def test_allocation_and_fault_path_agree_on_all_pages_or_on_none(i_ino, nodes, machine):
    option = f"interleave:{nodes}"
    found = disputed(landed(f"mpol={option}", i_ino, machine=machine), wanted(option, i_ino, machine))
    assert found == (() if i_ino % len(Nodemask.parse(nodes)) == 0 else tuple(range(8)))


def test_where_index_and_inode_number_pass_2_to_the_32_they_may_agree_in_part():
    i_ino = (1 << 32) - 7  # a multiple of 3, and 2 to the 32 is none
    assert disputed(landed("mpol=interleave:0-2", i_ino), wanted("interleave:0-2", i_ino, V61)) == (7,)


@given(st.integers(0, 1 << 40), st.integers(0, 1 << 30))
def test_a_page_that_moved_once_to_where_the_fault_path_wants_it_stays(i_ino, index):
    pol = policy("interleave:0-3", OLD)
    once = node_wanted_by_fault_path(pol, index, i_ino, 0, 0, OLD)
    assert node_wanted_by_fault_path(pol, index, i_ino, once, 0, OLD) == once


@pytest.mark.parametrize(("node", "target"), [(2, 1), (3, 3), (1, 1), (0, 1)])
def test_bind_wants_a_page_off_its_mask_on_the_nearest_allowed_node_and_leaves_others(node, target):
    assert node_wanted_by_fault_path(policy("bind:1,3", OLD), 0, 7, node, 0, OLD) == target


@pytest.mark.parametrize(("node", "target"), [(2, 2), (3, 0), (0, 0)])
def test_prefer_many_leaves_a_page_on_its_mask_like_bind(node, target):
    assert node_wanted_by_fault_path(policy("prefer (many):0,2", V612), 0, 7, node, 0, V612) == target


@pytest.mark.parametrize(("option", "node", "target"), [
    ("default", 3, 1), ("local", 3, 1), ("prefer:2", 3, 2), ("prefer:2", 2, 2)])
def test_local_wants_the_cpus_node_and_prefer_its_own(option, node, target):
    assert node_wanted_by_fault_path(policy(option, OLD), 0, 7, node, 1, OLD) == target


def test_before_v6_7_the_index_counts_modulo_2_to_the_32():
    three = policy("interleave:0-2", V61)
    assert [node_of_new_page(three, (1 << 32) + 1, 0, m) for m in (V61, V68)] == [1, ((1 << 32) + 1) % 3]


# --- weights ---

@pytest.mark.parametrize(("weights", "nodes"), [
    ((3, 1, 1, 1), (0, 0, 0, 1, 0, 0, 0, 1)), ((1, 1, 1, 1), (0, 1) * 4), ((1, 255, 1, 1), (0,) + (1,) * 7)])
def test_weighted_interleave_gives_as_many_in_a_row_as_a_node_weighs(weights, nodes):
    machine = Machine(recorded4(), V6_12, weights)
    assert landed("mpol=weighted interleave:0-1", 0, machine=machine) == nodes


@given(st.integers(0, 1 << 63))
def test_over_one_turn_each_node_gets_its_weight(start):
    machine, mine = Machine(recorded4(), V6_12, (3, 1, 4, 2)), policy("weighted interleave:0,2-3", V612)
    assert Counter(node_of_new_page(mine, start + i, 0, machine) for i in range(9)) == {0: 3, 2: 4, 3: 2}


# --- the nearest allowed node ---

@pytest.mark.parametrize(("option", "cpu", "nid"), [
    ("default", 1, 1), ("local", 2, 2), ("prefer:3", 0, 3), ("bind:0-3", 2, 2), ("bind:0,2", 1, 0), ("bind:0,2", 3, 2),
    ("bind:0,3", 1, 3), ("bind=static:0", 3, 0), ("prefer (many):0,3", 1, 3), ("prefer (many):0,1", 3, 1)])
def test_bind_takes_the_first_allowed_node_of_the_cpus_fallback_order(option, cpu, nid):
    assert set(landed(f"mpol={option}", task=Task(cpu))) == {nid}  # orders recorded: 0123, 1302, 2301, 3210


def test_bind_takes_the_nearest_not_the_lowest_numbered():
    ring = Machine(ring4(), V6_1)
    assert node_of_new_page(policy("bind:0,3", ring), 0, 2, ring) == 3


@pytest.mark.parametrize(("option", "cpu", "nid"), [
    ("local", 0, 1), ("default", 2, 3), ("prefer:3", 0, 3), ("bind:1,3", 2, 3)])
def test_a_node_without_memory_takes_from_the_next_in_its_order(option, cpu, nid):
    machine = Machine(BARE, V6_1)
    assert set(landed(f"mpol={option}", machine=machine, task=Task(cpu))) == {nid}


@pytest.mark.parametrize("mode", [Mode.BIND, Mode.PREFERRED_MANY])
def test_a_policy_on_no_node_with_memory_is_refused(mode):
    with pytest.raises(InvalidPolicy, match="has memory"):
        node_of_new_page(Mempolicy(mode, Nodemask.of(0)), 0, 0, Machine(BARE, V6_1))


# --- 2 MiB pages ---

@pytest.mark.parametrize(("machine", "ilx"), [(V61, [0, 0, 1, 1, 2]), (V68, [7, 7, 8, 8, 9])], ids=repr)
def test_a_small_inode_number_vanishes_in_2_mib_pages_before_v6_7(machine, ilx):
    assert [shmem_ilx(i, 7, machine, HUGE_ORDER) for i in (0, 511, 512, 1023, 1024)] == ilx


@pytest.mark.parametrize(("i_ino", "heads"), [(0, (0, 1)), (504, (0, 1)), (512, (1, 2)), (2048, (0, 1))])
def test_before_v6_7_a_large_inode_number_does_not_vanish(i_ino, heads):
    nodes = touch_huge(file("mpol=interleave:0-3", i_ino, 1024), V61).nodes
    assert (nodes[0], nodes[512]) == heads
    assert set(nodes[:512]) == {heads[0]}


def test_the_last_large_page_of_a_file_is_cut_at_its_end():
    assert touch_huge(file("mpol=interleave:0-3", 0, 515), V68).nodes == (0,) * 512 + (1,) * 3


# --- whose policy, which task, which order ---

@pytest.mark.parametrize(("options", "task", "winner"), [
    ("mpol=bind:1", "prefer:2", "bind:1"), ("", "prefer:2", "prefer:2"), ("", "default", "None"),
    ("mpol=local", "bind:2", "local")])
def test_the_files_policy_goes_before_the_tasks(options, task, winner):
    assert str(policy_in_force(file(options), 0, Task(0, policy(task)))) == winner


def test_a_tasks_interleave_on_a_file_without_policy_counts_from_the_inode_number_too():
    assert landed("", 7, task=Task(0, policy("interleave:0-3"))) == (3, 0, 1, 2, 3, 0, 1, 2)


@given(st.permutations(range(8)), st.integers(0, 99))
def test_the_order_in_which_pages_are_touched_does_not_matter_to_interleave(order, i_ino):
    fresh = file("mpol=interleave:0-2", i_ino)
    assert touch(fresh, V61, pages=order) == touch(fresh, V61)


def test_a_page_that_is_there_is_not_placed_again():
    half = touch(file("mpol=local"), V61, Task(0), range(4))
    assert touch(half, V61, Task(3)).nodes == (0,) * 4 + (3,) * 4


@given(st.data())
def test_every_page_lands_on_a_node_with_memory_and_inside_a_mask_that_binds(data):
    machine = data.draw(machines())
    mine, ilx = data.draw(policies(machine)), data.draw(st.integers(0, 1 << 64))
    nid = node_of_new_page(mine, ilx, data.draw(st.integers(0, machine.topology.nodes - 1)), machine)
    assert nid in machine.memory
    if mine is not None and mine.mode is not Mode.LOCAL:
        assert nid in mine.nodes  # with room everywhere, no policy leaves its mask


@given(st.data())
def test_what_the_fault_path_wants_it_goes_on_wanting(data):
    machine = data.draw(machines())
    mine, index, i_ino = data.draw(policies(machine)), data.draw(st.integers(0, 999)), data.draw(st.integers(0, 999))
    here, node = (data.draw(st.sampled_from(range(machine.topology.nodes))) for _ in range(2))
    once = node_wanted_by_fault_path(mine, index, i_ino, node, here, machine)
    assert node_wanted_by_fault_path(mine, index, i_ino, once, here, machine) == once


# --- cpusets ---

# Recorded orders of 6.1: 0123, 1302, 2301, 3210.
@pytest.mark.parametrize(("option", "cpu", "allowed", "nids"), [
    ("local", 0, "2-3", {2}), ("default", 1, "0,2", {0}), ("prefer:0", 3, "2-3", {2}), ("bind:0-1", 0, "1-2", {1}),
    ("bind:0", 3, "1-2", {2}), ("interleave:0-1", 0, "2", {2})])
def test_a_page_comes_from_the_cpuset_of_the_task_that_asks(option, cpu, allowed, nids):
    task = Task(cpu, None, Nodemask.parse(allowed))
    assert set(landed(f"mpol={option}", task=task)) == nids


@given(st.data())
def test_no_page_lands_outside_the_cpuset(data):
    machine = data.draw(machines())
    task = Task(0, data.draw(policies(machine)), data.draw(subsets(machine.memory)))
    placed = touch(Mount.new(machine=machine).create("f", 9)["f"], machine, task)
    assert set(placed.nodes) <= set(task.allowed)


# --- errors ---

@pytest.mark.parametrize(("ask", "error"), [
    (lambda f: node_of_file_page(f, 8, Task(), V61), BadRange),
    (lambda f: node_of_file_page(f, -1, Task(), V61), BadRange),
    (lambda f: node_of_file_page(f, None, Task(), V61), BadRange),
    (lambda f: node_of_file_page(f, 0, Task(4), V61), InvalidNodes),
    (lambda f: touch(f, V61, Task(-1)), InvalidNodes), (lambda f: touch(f, V61, pages=[0, 8]), BadRange),
    (lambda f: touch(f, V61, pages=["0"]), BadRange), (lambda f: touch_huge(f, V61, Task("0")), InvalidNodes)])
def test_a_page_or_a_cpu_that_is_not_there_is_refused(ask, error):
    before = file("mpol=local")
    with pytest.raises(error):
        ask(before)
    assert before == file("mpol=local")


def test_the_pages_on_which_two_disagree_are_told_by_their_place():
    assert disputed((0, 1, 2), (0, 2, 2)) == (1,)
