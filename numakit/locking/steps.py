# SPDX-License-Identifier: GPL-2.0-only
"""What a task may yield: each step is a place before which another CPU may run, and touches the world by a function.

A task is a generator. It learns of the world only by the answers to its steps, so what it does next depends on nothing
else; the world is a value, so the explorer can go back to it.
"""
from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from numakit.errors import ModelError
from numakit.locking.found import Found
from numakit.locking.heap import Name
from numakit.locking.world import World


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a change did: the world after it, the task's answer, and the properties that it broke."""

    world: World
    answer: object = None
    found: tuple[Found, ...] = ()


@dataclass(frozen=True, slots=True)
class Lock:
    """Take a lock, waiting while another task owns it. sleeps: it is a mutex, and may sleep."""

    name: str
    sleeps: bool

    def __str__(self) -> str:
        return f"{'mutex' if self.sleeps else 'spin'}_lock({self.name})"


@dataclass(frozen=True, slots=True)
class Unlock:
    """Release a lock."""

    name: str
    sleeps: bool

    def __str__(self) -> str:
        return f"{'mutex' if self.sleeps else 'spin'}_unlock({self.name})"


@dataclass(frozen=True, slots=True)
class Allocation:
    """Allocate an object that holds `value`, with GFP_KERNEL: it may sleep, fail, or reclaim memory first."""

    value: object

    def __str__(self) -> str:
        return f"kmalloc({self.value})"


@dataclass(frozen=True, slots=True)
class Act:
    """Apply a pure function to the world: a read gives an answer, a change a World or an Outcome."""

    function: Callable[..., Any]
    args: tuple[object, ...]
    changes: bool

    def __str__(self) -> str:
        words = ", ".join(map(_word, self.args))
        return f"{self.function.__name__}({words})" if words else self.function.__name__


@dataclass(frozen=True, slots=True)
class Note:
    """Book-keeping of the search itself, which costs no step: done with the next step, or else with the last one."""

    function: Callable[..., Any]
    args: tuple[object, ...]
    with_next: bool

    def __str__(self) -> str:
        return f"({self.function.__name__})"


Step = Lock | Unlock | Allocation | Act | Note
Task = Generator[Step, Any, Any]


def steps_of(made: object, what: str) -> Task:
    """What a function made, if it is a generator. Raises ModelError where it is none."""
    if not isinstance(made, Generator):
        raise ModelError(f"{what} is {made!r}; a generator would do: a function with a yield in it")
    return made


def spin_lock(name: str) -> Lock:
    """Take a spinlock: from here to the unlock the task is atomic, it must not sleep."""
    return Lock(name, sleeps=False)


def spin_unlock(name: str) -> Unlock:
    """Release a spinlock."""
    return Unlock(name, sleeps=False)


def mutex_lock(name: str) -> Lock:
    """Take a mutex: it may sleep, even where nobody holds it."""
    return Lock(name, sleeps=True)


def mutex_unlock(name: str) -> Unlock:
    """Release a mutex."""
    return Unlock(name, sleeps=True)


def look(function: Callable[..., Any], *args: object) -> Act:
    """Read the shared world: the answer is function(world, *args)."""
    return Act(function, args, changes=False)


def change(function: Callable[..., Any], *args: object) -> Act:
    """Change the shared world: function(world, *args) gives the World after, or an Outcome with an answer as well."""
    return Act(function, args, changes=True)


def note(function: Callable[..., Any], *args: object) -> Note:
    """Book-keeping at the moment of the task's last step: function(world, *args) gives an Outcome."""
    return Note(function, args, with_next=False)


def note_next(function: Callable[..., Any], *args: object) -> Note:
    """Book-keeping at the moment of the task's next step: function(world, *args) gives an Outcome."""
    return Note(function, args, with_next=True)


def kmalloc(value: object) -> Generator[Step, Any, Name | None]:
    """Allocate with GFP_KERNEL: the new object's name, None where memory is out; on the way it may reclaim."""
    memory, reclaim = yield Allocation(value)
    if reclaim is not None:
        yield spin_lock(reclaim)
        yield spin_unlock(reclaim)
    return memory  # type: ignore[no-any-return]


def _word(value: object) -> str:
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str):
        return f"{value[0]}{value[1]}"
    return str(value)
