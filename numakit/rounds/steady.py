# SPDX-License-Identifier: GPL-2.0-only
"""Patterns without chance: a part for each task, phases, taking turns; and who owns a page where tasks have parts."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

from numakit.checks import is_whole
from numakit.errors import BadRange
from numakit.rounds.arrays import Counts
from numakit.rounds.patterns import Setting, Stretch, Tasks, task_dtype

SHORT = 1 << 15
"""Below so many pages a stretch of its own costs more than an array of tasks."""

LONG = 1 << 9
"""From so many pages a task on, filling slices is faster than np.repeat, which goes byte by byte."""


def parts(low: int, high: int, setting: Setting, shift: int = 0) -> Iterator[Stretch]:
    """Pages low to high - 1 by their owner, page p being of task (p * tasks // pages + shift) % tasks."""
    owners, lengths = owners_of(low, high, setting)
    if setting.pages // setting.tasks < SHORT and len(owners) > 1:
        yield Stretch(low, high, *owner_of_each(low, high, setting, shift))
        return
    for owner, length in zip(owners, lengths, strict=True):
        yield Stretch(low, low + length, (owner + shift) % setting.tasks)
        low += length


def owners_of(low: int, high: int, setting: Setting) -> tuple[range, list[int]]:
    """The owners of pages low to high - 1, and how many of these pages each has."""
    pages, tasks, _ = setting
    owners = range(low * tasks // pages, (high - 1) * tasks // pages + 1)
    ends = [-(-(owner + 1) * pages // tasks) for owner in owners[:-1]]
    return owners, [end - start for start, end in zip([low, *ends], [*ends, high], strict=True)]


def owner_of_each(low: int, high: int, setting: Setting, shift: int = 0) -> tuple[Tasks, Counts]:
    """The owners of pages low to high - 1: int[high - low]; and how many each task has: int64[tasks]."""
    owners, lengths = owners_of(low, high, setting)
    tasks = (np.array(owners) + shift) % setting.tasks
    each = np.zeros(setting.tasks, np.int64)
    each[tasks] = lengths
    if high - low < LONG * len(owners):
        return np.repeat(tasks.astype(task_dtype(setting.tasks)), lengths), each
    who, start = np.empty(high - low, task_dtype(setting.tasks)), 0
    for task, length in zip(tasks.tolist(), lengths, strict=True):
        who[start:start + length] = task
        start += length
    return who, each


@dataclass(frozen=True, slots=True)
class OwnPart:
    """Each task has a part of the pages to itself: page p is of task p * tasks // pages."""

    touches_all: ClassVar[bool] = True

    def first(self, round: int, page: int, setting: Setting) -> int:
        """The owner, in every round."""
        return page * setting.tasks // setting.pages

    def firsts(self, round: int, low: int, high: int, setting: Setting) -> Iterator[Stretch]:
        """A stretch for each owner."""
        return parts(low, high, setting)


@dataclass(frozen=True, slots=True)
class Phases:
    """As OwnPart, but every `length` rounds each part goes to the next task. Raises BadRange."""

    length: int
    touches_all: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not is_whole(self.length, 1):
            raise BadRange(f"phases of {self.length!r} rounds", "1 or more would do", "a program's phase takes time")

    def first(self, round: int, page: int, setting: Setting) -> int:
        """The owner in this phase."""
        return (page * setting.tasks // setting.pages + round // self.length) % setting.tasks

    def firsts(self, round: int, low: int, high: int, setting: Setting) -> Iterator[Stretch]:
        """A stretch for each owner."""
        return parts(low, high, setting, round // self.length)


@dataclass(frozen=True, slots=True)
class PingPong:
    """All pages go from task to task, round by round: two tasks take turns, more go in a ring."""

    touches_all: ClassVar[bool] = True

    def first(self, round: int, page: int, setting: Setting) -> int:
        """The same task for all pages."""
        return round % setting.tasks

    def firsts(self, round: int, low: int, high: int, setting: Setting) -> Iterator[Stretch]:
        """One stretch."""
        yield Stretch(low, high, round % setting.tasks)


@dataclass(frozen=True, slots=True)
class RoundRobin:
    """Neighbouring pages are of neighbouring tasks, and all go one task on in each round."""

    touches_all: ClassVar[bool] = True

    def first(self, round: int, page: int, setting: Setting) -> int:
        """(page + round) % tasks."""
        return (page + round) % setting.tasks

    def firsts(self, round: int, low: int, high: int, setting: Setting) -> Iterator[Stretch]:
        """One stretch."""
        tasks, size = setting.tasks, high - low
        first = (low + round) % tasks
        each = np.full(tasks, size // tasks)
        each[(first + np.arange(size % tasks)) % tasks] += 1
        yield Stretch(low, high, in_turn(tasks, size)[first:first + size], each)


@lru_cache(4)
def in_turn(tasks: int, size: int) -> Tasks:
    """0 to tasks - 1 over and over, so long that a slice of `size` may begin with any task; read-only."""
    turn: Tasks = np.resize(np.arange(tasks), size + tasks).astype(task_dtype(tasks))
    turn.flags.writeable = False
    return turn
