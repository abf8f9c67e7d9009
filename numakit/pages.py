# SPDX-License-Identifier: GPL-2.0-only
"""`placement` in arrays: the same names, for many pages at once, tested equal to it page by page.

A file's policies come in ranges, so there is one step of numpy for each range, not for each page. Nodes are int16.
"""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from numakit import placement
from numakit.errors import BadRange, InvalidNodes
from numakit.hinting.misplaced import known_mode, looks_first_at, policy_at_fault
from numakit.machine import Machine
from numakit.mempolicy import INTERLEAVING, Flag, Mempolicy, Mode
from numakit.shared_policy import SharedPolicy
from numakit.task import Task
from numakit.tmpfs import Inode

Nodes = NDArray[np.int16]
Indices = NDArray[np.uint64]
Flags = NDArray[np.bool_]

CHUNK = 1 << 16
"""Pages in one step: what stays in the cache."""


def node_of_new_page(policy: Mempolicy | None, ilx: ArrayLike, cpu_node: ArrayLike, machine: Machine) -> Nodes:
    """The node of each new page: ilx: uint64[n]; cpu_node: a nid, or int[n]; gives nid: int16[n].

    Raises BadRange for an index below 0, InvalidNodes for a node that is not there.
    Source: as `placement.node_of_new_page`.
    """
    index, here = _indices(ilx), _cpu_nodes(cpu_node, machine)
    if policy is not None and policy.mode in INTERLEAVING:
        pattern = interleave_pattern(policy, machine)
        bits = machine.kernel.interleave_index_bits if policy.mode is Mode.INTERLEAVE else 64
        low = index if bits == 64 else index & np.uint64((1 << bits) - 1)
        return np.broadcast_to(pattern[low % np.uint64(len(pattern))], np.broadcast_shapes(index.shape, here.shape))
    return np.broadcast_to(nodes_by_cpu_node(policy, machine)[here], np.broadcast_shapes(index.shape, here.shape))


def interleave_pattern(policy: Mempolicy, machine: Machine) -> Nodes:
    """The nodes that (weighted) interleave goes through before it starts again: int16[sum of weights]."""
    weighted = policy.mode is Mode.WEIGHTED_INTERLEAVE
    nodes = [placement.local(n, machine) for n in policy.nodes]
    return np.repeat(np.array(nodes, np.int16), [machine.weight(n) if weighted else 1 for n in policy.nodes])


def nodes_by_cpu_node(policy: Mempolicy | None, machine: Machine) -> Nodes:
    """For a policy without an index: the node that a task on each node gets, int16[nodes of the machine]."""
    return np.array([placement.node_of_new_page(policy, 0, n, machine) for n in range(machine.topology.nodes)],
                    np.int16)


def shmem_ilx(index: ArrayLike, i_ino: int, machine: Machine, order: int = 0) -> Indices:
    """The interleave index of each page of a tmpfs file: index: pgoff[n]; gives uint64[n]. Raises BadRange."""
    placement.shmem_ilx(0, i_ino, machine, order)  # refuses a number or an order that no kernel has
    page, ino, shift = _indices(index), np.uint64(i_ino), np.uint64(order)
    if machine.kernel.huge_index_keeps_ino:
        return ino + (page >> shift)
    return ((page >> shift << shift) + ino) >> shift


def fault_path_ilx(index: ArrayLike, i_ino: int, machine: Machine, order: int = 0) -> Indices:
    """The index by which mpol_misplaced() would interleave each page: uint64[n]."""
    ilx = shmem_ilx(index, i_ino, machine, order)
    return ilx if machine.kernel.ilx_known_to_fault_path else _indices(index)


def node_wanted_by_fault_path(policy: Mempolicy | None, index: ArrayLike, i_ino: int, node: ArrayLike,
                              cpu_node: ArrayLike, machine: Machine, order: int = 0) -> Nodes:
    """Where mpol_misplaced() would want pages that lie on `node`, *if* the policy let them move: int16[n].

    Source and caution: as `placement.node_wanted_by_fault_path`.
    """
    now = _cpu_nodes(node, machine)
    if policy is None or policy.mode is Mode.LOCAL:
        here = _cpu_nodes(cpu_node, machine).astype(np.int16)
        return np.broadcast_to(here, np.broadcast_shapes(here.shape, now.shape, np.shape(index)))
    wanted = node_of_new_page(policy, fault_path_ilx(index, i_ino, machine, order), cpu_node, machine)
    if policy.mode not in (Mode.BIND, Mode.PREFERRED_MANY):
        return np.broadcast_to(wanted, np.broadcast_shapes(wanted.shape, now.shape))
    allowed = np.zeros(machine.topology.nodes, bool)
    allowed[list(policy.nodes)] = True
    return np.where(allowed[now], now, wanted).astype(np.int16)


@dataclass(frozen=True, slots=True, eq=False)
class Pages:
    """`hinting.Page` for n pages: node: nid[n]; index: pgoff[n]; last_nid: nid[n], -1 for none; last_pid: int[n]."""

    node: ArrayLike
    index: ArrayLike = 0
    i_ino: int = 0
    order: int = 0
    last_nid: ArrayLike = -1
    last_pid: ArrayLike = 0


@dataclass(frozen=True, slots=True, eq=False)
class Faulters:
    """`hinting.Faulter` for the task that touches each page: nid, pid: int; early: bool; each one value or [n]."""

    nid: ArrayLike
    pid: ArrayLike = 1
    early: ArrayLike = True


class Misplaced(NamedTuple):
    """Where pages are to go: target: int16[n], -1 where one stays; noted: bool[n], whether it remembers the task now:
    its last_nid and last_pid become the task's."""

    target: Nodes
    noted: Flags


