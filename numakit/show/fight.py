# SPDX-License-Identifier: GPL-2.0-only
"""The picture of a fight: pages by rounds, one way beside the other, with what it costs under each."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from numakit.checks import is_whole
from numakit.errors import BadRange
from numakit.fights import Fight, Side
from numakit.show import palette
from numakit.show.drawing import note_height, wrap
from numakit.show.fight_figures import OTHERS, Figures, counted, figures, percent
from numakit.show.fight_grid import (
    Columns,
    Tiled,
    draw_axis,
    draw_bars,
    draw_changes,
    draw_grid,
    draw_legend,
    draw_steps,
    legend_height,
)
from numakit.show.table import Cell, Table

WIDTH, EDGE, BETWEEN = 836, 24, 24   # as wide as a cell of a 1280 px window
LABELS, BARS, HIGH = 50, 62, 264
WIDEST, TALLEST, MANY = 90.0, 24.0, 16
"""A column's width and a row's height at most; so many nodes have a column each in
the table."""
SHARES, DISPUTED = 48, 30
"""How high the two small charts are."""


@dataclass(frozen=True, slots=True, repr=False)
class FightPicture:
    """A fight and the figures of its sides; shown: how many of the pages the grid has, 0 for all; files: the inode
    numbers of the files whose pages follow one another, so many of each, () where that is not said."""

    fight: Fight
    sides: tuple[Figures, ...]
    shown: int = 0
    files: tuple[int, ...] = ()

    def sentence(self) -> str:
        """What comes of the fight, and what a real kernel was seen to do."""
        return " ".join(filter(None, (self.fight.sentence, self.recorded())))

    def recorded(self) -> str:
        """What a real kernel was seen to do; "" where nothing was recorded."""
        return f"Recorded: {self.fight.recorded}" if self.fight.recorded else ""

    def table(self) -> Table:
        """A row for each side and step."""
        nodes = sorted({nid for side in self.sides for nid in side.nodes})
        rows = tuple(row for side in self.fight.sides for row in _table_rows(side, nodes))
        return Table(("side", "step", "what is done", "elsewhere than before", "moved again later", *node_names(nodes)),
                     rows, self.fight.question)

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

    def lead(self) -> str:
        """How the grid is read."""
        part = f"Drawn are the first {self.shown:,} pages; the numbers are of all." if self.shown else ""
        return " ".join(filter(None, (_sizes(self.sides), _reading(self.sides), part)))


def fight_picture(fight: Fight, shown: int = 0, *, files: Iterable[int] = ()) -> FightPicture:
    """The picture of a fight. shown: draw the first so many pages in the grid, 0 for all of them; more than 64 are
    drawn in rows of several. files: inode numbers to stand beside the rows, where the pages are those of several files,
    as many of each. Raises BadRange."""
    least = min((side.nodes.shape[1] for side in fight.sides), default=0)
    if len(fight.sides) not in (1, 2):
        raise BadRange(f"{len(fight.sides)} sides", "1 or 2 can be drawn", "of Linux nothing depends on it")
    if not is_whole(shown, 0, least + 1):
        raise BadRange(f"the first {shown!r} of {least} pages", f"0 (for all) to {least} would do",
                       "a file has no pages behind its last")
    seen = FightPicture(fight, tuple(figures(side, shown) for side in fight.sides), shown, tuple(files))
    for side in seen.sides if seen.files else ():
        if shown or len(side.rows) % len(seen.files):
            raise BadRange(f"{len(seen.files)} files in {len(side.rows)} rows", "as many rows for each would do",
                           "a page is of one file")
    return seen


def _sizes(sides: Sequence[Figures]) -> str:
    """'48 pages, 24 rounds.'"""
    told = [f"{counted(side.pages, 'page')}, {counted(side.rounds or len(side.words), side.unit)}" for side in sides]
    return f"{told[0]}." if len(set(told)) == 1 else f"Left: {told[0]}; right: {told[1]}."


def _reading(sides: Sequence[Figures]) -> str:
    """'A row is a page, a column what a round leaves.'"""
    side = max(sides, key=lambda side: side.binned)
    sizes = {b - a for a, b in zip(side.edges, side.edges[1:], strict=False)}
    row = f"{counted(min(sizes), 'page')}{' or one more' * (len(sizes) > 1)}, parted as they are spread"
    column = f"what a {side.unit} leaves{': not all are drawn' * side.thinned}"
    dark = " The dark line in a cell: so many of its pages lie elsewhere than before." if side.binned else ""
    return f"A row is {row if side.binned else 'a page'}; a column is {column}.{dark}"


def node_names(nodes: Sequence[int]) -> tuple[str, ...]:
    """A table's headers for the pages on these nodes; two for all, where they are many."""
    return tuple(f"on node {nid}" for nid in nodes) if len(nodes) <= MANY else ("most are on", "so many")


