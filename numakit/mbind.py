# SPDX-License-Identifier: GPL-2.0-only
"""The two system calls that set a policy: set_mempolicy for the task, mbind for the pages of a mapping.

mbind on a mapping of a tmpfs file, shared or private, edits the *file's* tree, for everyone who uses the file.
"""
from __future__ import annotations

from dataclasses import replace

from numakit.checks import is_whole
from numakit.errors import BadAddress
from numakit.kernel import Kernel
from numakit.machine import Machine
from numakit.mempolicy import NO_NODES, Flag, Mempolicy, Mode, checked_mode, contextualise, mpol_new
from numakit.nodemask import Nodemask
from numakit.task import Task
from numakit.tmpfs import Mount
from numakit.vma import PAGE_SIZE, AddressSpace, Vma
from numakit.vma_merge import mbind_range

ADDRESSES = 1 << 64
"""All that an unsigned long can say."""


def set_mempolicy(task: Task, mode: int, nodes: Nodemask = NO_NODES, flags: Flag = Flag.NONE,
                  machine: Machine | None = None) -> Task:
    """The task with a policy of its own. Raises InvalidPolicy, and then the task keeps what it had.

    Linux v6.1 mm/mempolicy.c, do_set_mempolicy(): mode and flags, then the mask, then what the cpuset leaves of it.
    """
    return replace(task, policy=make_policy(mode, nodes, flags, machine or Machine(), task))


def make_policy(mode: int, nodes: Nodemask, flags: Flag, machine: Machine, task: Task,
                unset: int = 0) -> Mempolicy | None:
    """A policy as both calls make it: new, then fitted to memory and cpuset. Raises InvalidPolicy."""
    made = contextualise(mpol_new(mode, nodes, flags, machine.kernel), machine, task.allowed)
    if made is None or made.mode is not Mode.LOCAL or machine.kernel.local_is_a_mode:
        return made
    return replace(made, unset=unset)


def mbind(space: AddressSpace, mount: Mount, start: int, length: int, mode: int, nodes: Nodemask = NO_NODES,
          flags: Flag = Flag.NONE, task: Task | None = None, unset: int = 0) -> tuple[AddressSpace, Mount]:
    """The process's mappings and the mount's files after mbind of [start, start + length), in bytes.

    The order of errors is the kernel's: mode and flags, an unaligned start, a range that wraps (EINVAL), length 0
    does nothing, the policy (EINVAL), a hole between mappings (EFAULT; see `_check_mapped`). The length rounds up to
    whole pages. unset: for `local` in v3.8, see `Mempolicy`. Where an error is raised nothing has changed.
    Linux v3.8 and v6.1 mm/mempolicy.c, do_mbind().
    """
    machine, task = mount.machine, task or Task()
    checked_mode(mode, flags, machine.kernel)
    end = checked_span(start, length)
    if end == start:
        return space, mount
    new = make_policy(mode, nodes, flags, machine, task, unset)
    _check_mapped(space, start, end, new is None, machine.kernel)
    visited = mbind_range(space, start, end, new, machine.kernel)
    for vma in visited.to_set:
        mount = set_policy(mount, vma, new)
    return visited.space, mount


def set_policy(mount: Mount, vma: Vma, new: Mempolicy | None) -> Mount:
    """The mount after a mapping's whole range of its file got a policy (shmem_set_policy). Raises KernelBug."""
    if vma.file is None:
        return mount
    file, split = mount[vma.file], mount.machine.kernel.split
    tree = file.shared_policy.replace(vma.pgoff, vma.pgoff + vma.pages, new, split)
    return mount.with_file(replace(file, shared_policy=tree))


def checked_span(start: int, length: int) -> int:
    """The end of a range of addresses, its length rounded up to whole pages. Raises BadAddress."""
    if not is_whole(start, 0, ADDRESSES) or not is_whole(length, 0, ADDRESSES) or start % PAGE_SIZE:
        raise BadAddress(f"a range of {length!r} bytes at {start!r} does not begin with a page",
                         f"a multiple of {PAGE_SIZE} would do", "mbind fails with EINVAL", "EINVAL")
    length = (length + PAGE_SIZE - 1) // PAGE_SIZE * PAGE_SIZE % ADDRESSES  # rounding up may wrap to 0, as in C
    end = start + length
    if end >= ADDRESSES:
        raise BadAddress(f"{length} bytes from {start:#x} wrap around the end of all addresses",
                         "a range below that would do", "mbind fails with EINVAL", "EINVAL")
    return end


def _check_mapped(space: AddressSpace, start: int, end: int, is_default: bool, kernel: Kernel) -> None:
    """Raises BadAddress where a part of the range is not mapped.

    Now: any hole, for default only where nothing at all is mapped. Before v5.5: a hole at the head, and, but for
    default, one between mappings; none at the tail, because every process has its stack above.
    Linux v3.8 mm/mempolicy.c, check_range() and mbind_range(); v6.1, queue_pages_test_walk().
    """
    parts = [(max(v.start, start), min(v.end, end)) for v in space.vmas if v.start < end and start < v.end]
    mapped = sum(b - a for a, b in parts)
    if kernel.mbind_sees_every_hole:
        holed = not parts if is_default else mapped < end - start
    else:
        holed = not parts or parts[0][0] > start or (not is_default and mapped < parts[-1][1] - start)
    if holed:
        raise BadAddress(f"of {(end - start) // PAGE_SIZE} pages at {start:#x} only {mapped // PAGE_SIZE} are mapped",
                         "a range that mappings cover without a hole would do", "mbind fails with EFAULT")
