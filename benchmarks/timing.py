# SPDX-License-Identifier: GPL-2.0-only
"""Rows of results, and the one way in which all are measured: turn and turn about, then the medians."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

NS = 1e9
MS = 1e3

Run = Callable[[], float]
"""One measurement: it times itself, and gives seconds for one operation."""


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured: ours beside something else, in `unit`; other: None where nothing stands beside it."""

    what: str
    unit: str
    ours: float
    other: float | None = None
    goal: str | None = None

    @property
    def ratio(self) -> float | None:
        """Ours for each one of the other's."""
        return self.ours / self.other if self.other else None

    def form(self) -> dict[str, Any]:
        """The row as results.json has it."""
        return {"what": self.what, "unit": self.unit, "ours": self.ours, "other": self.other, "ratio": self.ratio,
                "goal": self.goal}


def seconds(job: Callable[[], object]) -> float:
    """How long one call takes."""
    start = perf_counter()
    job()
    return perf_counter() - start


def medians(*runs: Run, times: int) -> tuple[float, ...]:
    """The median of each run, all in turn: what slows the machine for a while slows them all."""
    rounds = [[run() for run in runs] for _ in range(times)]
    return tuple(median(column) for column in zip(*rounds, strict=True))
