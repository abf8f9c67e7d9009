# SPDX-License-Identifier: GPL-2.0-only
"""Full nodes: in which order a policy uses up the nodes, and what comes when none is left.

Only the order is modelled; reclaim, watermarks and what else lies in memory decide how many pages fit.
"""
from __future__ import annotations

from numakit.machine import Machine
from numakit.mempolicy import Mempolicy, Mode
from numakit.placement import checked_index, node_of_new_page


def order_when_full(policy: Mempolicy | None, cpu_node: int, machine: Machine, ilx: int = 0) -> tuple[int, ...]:
    """The nodes in the order in which pages come from them, while one after the other fills up.

    BIND takes its nodes alone, nearest to the CPU first. PREFERRED_MANY takes its own so, then a second pass without
    a mask from the *CPU's* node. The others begin on one node and go on in that node's fallback order; (weighted)
    interleave begins on each node of its mask in turn, from the first page's index `ilx` on, and leaves the mask as
    each fills up. A cpuset bounds them all; where it allows none of BIND's nodes, it alone decides.
    Raises InvalidNodes, BadRange.
    Linux v6.1 mm/mempolicy.c, policy_nodemask(), alloc_pages_preferred_many(); v3.8, policy_zonelist().
    """
    checked_index(ilx)
    if policy is None or policy.mode is Mode.LOCAL:
        return machine.fallback(cpu_node)
    if policy.mode in (Mode.BIND, Mode.PREFERRED_MANY):
        own = tuple(n for n in machine.fallback(cpu_node) if n in policy.nodes)
        outside = policy.mode is Mode.PREFERRED_MANY or not policy.nodes & machine.usable
        return _once(own + machine.fallback(cpu_node)) if outside else own
    if policy.mode is Mode.PREFERRED:
        return machine.fallback(policy.nodes.first)
    turn = (i % (1 << 64) for i in range(ilx, ilx + _turn(policy, machine)))
    begins = tuple(node_of_new_page(policy, i, cpu_node, machine) for i in turn)
    return _once(begins + tuple(n for begin in begins for n in machine.fallback(begin)))


def _turn(policy: Mempolicy, machine: Machine) -> int:
    """After how many pages (weighted) interleave begins anew."""
    weighted = policy.mode is Mode.WEIGHTED_INTERLEAVE
    return sum(machine.weight(n) if weighted else 1 for n in policy.nodes)


def _once(nodes: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(nodes))


def killed_early(policy: Mempolicy | None) -> bool:
    """Whether the OOM killer comes while other nodes still have room: under BIND, and no errno says so before.

    The fault retries until memory is freed, and BIND's killer looks at its nodes alone. Recorded for anonymous pages,
    tmpfs touches, writes and fallocate alike. Linux v6.1 mm/oom_kill.c, out_of_memory() with a nodemask.
    """
    return policy is not None and policy.mode is Mode.BIND
