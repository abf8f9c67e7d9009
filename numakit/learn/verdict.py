# SPDX-License-Identifier: GPL-2.0-only
"""What the learner gets back: a Verdict on an answer, and the Hint that goes with it."""
from __future__ import annotations

from dataclasses import dataclass
from html import escape


@dataclass(frozen=True, slots=True, repr=False)
class Hint:
    """One hint: `rung` 1, 2 or 3 on the exercise's ladder, 0 for a hint that belongs to just this answer."""

    text: str
    rung: int = 0

    def __repr__(self) -> str:
        return f"Hint {self.rung} of 3: {self.text}" if self.rung else f"Hint: {self.text}"

    def _repr_html_(self) -> str:
        return f"<p>{escape(repr(self))}</p>"


@dataclass(frozen=True, slots=True, repr=False)
class Verdict:
    """Whether an answer is right, the sentence that says so, a hint where it is not, the smallest case that fails."""

    right: bool
    sentence: str
    hint: Hint | None = None
    case: str = ""

    def __repr__(self) -> str:
        return self.sentence if self.hint is None else f"{self.sentence}\n{self.hint!r}"

    def _repr_html_(self) -> str:
        mark = "✓" if self.right else "○"   # seen, not read aloud: the sentence says the same in words
        hint = "" if self.hint is None else self.hint._repr_html_()
        return f'<div role="status"><p><span aria-hidden="true">{mark}</span> {escape(self.sentence)}</p>{hint}</div>'