def by_node(counts: Sequence[int], nodes: Sequence[int]) -> tuple[Cell, ...]:
    """The cells under these headers: counts has the pages on each node of the machine."""
    if len(nodes) > MANY:
        return f"node {max(range(len(counts)), key=counts.__getitem__)}", max(counts)
    return tuple(counts[nid] if nid < len(counts) else 0 for nid in nodes)


def _table_rows(side: Side, nodes: Sequence[int]) -> list[tuple[Cell, ...]]:
    share, disputed = side.share.tolist(), side.disputed.tolist()
    moves, words = ["", *side.moves.tolist()], ["start", *side.steps]
    return [(side.title, at, words[at], moves[at], disputed[at], *by_node(counts, nodes))
            for at, counts in enumerate(share)]


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where a side stands: its left edge, its width, its title's lines, and what a full bar of each chart is."""

    left: float
    width: float
    titles: int
    most_moves: float
    most_disputed: float

    def columns(self, side: Figures) -> Columns:
        """The grid's columns."""
        count = len(side.columns)
        return Columns(self.left + LABELS, min(WIDEST, (self.width - LABELS - BARS - 12) / count), count)


def _pitch(side: Figures) -> float:
    """Pixels from row to row."""
    return min(TALLEST, HIGH / len(side.rows))


def _drawn(picture: FightPicture) -> Tiled:
    fight, wide = picture.fight, WIDTH - 2 * EDGE
    title, lead = wrap(fight.question, wide, 17, 600), wrap(picture.lead(), wide)
    kinds = set().union(*(side.kinds for side in picture.sides))
    frames = _frames(picture.sides)
    legend = 34 + 23.8 * len(title) + 18.2 * (len(lead) - 1)
    top = legend + legend_height(kinds, wide) + 30
    note = top + max(map(_side_height, picture.sides, frames))
    height = note + sum(note_height(text, wide) + 8 for text, _ in _notes(picture))
    source = wrap(fight.source, wide, 12)
    drawing = Tiled(WIDTH, height + 16.8 * len(source) + 16, fight.question, picture.sentence())
    drawing.lines(EDGE, drawing.lines(EDGE, 34, title, 17, weight=600), lead, fill=palette.SOFT)
    draw_legend(drawing, kinds, EDGE, legend + 10, wide)
    for side, frame in zip(picture.sides, frames, strict=True):
        _draw_side(drawing, side, frame, top, picture.files)
    for text, tone in _notes(picture):
        note += drawing.note(EDGE, note, wide, text, tone) + 8
    drawing.lines(EDGE, note + 14, source, 12, palette.SOFT)
    return drawing


def _notes(picture: FightPicture) -> list[tuple[str, str]]:
    """The boxes under the picture with their tones."""
    notes = [(picture.fight.sentence, "plain"), (picture.recorded(), "old")]
    return [(text, tone) for text, tone in notes if text]


def _frames(sides: Sequence[Figures]) -> list[_Frame]:
    """The sides' places; bars of both have the same scale, so that they can be compared."""
    width = (WIDTH - 2 * EDGE - BETWEEN * (len(sides) - 1)) / len(sides)
    moves = max(max(side.moves_of_row) for side in sides)
    disputed = max(max(side.disputed) / side.pages for side in sides)
    titles = max(len(wrap(side.title, width, 14, 600)) for side in sides)
    return [_Frame(EDGE + at * (width + BETWEEN), width, titles, moves, disputed) for at in range(len(sides))]


def _steps_said(side: Figures, frame: _Frame) -> list[str]:
    """What is done in each step, in words, where steps are more than rounds."""
    return [line for words in side.legend for line in wrap(words, frame.width, 12)]


def _numbers(side: Figures, frame: _Frame) -> list[str]:
    return wrap(side.more_numbers(), frame.width, 12)


def _side_height(side: Figures, frame: _Frame) -> float:
    words = 16.8 * (len(_steps_said(side, frame)) + len(_numbers(side, frame)))
    charts = _pitch(side) * len(side.rows) + SHARES + (DISPUTED + 7) * side.moving
    return 19.6 * frame.titles + charts + 111 + words


