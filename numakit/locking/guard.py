# SPDX-License-Identifier: GPL-2.0-only
"""What a task may do that nobody has read before: a learner's, which may loop, or touch the world."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from numakit.locking.steps import Step


def anything(step: Step) -> str:
    """No step is refused."""
    return ""


@dataclass(frozen=True, slots=True)
class Guard:
    """lines: how many lines of Python a task may take to its next step, None for any number; refuses: why it may not
    take a step, "" where it may."""

    lines: int | None = None
    refuses: Callable[[Step], str] = anything


TRUSTED = Guard()
