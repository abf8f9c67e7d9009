# SPDX-License-Identifier: GPL-2.0-only
"""Rows of results, and the one way in which all are measured: in turn, and then the median."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from statistics import median
from time import perf_counter, thread_time
from typing import Any, TypeVar

T = TypeVar("T")


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


def busy(job: Callable[[], object]) -> float:
    """How long the processor works for one call, in seconds: what other programs do meanwhile is not in it."""
    start = thread_time()
    job()
    return thread_time() - start


def in_turn(*jobs: Callable[[], T], times: int) -> list[tuple[T, ...]]:
    """What each job gave, one tuple for each, after as many rounds of all: what slows the machine slows them all."""
    rounds = [[job() for job in jobs] for _ in range(times)]
    return list(zip(*rounds, strict=True))


def medians(*jobs: Callable[[], object], times: int) -> list[float]:
    """The median time of each job in seconds, measured in turn."""
    timers = [partial(seconds, job) for job in jobs]
    return [median(column) for column in in_turn(*timers, times=times)]
