# SPDX-License-Identifier: GPL-2.0-only
"""A box in a picture for each function in which a task stands: its lines, and an arrow for who stands where."""
from __future__ import annotations

from dataclasses import dataclass

from numakit.show import palette
from numakit.show.drawing import Drawing, text_width, wrap
from numakit.show.source import SourceView

SIZE, LINE = 10.5, 17
"""Of the source's letters, and from one row to the next, in pixels."""
GOES_ON = 14
"""So far is a row indented that goes on with a line."""


@dataclass(frozen=True, slots=True)
class SourceBoxes:
    """Functions one under the other, between two edges of a picture, in pixels."""

    views: tuple[SourceView, ...]
    left: int
    right: int

    @property
    def height(self) -> int:
        """Of all boxes, with the room below each."""
        return sum(LINE * self._rows_of(view) + 34 for view in self.views)

    def draw(self, drawing: Drawing, y: float, mover: str, bad: bool) -> None:
        """Draw them, the first line at y. mover: who took the last step; bad: whether that broke a rule."""
        for view in self.views:
            height = LINE * self._rows_of(view) + 22
            drawing.rect(self.left, y - 18, self.right - self.left, height, "#f7f8fa", 8, palette.RULE)
            for number, line in enumerate(view.lines, view.first):
                who = view.arrows.get(number, "")
                self._draw_line(drawing, y, line, who, "bad" if bad and mover in who else "old")
                y += LINE * len(self._rows(line))
            y += 34

    def _draw_line(self, drawing: Drawing, y: float, line: str, who: str, tone: str) -> None:
        paper, ink = palette.TONES[tone] if who else (palette.PAPER, palette.INK)
        rows, x = self._rows(line), self._begin(line)
        if who:
            drawing.rect(self.left + 4, y - 12, self.right - self.left - 8, LINE * len(rows), paper, rx=3)
            drawing.text(self.left + 10, y, f"{who} ▶", 11.5, ink, weight=700)
        for number, words in enumerate(rows):
            weight = weight_for(words, self.right - 10 - x, SIZE, bool(who))
            drawing.text(x + GOES_ON * (number > 0), y + LINE * number, words, SIZE, ink, weight=weight)

    def _begin(self, line: str) -> int:
        """Where a line begins, by its indentation."""
        return self.left + 40 + 5 * (len(line) - len(line.lstrip()))

    def _rows(self, line: str) -> list[str]:
        """A line as it is drawn: what has no room goes on in the next row; an empty line is left out."""
        return wrap(line.strip(), self.right - 10 - GOES_ON - self._begin(line), SIZE) if line.strip() else []

    def _rows_of(self, view: SourceView) -> int:
        return sum(len(self._rows(line)) for line in view.lines)


def weight_for(words: str, room: float, size: float, bold: bool) -> int:
    """Bold where that is wanted, but not where only regular letters have room for all of the words."""
    return 600 if bold and not text_width(words, size) <= room < text_width(words, size, 600) else 400
