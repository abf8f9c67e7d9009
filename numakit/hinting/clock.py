# SPDX-License-Identifier: GPL-2.0-only
"""When the scanner comes: periods of the task's run time, longer where faults move nothing."""
from __future__ import annotations

from dataclasses import dataclass, replace

from numakit.checks import is_whole
from numakit.errors import BadRange
from numakit.hinting.rate_limit import checked_ms
from numakit.kernel import Kernel

SCAN_DELAY_MS = 1000
"""A new task's first period, in ms of run time. Linux v3.8 and v3.13 kernel/sched/fair.c, scan_delay"""

SCAN_PERIOD_RESET_MS = 60000
"""How often v3.8 takes a task's period back to the shortest, in ms. numa_balancing_scan_period_reset"""


@dataclass(frozen=True, slots=True)
class ScanClock:
    """A task's scan period and when its last scan was. Raises BadRange.

    period_ms: numa_scan_period; stamp_ms: the task's run time at the last scan (node_stamp); next_reset_ms: when
    v3.8 makes the period short again (numa_next_reset, in ms since boot).
    """

    period_ms: int = SCAN_DELAY_MS
    stamp_ms: int = 0
    next_reset_ms: int = SCAN_PERIOD_RESET_MS

    def __post_init__(self) -> None:
        checked_ms(self.stamp_ms)
        checked_ms(self.next_reset_ms)
        if not is_whole(self.period_ms, 1):
            raise BadRange(f"a scan period of {self.period_ms!r} ms", "1 ms or more would do",
                           "the kernel takes the shortest period in place of 0, and a task never stops being scanned")

    def is_due(self, runtime_ms: int) -> bool:
        """Whether a tick at this run time of the task calls the scanner: more than a period went by.

        The task's own run time counts, not the wall clock. Linux v3.8 kernel/sched/fair.c, task_tick_numa().
        """
        return checked_ms(runtime_ms) - self.stamp_ms > self.period_ms

    def scanned(self, runtime_ms: int) -> ScanClock:
        """The clock after a scan at this run time."""
        return replace(self, stamp_ms=checked_ms(runtime_ms))

    def reset(self, now_ms: int, kernel: Kernel) -> ScanClock:
        """The clock with the shortest period again, every 60 s in v3.8: a blunt way to notice a new phase."""
        if checked_ms(now_ms) <= self.next_reset_ms:
            return self
        return replace(self, period_ms=kernel.scan_period_ms[0], next_reset_ms=now_ms + SCAN_PERIOD_RESET_MS)

    def task_numa_fault(self, migrated: bool, kernel: Kernel, hz: int = 250) -> ScanClock:
        """The clock after a fault: where nothing moved the period grows by 10 ticks, up to the longest.

        hz: ticks a second, 10 of them are 10 ms at 1,000, 40 at 250, 100 at 100. Raises BadRange.
        Linux v3.8 kernel/sched/fair.c, task_numa_fault(). Later kernels look at where the faults
        were; that is not modelled.
        """
        if hz not in (100, 250, 300, 1000):
            raise BadRange(f"{hz!r} ticks a second", "100, 250, 300 or 1000 would do", "CONFIG_HZ has no other choice")
        if migrated:
            return self
        return replace(self, period_ms=min(kernel.scan_period_ms[1], self.period_ms + 10 * 1000 // hz))
