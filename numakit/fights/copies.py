# SPDX-License-Identifier: GPL-2.0-only
"""Copy-on-write against the page copied: before v6.7 a private copy interleaves without the i_ino of its file."""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from numakit.fights import recorded
from numakit.fights.fight import Fight, Nodes, Side
from numakit.fights.playing import at_least_one, cpu_on, listed, machine_of
from numakit.kernel import V6_1, V6_12, Kernel
from numakit.machine import Machine
from numakit.process import Process, addresses, write
from numakit.task import Task
from numakit.tmpfs import Mount
from numakit.topology import Topology
from numakit.vma import AddressSpace

SOURCE = ("Linux v3.8 mm/mempolicy.c, alloc_pages_vma() by way of interleave_nid(), without i_ino; v6.8, "
          "get_vma_policy() with shmem_get_policy()'s ilx (ddc1a5cbc05d, v6.7).")


def copies(kernel: Kernel = V6_1, *, beside: Kernel = V6_12, policy: str = "interleave:0-3",
           inodes: Iterable[int] = (2, 3, 4), pages: int = 16, topology: Topology | None = None) -> Fight:
    """Where the private copies of files' pages lie, and where the pages: on one kernel, and on another beside it.

    One step: a task on node 0 touched the files, one on the last node writes to all pages through private mappings. So
    a "move" of these sides is a copy on another node than its page, which stays where it is.
    inodes: one file for each. Raises InvalidMount, InvalidPolicy, BadRange.
    """
    numbers, sides, told = at_least_one(inodes), [], {}
    for each in dict.fromkeys((kernel, beside)):
        machine = machine_of(each, topology)
        rows = {ino: _one(machine, ino, pages, policy) for ino in numbers}
        sides.append(Side(each.title, np.concatenate(list(rows.values()), axis=1), ("copied by a write",),
                          machine.topology.nodes, moving=False, files=tuple(rows)))
        told[each.name] = _counted(rows)
    return Fight("copies", f"Private copies under mpol={policy}: where the page is, or elsewhere?", tuple(sides),
                 " ".join(_sentence(of.title, told[name]) for name, of in zip(told, sides, strict=True)), told,
                 f"{recorded.beside(recorded.COPIES)}: group e, inodes 2 to 4, interleave over 4 and over 2 nodes.",
                 SOURCE)


def _one(machine: Machine, i_ino: int, pages: int, policy: str) -> Nodes:
    """Where one file's pages and their copies lie: int[2, pages]."""
    mount = Mount.new("/tmp", f"mpol={policy}", machine).create("f", pages, i_ino=i_ino)
    process = Process(Task(cpu_on(machine.topology.nodes - 1, machine)), AddressSpace().mmap(mount["f"], shared=False))
    first = Process(Task(cpu_on(0, machine)), AddressSpace().mmap(mount["f"]))
    _, mount = write(first, mount, addresses(first.space.newest))
    process, mount = write(process, mount, addresses(process.space.newest))
    return np.array([mount["f"].nodes, process.nodes(process.space.newest, mount)], np.int16)


def _counted(rows: dict[int, Nodes]) -> dict[str, Any]:
    """copies; elsewhere: those on another node than their page; inodes: of the files that have such copies."""
    elsewhere = {ino: int(np.count_nonzero(of[0] != of[1])) for ino, of in rows.items()}
    return {"copies": sum(of.shape[1] for of in rows.values()), "elsewhere": sum(elsewhere.values()),
            "inodes": tuple(ino for ino, count in elsewhere.items() if count)}


def _sentence(title: str, told: dict[str, Any]) -> str:
    files = f" (inode {listed(told['inodes'])})" if told["inodes"] else ""
    return (f"Under {title} {told['elsewhere']:,} of {told['copies']:,} copies lie on another node than the "
            f"page that they were made from{files}.")
