# SPDX-License-Identifier: GPL-2.0-only
"""A fight for print: a few moments side by side, each page a square in its node's colour, hatch and number."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from numakit.checks import is_whole
from numakit.errors import BadRange
from numakit.fights import Fight
from numakit.show import palette
from numakit.show.drawing import note_height, wrap
from numakit.show.fight import EDGE, WIDTH, by_node, node_names
from numakit.show.fight_figures import (
    ROUND,
    ROWS,
    Figures,
    Stack,
    counted,
    figures,
    moved_between,
    percent,
    row_edges,
    state,
)
from numakit.show.fight_grid import (
    Box,
    Columns,
    Tiled,
    draw_changes,
    draw_grid,
    draw_legend,
    legend_height,
    number_width,
)
from numakit.show.table import Cell, Table

SQUARE, FRAMES, APART, MILLION = 26.0, 8, 18, 1_000_000
"""A page's square at most; so many moments at most, so many pixels apart; pages from which on per cents are said."""


@dataclass(frozen=True, slots=True, repr=False)
class Filmstrip:
    """A fight at a few moments. moments: states, 0 is before the first step, k after the k-th."""

    fight: Fight
    sides: tuple[Figures, ...]
    moments: tuple[int, ...]

    def sentence(self) -> str:
        """What comes of the fight, and which moments are shown."""
        recorded = f" Recorded: {self.fight.recorded}" if self.fight.recorded else ""
        return f"{self.fight.sentence}{recorded} Shown: {'; '.join(map(self.name, self.moments))}."

    def name(self, moment: int, side: int = 0) -> str:
        """'at the start', 'after round 11'; after what, where a step is no round."""
        if not moment:
            return "at the start"
        word = self.sides[side].words[moment - 1]
        return f"after {word}" if word.startswith(ROUND) else f"{moment}. {word}"

    def table(self) -> Table:
        """A row for each side and moment."""
        nodes = sorted({nid for side in self.sides for nid in side.nodes})
        rows: list[tuple[Cell, ...]] = []
        for number, side in enumerate(self.fight.sides):
            share = side.share.tolist()
            for at, moment in enumerate(self.moments):
                since = self.since(number, at)[0] if at else ""
                rows.append((side.title, self.name(moment, number), since, *by_node(share[moment], nodes)))
        return Table(("side", "moment", "pages elsewhere since", *node_names(nodes)), tuple(rows),
                     self.fight.question)

    def since(self, side: int, at: int) -> tuple[int, tuple[float, ...]]:
        """How many pages of a side lie elsewhere than in the moment before, and which share of each row."""
        before, after = self.moments[max(at - 1, 0)], self.moments[at]
        return moved_between(self.fight.sides[side], before, after, row_edges(self.sides[side].pages))

    def svg(self) -> str:
        """The picture as inline SVG."""
        return str(self.drawing())

    def drawing(self) -> Tiled:
        """The picture as a Drawing."""
        return _drawn(self)

    def __repr__(self) -> str:
        return self.sentence()

    def _repr_svg_(self) -> str:
        return self.svg()


