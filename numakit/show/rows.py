# SPDX-License-Identifier: GPL-2.0-only
"""Rows of a picture that has a column for each page: nodes, marks or words under one another."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from numakit.show import palette
from numakit.show.drawing import Drawing

LEFT, LABELS, PITCH, CELL = 24, 204, 34, 28
"""Pixels: where labels begin, where cells begin, from cell to cell, and a cell."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: a label, then for each page a node, a mark (True: a tick) or a word; or one remark for all."""

    label: list[str]
    items: Sequence[int | str | bool]
    remark: str = ""
    plain: bool = False

    @property
    def height(self) -> float:
        """Pixels down to the next row."""
        return 28 if self.plain else max(42, len(self.label) * 16.8 + 14)

    def draw(self, drawing: Drawing, y: float) -> None:
        """Draw the row below y."""
        size = 13 if len(self.label) == 1 else 12
        middle = y + (6 if self.plain else self.height / 2 - 2)
        drawing.lines(LEFT, middle + 5 - (len(self.label) - 1) * size * 0.7, self.label, size)
        if self.remark:
            drawing.text(column(0) - CELL / 2, middle + 5, self.remark, fill=palette.SOFT)
        for page, item in enumerate(self.items):
            _draw_item(drawing, column(page), middle, item)


def column(page: int) -> float:
    """The middle of a page's column."""
    return LABELS + page * PITCH + CELL / 2


def _draw_item(drawing: Drawing, x: float, y: float, item: int | str | bool) -> None:
    if isinstance(item, bool):
        (drawing.tick if item else drawing.cross)(x, y)
    elif isinstance(item, int):
        drawing.cell(x - CELL / 2, y - CELL / 2, item, CELL)
    else:
        drawing.text(x, y + 5, item, 12, palette.SOFT, "middle")
