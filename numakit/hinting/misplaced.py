# SPDX-License-Identifier: GPL-2.0-only
"""mpol_misplaced(): whether a page that took a hinting fault lies wrong, and where it is to go. `pages` has its twin.

The order of the questions is the kernel's: may this policy move pages at all (MOF)? Does the page lie well enough?
Where does the policy want it? And does MORON ask for the running node instead, past the two-stage filter?
"""
from __future__ import annotations

from typing import Literal

from numakit.errors import KernelBug
from numakit.hinting.page import Faulter, Page
from numakit.hinting.words import Answer, Decision
from numakit.kernel import Kernel
from numakit.machine import Machine
from numakit.mempolicy import INTERLEAVING, NAMES, Flag, Mempolicy, Mode, modes_of
from numakit.nodemask import Nodemask
from numakit.placement import fault_path_ilx, node_wanted_by_fault_path

V3_8_TABLE = "Linux v3.8 mm/mempolicy.c, mpol_misplaced()"
V6_1_TABLE = "Linux v6.1 mm/mempolicy.c, mpol_misplaced()"
V6_1_FILTER = "Linux v6.1 kernel/sched/fair.c, should_numa_migrate_memory()"
FILTERS = {"last_nid": V3_8_TABLE, "last_cpupid": "Linux v3.13 mm/mempolicy.c, mpol_misplaced()",
           "early faults pass": V6_1_FILTER}


def preferred_node_policy(nid: int) -> Mempolicy:
    """What a task without a policy has since v3.8: PREFERRED on the node that it runs on, with MOF and MORON.

    In v3.8 no other policy has MOF. Linux v3.8 mm/mempolicy.c, preferred_node_policy[], get_task_policy().
    """
    here = Nodemask.of(nid)
    return Mempolicy(Mode.PREFERRED, here, Flag.MOF | Flag.MORON, here)


def policy_at_fault(policy: Mempolicy | None, nid: int, kernel: Kernel) -> Mempolicy:
    """The policy in force, None being the task's default on node `nid`: local without MOF before hinting faults."""
    if policy is not None:
        return policy
    return preferred_node_policy(nid) if kernel.hinting_faults else Mempolicy(Mode.LOCAL)


def mpol_misplaced(policy: Mempolicy | None, page: Page, who: Faulter, machine: Machine) -> Decision:
    """Where a page is to go, under the policy in force at it (None: the task's default), when `who` touches it.

    Raises InvalidNodes for a node that the machine does not have, KernelBug for a mode that it does not know.
    Linux v3.8 and v6.1 mm/mempolicy.c, mpol_misplaced(). Not modelled: statistics of task groups (v3.13 on), deferred
    migration (v3.13), memory tiers.
    """
    for nid in (page.node, who.nid):
        machine.topology.checked(nid)
    mine = policy_at_fault(policy, who.nid, machine.kernel)
    if not mine.flags & Flag.MOF:
        return Decision(None, f"{told(mine)} lacks MPOL_F_MOF (migrate on fault)", V3_8_TABLE)
    settled = lies_well(known_mode(mine, machine.kernel), page, who, machine.kernel)
    if settled:
        return Decision(None, settled.reason, settled.source)
    if mine.flags & Flag.MORON:
        return towards_faulter(page, who, machine.kernel)
    return by_policy(mine, page, who, machine)


def known_mode(policy: Mempolicy, kernel: Kernel) -> Mempolicy:
    """The policy itself, if this release's mpol_misplaced() has a case for its mode. Raises KernelBug."""
    if policy.mode not in modes_of(kernel):
        raise KernelBug(f"kernel BUG in mpol_misplaced(): {kernel.title} has no case for {told(policy)}")
    return policy


def looks_first_at(policy: Mempolicy, kernel: Kernel) -> Literal["task", "page", "nothing"]:
    """What is looked at before MORON: whether the *task* runs, or the *page* lies, on one of the policy's nodes.

    The task, where user space set MPOL_F_NUMA_BALANCING; the page under BIND and PREFERRED_MANY, since some release
    after v3.13 under PREFERRED too. Linux v3.8, v6.1 and v6.19 mm/mempolicy.c, mpol_misplaced().
    """
    if policy.flags & Flag.MORON and NAMES[policy.mode] in kernel.balancing_with:
        return "task"
    if policy.mode is Mode.PREFERRED:
        return "page" if kernel.preferred_checks_node_first else "nothing"
    return "page" if policy.mode in (Mode.BIND, Mode.PREFERRED_MANY) else "nothing"