def filmstrip(fight: Fight, steps: Sequence[int] | None = None) -> Filmstrip:
    """A fight at a few moments side by side. steps: which states, 0 is before the first step and k after the k-th;
    None for five from the start to the end. Raises BadRange."""
    last = min(len(side.steps) for side in fight.sides)
    moments = tuple(sorted({at * last // 4 for at in range(5)}) if steps is None else steps)
    if not 1 <= len(moments) <= FRAMES or not all(is_whole(moment, 0, last + 1) for moment in moments):
        raise BadRange(f"the moments {moments}", f"1 to {FRAMES} of 0 (the start) to {last} would do",
                       f"nothing is told of what comes after step {last}")
    return Filmstrip(fight, tuple(map(figures, fight.sides)), moments)


@dataclass(frozen=True, slots=True)
class _Frame:
    """One moment of one side. name: which; stacks: its squares or rows; moved: which share of each lies elsewhere than
    in the moment before; said: what is under it; across: squares beside each other."""

    name: str
    stacks: tuple[Stack, ...]
    moved: tuple[float, ...]
    said: str
    pages: int
    across: int

    @property
    def binned(self) -> bool:
        """Whether a stack is more than one page."""
        return self.pages > ROWS


def _drawn(film: Filmstrip) -> Tiled:
    fight, wide = film.fight, WIDTH - 2 * EDGE
    title, lead = wrap(fight.question, wide, 17, 600), wrap(_lead(film), wide)
    rows = [_frames(film, at) for at in range(len(film.sides))]
    kinds = {nid for frames in rows for frame in frames for stack in frame.stacks for nid, _, _ in stack}
    legend = 34 + 23.8 * len(title) + 18.2 * (len(lead) - 1) + 10
    top = legend + legend_height(kinds, wide) + 20
    width = _frame_width(film)
    highs = [_height(frames, width) for frames in rows]
    text = " ".join(filter(None, (fight.sentence, fight.recorded and f"Recorded: {fight.recorded}")))
    height = top + sum(highs) + note_height(text, wide) + 16
    drawing = Tiled(WIDTH, height, fight.question, film.sentence())
    drawing.lines(EDGE, drawing.lines(EDGE, 34, title, 17, weight=600), lead, fill=palette.SOFT)
    draw_legend(drawing, kinds, EDGE, legend, wide)
    for side, frames, high in zip(film.sides, rows, highs, strict=True):
        _draw_side(drawing, side, frames, top, width)
        top += high
    drawing.note(EDGE, top, wide, text)
    return drawing


def _lead(film: Filmstrip) -> str:
    """How the squares are read."""
    pages = film.sides[0].pages
    if pages > ROWS:
        return f"{counted(pages, 'page')}, in rows of {counted(pages // (len(row_edges(pages)) - 1), 'page')} or so. " \
               "The dark line in a row: so many of them lie elsewhere than in the moment before."
    return "A square is a page, page 0 at the upper left; framed: it lies elsewhere than in the moment before."


def _frames(film: Filmstrip, at: int) -> list[_Frame]:
    """The moments of a side."""
    side, shown = film.fight.sides[at], film.sides[at]
    edges, across, frames = row_edges(shown.pages), _across(shown), []
    for place, moment in enumerate(film.moments):
        count, of_row = film.since(at, place)
        said = f"{count:,} elsewhere" if shown.pages < MILLION else f"{percent(count, shown.pages)} elsewhere"
        frames.append(_Frame(film.name(moment, at), state(side.nodes[moment], edges, shown.nodes), of_row,
                             said if place else "", shown.pages, across))
    return frames


def _across(side: Figures) -> int:
    """How many squares stand beside each other."""
    if side.pages > ROWS:
        return 1
    return min(side.pages, 6 if side.pages <= 16 or max(side.nodes, default=0) > 9 else 8)


def _frame_width(film: Filmstrip) -> float:
    count = max(len(film.moments), 3)
    return (WIDTH - 2 * EDGE - APART * (count - 1)) / count


def _square(frame: _Frame, width: float) -> float:
    return 14.0 if frame.binned else min(SQUARE, width / frame.across)


def _names(frames: Sequence[_Frame], width: float) -> list[list[str]]:
    return [wrap(frame.name, width, 12) for frame in frames]


def _height(frames: Sequence[_Frame], width: float) -> float:
    rows = -(-len(frames[0].stacks) // frames[0].across)
    return 24 + 16.8 * max(map(len, _names(frames, width))) + rows * _square(frames[0], width) + 40


def _draw_side(drawing: Tiled, side: Figures, frames: Sequence[_Frame], top: float, width: float) -> None:
    drawing.text(EDGE, top, side.title, 14, weight=600)
    names = _names(frames, width)
    below = top + 22 + 16.8 * (max(map(len, names)) - 1) + 8
    for at, frame in enumerate(frames):
        x = EDGE + at * (width + APART)
        drawing.lines(x, top + 22, names[at], 12, palette.SOFT)
        end = _draw_frame(drawing, frame, x, below, width)
        drawing.text(x, end + 15, frame.said, 12)


def _draw_frame(drawing: Tiled, frame: _Frame, x: float, y: float, width: float) -> float:
    """A moment; returns where it ends."""
    size, across = _square(frame, width), frame.across
    if frame.binned:
        column = Columns(x, width, 1)
        draw_grid(drawing, [(stack,) for stack in frame.stacks], column, y, size)
        draw_changes(drawing, [(share,) for share in frame.moved], column, y, size)
        return y + size * len(frame.stacks)
    places = [(x + at % across * size, y + at // across * size) for at in range(frame.pages)]
    boxes: dict[int, list[Box]] = {}
    for (left, top), stack in zip(places, frame.stacks, strict=True):
        boxes.setdefault(stack[0][0], []).append((left, top, size - 2, size - 2))
    for nid in sorted(boxes):
        drawing.tiles(nid, boxes[nid])
    for (left, top), stack, moved in zip(places, frame.stacks, frame.moved, strict=True):
        _mark(drawing, left, top, size - 2, stack[0][0], bool(moved))
    return y + size * -(-frame.pages // across)


def _mark(drawing: Tiled, x: float, y: float, size: float, nid: int, moved: bool) -> None:
    """A frame around a page that lies elsewhere than before; its node's number where there is room."""
    if moved:
        for edge in ((x, y, x + size, y), (x, y + size, x + size, y + size), (x, y, x, y + size),
                     (x + size, y, x + size, y + size)):
            drawing.line(*edge, palette.INK, 2)
    if nid >= 0 and size >= max(11.0, number_width(nid)):
        drawing.number(x + size / 2, y + size / 2, nid)
