# SPDX-License-Identifier: GPL-2.0-only
"""Moving pages on request: MPOL_MF_MOVE and its kin in mbind, migrate_pages and move_pages.

The destinations are asked as if the pages were new, but before v6.7 without the inode number: so a page may move to
where a fault would not have put it.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntFlag
from types import MappingProxyType

from numakit.checks import is_whole
from numakit.errors import BadAddress, InvalidNodes, InvalidPolicy, LinuxError
from numakit.machine import Machine
from numakit.mbind import checked_span, make_policy
from numakit.mbind import mbind as set_only
from numakit.mempolicy import INTERLEAVING, NO_NODES, Flag, Mempolicy, Mode
from numakit.nodemask import Nodemask, checked_mask, node_remap
from numakit.placement import node_of_new_page
from numakit.process import Process, mapcount, pages_at, vma_ilx
from numakit.tmpfs import Mount
from numakit.vma import Vma, get_vma_policy


class MF(IntFlag):
    """mbind's flags, with the numbers of include/uapi/linux/mempolicy.h. LAZY (8) is refused by every release."""

    NONE = 0
    STRICT = 1
    MOVE = 2
    MOVE_ALL = 4


class Misplaced(LinuxError):
    """MPOL_MF_STRICT found a page off the policy's nodes."""

    errno_name = "EIO"


@dataclass(frozen=True, slots=True)
class Moved:
    """What a call left behind: the caller's process, the mount, and how many pages lie on another node now."""

    process: Process
    mount: Mount
    pages: int


def mbind(process: Process, mount: Mount, start: int, length: int, mode: int, nodes: Nodemask = NO_NODES,
          flags: Flag = Flag.NONE, mf: MF = MF.NONE, others: Sequence[Process] = (), unset: int = 0) -> Moved:
    """mbind with its flags. others: the processes that may map the same pages; unset: see `Mempolicy`.

    STRICT alone fails with EIO where a page is off the user's mask, and sets nothing; with MOVE the pages off the mask
    are queued, those that another process maps as well only by MOVE_ALL, and that is no failure. The mask is the
    user's own, unfolded: an empty one (default, local) queues every page. DEFAULT drops STRICT.
    Linux v6.1 mm/mempolicy.c, do_mbind(), queue_pages_pte_range(), migrate_page_add().
    """
    _check_mf(mf)
    mf = mf & ~MF.STRICT if mode == Mode.DEFAULT else mf
    space, bound = set_only(process.space, mount, start, length, mode, nodes, flags, process.task, unset)
    end = checked_span(start, length)
    off = [a for a in _present(process) if start <= a < end and process.node(a, mount) not in nodes]
    if off and mf == MF.STRICT:
        raise Misplaced(f"{len(off)} pages lie off the nodes {nodes or '(none)'}", "MF.MOVE would move them",
                        "mbind with MPOL_MF_STRICT alone fails with EIO and sets no policy")
    after = replace(process, space=space)
    if not off or not mf & (MF.MOVE | MF.MOVE_ALL):
        return Moved(after, bound, 0)
    queued = [a for a in off if mf & MF.MOVE_ALL or _mapped_once(a, process, [process, *others], mount)]
    new = make_policy(mode, nodes, flags, mount.machine, process.task)
    return _move(after, bound, queued, _destination(after, bound, queued, new))


def _check_mf(mf: int) -> None:
    if not is_whole(mf, 0, 8):
        raise InvalidPolicy(f"mbind was given the flags {mf!r}", "a sum of MF.STRICT, MF.MOVE and MF.MOVE_ALL would do",
                            "mbind fails with EINVAL, for MPOL_MF_LAZY (8) too")


def _present(process: Process) -> list[int]:
    """The addresses at which this process has a page, lowest first."""
    return sorted({*process.own, *process.mapped})


def _mapped_once(address: int, process: Process, everybody: Iterable[Process], mount: Mount) -> bool:
    """Whether only one page-table entry maps the page at an address."""
    if address in process.own:
        return True
    vma = process.space.find(address)
    return mapcount(everybody, str(vma.file), vma.pgoff_of(address)) == 1


Destination = Callable[[int], int]
"""The node that the page at an address is to move to."""


