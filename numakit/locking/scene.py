# SPDX-License-Identifier: GPL-2.0-only
"""What is searched or played: some tasks on a world."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from numakit.errors import ModelError
from numakit.locking.perform import USUAL, Judge, Setting
from numakit.locking.program import Program
from numakit.locking.space import TASKS
from numakit.locking.steps import Task
from numakit.locking.world import World


@dataclass(frozen=True, slots=True)
class Scene:
    """What is searched. tasks: by name, one capital letter each, a function that makes the task's generator; world:
    before the first step; at_end: judges the worlds in which all tasks that began have ended."""

    tasks: Mapping[str, Callable[[], Task]]
    world: World
    setting: Setting = USUAL
    at_end: Judge | None = None

    def programs(self, merge: bool = True) -> list[Program]:
        """The tasks as programs. Raises ModelError for a name that a schedule could not tell."""
        for name in self.tasks:
            if len(name) != 1 or not "A" <= name <= "Z":
                raise ModelError(f"{name!r} names a task; one capital letter would do: a schedule is written with it")
        if not 0 < len(self.tasks) <= TASKS:
            raise ModelError(f"{len(self.tasks)} tasks can't be searched; 1 to {TASKS} would do")
        return [Program(name, make, merge) for name, make in self.tasks.items()]
