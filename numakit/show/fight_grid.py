# SPDX-License-Identifier: GPL-2.0-only
"""The parts of a fight's picture: many small tiles as few paths, a grid of stacks, bars beside it and below."""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from numakit.fights import NOWHERE
from numakit.show import palette
from numakit.show.drawing import _ID, Drawing, short, text_width
from numakit.show.fight_figures import OTHERS, Stack

GAP = 4.0
"""Pixels between the state before the first step and those after."""
GREY = palette.REMOTE[1]
NUMBERS = 300
"""So many runs of a grid get their node's number; in a grid of more they are too narrow, and hatches say it."""

LEGEND, MORE = 64, -3
"""So many nodes are in the legend, and the rest is counted."""

Box = tuple[float, float, float, float]
"""x, y, width, height."""


class Tiled(Drawing):
    """A drawing that can have many tiles in the colour and hatch of a node: two paths, where rectangles would be
    thousands of elements."""

    def tiles(self, nid: int, boxes: Sequence[Box]) -> None:
        """Rectangles of one node; OTHERS are grey, what is NOWHERE is an outline."""
        d = _path_of(boxes)
        if nid < 0:
            look = f'fill="{GREY}"' if nid == OTHERS else f'fill="{palette.PAPER}" stroke="{palette.RULE}"'
            self._parts.append(f'<path d="{d}" {look}/>')
            return
        self._parts.append(f'<path d="{d}" fill="{palette.fill(nid)}"/>')
        if palette.hatch(nid):
            which = self._hatches.setdefault((palette.hatch(nid), palette.ink(nid)), len(self._hatches))
            self._parts.append(f'<path d="{d}" fill="url(#{_ID}h{which})"/>')

    def dark(self, boxes: Sequence[Box]) -> None:
        """Dark rectangles with a light edge at their right, as one path each."""
        for wider, colour in ((0.8, palette.PAPER), (0.0, palette.INK)):
            d = _path_of([(x, y, w + wider, h) for x, y, w, h in boxes])
            self._parts.append(f'<path d="{d}" fill="{colour}"/>')

    def number(self, x: float, y: float, nid: int, size: float = 10) -> None:
        """A node's number around the point (x, y), on a clear patch."""
        wide = number_width(nid, size)
        self.rect(x - wide / 2, y - size / 2, wide, size, palette.fill(nid), rx=2)
        self.text(x, y + size * 0.36, nid, size, palette.ink(nid), "middle", 600)


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the states of a side stand. left: x of the first; pitch: pixels from one to the next; count."""

    left: float
    pitch: float
    count: int

    def x(self, column: int) -> float:
        """Where a column begins, or where the last one ends."""
        return self.left + column * self.pitch + GAP * (column > 0)

    @property
    def right(self) -> float:
        """Where the last column ends."""
        return self.x(self.count)

    def middle(self, column: int) -> float:
        """The middle of a column."""
        return self.x(column) + self.pitch / 2


def _path_of(boxes: Sequence[Box]) -> str:
    return "".join(f"M{short(x)} {short(y)}h{short(w)}v{short(h)}h-{short(w)}z" for x, y, w, h in boxes)


def number_width(nid: int, size: float = 10) -> float:
    """How wide a node's number is with its patch."""
    return text_width(str(nid), size, 600) + 2


def draw_grid(drawing: Tiled, rows: Sequence[Sequence[Stack]], columns: Columns, top: float, pitch: float,
              seam: float = 0.8) -> None:
    """Rows of stacks, what is equal from one state to the next in one piece, parted from what is not by a seam and
    with its node's number; seam 0: neither."""
    boxes: dict[int, list[Box]] = {}
    labels: list[tuple[float, float, int]] = []
    gap = min(1.0, pitch * 0.12) if seam else 0
    for at, row in enumerate(rows):
        for start, end, stack in runs(row):
            x, wide = columns.x(start), (end - start) * columns.pitch - seam
            y, high = top + at * pitch, pitch - gap
            for nid, low, to in stack:
                boxes.setdefault(nid, []).append((x, y + low * high, wide, (to - low) * high))
                if nid >= 0 and seam and to - low == 1 and high >= 10 and wide >= number_width(nid) + 1:
                    labels.append((x + number_width(nid) / 2 + 1, y + (low + to) / 2 * high, nid))
    for nid in sorted(boxes):
        drawing.tiles(nid, boxes[nid])
    for x, y, nid in labels if len(labels) <= NUMBERS else ():
        drawing.number(x, y, nid)


def runs(row: Sequence[Stack]) -> Iterator[tuple[int, int, Stack]]:
    """(start, end, stack) of the states that are equal in a row; the first state stands alone."""
    at = 0
    for key, group in groupby(enumerate(row), key=lambda item: (item[0] == 0, item[1])):
        count = sum(1 for _ in group)
        yield at, at + count, key[1]
        at += count