def _destination(process: Process, mount: Mount, queued: Sequence[int], new: Mempolicy | None) -> Destination:
    """Where queued pages go: before v6.7 to where the policy in force at the page says, without i_ino; since then to
    where the *new* policy of the call says, by the index of the first page and its place.

    Linux v6.1 mm/mempolicy.c, new_page(); v6.8, do_mbind() with alloc_migration_target_by_mpol().
    """
    machine = mount.machine.within(process.task.allowed)
    here, vma_of = machine.node_of_cpu(process.task.cpu), process.space.find

    def by_policy_in_force(address: int) -> int:
        """v6.1: as a new page of the mapping, by the mapping's own index."""
        vma = vma_of(address)
        policy = get_vma_policy(vma, address, mount, process.task)
        return node_of_new_page(policy, vma.pgoff_of(address), here, machine)

    def by_new_policy(address: int) -> int:
        """v6.8: the new policy, counted on from the first queued page."""
        first, policy = queued[0], new if new is not None else process.task.policy
        index, in_force = vma_of(first).pgoff_of(first), get_vma_policy(vma_of(first), first, mount, process.task)
        i_ino = vma_ilx(vma_of(first), first, mount) - index
        base = i_ino if in_force is not None and in_force.mode in INTERLEAVING else i_ino - index
        return node_of_new_page(policy, (base + vma_of(address).pgoff_of(address)) % (1 << 64), here, machine)

    return by_new_policy if mount.machine.kernel.ilx_known_to_fault_path else by_policy_in_force


def migrate_pages(process: Process, mount: Mount, old: Nodemask, new: Nodemask) -> Moved:
    """migrate_pages for the whole process: node by node, the place in `old` decides the place in `new`.

    Where the two differ in size, sources that are in `new` stay; a source comes next whose destination is no source
    that remains. The caller may move shared pages too (CAP_SYS_NICE). Raises InvalidNodes.
    Linux v6.1 mm/mempolicy.c, kernel_migrate_pages(), do_migrate_pages().
    """
    machine = mount.machine.within(process.task.allowed)
    if not checked_mask(new) & machine.usable:
        raise InvalidNodes(f"nobody can move to the nodes {new or '(none)'}", f"some of {machine.usable} would do",
                           "migrate_pages fails with EINVAL")
    found = Moved(process, mount, 0)
    for source, to in _steps(checked_mask(old), new & machine.usable):
        if source not in machine.memory:
            continue
        there = [a for a in _present(found.process) if found.process.node(a, found.mount) == source]
        step = _move(found.process, found.mount, there, dict.fromkeys(there, to).__getitem__)
        found = replace(step, pages=found.pages + step.pages)
    return found


def _steps(old: Nodemask, new: Nodemask) -> list[tuple[int, int]]:
    """(source, destination) in the order in which do_migrate_pages() takes them."""
    stay = Nodemask() if len(old) == len(new) else new
    goes = {s: to for s in old if (to := node_remap(s, old, new)) != s and s not in stay}
    left, steps = set(old), []
    while goes:
        source = next((s for s, to in goes.items() if to not in left), next(reversed(goes)))
        steps.append((source, goes.pop(source)))
        left.discard(source)
    return steps


def move_pages(process: Process, mount: Mount, wanted: Mapping[int, int], others: Sequence[Process] = ()) -> Moved:
    """move_pages with MPOL_MF_MOVE: address -> the node that its page is to go to.

    As by mbind, a page that others map as well stays (its status is EACCES), and one that is not there is passed over
    (ENOENT). Linux has moved the pages before a bad node when it fails; here nothing has moved.
    Raises InvalidNodes, BadAddress. Linux v6.1 mm/migrate.c, do_pages_move(), add_page_for_migration().
    """
    if not isinstance(wanted, Mapping):
        raise BadAddress(f"{wanted!r} does not say which page is to go where", "{address: node} would do",
                         "move_pages takes two arrays, and fails with EFAULT where it can't read them")
    to = dict(zip(pages_at(process, wanted), wanted.values(), strict=True))
    for nid in to.values():
        _check_target(nid, mount.machine.within(process.task.allowed))
    there = [a for a in _present(process) if a in to and _mapped_once(a, process, [process, *others], mount)]
    return _move(process, mount, there, to.__getitem__)


def _check_target(nid: int, machine: Machine) -> None:
    """Raises InvalidNodes for a node that move_pages can't move to: ENODEV without memory, EACCES by the cpuset."""
    if not is_whole(nid) or nid not in machine.memory:
        raise InvalidNodes(f"node {nid!r} has no memory", f"one of {machine.memory} would do",
                           "move_pages fails with ENODEV", "ENODEV")
    if nid not in machine.usable:
        raise InvalidNodes(f"the cpuset does not allow node {nid}", f"one of {machine.usable} would do",
                           "move_pages fails with EACCES", "EACCES")


def _move(process: Process, mount: Mount, queued: Iterable[int], to: Destination) -> Moved:
    """The process and the mount with the queued pages on their new nodes."""
    moved, own = 0, dict(process.own)
    for address in queued:
        now, then = process.node(address, mount), to(address)
        moved += now != then
        if address in own:
            own[address] = then
        else:
            mount = _file_page_to(mount, process.space.find(address), address, then)
    return Moved(replace(process, own=MappingProxyType(own)), mount, moved)


def _file_page_to(mount: Mount, vma: Vma, address: int, nid: int) -> Mount:
    file, index = mount[str(vma.file)], vma.pgoff_of(address)
    return mount.with_file(replace(file, nodes=(*file.nodes[:index], nid, *file.nodes[index + 1:])))
