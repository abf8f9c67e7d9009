# SPDX-License-Identifier: GPL-2.0-only
"""Patterns with chance: any task, a shared part, and pages that are touched more or less seldom."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import exp, log
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from numakit.errors import BadRange
from numakit.rounds.arrays import Counts, histogram, put
from numakit.rounds.hash import chance, chances, chances_of_words
from numakit.rounds.patterns import NOBODY, Setting, Stretch, Tasks, task_dtype
from numakit.rounds.steady import owner_of_each, owners_of


def by_chance(bits: int, tasks: int) -> int:
    """One of the tasks by 16 bits: each as often as 65,536 values allow."""
    return bits * tasks >> 16


def tasks_by_chance(bits: NDArray[np.uint16], tasks: int) -> Tasks:
    """`by_chance` for each."""
    if tasks & (tasks - 1) == 0:  # a power of two: the upper bits are the task
        return np.right_shift(bits, 17 - tasks.bit_length()).astype(task_dtype(tasks))
    wide = np.multiply(bits, tasks, dtype=np.uint32)
    wide >>= 16
    return wide.astype(task_dtype(tasks))


@dataclass(frozen=True, slots=True)
class Random:
    """Any task touches any page, each as likely as the others, anew in each round."""

    touches_all: ClassVar[bool] = True

    def first(self, round: int, page: int, setting: Setting) -> int:
        """A task by chance."""
        return by_chance(chance(setting.seed, round, page), setting.tasks)

    def firsts(self, round: int, low: int, high: int, setting: Setting) -> Iterator[Stretch]:
        """One stretch."""
        yield Stretch(low, high, tasks_by_chance(chances(setting.seed, round, low, high), setting.tasks))


GOLDEN = 40503
"""65,536 divided by the golden ratio, to the next odd number: its multiples spread evenly over 16 bits."""


@dataclass(frozen=True, slots=True)
class SharedPart:
    """As OwnPart, but a share of the pages is everybody's: the same pages in each round, a task by chance.

    share: from 0 to 1; the shared pages lie in fours, evenly spread over the mapping. Raises BadRange.
    """

    share: float
    touches_all: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if isinstance(self.share, bool) or not isinstance(self.share, int | float) or not 0 <= self.share <= 1:
            raise BadRange(f"a shared part of {self.share!r}", "from 0 for none to 1 for all would do",
                           "a page is touched by some task or by none")

    def is_shared(self, page: int) -> bool:
        """Whether a page is everybody's."""
        return (page >> 2) * GOLDEN % 65536 < round(self.share * 65536)

    def first(self, round: int, page: int, setting: Setting) -> int:
        """The owner, or a task by chance."""
        if self.is_shared(page):
            return by_chance(chance(setting.seed, round, page), setting.tasks)
        return page * setting.tasks // setting.pages

    def firsts(self, round: int, low: int, high: int, setting: Setting) -> Iterator[Stretch]:
        """One stretch, reckoned from the first page of a four to the last page of one."""
        start, end = low & ~3, (high + 3) & ~3
        who, each = np.zeros(end - start, task_dtype(setting.tasks)), None
        who[low - start:high - start], owned = owner_of_each(low, high, setting)
        words = shared_words(self.share, start >> 2, end >> 2)
        tasks = tasks_by_chance(chances_of_words(setting.seed, round, words), setting.tasks)
        fours = np.dtype(f"u{4 * who.itemsize}")  # four tasks are moved as one number
        who.view(fours)[words - (start >> 2)] = tasks.view(fours)
        if (low, high) == (start, end):
            each = owned - owned_of_words(words, low, high, setting) + histogram(tasks, setting.tasks)
        yield Stretch(low, high, who[low - start:high - start], each)


