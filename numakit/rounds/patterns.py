# SPDX-License-Identifier: GPL-2.0-only
"""Access patterns: which task is the first to touch a page in a round.

A pattern answers for one page (`first`), to be read, and for a stretch of pages at once (`firsts`); the two are tested
equal. `firsts` gives stretches, each with one task for all its pages or an array with one for each. Here is what a
pattern is, and the user's own; the built-in ones are in `steady` and `chancy`.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from numakit.errors import BadPattern
from numakit.rounds.arrays import Counts

NOBODY = -1
"""Instead of a task: no task touches the page in this round."""

Tasks = NDArray[np.signedinteger[Any]]


class Setting(NamedTuple):
    """What a pattern knows of its scenario: how many pages and tasks there are, and the seed."""

    pages: int
    tasks: int
    seed: int = 0


class Stretch(NamedTuple):
    """Pages low to high - 1 and who touches them: one task, or int[high - low].

    each: how often each task occurs in `who`, int64[tasks], where that is known without counting.
    """

    low: int
    high: int
    who: int | Tasks
    each: Counts | None = None


class Pattern(Protocol):
    """What a pattern offers. touches_all: whether every page is touched in every round."""

    @property
    def touches_all(self) -> bool:
        """Whether every page is touched in every round."""

    def first(self, round: int, page: int, setting: Setting) -> int:
        """The task that is the first to touch a page in a round, NOBODY for none."""

    def firsts(self, round: int, low: int, high: int, setting: Setting) -> Iterator[Stretch]:
        """The same for the pages low to high - 1, in order and without a gap."""


def task_dtype(tasks: int) -> np.dtype[np.signedinteger[Any]]:
    """The smallest type that holds every task and NOBODY."""
    return np.dtype(np.int8 if tasks <= 128 else np.int16)


@dataclass(frozen=True, slots=True)
class Told:
    """What the user's function says: function(round, pages: int64[k]) -> int[k] of tasks, -1 for nobody.

    Raises BadPattern where it says something else. The same pages must get the same answer whatever comes with them.
    """

    function: Callable[[int, NDArray[np.int64]], Any]
    touches_all: ClassVar[bool] = False

    def first(self, round: int, page: int, setting: Setting) -> int:
        """What the function says of one page."""
        task: int = self.ask(round, page, page + 1, setting)[0].item()
        return task

    def firsts(self, round: int, low: int, high: int, setting: Setting) -> Iterator[Stretch]:
        """One stretch."""
        yield Stretch(low, high, self.ask(round, low, high, setting).astype(task_dtype(setting.tasks)))

    def ask(self, round: int, low: int, high: int, setting: Setting) -> NDArray[Any]:
        """The function's answer, if it is one."""
        where = f"in round {round} the pattern gave for pages {low} to {high - 1}"
        try:
            came: NDArray[Any] = np.asarray(self.function(round, np.arange(low, high)))
        except Exception as error:
            raise _bad(f"{where} {type(error).__name__}: {error}", high - low, setting) from error
        if came.dtype.kind not in "iu" or came.shape != (high - low,):
            raise _bad(f"{where} {came.dtype}{list(came.shape)}", high - low, setting)
        wrong = np.flatnonzero((came < NOBODY) | (came >= setting.tasks))
        if len(wrong):
            raise _bad(f"in round {round} the pattern gave for page {low + int(wrong[0])} the task "
                       f"{came[wrong[0]]}", high - low, setting)
        return came


def _bad(came: str, count: int, setting: Setting) -> BadPattern:
    return BadPattern(came, f"int[{count}] of tasks, 0 to {setting.tasks - 1} or -1 for nobody, would do",
                      "a page is touched by a task of the process or by none")
