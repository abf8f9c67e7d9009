# SPDX-License-Identifier: GPL-2.0-only
"""Painting a file's policy over its pages: the bare np.repeat, and `pages.touch`, which says the nodes as well."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.range_map import changed, policies, work
from benchmarks.timing import Row, medians
from numakit import V6_12, Inode, Machine, Mempolicy, SharedPolicy, pages, ring4

NANO = 1e9


@dataclass(frozen=True, slots=True)
class Painted:
    """The number of the policy of each page, uint16[pages], and what the numbers stand for; 0 is None."""

    numbers: NDArray[np.uint16]
    policies: tuple[Mempolicy | None, ...]


def paint(shared: SharedPolicy, size: int) -> Painted:
    """The policy of pages 0 to size-1 of a file: one np.repeat over its ranges and holes."""
    numbered: dict[int, tuple[int, Mempolicy]] = {}
    borders, numbers = [0], [0]
    for node in shared.nodes:
        if node.start >= size:
            break
        # By identity: to hash a policy takes longer than to paint its pages, and one more number does no harm.
        number, _ = numbered.setdefault(id(node.policy), (len(numbered) + 1, node.policy))
        borders += node.start, min(node.end, size)
        numbers += number, 0
    lengths = np.diff(np.array([*borders, size]))
    return Painted(np.repeat(np.array(numbers, np.uint16), lengths), (None, *(p for _, p in numbered.values())))


def file_of(ranges: int, size: int) -> Inode:
    """A file of so many pages with about so many ranges of policies in it."""
    named = policies()
    todo = work(ranges, timed=0)
    scale = size // (ranges * 64)
    steps = [(a * scale, b * scale, named[p] if p >= 0 else None) for a, b, p in todo.changes]
    return Inode("f", 7, changed(SharedPolicy(), steps), (None,) * size)


def rows(ranges: int = 1000, size: int = 1_024_000, times: int = 9) -> list[Row]:
    """Painting, and placing, in nanoseconds a page."""
    file, machine = file_of(ranges, size), Machine(ring4(), V6_12)
    painting, placing = medians(lambda: paint(file.shared_policy, size), lambda: pages.touch(file, machine),
                                times=times)
    what = f"{size:,} pages in {len(file.shared_policy):,} ranges"
    return [Row(f"painting the policy over {what}", "ns a page", painting / size * NANO, goal="at most 1.5 ns a page"),
            Row(f"pages.touch (policy and node) of {what}; other: painting alone", "ns a page",
                placing / size * NANO, painting / size * NANO)]
