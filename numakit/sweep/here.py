# SPDX-License-Identifier: GPL-2.0-only
"""What runs the points; the plainest: one after the other, in this process."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from numakit.sweep.grid import Point
from numakit.sweep.point import Outcome, run

Ended = tuple[int, Outcome]
Scenario = Callable[..., object]


class Runs(Protocol):
    """What a sweep asks of whatever runs its points."""

    def outcomes(self) -> Iterator[Ended]:
        """Each point as it ends."""

    def finished(self) -> Iterator[Ended]:
        """Those that have ended and were not given yet."""

    def close(self, wait: bool) -> None:
        """Run no more. wait: until none of its points runs."""


@dataclass
class Here:
    """One point after the other, in this process."""

    scenario: Scenario
    points: Sequence[Point]
    todo: Iterable[int]

    def outcomes(self) -> Iterator[Ended]:
        """Each point as it ends."""
        return ((index, run(self.scenario, self.points[index])) for index in self.todo)

    def finished(self) -> Iterator[Ended]:
        """None: a point that was interrupted has not ended."""
        return iter(())

    def close(self, wait: bool) -> None:
        """There is nothing to end."""
