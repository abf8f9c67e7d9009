# SPDX-License-Identifier: GPL-2.0-only
"""SharedPolicy: one file's map from ranges of pages to policies, as a value that never changes.

The kernel keeps a red-black tree of sp_nodes in each tmpfs inode. Here it is a sorted tuple: the order of the ranges
and what a lookup finds are the tree's, its shape is not modelled.
"""
from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from operator import attrgetter
from typing import Literal, get_args

from numakit.checks import is_whole
from numakit.errors import BadRange, KernelBug, LinuxError, ModelError
from numakit.mempolicy import Mempolicy, policy_text

END_OF_FILE = 1 << 63
"""No page offset is as large: the end of a hole that nothing follows."""

Split = Literal["correct", "BUG", "loses the tail"]
SPLITS = get_args(Split)
START = attrgetter("start")


@dataclass(frozen=True, slots=True)
class SpNode:
    """One range with its policy. start, end: pgoff in pages, end excluded. Linux v3.8 include/linux/mempolicy.h"""

    start: int
    end: int
    policy: Mempolicy

    def __str__(self) -> str:
        return f"[{self.start}, {self.end}) {policy_text(self.policy)}"

    def __repr__(self) -> str:
        return f"<{self}>"


@dataclass(frozen=True, slots=True)
class SharedPolicy:
    """The ranges of one file that have a policy, lowest first; a hole means "no policy here".

    >>> SharedPolicy().replace(4, 8, policy('bind:1'))
    <[4, 8) bind:1>
    """

    nodes: tuple[SpNode, ...] = ()

    def lookup(self, pgoff: int) -> Mempolicy | None:
        """The policy of one page, None in a hole (mpol_shared_policy_lookup). Raises BadRange."""
        at = bisect_right(self.nodes, checked_pgoff(pgoff), key=START) - 1
        if at < 0 or self.nodes[at].end <= pgoff:
            return None
        return self.nodes[at].policy

    def lookup_range(self, pgoff: int) -> tuple[Mempolicy | None, int, int]:
        """The policy of one page, and the range [start, end) of pages that it holds for: Hugh Dickins' wish.

        In a hole: None, and the hole's bounds; END_OF_FILE where nothing follows. Inferred: never implemented.
        """
        at = bisect_right(self.nodes, checked_pgoff(pgoff), key=START) - 1
        if at >= 0 and pgoff < self.nodes[at].end:
            return self.nodes[at].policy, self.nodes[at].start, self.nodes[at].end
        after = self.nodes[at + 1].start if at + 1 < len(self.nodes) else END_OF_FILE
        return None, self.nodes[at].end if at >= 0 else 0, after

    def replace(self, start: int, end: int, policy: Mempolicy | None, split: Split = "correct") -> SharedPolicy:
        """The map after pages [start, end) were given a policy, or lost theirs with None.

        split: the kernel's switch of that name; it matters where the range lies inside an older one.
        Raises BadRange; KernelBug where this kernel hits BUG(). Linux v3.8 mm/mempolicy.c, shared_policy_replace().
        """
        checked_range(start, end)
        if split not in SPLITS:
            raise LinuxError(f"{split!r} is no way in which a kernel splits a range", f"one of {SPLITS} would do",
                             "each release splits in its own way: see Kernel.split")
        first, last = self._touched(start, end)
        old = self.nodes[first:last]
        new = [SpNode(start, end, policy)] if policy is not None else []
        head = [SpNode(old[0].start, start, old[0].policy)] if old and old[0].start < start else []
        tail = [SpNode(end, old[-1].end, old[-1].policy)] if old and old[-1].end > end else []
        if head and tail and len(old) == 1:
            tail = _split(tail, split)
        return SharedPolicy((*self.nodes[:first], *head, *new, *tail, *self.nodes[last:]))

    def _touched(self, start: int, end: int) -> tuple[int, int]:
        """The slice of nodes that a range meets (sp_lookup finds the first of them)."""
        first = bisect_right(self.nodes, start, key=START)
        if first and self.nodes[first - 1].end > start:
            first -= 1
        return first, bisect_left(self.nodes, end, first, key=START)

    def check(self) -> SharedPolicy:
        """This map itself, if its ranges are in order, disjoint and not empty. Raises ModelError."""
        edge = 0
        for node in self.nodes:
            if not edge <= node.start < node.end:
                raise ModelError(f"{node} is out of place in {self!r}: it begins before page {edge} or is empty")
            edge = node.end
        return self

    def __len__(self) -> int:
        return len(self.nodes)

    def __repr__(self) -> str:
        return f"<{', '.join(map(str, self.nodes)) or 'no policy'}>"


def _split(tail: list[SpNode], split: Split) -> list[SpNode]:
    """What a release makes of the part behind a range set in the middle of another.

    v3.8 inserted it before the trim and with its bounds swapped, and BUG() fired; v3.8.3 trimmed first but left the
    bounds swapped: no page finds that node. (Its effect on the tree's shape is not modelled.)
    """
    if split == "BUG":
        raise KernelBug(f"kernel BUG at mm/mempolicy.c:2182: sp_insert() puts the part behind, {tail[0]}, into the "
                        "tree while the old range still covers it; v3.8 dies on every split in the middle of a range")
    return tail if split == "correct" else []


def checked_pgoff(pgoff: int) -> int:
    """The page offset itself, if a file can have it. Raises BadRange."""
    if not is_whole(pgoff, 0, END_OF_FILE):
        raise BadRange(f"{pgoff!r} is no page of a file", "a whole number from 0 would do",
                       "mmap fails with EOVERFLOW for an offset that wraps", "EOVERFLOW")
    return pgoff


def checked_range(start: int, end: int) -> None:
    """Raises BadRange unless 0 <= start < end."""
    if checked_pgoff(start) >= checked_pgoff(end):
        raise BadRange(f"pages {start} to {end} are an empty range", "an end after the start would do",
                       "mbind does nothing for a length of 0 and fails with EINVAL for a wrapping range")