def lies_well(policy: Mempolicy, page: Page, who: Faulter, kernel: Kernel) -> Answer:
    """Whether the answer is "stay" before MORON is reached."""
    asked = looks_first_at(policy, kernel)
    if asked == "nothing":
        return Answer(False, f"{NAMES[policy.mode]} looks neither at the task's node nor at the page's", V3_8_TABLE)
    if asked == "task":
        inside = who.nid in policy.nodes
        return Answer(not inside, f"the task runs on node {who.nid}, which is {'' if inside else 'not '}of "
                      f"{told(policy)}, and pages follow it there only within its nodes", V6_1_TABLE)
    inside = page.node in policy.nodes
    return Answer(inside, f"the page is on node {page.node}, which is {'' if inside else 'not '}of {told(policy)}",
                  V3_8_TABLE if policy.mode is Mode.BIND else V6_1_TABLE)


def by_policy(policy: Mempolicy, page: Page, who: Faulter, machine: Machine) -> Decision:
    """Without MORON: the node that the policy itself names, if the page is not there."""
    wanted = node_wanted_by_fault_path(policy, page.index, page.i_ino, page.node, who.nid, machine, page.order)
    reason = f"{_why(policy, page, who, machine)} node {wanted}"
    if wanted == page.node:
        return Decision(None, f"{reason}, where the page is", V3_8_TABLE)
    return Decision(wanted, f"{reason}, and the page is on node {page.node}", V3_8_TABLE)


def _why(policy: Mempolicy, page: Page, who: Faulter, machine: Machine) -> str:
    """The policy's reason for the node that it names, without the node."""
    if policy.mode in INTERLEAVING:
        ilx = fault_path_ilx(page.index, page.i_ino, machine, page.order)
        return f"{told(policy)} puts index {ilx} on"
    if policy.mode is Mode.LOCAL:
        return "local: the task runs on"
    if policy.mode is Mode.PREFERRED:
        return f"{told(policy)} names"
    return f"of {told(policy)}, the first in the fallback order of node {who.nid} is"


def towards_faulter(page: Page, who: Faulter, kernel: Kernel) -> Decision:
    """With MORON: the running node, whatever node the policy names, if the two-stage filter lets the fault pass."""
    passed = passes_filter(page, who, kernel)
    if not passed:
        return Decision(None, passed.reason, passed.source, noted=True)
    if page.node == who.nid:
        return Decision(None, f"the page is on node {who.nid} already, where the task runs", V3_8_TABLE, noted=True)
    return Decision(who.nid, f"{passed.reason}: the page follows the task to node {who.nid}", passed.source,
                    noted=True)


def passes_filter(page: Page, who: Faulter, kernel: Kernel) -> Answer:
    """The two-stage filter: whether the last fault that the page remembers speaks for moving it to this task's node.

    Whoever passes or not, the page remembers this task as its last.
    """
    if kernel.two_stage_filter == "none":
        return Answer(True, "there is no two-stage filter (no release is so)", "our switch")
    if kernel.two_stage_filter == "early faults pass" and who.is_early:
        if page.last is None or page.last.pid == who.pid:
            return Answer(True, _early(page), V6_1_FILTER)
    source = FILTERS[kernel.two_stage_filter]
    if page.last is None:
        unset_passes = kernel.two_stage_filter != "last_nid"
        return Answer(unset_passes, "the page remembers no hinting fault, and "
                      + ("this one may move it" if unset_passes else "two in a row from one node are needed"), source)
    if page.last.nid != who.nid:
        return Answer(False, f"the fault that the page remembers came from node {page.last.nid}, this one from "
                      f"node {who.nid}: two in a row from one node are needed", source)
    return Answer(True, f"the second hinting fault in a row from node {who.nid}, as far as the page remembers", source)


def _early(page: Page) -> str:
    if page.last is None:
        return "the page remembers no hinting fault, and it is early in the task's life"
    return "the fault that the page remembers was this task's own, and it is early in its life"


def told(policy: Mempolicy) -> str:
    """A policy in a sentence; the task's default by what it is."""
    if policy.mode is Mode.PREFERRED and policy.flags & Flag.MORON:
        return f"the task's default (prefer:{policy.nodes})"
    return f"'{policy}'"
