# SPDX-License-Identifier: GPL-2.0-only
"""A task as a graph: the steps it has been seen to take, and which follows which answer.

A generator can't be copied, so each place in it is remembered by the answers that lead there; an answer not had before
is tried on a new generator, to which the earlier ones are told again.
"""
from __future__ import annotations

from collections.abc import Callable, Generator, Hashable
from dataclasses import dataclass
from types import GeneratorType
from typing import Any

from numakit.errors import ModelError
from numakit.locking.frames import position
from numakit.locking.guard import TRUSTED, Guard
from numakit.locking.standing import At, home_of, line_of, raised_at, stack_of
from numakit.locking.steps import Act, Allocation, Lock, Note, Step, Task, Unlock
from numakit.step_limit import OutOfSteps, counted

SHORT = 50
"""Histories of so many steps are always replayed, which finds tasks that depend on more than their answers."""
STEP_KINDS = (Lock, Unlock, Allocation, Act, Note)
START = 0
LONGEST = 400
"""So many steps may a task take without coming back to a place; what is searched here takes some tens."""


@dataclass(frozen=True, slots=True)
class Place:
    """A task between two steps. step: what it does next, None at its end; held: locks that it owns, in order taken;
    allocated: how many objects it has asked for; answers: a history that leads here; stack: where in the source it
    stands, the innermost generator last."""

    step: Step | None
    held: tuple[Lock, ...] = ()
    allocated: int = 0
    answers: tuple[object, ...] = ()
    stack: tuple[At, ...] = ()
    key: Hashable = None

    @property
    def line(self) -> str:
        """File and line where the task stands."""
        return str(self.stack[-1]) if self.stack else "at its end"

    @property
    def spinlocks(self) -> tuple[Lock, ...]:
        """The spinlocks held: while there is one, the task is atomic and must not sleep."""
        return tuple(lock for lock in self.held if not lock.sleeps)


