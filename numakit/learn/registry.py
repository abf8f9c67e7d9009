# SPDX-License-Identifier: GPL-2.0-only
"""Where the exercises are: lesson_03.py holds EXERCISES, a tuple, and is imported when "03-..." is first asked for."""
from __future__ import annotations

import re
from importlib import import_module
from pkgutil import iter_modules

from numakit.learn.exercise import Exercise

HERE = "numakit.learn"


class UnknownExercise(LookupError):
    """No exercise has this number; the message says which exist."""


def lessons(package: str = HERE) -> tuple[str, ...]:
    """The lessons that have exercises, such as ("00", "03")."""
    names = (module.name for module in iter_modules(import_module(package).__path__))
    return tuple(sorted(name.removeprefix("lesson_") for name in names if re.fullmatch(r"lesson_\d\d", name)))


def exercises(lesson: str, package: str = HERE) -> tuple[Exercise, ...]:
    """The exercises of one lesson, in order."""
    return tuple(import_module(f"{package}.lesson_{lesson}").EXERCISES)


def find(number: object, package: str = HERE) -> Exercise:
    """The exercise of a number such as "03-2" (or "3-2"). Raises UnknownExercise, which says what exists."""
    parts = re.fullmatch(r"(\d{1,2})-(\d{1,2})", number.strip()) if isinstance(number, str) else None
    if parts is None:
        raise UnknownExercise(f"{number!r} is not the number of an exercise; a text such as '03-2' is.")
    lesson, place = f"{int(parts[1]):02}", int(parts[2])
    if lesson not in lessons(package):
        raise UnknownExercise(f"Lesson {lesson} has no exercises; these have: {', '.join(lessons(package)) or 'none'}.")
    found = {exercise.number: exercise for exercise in exercises(lesson, package)}
    if f"{lesson}-{place}" not in found:
        raise UnknownExercise(f"There is no exercise {lesson}-{place}; lesson {lesson} has {', '.join(found)}.")
    return found[f"{lesson}-{place}"]
