# SPDX-License-Identifier: GPL-2.0-only
"""Where a new page goes, one page at a time: plain rules to be read. `pages` has the same in arrays.

Every node has room here: what happens on full nodes is a later chapter. A page of `order` 9 is a 2 MiB page.
"""
from __future__ import annotations

from collections.abc import Iterable

from numakit.checks import is_whole
from numakit.errors import BadRange, InvalidPolicy, ModelError
from numakit.machine import Machine
from numakit.mempolicy import Mempolicy, Mode
from numakit.task import Task
from numakit.tmpfs import Inode, checked_page

HUGE_ORDER = 9
"""A 2 MiB page is 1 << 9 pages of 4 KiB."""


def node_of_new_page(policy: Mempolicy | None, ilx: int, cpu_node: int, machine: Machine) -> int:
    """The node that a new page comes from, under the policy in force (None: default) at an interleave index.

    ilx: see `shmem_ilx`; cpu_node: the node whose CPU asks. Linux v6.8 mm/mempolicy.c, policy_nodemask().
    """
    checked_index(ilx)
    if policy is None or policy.mode is Mode.LOCAL:
        return local(cpu_node, machine)
    return RULES[policy.mode](policy, ilx, cpu_node, machine)


def local(cpu_node: int, machine: Machine) -> int:
    """The CPU's own node; where that has no memory, the first in its fallback order."""
    return machine.fallback(cpu_node)[0]


def preferred(policy: Mempolicy, ilx: int, cpu_node: int, machine: Machine) -> int:
    """The one node named, wherever the CPU is."""
    return local(policy.nodes.first, machine)


def bind(policy: Mempolicy, ilx: int, cpu_node: int, machine: Machine) -> int:
    """The first of the policy's nodes in the *CPU's* fallback order: the nearest, not the lowest-numbered.

    Where the cpuset allows none of them, the cpuset alone decides. PREFERRED_MANY does the same first.
    Linux v3.8 mm/mempolicy.c, policy_zonelist() and policy_nodemask().
    """
    nodes = policy.nodes & machine.usable if machine.allowed is not None else policy.nodes
    for nid in machine.fallback(cpu_node):
        if nid in nodes or not nodes:
            return nid
    raise InvalidPolicy(f"none of the nodes of '{policy}' has memory in {machine!r}", "a node with memory would do",
                        "mbind and set_mempolicy fail with EINVAL")


def interleave(policy: Mempolicy, ilx: int, cpu_node: int, machine: Machine) -> int:
    """One node after the other, by the index: the (ilx mod n)-th of the n nodes.

    Linux v3.8 mm/mempolicy.c, offset_il_node(); v6.8, interleave_nid().
    """
    index = ilx % (1 << machine.kernel.interleave_index_bits)
    return local(policy.nodes.nth(index % len(policy.nodes)), machine)


def weighted_interleave(policy: Mempolicy, ilx: int, cpu_node: int, machine: Machine) -> int:
    """As many indices in a row for each node as its weight says.

    Linux v6.19 mm/mempolicy.c, weighted_interleave_nid(): target = ilx mod the sum of weights, then walk the nodes.
    """
    target = ilx % sum(machine.weight(n) for n in policy.nodes)
    for nid in policy.nodes:
        target -= machine.weight(nid)
        if target < 0:
            return local(nid, machine)
    raise ModelError(f"the weights of {policy} in {machine!r} don't sum up")


RULES = {Mode.PREFERRED: preferred, Mode.BIND: bind, Mode.PREFERRED_MANY: bind, Mode.INTERLEAVE: interleave,
         Mode.WEIGHTED_INTERLEAVE: weighted_interleave}


def shmem_ilx(index: int, i_ino: int, machine: Machine, order: int = 0) -> int:
    """The index by which tmpfs interleaves page `index` of inode `i_ino`: the inode number is the bias.

    Since v6.7 i_ino + (index >> order); before, (index rounded down + i_ino) >> order, in which a small i_ino
    vanishes for 2 MiB pages. Linux v6.8 mm/shmem.c, shmem_get_pgoff_policy(); v6.1, shmem_alloc_hugefolio().
    """
    if not is_whole(order, 0, MAX_ORDER):
        raise BadRange(f"pages of order {order!r}", f"0 for 4 KiB, {HUGE_ORDER} for 2 MiB would do",
                       "the page allocator has orders below MAX_ORDER, 11")
    for number in (index, i_ino):
        checked_index(number)
    if machine.kernel.huge_index_keeps_ino:
        return i_ino + (index >> order)
    return (index >> order << order) + i_ino >> order


