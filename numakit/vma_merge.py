# SPDX-License-Identifier: GPL-2.0-only
"""What mbind does to the mappings of a process: skip, merge with a neighbour, or split; per release.

Two of its rules surprise: a mapping that has the policy already is skipped, whatever the file's tree holds by then;
and where the range joins a neighbour of the same policy, v6.1 sets the policy again over all of the joined mapping,
v3.8 not at all.
"""
from __future__ import annotations

from dataclasses import dataclass, replace

from numakit.kernel import Kernel
from numakit.mempolicy import Mempolicy, mpol_equal
from numakit.vma import AddressSpace, Vma


@dataclass(frozen=True, slots=True)
class Visited:
    """The mappings after mbind, and those of them whose file is to get the policy over their whole range."""

    space: AddressSpace
    to_set: tuple[Vma, ...] = ()


def mbind_range(space: AddressSpace, start: int, end: int, new: Mempolicy | None, kernel: Kernel) -> Visited:
    """Every mapping that [start, end) meets is visited once, lowest first.

    Linux v3.8 and v6.1 mm/mempolicy.c, mbind_range(), with mm/mmap.c, vma_merge().
    """
    vmas, to_set = list(space.vmas), []
    at = sum(v.end <= start for v in vmas)
    while at < len(vmas) and vmas[at].start < end:
        if not mpol_equal(vmas[at].policy, new):
            at, changed = _visit(vmas, at, max(start, vmas[at].start), min(end, vmas[at].end), new, kernel)
            to_set += changed
        at += 1
    return Visited(AddressSpace(tuple(vmas)), tuple(to_set))


def _visit(vmas: list[Vma], at: int, start: int, end: int, new: Mempolicy | None,
           kernel: Kernel) -> tuple[int, list[Vma]]:
    """Merge or split one mapping in the list; gives where the changed one stands now, and itself if it is to be set."""
    vma = vmas[at]
    left = at > 0 and start == vma.start and _joins(vmas[at - 1], vma, vmas[at - 1].policy, new)
    right = at + 1 < len(vmas) and end == vma.end and _joins(vma, vmas[at + 1], new, vmas[at + 1].policy)
    if not left and not right:
        return _split(vmas, at, start, end, new)
    case8 = right and not left and start == vma.start
    at = _merge(vmas, at, start, end, left, right)
    if kernel.vma_merge_sets_policy == "never" or (kernel.vma_merge_sets_policy == "case 8" and not case8):
        return at, []
    vmas[at] = replace(vmas[at], policy=new)
    return at, [vmas[at]]


def _joins(low: Vma, high: Vma, low_policy: Mempolicy | None, high_policy: Mempolicy | None) -> bool:
    """Whether two neighbours could be one mapping: no gap, the same file without a gap, the same policy.

    Private mappings of different anon_vma are not told apart.
    """
    same = low.end == high.start and (low.file, low.shared) == (high.file, high.shared)
    return same and low.pgoff + low.pages == high.pgoff and mpol_equal(low_policy, high_policy)


def _merge(vmas: list[Vma], at: int, start: int, end: int, left: bool, right: bool) -> int:
    """Join the part [start, end) of a mapping to its neighbours; gives where the joined mapping stands now.

    The numbers are those of the comment above vma_merge(): with a left neighbour 1 and 6 (both sides), 2, 5 and 7;
    with a right one only 4 (the end of a mapping goes to it) and 8 (a whole mapping grows over it, and keeps its
    *own* policy: the caller mends that, or in v3.8 does not).
    """
    vma = vmas[at]
    if left:
        last = vmas[at + 1].end if right else end
        rest = [vma.part(end, vma.end)] if not right and end < vma.end else []
        vmas[at - 1:at + 1 + right] = [replace(vmas[at - 1], end=last), *rest]
        return at - 1
    if start > vma.start:
        follower = vmas[at + 1]
        vmas[at:at + 2] = [vma.part(vma.start, start),
                           replace(follower, start=start, pgoff=vma.pgoff_of(start))]
        return at + 1
    vmas[at:at + 2] = [replace(vma, end=vmas[at + 1].end)]
    return at


def _split(vmas: list[Vma], at: int, start: int, end: int, new: Mempolicy | None) -> tuple[int, list[Vma]]:
    """Cut a mapping so that [start, end) is one of its own, with the new policy."""
    vma = vmas[at]
    head = [vma.part(vma.start, start)] if vma.start < start else []
    tail = [vma.part(end, vma.end)] if end < vma.end else []
    middle = replace(vma.part(start, end), policy=new)
    vmas[at:at + 1] = [*head, middle, *tail]
    return at + len(head), [middle]
