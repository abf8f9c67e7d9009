# SPDX-License-Identifier: GPL-2.0-only
"""Group t: whether khugepaged made huge pages of a mapping that was written."""
from __future__ import annotations

from numakit.machine import Machine
from numakit.recordings.outcome import Compared, LeftOut, Outcome
from numakit.recordings.reader import Record
from numakit.thp import collapse
from numakit.tmpfs import Mount
from numakit.vma import AddressSpace, Vma

PAGES = 4096
"""16 MB, as the prober mapped."""


def replay_v3_8(record: Record, machine: Machine) -> Outcome:
    """A record of v3.8: AnonHugePages zero or not, where madvise was given."""
    if not record["madvise"]:
        return LeftOut("without madvise nothing is asked of khugepaged")
    got = record["AnonHugePages_kB"] > 0
    return Compared({"huge pages": got}, {"huge pages": collapse(_mapping(record["what"], machine), True).possible})


def _mapping(what: str, machine: Machine) -> Vma:
    """The mapping that a record names in words."""
    if what.startswith("tmpfs MAP_PRIVATE"):
        return AddressSpace().mmap(Mount.new(machine=machine).create("f", PAGES)["f"], shared=False).newest
    if what.startswith(("anon private", "shared anon")):
        return AddressSpace().mmap(pages=PAGES, shared=what.startswith("shared")).newest
    raise ValueError(f"{what!r} is no mapping that is known here")
