# SPDX-License-Identifier: GPL-2.0-only
"""MPOL_MF_MOVE against placement at fault: before v6.7 mbind moves pages without the i_ino that a fault counts in."""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from numakit.fights import recorded
from numakit.fights.fight import NOWHERE, Fight, Nodes, Side
from numakit.fights.playing import at_least_one, listed, machine_of, some
from numakit.kernel import V6_1, V6_12, Kernel
from numakit.machine import Machine
from numakit.mount_option import policy_args
from numakit.moving import MF, mbind
from numakit.process import Process, addresses, drop, punch, write
from numakit.tmpfs import Mount
from numakit.topology import Topology
from numakit.vma import AddressSpace

SOURCE = ("Linux v6.1 mm/mempolicy.c, new_page() and shmem_alloc_folio() of mm/shmem.c; since v6.7 "
          "alloc_migration_target_by_mpol() (88c91dc58582) with ilx (ddc1a5cbc05d).")

RECORDED_FILES = ((2, 0), (3, 0), (4, 0), (5, 0), (6, 3), (7, 3), (8, 3), (9, 3))
"""The i_ino of each recorded file, and from which page on it was mapped. Group g, fight."""

MOVED, ANEW = 2, 5
"""The rows after the MOVE in question, and after all was touched anew."""


def move_against_fault(kernel: Kernel = V6_1, *, beside: Kernel = V6_12, to: str = "interleave:0-2",
                       files: Iterable[tuple[int, int]] | None = None, pages: int = 24,
                       topology: Topology | None = None) -> Fight:
    """Whether pages that MPOL_MF_MOVE spread lie where a fault would put them: on one kernel, and on another.

    Each file of mpol=interleave:0-3 is touched, moved to bind:3, moved to the policy `to`, again, dropped, and touched
    anew. files: (i_ino, first page mapped) of each, None for those of the recording (mapped from page 0 where this
    kernel's split of a range is a BUG); pages: mapped of each. Raises InvalidPolicy, BadRange, KernelBug.
    """
    asked, sides, told = at_least_one(files) if files is not None else None, [], {}
    for each in dict.fromkeys((kernel, beside)):
        machine = machine_of(each, topology)
        rows = {ino: _one(machine, ino, first, pages, to) for ino, first in asked or _recorded_files(each)}
        sides.append(Side(each.title, np.concatenate(list(rows.values()), axis=1), _steps(to), machine.topology.nodes,
                          files=tuple(rows)))
        told[each.name] = _counted(rows)
    return Fight("move_against_fault", "Does mbind with MPOL_MF_MOVE put pages where a fault would?", tuple(sides),
                 " ".join(_sentence(of.title, told[name], to) for name, of in zip(told, sides, strict=True)), told,
                 f"{recorded.beside(recorded.AFTER_MOVE)}: group g, eight files of 24 pages.", SOURCE)


def _recorded_files(kernel: Kernel) -> tuple[tuple[int, int], ...]:
    return tuple((ino, 0 if kernel.split == "BUG" else first) for ino, first in RECORDED_FILES)


def _steps(to: str) -> tuple[str, ...]:
    return ("mbind bind:3 MOVE", f"mbind {to} MOVE", "the same again", "dropped", "touched anew")


def _one(machine: Machine, i_ino: int, first: int, pages: int, to: str) -> Nodes:
    """Where one file's pages lie at first and after each step: int[6, pages]."""
    mount = Mount.new("/tmp", "mpol=interleave:0-3", machine).create("f", first + pages, i_ino=i_ino)
    process = Process(space=AddressSpace().mmap(mount["f"], pages, first))
    vma = process.space.newest
    process, mount = write(process, mount, addresses(vma))
    rows = [process.nodes(vma, mount)]
    for text in ("bind:3", to, to):
        moved = mbind(process, mount, vma.start, vma.end - vma.start, *policy_args(text, machine), mf=MF.MOVE)
        process, mount = moved.process, moved.mount
        rows.append(process.nodes(vma, mount))
    process, mount = drop(process, addresses(vma)), punch(mount, "f", first, pages)
    process, mount = write(process, mount, addresses(vma))
    return np.array([*rows, (NOWHERE,) * pages, process.nodes(vma, mount)], np.int16)


def _counted(rows: dict[int, Nodes]) -> dict[str, Any]:
    """pages; off: those that lie where no fault puts them; inodes: their files; moved again: by the repetition."""
    off = {ino: int(np.count_nonzero(of[MOVED] != of[ANEW])) for ino, of in rows.items()}
    return {"pages": sum(of.shape[1] for of in rows.values()), "off": sum(off.values()),
            "inodes": tuple(ino for ino, count in off.items() if count),
            "moved again": sum(int(np.count_nonzero(of[MOVED] != of[MOVED + 1])) for of in rows.values())}


def _sentence(title: str, told: dict[str, Any], to: str) -> str:
    files = f" (inode {listed(told['inodes'])})" if told["inodes"] else ""
    return (f"Under {title} MPOL_MF_MOVE to {to} leaves {told['off']:,} of {some(told['pages'], 'page')} where a fault "
            f"would not have put them{files}; called again it moves {told['moved again']:,}.")
