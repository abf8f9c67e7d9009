# SPDX-License-Identifier: GPL-2.0-only
"""What comes of one record: compared, or left out with the reason."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from numakit.errors import LinuxError

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Compared:
    """One observation: what the kernel was seen to do beside what the model says, field by field."""

    observed: Fields
    model: Fields

    @property
    def reproduced(self) -> bool:
        """Whether the model says the same in every field."""
        return self.observed == self.model

    def difference(self) -> str:
        """The fields that differ, told so that a person sees what came and what the model says."""
        names = [n for n in self.observed | self.model if self.observed.get(n) != self.model.get(n)]
        return "; ".join(f"{n}: recorded {self.observed.get(n)}, model {self.model.get(n)}" for n in names)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One observation that is not compared, and why."""

    reason: str


Outcome = Compared | LeftOut
T = TypeVar("T")


def errno_of(call: Callable[[], T]) -> tuple[int, T | None]:
    """A call's result as a system call gives it: (0, result), or (the errno, None) where the model refuses."""
    try:
        return 0, call()
    except LinuxError as error:
        return error.errno, None
