# SPDX-License-Identifier: GPL-2.0-only
"""How a rule answers: a yes or no, or a node, with the reason in a sentence and where the rule stands."""
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """A yes or a no. reason: why, in a sentence; source: release, file and function of the rule."""

    yes: bool
    reason: str
    source: str

    def __bool__(self) -> bool:
        return self.yes

    def __str__(self) -> str:
        return f"{'yes' if self.yes else 'no'}: {self.reason}"

    def __repr__(self) -> str:
        return f"<{self}>"


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a page is to go. target: a nid, or None where it stays (the kernel's -1).

    noted: whether the two-stage filter was asked, so that the page now remembers who faulted on it, also where it
    stays.
    """

    target: int | None
    reason: str
    source: str
    noted: bool = False

    def __str__(self) -> str:
        return f"{'stays' if self.target is None else f'to node {self.target}'}: {self.reason}"

    def __repr__(self) -> str:
        return f"<{self}>"
