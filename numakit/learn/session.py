# SPDX-License-Identifier: GPL-2.0-only
"""One sitting of a learner: answers are judged, and wrong ones go down the ladder of hints.

How far down each exercise is, is the only state here. It lives as long as the notebook's kernel, so that all cells
run in order give the same hints every time.
"""
from __future__ import annotations

from collections.abc import Callable

from numakit.learn.exercise import Exercise, Miss
from numakit.learn.registry import UnknownExercise, find
from numakit.learn.verdict import Hint, Verdict

LAST_RUNG = 3


class Session:
    """Tries at exercises; `find` gives the exercise of a number or raises UnknownExercise."""

    def __init__(self, find: Callable[[object], Exercise] = find):
        self._find = find
        self._rungs: dict[str, int] = {}

    def check(self, number: str, answer: object = ...) -> Verdict:
        """The verdict on an answer: right, or what fails on which smallest case, and a hint.

        A stub, an answer that can't be read, and one with a hint of its own take no rung; any other wrong one does.
        """
        try:
            exercise = self._find(number)
        except UnknownExercise as unknown:
            return Verdict(False, str(unknown))
        if exercise.is_stub(answer):
            return Verdict(False, "Not answered yet.", Hint(f"An answer here is {exercise.form}."))
        miss = exercise.miss(answer)
        if miss is None:
            return Verdict(True, f"Right. {exercise.why}".strip())
        return Verdict(False, f"Not yet: {miss.sentence}", self._hint_for(exercise, answer, miss), miss.case)

    def hint(self, number: str) -> Hint:
        """The next hint of an exercise, without an answer; after the third, the third again."""
        try:
            return self._next_rung(self._find(number))
        except UnknownExercise as unknown:
            return Hint(str(unknown))

    def _hint_for(self, exercise: Exercise, answer: object, miss: Miss) -> Hint:
        """The hint of this very answer, if it has one; else what the form is, or the next rung."""
        if own := exercise.own_hint(answer) or miss.hint:
            return Hint(own)
        if miss.unreadable:
            return Hint(f"An answer here is {exercise.form}.")
        return self._next_rung(exercise)

    def _next_rung(self, exercise: Exercise) -> Hint:
        rung = min(self._rungs.get(exercise.number, 0) + 1, LAST_RUNG)
        self._rungs[exercise.number] = rung
        return Hint(exercise.hints[rung - 1], rung)
