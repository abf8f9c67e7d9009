# SPDX-License-Identifier: GPL-2.0-only
"""Which writers have begun, which have returned, and in which orders they may have taken effect.

A writer takes effect at one moment between its beginning and its return. So one that had returned before another began
comes first; two that overlap may come in either order. What a reader may see, and how all may end, follows from that.
"""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations, permutations

RUNNING, RETURNED, FAILED = "running", "returned", "failed"
NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Writer:
    """A writer that has begun. what: it writes; before: who had returned as it began; state: running, returned, or
    failed (no effect)."""

    name: str
    what: object
    before: frozenset[str]
    state: str = RUNNING


@dataclass(frozen=True, slots=True)
class History:
    """The writers that have begun."""

    writers: frozenset[Writer] = frozenset()

    def begun(self, name: str, what: object = None) -> History:
        """The history after a writer began."""
        return History(self.writers | {Writer(name, what, self.returned)})

    def ended(self, name: str, failed: bool = False) -> History:
        """The history after a writer returned; one that failed has changed nothing."""
        state = FAILED if failed else RETURNED
        return History(frozenset(replace(w, state=state) if w.name == name else w for w in self.writers))

    @property
    def by_name(self) -> tuple[Writer, ...]:
        """The writers that have begun, in alphabetical order."""
        return tuple(sorted(self.writers, key=lambda writer: writer.name))

    @property
    def returned(self) -> frozenset[str]:
        """Who has returned and not failed."""
        return frozenset(writer.name for writer in self.writers if writer.state == RETURNED)

    def orders(self, must: frozenset[str] = NOBODY) -> Iterator[tuple[Writer, ...]]:
        """In which orders writers may have taken effect by now, at a moment when all of `must` had returned."""
        able = [writer for writer in self.by_name if writer.state != FAILED]
        for count in range(len(must), len(able) + 1):
            for chosen in combinations(able, count):
                if must <= {writer.name for writer in chosen}:
                    yield from _orders(chosen, self.returned)

    def final_orders(self) -> Iterator[tuple[Writer, ...]]:
        """In which orders all that returned may have taken effect."""
        return _orders(tuple(w for w in self.by_name if w.state == RETURNED), self.returned)

    def __repr__(self) -> str:
        return f"<{', '.join(f'{w.name} {w.state}' for w in self.by_name) or 'nobody has begun'}>"


def _orders(chosen: tuple[Writer, ...], returned: frozenset[str]) -> Iterator[tuple[Writer, ...]]:
    """The orders of some writers in which each comes after all that had returned before it began."""
    for order in permutations(chosen):
        if all(writer.before & returned <= {earlier.name for earlier in order[:i]} for i, writer in enumerate(order)):
            yield order
