# SPDX-License-Identifier: GPL-2.0-only
"""What is searched or played: some tasks on a world."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from numakit.errors import ModelError
from numakit.locking.guard import TRUSTED, Guard
from numakit.locking.perform import USUAL, Judge, Setting
from numakit.locking.program import Program
from numakit.locking.space import TASKS, Library, Space
from numakit.locking.steps import Task
from numakit.locking.world import World


@dataclass(frozen=True, slots=True)
class Call:
    """A generator function with its arguments: two that are equal make the same task."""

    function: Callable[..., Task]
    args: tuple[Any, ...] = ()

    def __call__(self) -> Task:
        """A generator at its beginning."""
        return self.function(*self.args)


@dataclass(frozen=True, slots=True)
class Scene:
    """What is searched. tasks: by name, one capital letter each, a function that makes the task's generator; world:
    before the first step; at_end: judges the worlds in which all tasks that began have ended; twins: two tasks that
    differ in nothing but their names, which is not checked; guard: what the tasks may do. Raises ModelError for
    tasks that can't be searched."""

    tasks: Mapping[str, Callable[[], Task]]
    world: World
    setting: Setting = USUAL
    at_end: Judge | None = None
    twins: tuple[str, str] | None = None
    guard: Guard = TRUSTED

    def __post_init__(self) -> None:
        for name in self.tasks:
            if len(name) != 1 or not "A" <= name <= "Z":
                raise ModelError(f"{name!r} names a task; one capital letter would do: a schedule is written with it")
        if self.twins and not set(self.twins) <= self.tasks.keys():
            raise ModelError(f"{' and '.join(self.twins)} can't be twins: the tasks are {', '.join(self.tasks)}")
        if not 0 < len(self.tasks) <= TASKS:
            raise ModelError(f"{len(self.tasks)} tasks can't be searched; 1 to {TASKS} would do")

    def programs(self) -> tuple[Program, ...]:
        """The tasks as programs, in which each history is a place of its own."""
        return tuple(Program(name, make, False, self.guard) for name, make in self.tasks.items())

    def space(self, library: Library) -> Space:
        """The states of the scene. Raises ModelError for a library of another setting."""
        if library.setting != self.setting or not library.fits(self.world):
            raise ModelError("a library serves scenes of one setting and with the same cells; a new one would do")
        seats = (library.seat(t, name, make) for t, (name, make) in enumerate(self.tasks.items()))
        return Space(library, tuple(seats), self.world)
