# SPDX-License-Identifier: GPL-2.0-only
"""Machine: a topology under one release's rules, and the weights of weighted interleave."""
from __future__ import annotations

import pytest

from numakit.errors import InvalidNodes, InvalidPolicy
from numakit.kernel import V3_8, V6_1, V6_12
from numakit.machine import Machine
from numakit.nodemask import Nodemask
from numakit.topology import recorded4, two_sockets


def test_the_kernel_decides_which_fallback_order_holds():
    assert Machine(recorded4(), V6_1).fallback(1) == (1, 3, 0, 2)
    assert Machine(recorded4(), V3_8).fallback(1) == recorded4().fallback(1, "set falling")


def test_without_arguments_it_is_the_recorded_machine_of_today():
    assert (Machine().topology, Machine().kernel) == (recorded4(), V6_12)
    assert Machine().memory == Nodemask.parse("0-3")


def test_weights_are_one_each_unless_said():
    assert [Machine().weight(n) for n in range(4)] == [1, 1, 1, 1]
    assert [Machine(two_sockets(), weights=(3, 1)).weight(n) for n in range(2)] == [3, 1]


@pytest.mark.parametrize("weights", [(1,), (1, 2, 3), (0, 1), (256, 1), (-1, 1), (True, 1), (None, 1),
                                     ("1", 1)], ids=str)
def test_weights_that_do_not_fit_are_refused(weights):
    with pytest.raises(InvalidPolicy, match="weight"):
        Machine(two_sockets(), weights=weights)


def test_a_cpuset_leaves_some_nodes_of_every_fallback_order():
    seen = Machine(recorded4(), V6_1).within(Nodemask.of(0, 2))
    assert [seen.fallback(n) for n in range(4)] == [(0, 2), (0, 2), (2, 0), (2, 0)]
    assert (seen.usable, seen.memory) == (Nodemask.of(0, 2), Nodemask.parse("0-3"))
    assert seen.within(None) == Machine(recorded4(), V6_1)


@pytest.mark.parametrize("allowed", [Nodemask(), Nodemask.of(4)], ids=str)
def test_a_cpuset_without_memory_is_refused(allowed):
    with pytest.raises(InvalidNodes, match="has no memory"):
        Machine().within(allowed)


def test_a_cpu_of_another_machine_is_refused():
    with pytest.raises(InvalidNodes, match="has no CPU 4"):
        Machine().node_of_cpu(4)
