# SPDX-License-Identifier: GPL-2.0-only
"""The kernel's own kind of report for `sleep_in_atomic`, told from a schedule: where, who, which locks, called by whom.

A kernel built with CONFIG_DEBUG_ATOMIC_SLEEP prints one when a function that may sleep is called by a task that must
not. The functions are named as the generators on the task's own stack are, so that a helper which the kernel has not
stands there too. What the model has not, it leaves out, and says so.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from numakit.errors import BadSchedule
from numakit.locking import Row, Trace
from numakit.locking.steps import Lock
from numakit.proposals.schedule import Schedule

LEFT_OUT = ("(The model has no line numbers, addresses, pids or interrupts, no mmap_sem, and nothing outside of the "
            "task's first function.)")
SAME = {"mutex_lock_nested": "mutex_lock"}
"""What a kernel that checks its locks calls a function: include/linux/mutex.h, under CONFIG_DEBUG_LOCK_ALLOC."""


@dataclass(frozen=True, slots=True)
class Held:
    """A lock that the task holds. taken_in: the function that took it."""

    lock: str
    taken_in: str

    def __str__(self) -> str:
        return f"({self.lock}), at: {self.taken_in}"


@dataclass(frozen=True, slots=True, repr=False)
class Splat:
    """A report. task: its letter; doing: what it does, where that is known; at: the source of the function that may
    sleep; held: the locks, in the order in which they were taken; chain: the functions, innermost first."""

    task: str
    at: str
    held: tuple[Held, ...]
    chain: tuple[str, ...]
    doing: str = ""

    @property
    def lines(self) -> tuple[str, ...]:
        """The report, in the order and the words in which a kernel gives it."""
        who = f"{self.task} ({self.doing})" if self.doing else self.task
        return (f"BUG: sleeping function called from invalid context at {self.at}",
                f"in_atomic(): 1, name: {who}",
                f"{len(self.held)} lock{'s' * (len(self.held) != 1)} held by {self.task}:",
                *(f" #{n}:  {held}" for n, held in enumerate(self.held)),
                "Call Trace:", *(f" {function}" for function in self.chain), LEFT_OUT)

    def __repr__(self) -> str:
        return "\n".join(self.lines)


def splat(played: Trace | Schedule) -> Splat:
    """The report that a debug kernel would print at the last step. Raises BadSchedule where nothing sleeps there."""
    trace = played.trace() if isinstance(played, Schedule) else played
    rows = trace.rows
    if not rows or all(found.name != "sleep_in_atomic" for found in rows[-1].found):
        raise BadSchedule(f"the last step of {str(trace.order) or 'no steps'!r} calls nothing that may sleep with a "
                          "spinlock held; mutex:middle:0:1-2:1-2:F7 would do: a kernel reports as it happens")
    last = rows[-1]
    doing = played.case.told()[last.turn.task] if isinstance(played, Schedule) else ""
    at = "kernel/mutex.c" if isinstance(last.step, Lock) else "mm/ (an allocation with GFP_KERNEL)"
    return Splat(last.turn.task, at, _held(rows), _chain(last), doing)


def _held(rows: Sequence[Row]) -> tuple[Held, ...]:
    """The locks held as the last step is tried, each with the function that took it last."""
    last, taken = rows[-1], {}
    for row in rows[:-1]:
        if row.turn.task == last.turn.task and isinstance(row.step, Lock) and not row.waits:
            taken[row.step.name] = row.stack[-1].function
    wanted = last.step.name if isinstance(last.step, Lock) else ""
    return tuple(Held(name, taken[name]) for name in last.held if name != wanted)


def _chain(row: Row) -> tuple[str, ...]:
    """The functions of a step, innermost first: a lock operation is one of its own, kmalloc is on the stack."""
    stack = tuple(at.function for at in reversed(row.stack))
    return ("mutex_lock", *stack) if isinstance(row.step, Lock) else stack


@dataclass(frozen=True, slots=True, repr=False)
class Comparison:
    """Two call chains, innermost first: a real one, and the model's."""

    real: tuple[str, ...]
    model: tuple[str, ...]

    @property
    def common(self) -> tuple[str, ...]:
        """The functions of the real chain that the model's has in the same order."""
        return tuple(function for function, found in self._beside() if found)

    @property
    def only_model(self) -> tuple[str, ...]:
        """The functions of the model's chain that the real one has not, or in another order."""
        found = [beside for _, beside in self._beside() if beside]
        return tuple(function for function in self.model if function not in found)

    def _beside(self) -> list[tuple[str, str]]:
        """Each function of the real chain, with the model's name of it where the model has it."""
        left = list(_longest(tuple(SAME.get(name, name) for name in self.real), self.model))
        return [(name, left.pop(0) if left and SAME.get(name, name) == left[0] else "") for name in self.real]

    def __repr__(self) -> str:
        width = max(map(len, ("recorded", *self.real))) + 2
        lines = [f"{one:{width}}{other}".rstrip() for one, other in (("recorded", "model"), *self._beside())]
        lines.append(f"{len(self.common)} of {len(self.real)} are in the model's chain, in the same order")
        return "\n".join([*lines, f"only in the model's: {', '.join(self.only_model) or 'nothing'}"])


def compared(model: Splat, real: Sequence[str]) -> Comparison:
    """The model's call chain beside a real one, of which `real` gives the functions, innermost first."""
    return Comparison(tuple(real), model.chain)


def _longest(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """A longest run of names that both have in this order, with others between them or not."""
    best: list[tuple[str, ...]] = [()] * (len(other) + 1)
    for name in reversed(one):
        before = list(best)
        for n in range(len(other) - 1, -1, -1):
            takes = (name, *before[n + 1]) if name == other[n] else ()
            best[n] = max(takes, before[n], best[n + 1], key=len)
    return best[0]