def mpol_misplaced(policy: Mempolicy | None, page: Pages, who: Faulters, machine: Machine) -> Misplaced:
    """Where pages are to go on a hinting fault under one policy in force (None: the task's default).

    Raises BadRange, InvalidNodes, KernelBug. Source: as `hinting.mpol_misplaced`.
    """
    now, here, *_ = np.broadcast_arrays(_cpu_nodes(page.node, machine), _cpu_nodes(who.nid, machine),
                                        _indices(page.index), page.last_nid)
    mine = policy_at_fault(policy, 0, machine.kernel)  # of the default only the flags are asked: each task has its own
    nobody = np.zeros(now.shape, bool)
    if not mine.flags & Flag.MOF:
        return Misplaced(np.full(now.shape, -1, np.int16), nobody)
    known_mode(mine, machine.kernel)
    open_ = ~_lie_well(policy, now, here, machine)
    if not mine.flags & Flag.MORON:
        wanted = node_wanted_by_fault_path(mine, page.index, page.i_ino, now, here, machine, page.order)
        return Misplaced(np.where(open_ & (wanted != now), wanted, -1).astype(np.int16), nobody)
    goes = open_ & (now != here) & passes_filter(page, who, machine)
    return Misplaced(np.where(goes, here, -1).astype(np.int16), open_)


def _lie_well(policy: Mempolicy | None, now: NDArray[np.intp], here: NDArray[np.intp], machine: Machine) -> Flags:
    """`hinting.misplaced.lies_well` for each page; the task's default names the node that the task runs on."""
    asked = looks_first_at(policy_at_fault(policy, 0, machine.kernel), machine.kernel)
    if asked == "nothing":
        return np.zeros(now.shape, bool)
    if policy is None:
        return np.equal(now, here)
    inside = np.zeros(machine.topology.nodes, bool)
    inside[list(policy.nodes)] = True
    return ~inside[here] if asked == "task" else inside[now]


def passes_filter(page: Pages, who: Faulters, machine: Machine) -> Flags:
    """The two-stage filter for each page: bool[n]. Source: as `hinting.passes_filter`."""
    filter_, last = machine.kernel.two_stage_filter, np.asarray(page.last_nid)
    passed: Flags = np.equal(last, who.nid) | (filter_ == "none")
    if filter_ != "last_nid":
        passed = passed | (last < 0)
    if filter_ == "early faults pass":
        passed = passed | np.asarray(who.early, bool) & np.equal(page.last_pid, who.pid)
    return passed


def touch(inode: Inode, machine: Machine, task: Task | None = None, order: int = 0) -> Nodes:
    """The node of every page of a file that a task is the first to need, page by page or in pages of 2 MiB.

    Gives nid: int16[pages], read-only. For a file of which nothing is there yet: `placement.touch` keeps what is.
    """
    task = task or Task()
    found = np.empty(inode.pages, np.int16)
    here, machine = machine.node_of_cpu(task.cpu), machine.within(task.allowed)
    placement.shmem_ilx(0, 0, machine, order)  # refuses an order that no kernel has
    for start, end, policy in policy_ranges(inode.shared_policy, task.policy, 0, inode.pages, order):
        for low in range(start, end, CHUNK):
            high = min(end, low + CHUNK)
            found[low:high] = _range(policy, low, high, inode.i_ino, order, here, machine)
    found.flags.writeable = False
    return found


def _range(policy: Mempolicy | None, low: int, high: int, i_ino: int, order: int, here: int,
           machine: Machine) -> Nodes:
    """Pages [low, high) under one policy; small pages in a row take the interleave's pattern in a row."""
    first = placement.shmem_ilx(low, i_ino, machine, order) % (1 << machine.kernel.interleave_index_bits)
    wraps = first + high - low > 1 << machine.kernel.interleave_index_bits
    if policy is None or policy.mode is not Mode.INTERLEAVE or order or wraps:
        ilx = shmem_ilx(np.arange(low, high, dtype=np.uint64), i_ino, machine, order)
        return node_of_new_page(policy, ilx, here, machine)
    pattern = interleave_pattern(policy, machine)
    turned = np.roll(pattern, -(first % len(pattern)))
    return np.tile(turned, -(-(high - low) // len(turned)))[:high - low]


def policy_ranges(tree: SharedPolicy, task_policy: Mempolicy | None, low: int, high: int,
                  order: int = 0) -> Iterator[tuple[int, int, Mempolicy | None]]:
    """Pages low to high - 1 of a file, cut where the policy in force changes: (start, end, policy), holes included.

    With an order, borders move up to the next whole large page, whose first page decides for all of it.
    """
    size = 1 << order
    while low < high:
        own, _, end = tree.lookup_range(low)
        end = min(-(-end // size) * size, high)
        yield low, end, own if own is not None else task_policy
        low = end


def _indices(values: ArrayLike) -> Indices:
    """Page offsets as uint64. Raises BadRange for what is negative or no whole number."""
    array = np.asarray(values)
    if array.dtype.kind not in "iu" or (array.dtype.kind == "i" and array.size and int(array.min()) < 0):
        raise BadRange(f"page offsets of type {array.dtype} that are negative or not whole",
                       "whole numbers from 0 would do", "mmap fails with EOVERFLOW for an offset that wraps")
    return array.astype(np.uint64)


def _cpu_nodes(values: ArrayLike, machine: Machine) -> NDArray[np.intp]:
    """Nodes as indices. Raises InvalidNodes for one that the machine does not have."""
    array, count = np.asarray(values), machine.topology.nodes
    if array.dtype.kind not in "iu" or (array.size and not 0 <= int(array.min()) <= int(array.max()) < count):
        raise InvalidNodes("an array holds something that is not a node of the machine",
                           f"0 to {count - 1} would do", "the kernel knows the nodes that the firmware names")
    return array.astype(np.intp)
