# SPDX-License-Identifier: GPL-2.0-only
"""Running somebody else's function for so many lines of Python at most: an endless loop ends, on any machine alike."""
from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

OPCODES = 20
"""Operations of the interpreter that a line may have, on the average."""


class OutOfSteps(BaseException):
    """The function has used up its steps; no Exception, so that a learner's own `except Exception` lets it pass."""


def counted(run: Callable[[], object], steps: int) -> Any:
    """What run() gives, within `steps` lines, calls and returns of Python, and OPCODES times as many operations:
    `while True: pass` on one line is no new line each time round. Raises OutOfSteps.

    A loop inside C code (`sum(itertools.count())`) or one that swallows BaseException is not counted: the notebook's
    stop button ends it.
    """
    left, left_operations = steps, OPCODES * steps

    def _count(frame: FrameType, event: str, _arg: Any) -> Any:
        nonlocal left, left_operations
        frame.f_trace_opcodes = True
        if event == "opcode":
            left_operations -= 1
        else:
            left -= 1
        if left < 0 or left_operations < 0:
            raise OutOfSteps
        return _count

    before = sys.gettrace()   # a debugger, or the measuring of coverage
    sys.settrace(_count)
    try:
        return run()
    finally:
        sys.settrace(before)
