# SPDX-License-Identifier: GPL-2.0-only
"""The picture of a fight: pages by rounds, one way beside the other, with what it costs under each."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from numakit.checks import is_whole
from numakit.errors import BadRange
from numakit.fights import Fight, Side
from numakit.show import palette
from numakit.show.drawing import note_height, wrap
from numakit.show.fight_figures import Figures, counted, figures
from numakit.show.fight_grid import Tiled, draw_legend, legend_height
from numakit.show.fight_side import DrawnSide
from numakit.show.table import Cell, Table

WIDTH, EDGE, BETWEEN = 836, 24, 24   # as wide as a cell of a 1280 px window
MANY = 16
"""So many nodes have a column each in the table."""


@dataclass(frozen=True, slots=True, repr=False)
class FightPicture:
    """A fight and the figures of its sides; shown: how many of the pages the grid has, 0 for all."""

    fight: Fight
    sides: tuple[Figures, ...]
    shown: int = 0

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


def fight_picture(fight: Fight, shown: int = 0) -> FightPicture:
    """The picture of a fight. shown: draw the first so many pages in the grid, 0 for all of them; more than 64 are
    drawn in rows of several. Raises BadRange."""
    least = min((side.nodes.shape[1] for side in fight.sides), default=0)
    if len(fight.sides) not in (1, 2):
        raise BadRange(f"{len(fight.sides)} sides", "1 or 2 can be drawn", "of Linux nothing depends on it")
    if not is_whole(shown, 0, least + 1):
        raise BadRange(f"the first {shown!r} of {least} pages", f"0 (for all) to {least} would do",
                       "a file has no pages behind its last")
    return FightPicture(fight, tuple(figures(side, shown) for side in fight.sides), shown)


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


def _drawn(picture: FightPicture) -> Tiled:
    fight, wide = picture.fight, WIDTH - 2 * EDGE
    title, lead = wrap(fight.question, wide, 17, 600), wrap(picture.lead(), wide)
    kinds = set().union(*(side.kinds for side in picture.sides))
    sides = _placed(picture.sides)
    legend = 34 + 23.8 * len(title) + 18.2 * (len(lead) - 1)
    top = legend + legend_height(kinds, wide) + 30
    note = top + max(side.height for side in sides)
    height = note + sum(note_height(text, wide) + 8 for text, _ in _notes(picture))
    source = wrap(fight.source, wide, 12)
    drawing = Tiled(WIDTH, height + 16.8 * len(source) + 16, fight.question, picture.sentence())
    drawing.lines(EDGE, drawing.lines(EDGE, 34, title, 17, weight=600), lead, fill=palette.SOFT)
    draw_legend(drawing, kinds, EDGE, legend + 10, wide)
    for side in sides:
        side.draw(drawing, top)
    for text, tone in _notes(picture):
        note += drawing.note(EDGE, note, wide, text, tone) + 8
    drawing.lines(EDGE, note + 14, source, 12, palette.SOFT)
    return drawing


def _notes(picture: FightPicture) -> list[tuple[str, str]]:
    """The boxes under the picture with their tones."""
    notes = [(picture.fight.sentence, "plain"), (picture.recorded(), "old")]
    return [(text, tone) for text, tone in notes if text]


def _placed(sides: Sequence[Figures]) -> list[DrawnSide]:
    """The sides' places; bars of both have the same scale, so that they can be compared."""
    width = (WIDTH - 2 * EDGE - BETWEEN * (len(sides) - 1)) / len(sides)
    moves = max(max(side.moves_of_row) for side in sides)
    disputed = max(max(side.disputed) / side.pages for side in sides)
    titles = max(len(wrap(side.title, width, 14, 600)) for side in sides)
    return [DrawnSide(side, EDGE + at * (width + BETWEEN), width, titles, moves, disputed)
            for at, side in enumerate(sides)]
