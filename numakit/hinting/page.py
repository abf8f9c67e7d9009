# SPDX-License-Identifier: GPL-2.0-only
"""What a hinting fault sees: one page, and the task that touches it."""
from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from numakit.checks import is_whole
from numakit.errors import BadRange
from numakit.nodemask import checked_nid
from numakit.placement import MAX_ORDER, checked_index


class Last(NamedTuple):
    """The task that took the hinting fault before. v3.8 keeps its node alone (last_nid), v3.13 the pid's low bits too
    (last_cpupid); here the whole pid."""

    nid: int
    pid: int


@dataclass(frozen=True, slots=True)
class Page:
    """One page as the fault path sees it. Raises InvalidNodes, BadRange.

    node: the nid where it lies; index, i_ino: its place in the file and the file's number (an anonymous page has its
    mapping's index and 0); order: 9 for 2 MiB; mapcount: how many page-table entries map it, of any process; cached:
    a file's own page, which the page cache holds too; marked: its entry is a NUMA entry, so that the next touch takes
    a hinting fault; last: who took the last fault that came as far as the two-stage filter, None for none yet.
    """

    node: int
    index: int = 0
    i_ino: int = 0
    order: int = 0
    mapcount: int = 1
    cached: bool = False
    marked: bool = False
    last: Last | None = None

    def __post_init__(self) -> None:
        checked_nid(self.node)
        checked_index(self.index)
        checked_index(self.i_ino)
        if not is_whole(self.mapcount, 1, 1 << 31) or not is_whole(self.order, 0, MAX_ORDER):
            raise BadRange(f"a page of order {self.order!r} that {self.mapcount!r} entries map",
                           "order 0 or 9 and 1 entry or more would do",
                           "the scanner walks page tables, and meets no page that none of their entries maps")

    @property
    def pages(self) -> int:
        """How many pages of 4 KiB it is."""
        return 1 << self.order

    def mark(self) -> Page:
        """The page after the scanner made its entry a NUMA entry."""
        return replace(self, marked=True)

    def __repr__(self) -> str:
        mark = ", marked" if self.marked else ""
        last = f", last touched from node {self.last.nid}" if self.last else ""
        return f"<page {self.index} on node {self.node}, mapcount {self.mapcount}{mark}{last}>"


@dataclass(frozen=True, slots=True)
class Faulter:
    """The task that takes the fault: the node that it runs on (numa_node_id), and what v6.1's filter asks of it.

    numa_preferred_nid: the node that its faults so far speak for, None for none yet; numa_scan_seq: how many times
    its whole address space was scanned. Raises InvalidNodes, BadRange.
    """

    nid: int
    pid: int = 1
    numa_preferred_nid: int | None = None
    numa_scan_seq: int = 0

    def __post_init__(self) -> None:
        checked_nid(self.nid)
        if self.numa_preferred_nid is not None:
            checked_nid(self.numa_preferred_nid)
        if not is_whole(self.pid, 1, 1 << 22) or not is_whole(self.numa_scan_seq):
            raise BadRange(f"a task with the pid {self.pid!r}, scanned {self.numa_scan_seq!r} times",
                           "a pid from 1 to 4194303 and 0 scans or more would do", "pids end at PID_MAX_LIMIT")

    @property
    def is_early(self) -> bool:
        """Whether the task has no preferred node yet, or was scanned at most 4 times."""
        return self.numa_preferred_nid is None or self.numa_scan_seq <= EARLY_SCANS

    @property
    def as_last(self) -> Last:
        """What a page remembers of it."""
        return Last(self.nid, self.pid)

    def __repr__(self) -> str:
        return f"<task {self.pid} on node {self.nid}>"


EARLY_SCANS = 4
"""Two passes of the two-stage filter. Linux v6.1 kernel/sched/fair.c, should_numa_migrate_memory()"""
