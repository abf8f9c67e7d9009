# SPDX-License-Identifier: GPL-2.0-only
"""Where in the source a task stands, as a learner is told it: file, line and function."""
from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from types import GeneratorType
from typing import Any

from numakit import step_limit
from numakit.locking.steps import Task

HERE = os.path.join(os.path.dirname(__file__), "")
PACKAGE = os.path.join(os.path.dirname(os.path.dirname(HERE)), "")
ABOVE = PACKAGE.removesuffix(os.path.join("numakit", ""))


def place_in(file: str, line: int) -> str:
    """File and line as one says them: a cell of a notebook is a file of no lasting name, numakit's own are known."""
    if "ipykernel_" in file or file.startswith("<ipython-input"):
        return f"line {line} of the cell"
    return f"{file[len(ABOVE):] if file.startswith(PACKAGE) else file}:{line}"


@dataclass(frozen=True, slots=True)
class At:
    """A line of a generator's source. function: its name; first: the line where it begins."""

    file: str
    line: int
    function: str
    first: int

    def __str__(self) -> str:
        return place_in(self.file, self.line)


def raised_at(error: BaseException) -> str:
    """File and line of the last frame of an error's trace that is not the explorer's own."""
    own = (HERE, step_limit.__file__)
    frames = [f for f in traceback.extract_tb(error.__traceback__) if not f.filename.startswith(own)]
    return place_in(frames[-1].filename, frames[-1].lineno or 0) if frames else ""


def home_of(make: Callable[..., Any]) -> str:
    """File and line of the function that makes a task."""
    code = getattr(getattr(make, "function", make), "__code__", None)
    return place_in(code.co_filename, code.co_firstlineno) if code else repr(make)


def stack_of(task: Task) -> tuple[At, ...]:
    """Where a suspended task stands, in each of its generators, the innermost last; nothing at its end."""
    stack: list[At] = []
    at: object = task
    while isinstance(at, GeneratorType) and at.gi_frame is not None:
        code = at.gi_frame.f_code
        stack.append(At(code.co_filename, at.gi_frame.f_lineno, code.co_name, code.co_firstlineno))
        at = at.gi_yieldfrom
    return tuple(stack)


def line_of(task: Task) -> str:
    """File and line where a suspended task stands."""
    stack = stack_of(task)
    return str(stack[-1]) if stack else "at its end"
