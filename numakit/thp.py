# SPDX-License-Identifier: GPL-2.0-only
"""What keeps a mapping's pages from being gathered into huge ones, in v3.8: one gate, in three places.

The gate is not the word `private`, nor the policy, but that the mapping has operations of its own (vm_ops): tmpfs
sets them for every mapping, private ones included.
"""
from __future__ import annotations

from dataclasses import dataclass

from numakit.vma import Vma

GATES = ("handle_mm_fault() in mm/memory.c offers a huge page to mappings without vm_ops only",
         "khugepaged_enter_vma_merge() in mm/huge_memory.c does not enter a mapping with vm_ops",
         "hugepage_vma_check() in mm/huge_memory.c refuses one in khugepaged's scan, and again before the collapse")
"""v3.8's three places. [C]"""


@dataclass(frozen=True, slots=True)
class Collapse:
    """Whether khugepaged may gather a mapping's pages, and why not if not."""

    possible: bool
    why: str

    def __repr__(self) -> str:
        return f"<{'possible' if self.possible else 'not possible'}: {self.why}>"


def has_vm_ops(vma: Vma) -> bool:
    """Whether the mapping has operations of its own: every file's, and shared anonymous memory, which is tmpfs."""
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
