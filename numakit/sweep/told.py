# SPDX-License-Identifier: GPL-2.0-only
"""What a sweep says when it can't begin, and what it tells on its way."""
from __future__ import annotations


class BadSweep(ValueError):
    """A scenario, grid, result, executor or file that can't be swept: what came, what would do, and why."""

    def __init__(self, came: str, would_do: str, why: str):
        super().__init__(came, would_do, why)   # as three, so that it comes whole through a pickle

    def __str__(self) -> str:
        return "; ".join(self.args)


class SweepWarning(UserWarning):
    """Something went wrong on the way, and the sweep went on or kept what it had."""
