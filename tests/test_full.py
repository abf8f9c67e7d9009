# SPDX-License-Identifier: GPL-2.0-only
"""Full nodes: in which order a policy uses them up, and where the OOM killer comes early."""
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import junk, machines, policies, subsets

from numakit.errors import BadRange, InvalidNodes, LinuxError
from numakit.full import killed_early, order_when_full
from numakit.kernel import V3_8, V6_1, V6_12
from numakit.machine import Machine
from numakit.mempolicy import Mode
from numakit.mount_option import policy
from numakit.nodemask import Nodemask
from numakit.placement import node_of_new_page
from numakit.topology import recorded4, recorded4_v3_8

M = Machine(recorded4(), V6_12)  # fallback lists: 0:0123, 1:1302, 2:2301, 3:3210


# By the fallback lists above; prefer (many):1,3 on CPU 0 was recorded as 1, 3, 0, 2.
@pytest.mark.parametrize(("option", "cpu_node", "order"), [
    ("default", 2, (2, 3, 0, 1)), ("local", 1, (1, 3, 0, 2)), ("prefer:3", 0, (3, 2, 1, 0)),
    ("prefer:0", 3, (0, 1, 2, 3)), ("bind:1,3", 0, (1, 3)), ("bind:1,3", 3, (3, 1)), ("bind:3", 0, (3,)),
    ("bind:0-3", 1, (1, 3, 0, 2)), ("prefer (many):1,3", 0, (1, 3, 0, 2)), ("prefer (many):1,3", 3, (3, 1, 2, 0)),
    ("interleave:0-3", 2, (0, 1, 2, 3)), ("interleave:1,3", 0, (1, 3, 0, 2)), ("interleave:2", 0, (2, 3, 0, 1)),
    ("weighted interleave:2-3", 0, (2, 3, 0, 1))])
def test_nodes_fill_up_in_the_policys_order(option, cpu_node, order):
    assert order_when_full(policy(option, M), cpu_node, M) == order


@pytest.mark.parametrize(("ilx", "order"), [(0, (1, 2, 3, 0)), (1, (2, 3, 1, 0)), (2, (3, 1, 2, 0)), (3, (1, 2, 3, 0))])
def test_interleave_begins_where_its_first_page_falls_and_leaves_the_mask_last(ilx, order):
    assert order_when_full(policy("interleave:1-3", M), 0, M, ilx) == order


def test_weighted_interleave_goes_once_around_its_weights():
    heavy = Machine(recorded4(), V6_12, (3, 1, 1, 1))
    mine = policy("weighted interleave:0-1", heavy)
    assert order_when_full(mine, 0, heavy, 1) == (0, 1, 2, 3)
    assert order_when_full(mine, 0, heavy, 3) == (1, 0, 3, 2)


def test_v3_8_fills_by_its_own_fallback_lists():
    old = Machine(recorded4_v3_8(), V3_8)
    assert order_when_full(policy("prefer:3", old), 0, old) == (3, 0, 1, 2)


@given(st.data(), st.integers(0, 1 << 64 - 1))
def test_the_order_begins_where_the_first_page_goes(data, ilx):
    machine = data.draw(machines())
    mine, cpu_node = data.draw(policies(machine)), data.draw(st.integers(0, machine.topology.nodes - 1))
    assert order_when_full(mine, cpu_node, machine, ilx)[0] == node_of_new_page(mine, ilx, cpu_node, machine)


@given(st.data())
def test_the_same_in_a_cpuset_and_nothing_outside_it_is_used(data):
    machine = data.draw(machines())
    boxed = machine.within(data.draw(subsets(machine.memory)))
    mine, cpu_node = data.draw(policies(machine)), data.draw(st.integers(0, machine.topology.nodes - 1))
    order = order_when_full(mine, cpu_node, boxed)
    assert order[0] == node_of_new_page(mine, 0, cpu_node, boxed)
    assert set(order) <= set(boxed.usable)


@given(st.data())
def test_all_nodes_with_memory_are_used_once_each_but_by_bind_its_own_alone(data):
    machine = data.draw(machines())
    mine, cpu_node = data.draw(policies(machine)), data.draw(st.integers(0, machine.topology.nodes - 1))
    used = mine.nodes if mine is not None and mine.mode is Mode.BIND else machine.memory
    assert sorted(order_when_full(mine, cpu_node, machine)) == list(used)


def test_where_a_cpuset_allows_none_of_binds_nodes_the_cpuset_alone_decides():
    assert order_when_full(policy("bind:1", M), 0, M.within(Nodemask.of(2, 3))) == (2, 3)


def test_the_last_index_of_all_is_an_index_too():
    assert order_when_full(policy("interleave:0-3", M), 0, M, (1 << 64) - 1) == (3, 0, 1, 2)


# Recorded: signal 9 for touches, tmpfs writes and fallocate alike, and no errno.
@pytest.mark.parametrize(("option", "killed"), [
    ("bind:3", True), ("bind:0-3", True), ("default", False), ("local", False), ("prefer:3", False),
    ("prefer (many):3", False), ("interleave:3", False), ("weighted interleave:3", False)])
def test_only_bind_ends_in_the_oom_killer_while_others_have_room(option, killed):
    assert killed_early(policy(option, M)) is killed


@pytest.mark.parametrize("ilx", [-1, None, "0", 1.0, True, 1 << 64])
@pytest.mark.parametrize("option", ["default", "bind:1", "interleave:0-3"])
def test_what_is_no_index_is_refused_under_every_policy(ilx, option):
    with pytest.raises(BadRange, match="index"):
        order_when_full(policy(option, M), 0, M, ilx)


@pytest.mark.parametrize("option", ["default", "local", "bind:1", "prefer (many):1"])
def test_a_cpu_of_no_node_is_refused(option):
    with pytest.raises(InvalidNodes):
        order_when_full(policy(option, M), 4, M)


@given(junk, junk, st.sampled_from(["default", "bind:1", "prefer:2", "interleave"]))
def test_whatever_comes_in_is_answered_or_refused_in_our_own_words(cpu_node, ilx, option):
    machine = Machine(kernel=V6_1)
    try:
        assert set(order_when_full(policy(option, machine), cpu_node, machine, ilx)) <= set(machine.memory)
    except LinuxError:
        pass