def owned_of_words(words: NDArray[np.int64], low: int, high: int, setting: Setting) -> Counts:
    """How many pages of these fours OwnPart would give to each task: int64[tasks]. low, high: multiples of four."""
    owners, lengths = owners_of(low, high, setting)
    edges = low + np.cumsum([0, *lengths])
    before = np.searchsorted(words, edges >> 2)
    cut = np.append(words, -1)[before] == edges >> 2
    counts = np.zeros(setting.tasks, np.int64)
    counts[owners.start:owners.stop] = np.diff(4 * before + cut * (edges & 3))
    return counts


def shared_words(share: float, low: int, high: int) -> NDArray[np.int64]:
    """The fours low to high - 1 that `SharedPart` shares, by their places in the mapping."""
    period = shared_of_period(share)
    bases = range(low >> 16 << 16, high, 65536)
    whole = np.concatenate([period + base for base in bases])
    return whole[np.searchsorted(whole, low):np.searchsorted(whole, high)]


@lru_cache(4)
def shared_of_period(share: float) -> NDArray[np.int64]:
    """Those of the first 65,536 fours; then it begins again; read-only."""
    words = np.flatnonzero(np.arange(65536) * GOLDEN % 65536 < round(share * 65536))
    words.flags.writeable = False
    return words


@dataclass(frozen=True, slots=True)
class Zipf:
    """A few pages are touched in every round, most seldom: page p with the chance 1 / (p + 1)**s, by its owner.

    Chances are whole 65,536ths and at least one, so that every page is touched in some rounds. s: 0.01 to 16.
    Raises BadRange.
    """

    s: float = 1.0
    touches_all: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if isinstance(self.s, bool) or not isinstance(self.s, int | float) or not 0.01 <= self.s <= 16:
            raise BadRange(f"a Zipf exponent of {self.s!r}", "0.01 to 16 would do; 1 is usual",
                           "with 0 every page would be touched in every round")

    def chance_of(self, page: int) -> int:
        """In how many of 65,536 rounds a page is touched: never more than the page before it."""
        share: float = (page + 1) ** -float(self.s)
        return max(1, round(65536 * share))

    def first(self, round: int, page: int, setting: Setting) -> int:
        """The owner, or nobody."""
        touched = chance(setting.seed, round, page) < self.chance_of(page)
        return page * setting.tasks // setting.pages if touched else NOBODY

    def firsts(self, round: int, low: int, high: int, setting: Setting) -> Iterator[Stretch]:
        """One stretch."""
        touched = chances(setting.seed, round, low, high) < self._chances(low, high, setting.pages)
        who, _ = owner_of_each(low, high, setting)
        put(who, ~touched, NOBODY)
        yield Stretch(low, high, who)

    def _chances(self, low: int, high: int, pages: int) -> NDArray[np.uint32] | np.uint32:
        """`chance_of` of the pages low to high - 1."""
        starts, odds = zipf_steps(self.s, pages)
        first, last = (int(np.searchsorted(starts, page, "right")) - 1 for page in (low, high - 1))
        if first == last:
            return np.uint32(odds[first])
        lengths = np.diff([low, *starts[first + 1:last + 1], high])
        return np.repeat(odds[first:last + 1], lengths)


@lru_cache(4)
def zipf_steps(s: float, pages: int) -> tuple[Counts, NDArray[np.uint32]]:
    """Where `Zipf.chance_of` falls: the first page of each of its values, and the value."""
    pattern, starts, odds = Zipf(s), [0], [65536]
    while odds[-1] > 1 and (start := _next_step(pattern, odds[-1], starts[-1], pages)) < pages:
        starts.append(start)
        odds.append(pattern.chance_of(start))
    return np.array(starts), np.array(odds, np.uint32)


def _next_step(pattern: Zipf, here: int, last: int, pages: int) -> int:
    """The first page beyond `last` with a chance below `here`, `pages` for none: reckoned, then set right by a page."""
    page = max(last + 1, int(min(float(pages), exp(min(99.0, log(65536 / (here - 0.5)) / pattern.s)))))
    while page < pages and pattern.chance_of(page) >= here:
        page += 1
    while page - 1 > last and pattern.chance_of(page - 1) < here:
        page -= 1
    return page