def draw_changes(drawing: Tiled, rows: Sequence[Sequence[float]], columns: Columns, top: float,
                 pitch: float) -> None:
    """A dark line at the left of a cell, as long as the share of its pages that lay elsewhere before."""
    wide = min(2.0, columns.pitch / 4)
    boxes = [(columns.x(column), top + at * pitch + (pitch - 1) * (1 - share), wide, (pitch - 1) * share)
             for at, row in enumerate(rows) for column, share in enumerate(row) if share]
    drawing.dark(boxes)


def draw_bars(drawing: Tiled, values: Sequence[float], most: float, x: float, top: float, pitch: float,
              wide: float) -> None:
    """Bars to the right from x, one beside each row of a grid; most: the value of a full bar."""
    boxes = [(x, top + at * pitch, wide * value / most, pitch - min(1.0, pitch * 0.12))
             for at, value in enumerate(values) if value and most]
    _paint(drawing, boxes)


def draw_steps(drawing: Tiled, values: Sequence[float], most: float, columns: Columns, bottom: float,
               high: float) -> None:
    """Bars upwards from the bottom, one for each state; most: the value of a full bar."""
    boxes = [(columns.x(at), bottom - high * value / most, columns.pitch - 0.4, high * value / most)
             for at, value in enumerate(values) if value and most]
    _paint(drawing, boxes)


def _paint(drawing: Tiled, boxes: Sequence[Box]) -> None:
    for x, y, wide, high in boxes:
        drawing.rect(x, y, wide, high, palette.SOFT)


def draw_axis(drawing: Drawing, columns: Columns, names: Sequence[str], y: float, size: float = 10.5) -> None:
    """The names under their columns: the first, the last, and those between that have room, at even distances."""
    spans = [_span(columns, at, name, size, len(names) - 1) for at, name in enumerate(names)]
    for at in _ticks(spans):
        drawing.text(spans[at][0], y, names[at], size, palette.SOFT)


def _ticks(spans: Sequence[tuple[float, float]]) -> list[int]:
    """Which of the names are written: none meets another."""
    ends, inner = [0, len(spans) - 1], list(range(1, len(spans) - 1))
    for every in (1, 2, 5, 10, 20, 50, 100):
        inner = [at for at in range(1, len(spans) - 1) if (at - 1) % every == 0]
        if not any(_meet(spans[a], spans[b]) for a, b in zip(inner, inner[1:], strict=False)):
            break
    return sorted({*ends, *(at for at in inner if not any(_meet(spans[at], spans[end]) for end in ends))})


def _meet(a: tuple[float, float], b: tuple[float, float]) -> bool:
    return a[0] < b[1] + 4 and b[0] < a[1] + 4


def _span(columns: Columns, at: int, name: str, size: float, last: int) -> tuple[float, float]:
    """From where to where a name goes: under its column's middle, but not beyond the grid at its ends."""
    wide = text_width(name, size)
    left = columns.middle(at) - wide / 2
    if at == 0:
        left = max(left, columns.left)
    if at == last:
        left = min(left, columns.right - wide)
    return left, left + wide


def legend_height(kinds: set[int], width: float) -> float:
    """How high the legend will be."""
    return _line(kinds) * (1 + max((row for _, row, _ in _legend(kinds, width)), default=0))


def draw_legend(drawing: Tiled, kinds: set[int], x: float, y: float, width: float) -> None:
    """A cell for each node, with its word where there are few; what grey and what open tiles mean."""
    line = _line(kinds)
    for left, row, nid in _legend(kinds, width):
        if nid >= 0:
            drawing.cell(x + left, y + line * row, nid, line - 6 if line > 26 else 20)
        elif nid != MORE:
            drawing.rect(x + left, y + line * row, 20, 20, GREY if nid == OTHERS else palette.PAPER, 4, palette.RULE)
        if word := _word(nid, kinds):
            drawing.text(x + left + 26 * (nid != MORE), y + line * row + line / 2 + 2, word, 12)


def _line(kinds: set[int]) -> float:
    """Pixels from line to line: a number of three digits needs a larger cell."""
    return 34 if any(nid > 99 for nid in kinds) else 26


def _legend(kinds: set[int], width: float) -> list[tuple[float, int, int]]:
    """(left, row, nid) of each item."""
    nodes = sorted(nid for nid in kinds if nid >= 0)
    shown = [*nodes[:LEGEND], *([MORE] if len(nodes) > LEGEND else []), *sorted(nid for nid in kinds if nid < 0)]
    items, x, row = [], 0.0, 0
    for nid in shown:
        word = _word(nid, kinds)
        wide = 26 + text_width(word, 12) + 14 if word else _line(kinds) - 1
        if x + wide > width:
            x, row = 0.0, row + 1
        items.append((x, row, nid))
        x += wide
    return items


def _word(nid: int, kinds: set[int]) -> str:
    nodes = sum(kind >= 0 for kind in kinds)
    words = {NOWHERE: "not there", OTHERS: "nodes with few pages", MORE: f"and {nodes - LEGEND:,} more nodes"}
    return words.get(nid, f"node {nid}" if nodes <= 8 else "")
