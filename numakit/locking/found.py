# SPDX-License-Identifier: GPL-2.0-only
"""What a step can bring to light: a violated property, with the sentence that tells what happened."""
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Found:
    """A property violated by one step. sentence: what the task did, without a subject."""

    name: str
    sentence: str


class PathEnds(Exception):
    """Raised by a step's function: it breaks a property, and what would follow on this path means nothing."""

    def __init__(self, name: str, sentence: str):
        self.found = Found(name, sentence)
        super().__init__(name, sentence)