class Program:
    """One task of a search. make: gives the task's generator, from its beginning; merge: histories that stand at the
    same line with the same locals are one place; guard: what it may do. Raises ModelError where the task is none."""

    def __init__(self, name: str, make: Callable[[], Task], merge: bool = True, guard: Guard = TRUSTED):
        self.name, self._make, self._merge, self._guard = name, make, merge, guard
        self._after: dict[tuple[int, object], int] = {}
        self._known: dict[Hashable, int] = {}
        self._alive: Task | None = None    # the one generator that is not at its end
        task = self._new()
        step = self._step(lambda: next(task), task)
        self.places = [Place(step, stack=stack_of(task))]
        self._live: tuple[int, Task] | None = None    # the place explored last, with the generator that stands there
        if step is None:
            raise ModelError(f"{home_of(make)}: {self.name} ends before its first step: it touches nothing that is "
                             "shared; a yield would do")

    def after(self, place: int, answer: object) -> int:
        """The place reached from another by an answer to its step."""
        try:
            known = self._after.get((place, answer))
        except TypeError:
            raise ModelError(f"{self.places[place].line}: the answer {answer!r} is not immutable; a tuple would do"
                             ) from None
        if known is None:
            known = self._after[place, answer] = self._explored(place, answer)
        return known

    def place_of(self, key: Hashable) -> int | None:
        """The place with a key, None if there is none yet."""
        return self._known.get(key)

    def edges(self) -> list[tuple[int, int]]:
        """Which place was seen to follow which."""
        return [(place, follower) for (place, _), follower in self._after.items()]

    def __del__(self) -> None:
        self._leave()

    def _leave(self) -> None:
        """End the generator that stands somewhere half-way: the innermost first, each until it yields no more. One with
        a yield in a `finally` yields again as it is closed, which Python itself would tell as an error."""
        task, self._alive = getattr(self, "_alive", None), None
        chain = [task]
        while isinstance(chain[-1], GeneratorType):
            chain.append(chain[-1].gi_yieldfrom)
        for generator in reversed(chain[:-1]):
            _closed(generator, self._guard.lines)

    def _new(self) -> Task:
        self._leave()
        try:
            task = self._make()
        except Exception as error:
            told = f"{type(error).__name__}: {error}"
            raise ModelError(f"{home_of(self._make)}: {self.name} can't be begun: {told}") from error
        if not isinstance(task, Generator):
            raise ModelError(f"{home_of(self._make)}: {self.name} is {task!r}; a task is a generator: a function with "
                             "a yield in it")
        self._alive = task
        return task

    def _step(self, run: Callable[[], Any], task: Task, line: str = "") -> Step | None:
        """The step that a task yields. Raises ModelError where it takes more lines to it than it may, or may not take
        it."""
        lines = self._guard.lines
        try:
            step = _guarded(run if lines is None else lambda: counted(run, lines), task, line)
        except OutOfSteps as error:
            raise ModelError(f"{raised_at(error) or line}: {self.name} runs on for {lines:,} lines without a yield: a "
                             "loop in a task must yield a step each time round") from None
        if step is not None and (why := self._guard.refuses(step)):
            raise ModelError(f"{line_of(task)}: {why}")
        return step

    def _explored(self, index: int, answer: object) -> int:
        place = self.places[index]
        if len(place.answers) >= LONGEST:
            raise ModelError(f"{place.line}: {self.name} has taken {LONGEST} steps and never came back to where it was "
                             "with what it knew: a loop that counts, or allocates each time round, has no end")
        live = self._live if len(place.answers) > SHORT else None    # to replay long histories takes its time
        task = live[1] if live and live[0] == index else self._replayed(place)
        self._live = None
        stack = stack_of(task)
        step = self._step(lambda: task.send(answer), task, str(stack[-1]))
        held, allocated = _owned(place)
        key = self._key(task, step, held, allocated)
        if key is not None and key in self._known:
            return self._known[key]
        answers = (*place.answers, answer)
        self.places.append(Place(step, held, allocated, answers, stack_of(task) or stack, key))
        new = len(self.places) - 1
        self._live = new, task
        if key is not None:
            self._known[key] = new
        return new

    def _key(self, task: Task, step: Step | None, held: tuple[Lock, ...], allocated: int) -> Hashable | None:
        if step is None:
            return ("end", held, allocated)
        at = position(task) if self._merge else None
        key = None if at is None else (at, step, held, allocated)
        try:
            hash(key)
        except TypeError:    # the step has an argument that is not immutable: a place of its own
            return None
        return key

    def _replayed(self, place: Place) -> Task:
        """A new generator, brought to a place by the answers that led there. Raises ModelError if it goes elsewhere."""
        task = self._new()
        step = self._step(lambda: next(task), task)
        for answer in place.answers:
            step = _guarded(lambda told=answer: task.send(told), task)  # type: ignore[misc]
        if str(step) != str(place.step) or line_of(task) != place.line:
            raise ModelError(f"{line_of(task)}: {self.name} yields {step} where it had yielded {place.step}, after the "
                             "same answers: what a task does may depend on nothing else")
        return task


def _closed(generator: GeneratorType[Any, Any, Any], lines: int | None) -> None:
    """Close a generator as often as it yields on its way out."""
    for _ in range(LONGEST):
        try:
            if lines is None:
                generator.close()
            else:
                counted(generator.close, lines)
            return
        except RuntimeError:    # it has yielded once more
            continue
        except (Exception, OutOfSteps):
            return


def _owned(place: Place) -> tuple[tuple[Lock, ...], int]:
    """The locks held and the objects asked for after a place's step."""
    step, held = place.step, place.held
    if isinstance(step, Lock):
        return (*held, step), place.allocated
    if isinstance(step, Unlock):
        return tuple(lock for lock in held if lock.name != step.name), place.allocated
    return held, place.allocated + isinstance(step, Allocation)


def _guarded(run: Callable[[], Any], task: Task, line: str = "") -> Step | None:
    """The step that a task yields, None at its end. Raises ModelError, with file and line, for all else."""
    try:
        step = run()
    except StopIteration:
        return None
    except ModelError as error:
        raise ModelError(f"{raised_at(error) or line}: {error}") from error
    except Exception as error:
        told = f"{type(error).__name__}: {error}"
        raise ModelError(f"{raised_at(error) or line}: the task fails with {told}") from error
    if not isinstance(step, STEP_KINDS):
        raise ModelError(f"{line_of(task)}: the task yields {step!r}, which is no step; spin_lock, look, change and "
                         "their like make one")
    return step