MAX_ORDER = 11
"""Orders of pages that the page allocator knows: 0 to 10. Linux v3.8 include/linux/mmzone.h"""


def checked_index(index: int) -> int:
    """A page's place or an inode number, if the kernel's unsigned long can hold it. Raises BadRange."""
    if not is_whole(index):
        raise BadRange(f"{index!r} is no index of a page and no inode number", "a whole number from 0 would do",
                       "the kernel keeps both in an unsigned long")
    return index


def policy_in_force(inode: Inode, index: int, task: Task) -> Mempolicy | None:
    """Whose policy a page of a file gets: the file's where its tree has one, else the task's, else none (default)."""
    own = inode.policy(index)
    return own if own is not None else task.policy


def node_of_file_page(inode: Inode, index: int, task: Task, machine: Machine, order: int = 0) -> int:
    """The node of page `index` of a tmpfs file, when `task` is the first to need it.

    How it is needed (write, read fault, write fault, fallocate) and in which order does not matter: only the index
    does (recorded on v3.8, 6.1 and 6.12). Linux v3.8 mm/shmem.c, shmem_alloc_page(). Raises BadRange, InvalidNodes.
    """
    ilx, seen = shmem_ilx(checked_page(index, inode), inode.i_ino, machine, order), machine.within(task.allowed)
    return node_of_new_page(policy_in_force(inode, index, task), ilx, machine.node_of_cpu(task.cpu), seen)


def touch(inode: Inode, machine: Machine, task: Task | None = None, pages: Iterable[int] | None = None) -> Inode:
    """The file after a task needed the pages named (None: all), in that order: those that were not there are now."""
    task = task or Task()
    if pages is not None and not isinstance(pages, Iterable):
        raise BadRange(f"{pages!r} are no pages", "a list such as [0, 3] would do", "a program touches page by page")
    wanted = range(inode.pages) if pages is None else list(pages)
    missing = [p for p in wanted if inode.nodes[checked_page(p, inode)] is None]
    return inode.put({p: node_of_file_page(inode, p, task, machine) for p in missing})


def touch_huge(inode: Inode, machine: Machine, task: Task | None = None) -> Inode:
    """The same in pages of 2 MiB: one decision for each 512 pages (a mount with huge=always)."""
    task, size = task or Task(), 1 << HUGE_ORDER
    heads = {head: node_of_file_page(inode, head, task, machine, HUGE_ORDER) for head in range(0, inode.pages, size)}
    return inode.put({p: heads[p // size * size] for p in range(inode.pages)})


def fault_path_ilx(index: int, i_ino: int, machine: Machine, order: int = 0) -> int:
    """The index by which mpol_misplaced() would interleave the same page: before v6.7 it does not know i_ino.

    Linux v3.8 mm/mempolicy.c, mpol_misplaced() with offset_il_node(): vm_pgoff and the place in the mapping only,
    in pages of 4 KiB even for a larger one; v6.8, get_vma_policy().
    """
    ilx = shmem_ilx(index, i_ino, machine, order)
    return ilx if machine.kernel.ilx_known_to_fault_path else index


def node_wanted_by_fault_path(policy: Mempolicy | None, index: int, i_ino: int, node: int, cpu_node: int,
                              machine: Machine, order: int = 0) -> int:
    """Where mpol_misplaced() would want a page that lies on `node`, *if* the policy let pages move on a fault.
    For local the running node itself (numa_node_id()), memory or not: a move to a node without any is refused later.

    No release lets user space set that (MPOL_F_MOF) on an interleave policy: this shows a disagreement in the code,
    not something that ever moved a page. Linux v3.8 mm/mempolicy.c, mpol_misplaced(), its table without MORON.
    """
    if policy is None or policy.mode is Mode.LOCAL:
        return cpu_node
    if policy.mode in (Mode.BIND, Mode.PREFERRED_MANY) and node in policy.nodes:
        return node
    return node_of_new_page(policy, fault_path_ilx(index, i_ino, machine, order), cpu_node, machine)


def disputed(landed: tuple[int, ...], wanted: tuple[int, ...]) -> tuple[int, ...]:
    """The pages, by their place, on whose node the two disagree."""
    return tuple(page for page, (a, b) in enumerate(zip(landed, wanted, strict=True)) if a != b)
