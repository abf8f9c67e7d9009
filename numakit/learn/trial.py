# SPDX-License-Identifier: GPL-2.0-only
"""Calling a learner's function on one case, so that neither an error nor an endless loop ends the lesson."""
from __future__ import annotations

import re
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from numakit.step_limit import OutOfSteps, counted

STEPS = 100_000
"""Lines, calls and returns that one call may take: some 50 ms; a rule for a page needs a few hundred."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one call came to: a value, or the trouble that it ended in, as a sentence without a subject."""

    value: object = None
    trouble: str = ""


def attempt(function: Callable[..., object], args: tuple[object, ...], steps: int = STEPS) -> Outcome:
    """What function(*args) comes to, within `steps` lines, calls and returns of Python.

    Steps are counted and not seconds, so that the outcome is the same on any machine. A loop inside C code
    (`sum(itertools.count())`) or one that swallows BaseException is not counted: the notebook's stop button ends it.
    """
    try:
        return Outcome(counted(lambda: function(*args), steps))
    except OutOfSteps as error:
        return Outcome(trouble=f"does not come to an end within {steps} steps{_place(function, error)}")
    except (Exception, SystemExit) as error:
        reason = re.sub(r" at 0x[0-9a-fA-F]+", "", f"{type(error).__name__}: {error}".removesuffix(": "))
        return Outcome(trouble=f"raises {reason}{_place(function, error)}")


def _place(function: Callable[..., object], error: BaseException) -> str:
    """Where in the learner's own cell the error arose, such as " (line 3: return 1 // n)"."""
    home = getattr(getattr(function, "__code__", None), "co_filename", None)
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == home]
    if not own:
        return ""
    return f" (line {own[-1].lineno}: {own[-1].line})" if own[-1].line else f" (line {own[-1].lineno})"
