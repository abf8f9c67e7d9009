# SPDX-License-Identifier: GPL-2.0-only
"""What a sweep has come to while it runs: in memory, and in its file if it has one."""
from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from numakit.sweep.grid import Point
from numakit.sweep.point import Outcome
from numakit.sweep.record import Record
from numakit.sweep.table import Failure, Table
from numakit.sweep.told import SweepWarning

Progress = Callable[[int, int], object]


class Kept:
    """The outcomes so far, by the point's number. notes: what was told on the way."""

    def __init__(self, points: Sequence[Point], record: Record | None, progress: Progress | None):
        self.points, self.record, self.progress = points, record, progress
        self.outcomes: dict[int, Outcome] = dict(record.outcomes) if record else {}
        self.ended = {index for index, outcome in self.outcomes.items() if "result" in outcome}
        self.notes: list[str] = []
        for note in record.notes if record else ():
            self.tell(note)
        if self.ended:
            self._report()

    @property
    def todo(self) -> list[int]:
        """The points without a result: those that failed in an earlier run are run again."""
        return [index for index in range(len(self.points)) if index not in self.ended]

    def tell(self, note: str) -> None:
        """Say now what went wrong, and keep it for the table."""
        self.notes.append(note)
        warnings.warn_explicit(note, SweepWarning, "numakit.sweep", 1)   # no line of ours would say more

    def keep(self, index: int, outcome: Outcome) -> None:
        """Take a point that has ended, and tell how many there are."""
        self.take(index, outcome)
        self._report()

    def take(self, index: int, outcome: Outcome) -> None:
        """To the file first, then in memory; nothing where that is done."""
        if index in self.ended:
            return
        if self.record:
            self.record.write(index, outcome)
        self.outcomes[index] = outcome
        self.ended.add(index)

    def _report(self) -> None:
        if self.progress:
            self.progress(len(self.ended), len(self.points))

    def table(self, scenario: str, interrupted: bool) -> Table:
        """All of it, in the grid's order."""
        told: list[tuple[Point, dict[str, Any]]] = [(self.points[i], self.outcomes[i]) for i in sorted(self.outcomes)]
        rows = tuple({**point, **outcome["result"]} for point, outcome in told if "result" in outcome)
        failed = tuple(Failure(point, outcome["failed"], outcome.get("traceback", ""))
                       for point, outcome in told if "result" not in outcome)
        return Table(scenario, rows, failed, len(self.points), tuple(self.notes), interrupted)
