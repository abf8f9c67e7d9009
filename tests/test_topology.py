# SPDX-License-Identifier: GPL-2.0-only
"""Topology: presets, fallback orders worked by hand and as recorded, laws for machines of any kind, and no machines."""
from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import topologies

from numakit.errors import InvalidNodes, InvalidTopology
from numakit.nodelist import MAX_NUMNODES
from numakit.nodemask import Nodemask
from numakit.topology import (
    PRESETS,
    NodeLoad,
    Topology,
    from_distances,
    ladder8,
    recorded4,
    recorded4_v3_8,
    ring4,
    two_sockets,
)

FLAT = [[10, 20], [20, 10]]
loads = st.sampled_from(get_args(NodeLoad))


def orders(topology, node_load):
    return [topology.fallback(n, node_load) for n in range(topology.nodes)]


# The adding form gives the orders recorded on 6.1 and later, the setting form those of the v3.8 recordings.
@pytest.mark.parametrize(("topology", "node_load", "expected"), [
    (recorded4(), "add one", ["0123", "1302", "2301", "3210"]),
    (recorded4(), "add falling", ["0123", "1302", "2301", "3210"]),
    (recorded4_v3_8(), "set falling", ["0123", "1230", "2301", "3012"]),
    (two_sockets(), "add one", ["01", "10"]), (two_sockets(), "set falling", ["01", "10"]),
])
def test_fallback_orders_as_recorded(topology, node_load, expected):
    assert ["".join(map(str, order)) for order in orders(topology, node_load)] == expected


def test_adding_and_setting_the_load_give_different_orders_at_equal_distance():
    assert orders(recorded4(), "add one") != orders(recorded4(), "set falling")


@given(topologies(), loads)
def test_a_fallback_order_holds_every_node_with_memory_once(topology, node_load):
    for order in orders(topology, node_load):
        assert sorted(order) == list(topology.memory)


@given(topologies(), loads)
def test_a_node_with_memory_falls_back_to_itself_first(topology, node_load):
    for nid in topology.memory:
        assert topology.fallback(nid, node_load)[0] == nid


# The kernel's cost adds 1 for a node with CPUs and 1 for a lower number, so two steps of distance always decide.
@given(topologies(), loads)
def test_distances_never_decrease_along_a_fallback_order(topology, node_load):
    for nid in range(topology.nodes):
        far = [topology.distance(nid, n) for n in topology.fallback(nid, node_load)]
        assert far == sorted(far)


def test_at_nearly_equal_distance_a_node_without_cpus_comes_first():
    memory_only = Topology("m", ((10, 20, 20), (20, 10, 20), (20, 20, 10)), ((0,), (1,), ()), Nodemask.parse("0-2"))
    assert memory_only.fallback(0) == (0, 2, 1)


def slow_order(topology, nid, load, node_load):
    """One order as the kernel finds it: again and again the cheapest node that is left."""
    order, left, before = [nid], set(topology.memory) - {nid}, nid
    scale = MAX_NUMNODES if node_load == "add one" else MAX_NUMNODES * topology.nodes
    while left:
        taken = min(sorted(left), key=lambda n: (
            (topology.distance(nid, n) + (n < nid) + bool(topology.cpus[n])) * scale + load[n]))
        if topology.distance(nid, taken) != topology.distance(nid, before):
            more = 1 if node_load == "add one" else topology.nodes - len(order)
            load[taken] = more if node_load == "set falling" else load[taken] + more
        left.remove(taken)
        order.append(taken)
        before = taken
    return tuple(n for n in order if n in topology.memory)


@given(topologies(), loads)
def test_one_sort_gives_what_the_kernel_finds_step_by_step(topology, node_load):
    load = [0] * topology.nodes
    assert orders(topology, node_load) == [slow_order(topology, n, load, node_load) for n in range(topology.nodes)]


@pytest.mark.parametrize(("name", "nodes", "cpus", "far"), [
    ("two sockets", 2, 16, 21), ("ring of 4", 4, 16, 22), ("recorded 4 nodes", 4, 4, 22),
    ("recorded 4 nodes (v3.8)", 4, 4, 20), ("ladder of 8", 8, 32, 34), ("64 nodes", 64, 64, 28),
    ("1,024 nodes", 1024, 1024, 34)])
def test_presets_have_the_nodes_cpus_and_distances_that_they_promise(name, nodes, cpus, far):
    topology = PRESETS[name]()
    assert (topology.name, topology.nodes, len(topology.memory)) == (name, nodes, nodes)
    assert sum(map(len, topology.cpus)) == cpus
    assert max(map(max, topology.distances)) == far
    assert all(topology.distance(a, b) == topology.distance(b, a) for a in range(min(nodes, 64)) for b in range(a))


def test_every_preset_is_in_the_table():
    assert len(PRESETS) == 7
    assert PRESETS["ring of 4"]() is ring4()


def test_the_ring_and_the_ladder_are_what_their_names_say():
    assert [ring4().distance(0, n) for n in range(4)] == [10, 16, 22, 16]
    assert [ladder8().distance(0, n) for n in range(8)] == [10, 16, 16, 22, 22, 28, 28, 34]


def test_a_cpu_belongs_to_one_node():
    assert [two_sockets().node_of_cpu(c) for c in (0, 7, 8, 15)] == [0, 0, 1, 1]
    assert two_sockets().cpu_list == "0-15"


@pytest.mark.parametrize("odd", [-1, 16, 1 << 70, True, None, "0", 0.0, [], {}])
def test_a_cpu_that_is_not_there_is_refused(odd):
    with pytest.raises(InvalidNodes, match="has no CPU"):
        two_sockets().node_of_cpu(odd)


@pytest.mark.parametrize("odd", [-1, 2, 1 << 70, True, None, "0", 0.0, [], {}])
def test_a_node_that_is_not_there_is_refused(odd):
    for ask in (two_sockets().fallback, two_sockets().checked, lambda n: two_sockets().distance(0, n)):
        with pytest.raises(InvalidNodes, match="not a node of two sockets"):
            ask(odd)


@pytest.mark.parametrize(("distances", "cpus", "memory"), [
    ([], (), "0"), ([[10, 20]], ((0,),), "0"), (FLAT, ((0,),), "0-1"), (FLAT, ((0,), (1,)), ""),
    (FLAT, ((0,), (1,)), "0-2"), ([[11, 20], [20, 10]], ((0,), (1,)), "0"), ([[10, 10], [20, 10]], ((0,), (1,)), "0"),
    ([[10, 256], [20, 10]], ((0,), (1,)), "0"), (FLAT, ((0,), (0,)), "0"), (FLAT, ((), ()), "0"),
], ids=["no node", "not square", "CPUs of one node", "no memory", "memory of no node", "11 to itself", "10 to another",
        "256", "a CPU twice", "no CPU"])
def test_what_is_no_machine_is_refused(distances, cpus, memory):
    with pytest.raises(InvalidTopology):
        Topology("odd", tuple(map(tuple, distances)), cpus, Nodemask.parse(memory))


def test_one_node_says_plainly_that_there_is_nothing_to_choose():
    assert "every access is local" in from_distances("mine", [[10]], 4).sentence()


def test_a_node_without_memory_is_named_in_the_sentence():
    bare = Topology("bare", ((10, 20), (20, 10)), ((0,), (1,)), Nodemask.of(1))
    assert bare.sentence() == "bare: 2 nodes, 2 CPUs, distances 10 to 20; no memory on node 0."
    assert bare.fallback(0) == (1,)
