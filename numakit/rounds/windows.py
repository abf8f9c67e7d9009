# SPDX-License-Identifier: GPL-2.0-only
"""The rate limit in arrays: `hinting.RateLimit` of every node, for many pages that want to move in order.

Within 100 ms a node's window ends once at most. So pages are taken in spans of 100 ms: of each node's candidates those
before the end of its window fill that one, and the first after it opens a new one.
"""
from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numakit.hinting import RateLimit, rate_limit
from numakit.hinting.rate_limit import MIGRATE_INTERVAL_MS
from numakit.rounds.arrays import Counts, Mask, Small, at, by_node, first_of_each

Places = range | NDArray[np.int64]
"""Pages, rising: all of a stretch, or some."""

SORTABLE = 1 << 16
"""Up to so many candidates sorting them by node is faster than cutting them into spans."""


@dataclass(slots=True, eq=False)
class Windows:
    """Each node's window: end_ms, charged: int64[nodes]; page_count, round_ms: how page and time belong together."""

    end_ms: Counts
    charged: Counts
    page_count: int
    round_ms: int

    @classmethod
    def closed(cls, nodes: int, page_count: int, round_ms: int) -> Windows:
        """Windows before the first page moved."""
        return cls(np.zeros(nodes, np.int64), np.zeros(nodes, np.int64), page_count, round_ms)

    def limit(self, nid: int) -> RateLimit:
        """One node's window as a value."""
        return RateLimit(int(self.end_ms[nid]), int(self.charged[nid]))

    @property
    def can_fill(self) -> bool:
        """Whether any window can ever be full: else nothing need be counted, and no scan is left out either."""
        return (MIGRATE_INTERVAL_MS + 1) * self.page_count // self.round_ms + 2 >= rate_limit.RATELIMIT_PAGES

    def admit(self, goes: Mask, target: Small | int, wanted: Counts, places: Places, round: int) -> Counts:
        """Charge the windows, and take those pages out of `goes` that may not move: how many, by target.

        goes: of the pages `places`, rising; target: of each of them, or one for all; wanted: how many go to each node.
        """
        edges = self._edges(round)
        ending = np.flatnonzero((wanted > 0) & (edges <= places[-1]))
        if self._have_room(wanted, edges > places[0]) and (len(ending) == 0 or wanted.sum() <= SORTABLE):
            self._carry(goes, target, wanted, ending, places, round)
            return np.zeros_like(wanted)
        part = self._many if isinstance(target, np.ndarray) else self._one
        refused = np.zeros_like(wanted)
        for span in self._spans(places):
            whole = wanted if span == slice(0, len(places)) else None
            refused += part(goes[span], at(target, span), whole, places[span], round)
        return refused

    def _have_room(self, wanted: Counts, is_open: Mask) -> bool:
        """Whether none can be refused: all windows have room for all candidates, should none end before the last."""
        return bool((self.charged * is_open + wanted <= rate_limit.RATELIMIT_PAGES + 1).all())

    def _carry(self, goes: Mask, target: Small | int, wanted: Counts, nodes: NDArray[np.intp], places: Places,
               round: int) -> None:
        """All candidates go: at these nodes, for all at once, from each window that ends to the one that opens then."""
        self.charged += wanted
        if len(nodes) == 0:
            return
        lined_up, stop = self._lined_up(goes, target, places), wanted.cumsum()
        while len(nodes):
            first = lined_up.searchsorted(nodes * self.page_count + self._edges(round, nodes))
            opens = first < stop[nodes]
            nodes, first = nodes[opens], first[opens]
            self.end_ms[nodes] = self._now_ms(lined_up[first] - nodes * self.page_count, round) + MIGRATE_INTERVAL_MS
            self.charged[nodes] = stop[nodes] - first

    def _lined_up(self, goes: Mask, target: Small | int, places: Places) -> NDArray[np.int64]:
        """The candidates by target, then by page, as one rising number: target * page_count + page."""
        mine = np.flatnonzero(goes)
        here = np.broadcast_to(target, goes.shape).take(mine)
        number = here * np.int64(self.page_count) + pages_at(places, mine)
        return number.take(here.argsort(kind="stable"))  # of small types that is faster than np.sort(number)

    def _spans(self, places: Places) -> list[slice]:
        """The candidates cut into spans of 100 ms at most."""
        step = max(1, MIGRATE_INTERVAL_MS * self.page_count // self.round_ms)
        edges = [bisect_left(places, page) for page in range(places[0], places[-1] + 1, step)] + [len(places)]
        return [slice(start, end) for start, end in zip(edges, edges[1:], strict=False) if start < end]

    def _one(self, goes: Mask, target: int, wanted: Counts | None, places: Places, round: int) -> Counts:
        """A span with one target: what falls into the open window, then what opens a new one."""
        cut = bisect_left(places, self._edges(round)[target])
        refused = self._fill(goes[:cut], target, None)
        return refused + self._renew(goes[cut:], target, None, places[cut:], round)

    def _many(self, goes: Mask, target: Small, wanted: Counts | None, places: Places, round: int) -> Counts:
        """A span with many: before the first of their windows ends in it, while they end, and after the last has."""
        if wanted is None:
            wanted = by_node(target, goes, len(goes), len(self.charged))
        edges = self._edges(round)
        ends = edges[(wanted > 0) & (edges > places[0]) & (edges <= places[-1])]
        if len(ends) == 0:
            return self._renew(goes, target, wanted, places, round)
        first, last = bisect_left(places, ends.min()), bisect_left(places, ends.max())
        refused = self._renew(goes[:first], target[:first], None, places[:first], round)
        if first < last:
            refused += self._mixed(goes[first:last], target[first:last], places[first:last], round)
        return refused + self._renew(goes[last:], target[last:], None, places[last:], round)

    def _mixed(self, goes: Mask, target: Small, places: Places, round: int) -> Counts:
        """A part in which windows end: candidates before the end of their target's, and after it."""
        mine = np.flatnonzero(goes)
        in_time = pages_at(places, mine) < self._edges(round).take(target.take(mine))
        early = np.zeros_like(goes)
        early[mine] = in_time
        goes[mine] = ~in_time
        refused = self._fill(early, target, None) + self._renew(goes, target, None, places, round)
        goes |= early
        return refused

    def _renew(self, goes: Mask, target: Small | int, wanted: Counts | None, places: Places, round: int) -> Counts:
        """Candidates in whose time no window ends: where one had ended before, the first candidate opens a new one."""
        if len(goes) == 0:
            return np.zeros_like(self.charged)
        if wanted is None:
            wanted = by_node(target, goes, len(goes), len(self.charged))
        opens = (wanted > 0) & (self._edges(round) <= places[-1])
        if opens.any():
            first = pages_at(places, first_of_each(target, goes, opens))
            self.end_ms[opens] = self._now_ms(first, round) + MIGRATE_INTERVAL_MS
            self.charged[opens] = 0
        return self._fill(goes, target, wanted)

    def _fill(self, goes: Mask, target: Small | int, wanted: Counts | None) -> Counts:
        """Charge the windows; candidates that are too many do not go: how many, by target."""
        if wanted is None:
            wanted = by_node(target, goes, len(goes), len(self.charged))
        left = np.maximum(0, rate_limit.RATELIMIT_PAGES + 1 - self.charged)
        passed = np.minimum(wanted, left)
        self.charged += passed
        for node in np.flatnonzero((0 < left) & (left < wanted)):
            goes[np.flatnonzero(goes & (target == node))[left[node]:]] = False
        if (left[wanted > 0] == 0).any():
            goes &= (left > 0).take(target)
        refused: Counts = wanted - passed
        return refused

    def _edges(self, round: int, nodes: slice | NDArray[np.intp] = slice(None)) -> Counts:
        """For each of the nodes the first page of this round that is touched after its window ended."""
        left_ms = self.end_ms[nodes] + 1 - round * self.round_ms
        left_ms = np.minimum(np.maximum(0, left_ms), self.round_ms + 1)  # np.clip takes four times as long for a few
        return -(-left_ms * self.page_count // self.round_ms)

    def _now_ms(self, page: Any, round: int) -> Any:
        """When a page is touched: `Scenario.now_ms`."""
        return round * self.round_ms + page * self.round_ms // self.page_count


def pages_at(places: Places, index: NDArray[np.intp]) -> NDArray[np.int64]:
    """The pages at these places in the list."""
    return places.start + index if isinstance(places, range) else places[index]
