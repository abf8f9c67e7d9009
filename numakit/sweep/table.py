# SPDX-License-Identifier: GPL-2.0-only
"""What a sweep has come to: a row for each point that ended well, and what failed."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from numakit.sweep.grid import Point
from numakit.sweep.point import arguments


@dataclass(frozen=True, slots=True, repr=False)
class Failure:
    """A point that raised, or took its worker down. error: in one sentence; traceback: where."""

    arguments: Point
    error: str
    traceback: str = field(default="", compare=False)

    def __repr__(self) -> str:
        return f"<({arguments(self.arguments)}) failed: {_short(self.error, 100)}>"


@dataclass(frozen=True, slots=True, repr=False)
class Table:
    """The rows of a sweep, in the grid's order: `pandas.DataFrame(table.rows)`.

    rows: arguments and results of each point that ended well, one dict; failed: the others that were run; points: how
    many the grid has; notes: what went wrong on the way; interrupted: whether Ctrl-C ended it.
    """

    scenario: str
    rows: tuple[dict[str, Any], ...]
    failed: tuple[Failure, ...]
    points: int
    notes: tuple[str, ...] = field(default=(), compare=False)
    interrupted: bool = field(default=False, compare=False)

    @property
    def complete(self) -> bool:
        """Whether each point has its row."""
        return len(self.rows) == self.points

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        points = f"{self.points:,} point{'s' * (self.points != 1)}"
        left = self.points - len(self.rows) - len(self.failed)
        said = [f"{points}, all done" if self.complete else f"{len(self.rows):,} of {points} done"]
        said += [f"{len(self.failed):,} failed"] * bool(self.failed) + [f"{left:,} not run"] * bool(left)
        said += ["interrupted"] * self.interrupted
        return f"<sweep of {_short(self.scenario, 80)}: {', '.join(said)}>"


def _short(text: str, most: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 3]}..."
