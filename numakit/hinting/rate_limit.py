# SPDX-License-Identifier: GPL-2.0-only
"""The rate limit of v3.8 to v4.19: how many pages may move to one node in 100 ms."""
from __future__ import annotations

from dataclasses import dataclass, replace

from numakit.checks import is_whole
from numakit.errors import BadRange

MIGRATE_INTERVAL_MS = 100
"""The length of a window, in ms. Linux v3.8 mm/migrate.c, migrate_interval_millisecs"""

PTEUPDATE_INTERVAL_MS = 1000
"""For how long after a full window the scanner still waits, in ms. v3.8, pteupdate_interval_millisecs"""

RATELIMIT_PAGES = 128 << (20 - 12)
"""Pages of 4 KiB in a window: 128 MiB, so nominally 1,280 MiB a second. v3.8 mm/migrate.c, ratelimit_pages"""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """What one target node has taken in its window. window_end_ms: numabalancing_migrate_next_window; pages: charged.

    Times are in ms since boot (the kernel counts jiffies). Raises BadRange.
    """

    window_end_ms: int = 0
    pages: int = 0

    def __post_init__(self) -> None:
        checked_ms(self.window_end_ms)
        if not is_whole(self.pages):
            raise BadRange(f"{self.pages!r} pages in a window", "0 or more would do", "the kernel counts from 0")

    def charge(self, now_ms: int, pages: int = 1) -> tuple[bool, RateLimit]:
        """Whether `pages` may move now, and the limit after it. A refusal charges nothing.

        The test is `charged > 32768` *before* adding: so 32,769 single pages pass, or 65 of 2 MiB. Raises BadRange.
        Linux v3.8 mm/migrate.c, migrate_misplaced_page() and numamigrate_update_ratelimit().
        """
        if not is_whole(pages, 1):
            raise BadRange(f"{pages!r} pages to move", "1, or 512 for a page of 2 MiB, would do",
                           "a hinting fault moves one page, small or large")
        window = self.at(now_ms)
        if window.pages > RATELIMIT_PAGES:
            return False, window
        return True, replace(window, pages=window.pages + pages)

    def at(self, now_ms: int) -> RateLimit:
        """The limit at a time: a new window where the old one is over (its last ms still belongs to it)."""
        if checked_ms(now_ms) > self.window_end_ms:
            return RateLimit(now_ms + MIGRATE_INTERVAL_MS, 0)
        return self

    def left(self, now_ms: int) -> int:
        """How many single pages the window still takes."""
        return max(0, RATELIMIT_PAGES + 1 - self.at(now_ms).pages)

    def migrate_ratelimited(self, now_ms: int) -> bool:
        """Whether the scanner of a task on this node leaves its turn out: up to 1,000 ms after a full window.

        Unlike `charge` it takes 32,768 pages for full. Linux v3.8 mm/migrate.c, migrate_ratelimited().
        """
        recent = checked_ms(now_ms) <= self.window_end_ms + PTEUPDATE_INTERVAL_MS
        return recent and self.pages >= RATELIMIT_PAGES

    def __repr__(self) -> str:
        return f"<{self.pages} of {RATELIMIT_PAGES} pages until {self.window_end_ms} ms>"


def checked_ms(time_ms: int) -> int:
    """A time in ms, if a clock that counts from boot can show it. Raises BadRange."""
    if not is_whole(time_ms):
        raise BadRange(f"{time_ms!r} is no time in ms", "a whole number from 0 would do",
                       "the kernel counts ticks (jiffies) from boot on")
    return time_ms
