# SPDX-License-Identifier: GPL-2.0-only
"""What a search came to: findings, each with the schedule that leads to it, how much was searched, within what."""
from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby

from numakit.errors import BadSchedule
from numakit.folding import folded
from numakit.locking.world import World

NOT_MODELLED = "weak memory, interrupts, preemption by priority, RCU, freed memory used anew"


@dataclass(frozen=True, slots=True, order=True)
class Turn:
    """One step of a schedule: which task takes it, and how it goes where it may go several ways."""

    task: str
    how: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """The order in which tasks take their steps. str: run-length coded, as 'F4A2r': four of F, then two of A, both of
    which reclaim."""

    turns: tuple[Turn, ...] = ()

    @property
    def switches(self) -> int:
        """How often another task runs than the one before; the first start does not count."""
        return sum(a.task != b.task for a, b in zip(self.turns, self.turns[1:], strict=False))

    def __len__(self) -> int:
        return len(self.turns)

    def __str__(self) -> str:
        runs = [(turn, len(list(run))) for turn, run in groupby(self.turns)]
        return "".join(f"{turn.task}{'' if n == 1 else n}{turn.how}" for turn, n in runs)

    @classmethod
    def read(cls, text: str) -> Order:
        """The order that a text says. Raises BadSchedule, which names the place that can't be read."""
        turns: list[Turn] = []
        at = 0
        for match in re.finditer(r"([A-Z])([1-9][0-9]{0,6})?([a-z]?)", text):
            if match.start() != at:
                break
            turns += [Turn(match[1], match[3])] * int(match[2] or 1)
            at = match.end()
        if at != len(text):
            raise BadSchedule(f"{text!r} is no order of tasks from {text[at:]!r} on: letters of tasks would do, each "
                             "with how many steps it takes, as F4A2")
        return cls(tuple(turns))


@dataclass(frozen=True, slots=True)
class Finding:
    """A property that a design violates, with the schedule of fewest context switches, and of these fewest steps.

    sentence: what happens at its last step, and to whom.
    """

    name: str
    sentence: str
    order: Order

    @property
    def switches(self) -> int:
        """Context switches of the schedule."""
        return self.order.switches

    @property
    def steps(self) -> int:
        """Steps of the schedule, the violating one included."""
        return len(self.order)

    @property
    def rank(self) -> tuple[int, int]:
        """What the shortest is told by: switches, then steps."""
        return self.switches, self.steps

    def __repr__(self) -> str:
        return f"<{self.name}: {self.sentence} ({plural(self.switches, 'switch')}, {plural(self.steps, 'step')})>"


@dataclass(frozen=True, slots=True)
class Result:
    """What a search came to. findings: the shortest for each violated property, by its name; stopped: why the search
    is not complete, empty where it is; outcomes: the worlds in which all tasks that began have ended."""

    findings: Mapping[str, Finding]
    states: int
    transitions: int
    tasks: tuple[str, ...]
    stopped: str = ""
    outcomes: frozenset[World] = field(default=frozenset(), repr=False)

    @property
    def complete(self) -> bool:
        """Whether all interleavings were searched."""
        return not self.stopped

    @property
    def bounds(self) -> str:
        """Within what the search can speak."""
        searched = f"{plural(self.states, 'state')} of {' and '.join(self.tasks)}, each once or never"
        return f"{searched}; {self.stopped or 'search complete'}; not modelled: {NOT_MODELLED}"

    def verdict(self, name: str) -> str:
        """What the search says of a property: violated, holds, or incomplete."""
        return "violated" if name in self.findings else "holds" if self.complete else "incomplete"

    def __repr__(self) -> str:
        broken = ", ".join(self.findings) or "no violation found"
        return folded(f"<{broken}; {self.bounds}>", 1)


def plural(number: int, word: str) -> str:
    """A number with its word: 1 switch, 2 switches, 31,415 states."""
    ending = "" if number == 1 else "es" if word.endswith("ch") else "s"
    return f"{number:,} {word}{ending}"