def _draw_side(drawing: Tiled, side: Figures, frame: _Frame, top: float, files: Sequence[int]) -> None:
    """Title, grid with bars, small charts, numbers, one under another."""
    columns = frame.columns(side)
    drawing.lines(frame.left, top, wrap(side.title, frame.width, 14, 600), 14, weight=600)
    y = top + 19.6 * frame.titles + 7
    draw_grid(drawing, side.rows, columns, y, _pitch(side))
    if side.binned:
        draw_changes(drawing, side.changed, columns, y, _pitch(side))
    _draw_names(drawing, side, columns, y, files)
    _draw_moves(drawing, side, frame, columns, y)
    y += _pitch(side) * len(side.rows) + 14
    drawing.text(columns.left - 8, y, side.unit, 10.5, palette.SOFT, "end")
    draw_axis(drawing, columns, [side.names[at] for at in side.columns], y)
    y = _draw_shares(drawing, side, columns, y + 24)
    y = _draw_disputed(drawing, side, frame, columns, y + 20)
    drawing.text(frame.left, y + 24, side.numbers(), 14, weight=600)
    y = drawing.lines(frame.left, y + 43, _numbers(side, frame), 12)
    drawing.lines(frame.left, y, _steps_said(side, frame), 12)


def _draw_names(drawing: Tiled, side: Figures, columns: Columns, top: float, files: Sequence[int]) -> None:
    """The files' inode numbers left of their rows; where they are not said, the first and the last page's number."""
    if files:
        return _draw_files(drawing, side, columns, top, files)
    x, pitch, rows = columns.left - 8, _pitch(side), len(side.rows)
    drawing.text(x, top + max(9.0, pitch / 2 + 4), "page 0", 10.5, palette.SOFT, "end")
    if rows > 1:
        last = f"{side.edges[-1] - 1:,}"
        drawing.text(x, top + pitch * rows - max(2.0, pitch / 2 - 4), last, 10.5, palette.SOFT, "end")


def _draw_files(drawing: Tiled, side: Figures, columns: Columns, top: float, files: Sequence[int]) -> None:
    """Each file's inode number in the middle of its rows, and a line between two files."""
    high = _pitch(side) * len(side.rows) / len(files)
    for at, i_ino in enumerate(files):
        y = top + at * high
        drawing.text(columns.left - 8, y + high / 2 + 4, f"inode {i_ino}", 10.5, palette.SOFT, "end")
        if at:
            drawing.line(columns.left - LABELS, y, columns.left - 4, y)


def _draw_moves(drawing: Tiled, side: Figures, frame: _Frame, columns: Columns, top: float) -> None:
    """How often the pages of each row moved, right of the grid."""
    right, pitch, rows = columns.right + 12, _pitch(side), len(side.rows)
    head = "moves of a page" if side.moving else "copied elsewhere"
    drawing.text(right + BARS - 12, top - 6, head, 10.5, palette.SOFT, "end")
    drawing.line(right, top, right, top + pitch * rows)
    draw_bars(drawing, side.moves_of_row, frame.most_moves, right, top, pitch, BARS - 12)
    drawing.text(right, top + pitch * rows + 14, f"most {max(side.moves_of_row):,.3g}", 10.5, palette.SOFT)


def _draw_shares(drawing: Tiled, side: Figures, columns: Columns, y: float) -> float:
    """The share of each node in all pages, state by state; returns where it ends."""
    drawing.text(columns.left, y, "share of the pages on each node", 10.5, palette.SOFT)
    draw_grid(drawing, [side.shares], columns, y + 7, SHARES, seam=0)
    for nid, low, high in side.shares[-1]:
        if high - low >= 0.22:
            word = "others" if nid == OTHERS else f"node {nid}" if nid >= 0 else "not there"
            drawing.text(columns.right + 6, y + 11 + (low + high) / 2 * SHARES, word, 10.5, palette.SOFT)
    return y + 7 + SHARES


def _draw_disputed(drawing: Tiled, side: Figures, frame: _Frame, columns: Columns, y: float) -> float:
    """How many pages still move later, state by state; returns where it ends. Copies don't."""
    if not side.moving:
        return y
    drawing.text(columns.left, y, _disputed_words(side), 10.5, palette.SOFT)
    bottom = y + 7 + DISPUTED
    shares = [count / side.pages for count in side.disputed]
    draw_steps(drawing, shares, frame.most_disputed, columns, bottom, DISPUTED)
    drawing.line(columns.left, bottom, columns.right, bottom)
    return bottom


def _disputed_words(side: Figures) -> str:
    """'moved again later in this picture: 48 at first, 46 half-way': at its end it is always none."""
    told = [f"{count:,}" if side.pages < 100_000 else percent(count, side.pages) for count in side.disputed]
    half = f", {told[(len(told) - 1) // 2]} half-way" if len(told) > 3 else ""
    return f"moved again later in this picture: {told[0]} at first{half}"
