# SPDX-License-Identifier: GPL-2.0-only
"""Blocks of the picture of the designs side by side: some rows under a heading, laid out and drawn."""
from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from numakit.proposals.designs import design_named
from numakit.proposals.verdicts import Row
from numakit.show import palette
from numakit.show.drawing import Drawing, text_width, wrap
from numakit.show.side_by_side_rows import BUG, COSTS, LATE, cell_words

WIDTH, EDGE, LABELS, LINE = 836, 24, 186, 22   # as wide as a cell of a 1280 px window
Verdicts = Mapping[tuple[str, str], Row]
"""By design and property."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the picture, its cells in lines; tone of each cell, "" for none."""

    name: str
    cells: tuple[list[str], ...]
    tones: tuple[str, ...]

    @property
    def height(self) -> float:
        """By its longest cell."""
        return LINE + 14 * (max(map(len, self.cells)) - 1)


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows under a heading; same: what of them is the same in all columns, in a line of words."""

    heading: str
    lines: tuple[Line, ...]
    same: list[str]

    @property
    def height(self) -> float:
        """With the heading and what is the same."""
        return 26 + sum(line.height for line in self.lines) + 15 * len(self.same) + 8


def property_block(rows: Verdicts, designs: Sequence[str], heading: str, names: Sequence[str],
                   excused: Set[tuple[str, str]]) -> Block:
    """A group of properties: a row for each that somebody breaks. excused: by design, what is not counted."""
    broken = [name for name in names if any(rows[d, name].switches is not None for d in designs)]
    kept = ", ".join(name for name in names if name not in broken)
    amber = excused | {(d, name) for d in designs for name in LATE}
    lines = tuple(Line(name, tuple([cell_words(rows[d, name])] for d in designs),
                       tuple("" if rows[d, name].switches is None else "old" if (d, name) in amber else "bad"
                             for d in designs))
                  for name in broken)
    return Block(heading, lines, wrap(f"kept by all of these: {kept}", WIDTH - 2 * EDGE, 11) if kept else [])


def cost_block(designs: Sequence[str]) -> Block:
    """The costs: a row for each in which the designs differ, if they come to it at all."""
    wide = column_width(designs) - 8
    told = {cost.name: [cost.words(design_named(d)) for d in designs] for cost in COSTS}
    differ = {name: cells for name, cells in told.items() if len({*cells} - {BUG}) > 1}
    same = [f"{name}: {next(iter({*cells} - {BUG}), BUG)}" for name, cells in told.items() if name not in differ]
    words = "let go: released before the answer is used"
    words += f"; the same for all that come to it: {', '.join(same)}" if same else ""
    lines = tuple(Line(name, tuple(wrap(cell, wide, 11) for cell in cells), ("",) * len(cells))
                  for name, cells in differ.items())
    return Block("what it costs, with nobody else running: how often a lock is taken", lines,
                  wrap(words, WIDTH - 2 * EDGE, 11))


def column_width(designs: Sequence[str]) -> float:
    """A design's column: no wider than for four designs."""
    return (WIDTH - 2 * EDGE - LABELS) / max(len(designs), 4)


def draw_block(drawing: Drawing, block: Block, left: Sequence[bool], wide: float, y: float) -> float:
    """A heading and its rows, the columns of those who are left on another paper; returns where they end."""
    drawing.line(EDGE, y + 4, WIDTH - EDGE, y + 4)
    drawing.text(EDGE, y + 20, block.heading, 12, weight=600)
    y += 26
    for line in block.lines:
        drawing.text(EDGE + 8, y + 15, line.name, 11.5)
        for at, (cell, tone) in enumerate(zip(line.cells, line.tones, strict=True)):
            x = EDGE + LABELS + at * wide
            if left[at] and not tone:
                drawing.rect(x + 1, y + 1, wide - 3, line.height - 2, palette.TONES["good"][0], rx=3)
            draw_cell(drawing, x, y, wide, cell, tone)
        y += line.height
    for text in block.same:
        drawing.text(EDGE + 8, y + 12, text, 11, palette.SOFT)
        y += 15
    return y + 8


def draw_cell(drawing: Drawing, x: float, y: float, wide: float, words: list[str], tone: str) -> None:
    """A cell: a tick where a property holds; else words, on the tone's paper with a sign if there is a tone."""
    if words == ["holds"]:
        drawing.tick(x + 11, y + LINE / 2, 8)
    elif not tone:
        drawing.lines(x + 6, y + 15, words, 10.5)
    else:
        fill, ink = palette.TONES[tone]
        drawing.rect(x + 1, y + 1, wide - 3, LINE - 2, fill, rx=3)
        (drawing.tick if tone == "good" else drawing.cross)(x + 11, y + LINE / 2, 8, ink)
        size = 11 if text_width(words[0], 11, 600) < wide - 24 else 10
        drawing.text(x + 20, y + 15, words[0], size, ink, weight=600)
