# SPDX-License-Identifier: GPL-2.0-only
"""What keeps a mapping's pages from becoming huge ones, in v3.8: one fact about it, asked for at three gates.

The fact is not the word `private`, nor the policy, but that the mapping has operations of its own (vm_ops): tmpfs
sets them for every mapping, private ones included. Each gate is a function here, and can be left open to see what
would come. All pages are taken to be written before the program asks, and THP is set to `madvise`: as it was recorded.
"""
from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from numakit.errors import ModelError
from numakit.placement import HUGE_ORDER
from numakit.vma import PAGE_SIZE, Vma

HUGE_KB = PAGE_SIZE * (1 << HUGE_ORDER) // 1024
"""A huge page: 512 pages of 4 KiB, 2,048 kB."""

GATES = ("handle_mm_fault() in mm/memory.c offers a huge page to mappings without vm_ops only",
         "khugepaged_enter_vma_merge() in mm/huge_memory.c puts no process on the list for a mapping with vm_ops",
         "hugepage_vma_check() in mm/huge_memory.c refuses one in khugepaged's scan, and again before the collapse")
"""v3.8's three gates. [C]"""

PLACES = dict(zip(("fault", "enter", "scan"), GATES, strict=True))
"""The gates by name."""

REASONS = {
    "shared": "madvise(MADV_HUGEPAGE) fails with EINVAL for a shared mapping, which has no pages of its own either",
    "not asked": "madvise(MADV_HUGEPAGE) was not asked for",
    "vm_ops": "the mapping has vm_ops",
    "no room": "no whole block of 2 MiB lies in the mapping",
}
"""Why a gate may be closed."""

LATER = (
    ("v3.8", "never", "never", "code read, recorded"),
    ("v4.8", "yes", "not read", "UNVERIFIED: the release, the commit"),
    ("6.1.192, 6.12.117", "yes, with huge=always", "not recorded", "recorded"),
    ("v6.8", "yes, if shmem_is_huge() says so", "never: a mapping with vm_ops is not anonymous", "code read"),
)
"""Release; whether a tmpfs file's own pages may be huge; whether a private mapping's copies may; how that is known."""


@dataclass(frozen=True, slots=True)
class Collapse:
    """Whether khugepaged may gather a mapping's pages, and why not if not."""

    possible: bool
    why: str

    def __repr__(self) -> str:
        return f"<{'possible' if self.possible else 'not possible'}: {self.why}>"


@dataclass(frozen=True, slots=True)
class Gate:
    """What one gate says of one mapping. name: of PLACES, or `madvise`; closed_by: a word of REASONS, "" if open."""

    name: str
    closed_by: str = ""

    @property
    def is_open(self) -> bool:
        """Whether the mapping passes."""
        return not self.closed_by

    @property
    def word(self) -> str:
        """The answer for a table: `open`, or the reason's name."""
        return self.closed_by or "open"

    def __repr__(self) -> str:
        return f"<{self.name}: {'open' if self.is_open else f'closed, {REASONS[self.closed_by]}'}>"


def has_vm_ops(vma: Vma) -> bool:
    """Whether the mapping has operations of its own: every file's, and shared anonymous memory, which is tmpfs.

    With them comes get_policy, so this is also whether the file is asked for a policy. Linux v3.8 mm/shmem.c,
    shmem_mmap().
    """
    return vma.file is not None or vma.shared


def collapse(vma: Vma, madvised: bool) -> Collapse:
    """Whether v3.8's khugepaged may gather the pages of a mapping, with THP set to `madvise`.

    Linux v3.8 mm/huge_memory.c, hugepage_vma_check(). Recorded: 0 against 14,336 kB of a mapping of 16 MB.
    """
    if has_vm_ops(vma):
        return Collapse(False, f"the mapping has vm_ops: {GATES[2]}")
    if not madvised:
        return Collapse(False, "madvise(MADV_HUGEPAGE) was not asked for")
    return Collapse(True, "a private anonymous mapping that asked for it")


def madvise(vma: Vma) -> Gate:
    """Whether madvise(MADV_HUGEPAGE) takes the request: for any private mapping, with vm_ops or without.

    Linux v3.8 mm/huge_memory.c, hugepage_madvise(), VM_NO_THP. Recorded: 0 for tmpfs private, EINVAL for shared.
    """
    return Gate("madvise", "shared" if vma.shared else "")


def at_fault(vma: Vma, asked: bool = True, opened: Collection[str] = ()) -> Gate:
    """Whether the first touch of a block of 2 MiB is offered a huge page. Linux v3.8 mm/memory.c, handle_mm_fault()."""
    return gate("fault", vma, asked, opened)


def at_enter(vma: Vma, asked: bool = True, opened: Collection[str] = ()) -> Gate:
    """Whether the mapping puts its *process* on khugepaged's list, at a madvise or where mappings are joined.

    Linux v3.8 mm/huge_memory.c, khugepaged_enter_vma_merge().
    """
    return gate("enter", vma, asked, opened)


def at_scan(vma: Vma, asked: bool = True, opened: Collection[str] = ()) -> Gate:
    """Whether khugepaged, on its way through a process, looks into this mapping; asked again before the collapse.

    Linux v3.8 mm/huge_memory.c, hugepage_vma_check().
    """
    return gate("scan", vma, asked, opened)


def gate(name: str, vma: Vma, asked: bool = True, opened: Collection[str] = ()) -> Gate:
    """One gate by its name. opened: gates that don't ask for vm_ops, to see what would come. Raises ModelError.

    The order in which v3.8 asks differs a little from gate to gate; what passes does not depend on it.
    """
    unknown = [word for word in (name, *opened) if word not in PLACES]
    if unknown:
        raise ModelError(f"there is no gate {unknown[0]!r}; the gates are {', '.join(PLACES)}")
    closed_by = {"shared": vma.shared, "not asked": not asked, "vm_ops": has_vm_ops(vma) and name not in opened,
                 "no room": not huge_blocks(vma)}
    return Gate(name, next((reason for reason, closed in closed_by.items() if closed), ""))


def huge_blocks(vma: Vma) -> int:
    """How many huge pages a mapping can hold: blocks of 2 MiB, beginning at a multiple of 2 MiB, that lie wholly in it.

    Linux v3.8 mm/huge_memory.c, hstart and hend in khugepaged_scan_mm_slot().
    """
    size = PAGE_SIZE << HUGE_ORDER
    return max(0, vma.end // size - -(-vma.start // size))


def on_list(vmas: Iterable[Vma], opened: Collection[str] = ()) -> bool:
    """Whether a process comes to stand on khugepaged's list: one of its mappings is enough.

    (A first touch that is given a huge page would bring it there too; here all pages are there before.)
    """
    return any(at_enter(vma, opened=opened).is_open for vma in vmas)


def gathered(vmas: Collection[Vma], opened: Collection[str] = ()) -> tuple[int, ...]:
    """kB in huge pages for each mapping of a process, after khugepaged has passed: each asked, all pages were written.

    That is what AnonHugePages shows in v3.8. Nothing is short of memory here. Raises ModelError.
    """
    listed = on_list(vmas, opened)
    return tuple(HUGE_KB * huge_blocks(vma) if listed and at_scan(vma, opened=opened).is_open else 0 for vma in vmas)
