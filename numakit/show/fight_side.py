# SPDX-License-Identifier: GPL-2.0-only
"""One side of a fight's picture: its title, its grid with bars, two small charts and its numbers, one under another."""
from __future__ import annotations

from dataclasses import dataclass

from numakit.show import palette
from numakit.show.drawing import wrap
from numakit.show.fight_figures import OTHERS, Figures, percent
from numakit.show.fight_grid import Columns, Tiled, draw_axis, draw_bars, draw_changes, draw_grid, draw_steps

LABELS, BARS, HIGH = 50, 62, 264
WIDEST, TALLEST = 90.0, 24.0
"""A column's width and a row's height at most."""
SHARES, DISPUTED = 48, 30
"""How high the two small charts are."""
LETTERS = 12
"""So high must a file's rows be, for its number to stand beside them."""


@dataclass(frozen=True, slots=True)
class DrawnSide:
    """A side's figures and where it stands: its left edge, its width, how many lines a title may take, and what a full
    bar of each chart is."""

    side: Figures
    left: float
    width: float
    titles: int
    most_moves: float
    most_disputed: float

    @property
    def columns(self) -> Columns:
        """The grid's columns."""
        count = len(self.side.columns)
        return Columns(self.left + LABELS, min(WIDEST, (self.width - LABELS - BARS - 12) / count), count)

    @property
    def pitch(self) -> float:
        """Pixels from row to row."""
        return min(TALLEST, HIGH / len(self.side.rows))

    @property
    def height(self) -> float:
        """Of all that is drawn."""
        words = 16.8 * (len(self._steps_said()) + len(self._numbers()))
        charts = self.pitch * len(self.side.rows) + SHARES + (DISPUTED + 7) * self.side.moving
        return 19.6 * self.titles + charts + 111 + words

    def draw(self, drawing: Tiled, top: float) -> None:
        """Draw it from `top` on."""
        side, columns = self.side, self.columns
        drawing.lines(self.left, top, wrap(side.title, self.width, 14, 600), 14, weight=600)
        y = top + 19.6 * self.titles + 7
        self._draw_grid(drawing, y)
        y += self.pitch * len(side.rows) + 14
        drawing.text(columns.left - 8, y, side.unit, 10.5, palette.SOFT, "end")
        draw_axis(drawing, columns, [side.names[at] for at in side.columns], y)
        y = self._draw_shares(drawing, y + 24)
        y = self._draw_disputed(drawing, y + 20)
        drawing.text(self.left, y + 24, side.numbers(), 14, weight=600)
        y = drawing.lines(self.left, y + 43, self._numbers(), 12)
        drawing.lines(self.left, y, self._steps_said(), 12)

    def _steps_said(self) -> list[str]:
        """What is done in each step, in words, where steps are more than rounds."""
        return [line for words in self.side.legend for line in wrap(words, self.width, 12)]

    def _numbers(self) -> list[str]:
        return wrap(self.side.more_numbers(), self.width, 12)

    def _draw_grid(self, drawing: Tiled, top: float) -> None:
        """Pages by rounds, what the rows are, and how often their pages moved."""
        draw_grid(drawing, self.side.rows, self.columns, top, self.pitch)
        if self.side.binned:
            draw_changes(drawing, self.side.changed, self.columns, top, self.pitch)
        if self._file_high >= LETTERS:
            self._draw_files(drawing, top)
        else:
            self._draw_pages(drawing, top)
        self._draw_moves(drawing, top)

    @property
    def _file_high(self) -> float:
        """How high a file's rows are together; 0 where the rows are not so many of each file."""
        return self.pitch * len(self.side.rows) / len(self.side.files) if self.side.files else 0.0

    def _draw_files(self, drawing: Tiled, top: float) -> None:
        """Each file's inode number in the middle of its rows, and a line between two files."""
        left, high = self.columns.left, self._file_high
        for at, i_ino in enumerate(self.side.files):
            y = top + at * high
            drawing.text(left - 8, y + high / 2 + 4, f"inode {i_ino}", 10.5, palette.SOFT, "end")
            if at:
                drawing.line(left - LABELS, y, left - 4, y)

    def _draw_pages(self, drawing: Tiled, top: float) -> None:
        """The numbers of the first and of the last page, left of their rows."""
        x, rows = self.columns.left - 8, len(self.side.rows)
        drawing.text(x, top + max(9.0, self.pitch / 2 + 4), "page 0", 10.5, palette.SOFT, "end")
        if rows > 1:
            last, y = f"{self.side.edges[-1] - 1:,}", top + self.pitch * rows - max(2.0, self.pitch / 2 - 4)
            drawing.text(x, y, last, 10.5, palette.SOFT, "end")

    def _draw_moves(self, drawing: Tiled, top: float) -> None:
        """How often the pages of each row moved, right of the grid."""
        right, bottom = self.columns.right + 12, top + self.pitch * len(self.side.rows)
        head = "moves of a page" if self.side.moving else "copied elsewhere"
        drawing.text(right + BARS - 12, top - 6, head, 10.5, palette.SOFT, "end")
        drawing.line(right, top, right, bottom)
        draw_bars(drawing, self.side.moves_of_row, self.most_moves, right, top, self.pitch, BARS - 12)
        drawing.text(right, bottom + 14, f"most {max(self.side.moves_of_row):,.3g}", 10.5, palette.SOFT)

    def _draw_shares(self, drawing: Tiled, y: float) -> float:
        """The share of each node in all pages, state by state; returns where it ends."""
        drawing.text(self.columns.left, y, "share of the pages on each node", 10.5, palette.SOFT)
        draw_grid(drawing, [self.side.shares], self.columns, y + 7, SHARES, seam=0)
        for nid, low, high in self.side.shares[-1]:
            if high - low >= 0.22:
                word = "others" if nid == OTHERS else f"node {nid}" if nid >= 0 else "not there"
                drawing.text(self.columns.right + 6, y + 11 + (low + high) / 2 * SHARES, word, 10.5, palette.SOFT)
        return y + 7 + SHARES

    def _draw_disputed(self, drawing: Tiled, y: float) -> float:
        """How many pages still move later, state by state; returns where it ends. Copies don't."""
        if not self.side.moving:
            return y
        columns, bottom = self.columns, y + 7 + DISPUTED
        drawing.text(columns.left, y, self._disputed_words(), 10.5, palette.SOFT)
        shares = [count / self.side.pages for count in self.side.disputed]
        draw_steps(drawing, shares, self.most_disputed, columns, bottom, DISPUTED)
        drawing.line(columns.left, bottom, columns.right, bottom)
        return bottom

    def _disputed_words(self) -> str:
        """'moved again later in this picture: 48 at first, 46 half-way': at its end it is always none."""
        pages = self.side.pages
        told = [f"{count:,}" if pages < 100_000 else percent(count, pages) for count in self.side.disputed]
        half = f", {told[(len(told) - 1) // 2]} half-way" if len(told) > 3 else ""
        return f"moved again later in this picture: {told[0]} at first{half}"
