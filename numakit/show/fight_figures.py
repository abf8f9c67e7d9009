# SPDX-License-Identifier: GPL-2.0-only
"""What the picture of a fight shows, as plain figures: 24 or 48,000,000 nodes of pages become a few hundred stacks."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numakit.fights import NOWHERE, Side

OTHERS = -2
"""In place of a node: nodes that have too few pages to be drawn."""
ROWS, COLUMNS, BANDS = 64, 120, 6
"""So many pages have a row each, so many states a column each, so many nodes of a row a band each."""
LISTED, LETTERS, ROUND = 12, "abcdefgh", "round "
"""So many steps are listed in words; steps among rounds have letters; how the name of a round begins."""
FINE = 48
"""A band is so many parts of a row high, or a multiple of that; nodes with fewer pages are drawn together."""
BINS = range(8, 17)
"""How many rows the pages are gathered in where they are more: the largest of these that parts them evenly."""

FEW = 12
"""Up to so many nodes are counted one by one."""

Stack = tuple[tuple[int, float, float], ...]
"""Bands (nid, from, to): the pages of a row, from 0 at its upper edge to 1; NOWHERE and OTHERS come last."""


@dataclass(frozen=True, slots=True)
class Figures:
    """One side. edges: pages at which rows begin, and the end; columns: which states are drawn, 0 is before the first
    step; rows, shares: stacks by column, of each row and of all pages; changed: by row and column, which share of the
    pages lie elsewhere than when they were last there; moves_of_row: moves a page, the mean of a row; disputed: pages
    still to move, by column; returned: how often a page that was nowhere came back on another node; faults: hinting
    faults, local ones, refused by the limit, () unknown; moving: False where what differs is copies, and not moves;
    files: the i_ino of each file whose pages are drawn, () where the rows are not so many of each."""

    title: str
    pages: int
    words: tuple[str, ...]
    edges: tuple[int, ...]
    columns: tuple[int, ...]
    rows: tuple[tuple[Stack, ...], ...]
    changed: tuple[tuple[float, ...], ...]
    shares: tuple[Stack, ...]
    moves_of_row: tuple[float, ...]
    disputed: tuple[int, ...]
    moves: int
    moved: int
    returned: int
    nodes: tuple[int, ...]
    faults: tuple[int, ...]
    moving: bool = True
    files: tuple[int, ...] = ()

    @property
    def rounds(self) -> int:
        """How many of the steps are rounds."""
        return sum(word.startswith(ROUND) for word in self.words)

    @property
    def unit(self) -> str:
        """What a step is called: 'round' where most are."""
        return "round" if self.rounds else "step"

    @property
    def names(self) -> tuple[str, ...]:
        """A short name for each state: 'start', a round's own number; a step's place, or its letter among rounds."""
        letters = dict(zip(self._beside_rounds(), LETTERS, strict=False))
        named = (word.removeprefix(ROUND) if word.startswith(ROUND) else letters.get(word, str(at))
                 for at, word in enumerate(self.words, 1))
        return ("start", *named)

    @property
    def legend(self) -> tuple[str, ...]:
        """What the names of steps that are no rounds stand for, where that can be listed."""
        if self.rounds:
            return tuple(f"{letter}: {word}" for word, letter in zip(self._beside_rounds(), LETTERS, strict=False))
        return tuple(f"{at}. {word}" for at, word in enumerate(self.words, 1)) if len(self.words) <= LISTED else ()

    def _beside_rounds(self) -> list[str]:
        """The steps that are no rounds, on a side that has rounds, each once."""
        return list(dict.fromkeys(w for w in self.words if not w.startswith(ROUND))) if self.rounds else []

    @property
    def binned(self) -> bool:
        """Whether a row is more than one page."""
        return len(self.edges) - 1 < self.edges[-1]

    @property
    def thinned(self) -> bool:
        """Whether some states have no column."""
        return len(self.columns) <= len(self.words)

    @property
    def kinds(self) -> set[int]:
        """All nodes drawn, NOWHERE and OTHERS among them."""
        return {nid for row in (*self.rows, self.shares) for stack in row for nid, _, _ in stack}

    def numbers(self) -> str:
        """How many moves there were, and what they are of."""
        if self.rounds > 1:
            return f"{counted(self.moves, 'move')}, {percent(self.moves, self.pages * self.rounds)} of page-rounds"
        if not self.moving:
            return f"{self.moved:,} of {counted(self.pages, 'page')} copied to another node"
        often = f", {counted(self.moves, 'move')}" if self.moves > self.moved else ""
        return f"{self.moved:,} of {counted(self.pages, 'page')} moved{often}"

    def more_numbers(self) -> str:
        """The hinting faults, where they were counted, and pages that were away and came back elsewhere."""
        back = f"{counted(self.returned, 'page')} came back on another node." if self.returned else ""
        if not self.faults:
            return back
        faults, local, refused = self.faults
        of = f", {percent(local, faults)} of them local" if faults else ""
        limit = f"; {refused:,} refused by the rate limit" if refused else ""
        return f"{counted(faults, 'hinting fault')}{of}{limit}. {back}".rstrip()


def figures(side: Side, shown: int = 0) -> Figures:
    """The figures of a side, its grid of the first `shown` pages alone, 0 for all."""
    share, moves_of_page = side.share, side.moves_of_page
    used = tuple(map(int, np.flatnonzero(share.any(axis=0))))
    part = side.nodes[:, :shown] if shown else side.nodes
    columns, edges, pages = _thinned(len(side.nodes)), row_edges(part.shape[1]), side.nodes.shape[1]
    sums = share[list(columns)][:, list(used)].tolist()
    rows = zip(*(state(part[column], edges, used) for column in columns), strict=True)
    return Figures(side.title, pages, side.steps, edges, columns, tuple(rows), _changed(part, columns, edges),
                   tuple(stack(row, used, pages) for row in sums), _means(moves_of_page, edges),
                   tuple(side.disputed[list(columns)].tolist()), int(moves_of_page.sum()),
                   int(np.count_nonzero(moves_of_page)), _returned(side), used, _faults(side), side.moving,
                   () if shown else _files(side, len(edges) - 1))


def _files(side: Side, rows: int) -> tuple[int, ...]:
    """The files, where each has rows of its own."""
    return side.files if side.files and rows % len(side.files) == 0 else ()


def stack(counts: Sequence[int], nodes: Sequence[int], pages: int) -> Stack:
    """The bands of a row: the nodes that have most of its pages, by number, then the others, then what is nowhere."""
    enough = [at for at in range(len(nodes)) if counts[at] and 2 * counts[at] * FINE >= pages]
    most = sorted(enough, key=lambda at: (-counts[at], at))[:BANDS]
    bands = [(nodes[at], counts[at]) for at in sorted(most)]
    drawn, there = sum(count for _, count in bands), sum(counts)
    edge, made = 0, []
    for nid, count in (*bands, (OTHERS, there - drawn), (NOWHERE, pages - there)):
        low, high = _fine(edge, pages), _fine(edge + count, pages)
        if high > low:
            made.append((nid, low, high))
        edge += count
    return tuple(made)


def _fine(part: int, pages: int) -> float:
    """Where a band begins or ends, as exactly as can be drawn."""
    return part / pages if pages <= FINE else round(part * FINE / pages) / FINE


def counted(number: int, word: str) -> str:
    """'1 move', '555 moves', '1,000,000 pages'."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def percent(part: int, of: int) -> str:
    """A share in whole per cent; '0.02 %' where it is less than one and not nothing, 'over 99 %' where not all."""
    share = 100 * part / of if of else 0.0
    if 0 < share < 1:
        return f"{share:.1g} %"
    return "over 99 %" if 99 < share < 100 else f"{round(share)} %"


def row_of_each_page(nodes: Sequence[int]) -> tuple[Stack, ...]:
    """The stacks of single pages, each on one node."""
    return tuple(((int(nid), 0.0, 1.0),) for nid in nodes)


def state(nodes: NDArray[Any], edges: Sequence[int], used: Sequence[int]) -> tuple[Stack, ...]:
    """The stack of each row in one state of the pages: int[pages]."""
    if len(edges) - 1 == len(nodes):
        return row_of_each_page(nodes.tolist())
    return tuple(stack(_counts(nodes[start:end], used), used, end - start)
                 for start, end in zip(edges, edges[1:], strict=False))


def _counts(nodes: NDArray[Any], used: Sequence[int]) -> list[int]:
    """How many of the pages lie on each of the nodes."""
    if len(used) <= FEW:   # a comparison takes a byte a page, bincount's own copy eight
        return [int(np.count_nonzero(nodes == nid)) for nid in used]
    counts = np.bincount(nodes[nodes != NOWHERE], minlength=max(used) + 1)
    return [int(counts[nid]) for nid in used]


def _changed(nodes: NDArray[Any], columns: Sequence[int], edges: Sequence[int]) -> tuple[tuple[float, ...], ...]:
    """By row and column, which share of the pages lie elsewhere than when they were last there."""
    sizes, made, last = np.diff(edges), [np.zeros(len(edges) - 1)], nodes[0].copy()
    for column in columns[1:]:
        moved = elsewhere(last, nodes[column])
        made.append(np.add.reduceat(moved, edges[:-1], dtype=np.int64) / sizes)
        np.copyto(last, nodes[column], where=nodes[column] != NOWHERE)
    return tuple(map(tuple, np.transpose(made).tolist()))


def _returned(side: Side) -> int:
    """How often a page that was nowhere came back on another node than it had left."""
    last, count = side.nodes[0].copy(), 0
    for row in side.nodes[1:] if (side.nodes[1:] == NOWHERE).any() else ():
        count += int(np.count_nonzero(elsewhere(last, row)))
        np.copyto(last, row, where=row != NOWHERE)
    return max(0, count - int(side.moves.sum()))


def elsewhere(before: NDArray[Any], after: NDArray[Any]) -> NDArray[np.bool_]:
    """Which pages lie on a node in both states, and not on the same: bool[pages]."""
    differ: NDArray[np.bool_] = (before != after) & (before != NOWHERE) & (after != NOWHERE)
    return differ


def moved_between(side: Side, before: int, after: int, edges: Sequence[int]) -> tuple[int, tuple[float, ...]]:
    """How many pages lie elsewhere in one state than in another, and which share of each row."""
    moved = elsewhere(side.nodes[before], side.nodes[after])
    of_row = np.add.reduceat(moved, edges[:-1], dtype=np.int64) / np.diff(edges)
    return int(np.count_nonzero(moved)), tuple(of_row.tolist())


def _faults(side: Side) -> tuple[int, ...]:
    history = side.history
    if history is None:
        return ()
    return tuple(int(of.sum()) for of in (history.faults, history.local, history.refused_by_limit))


def _thinned(states: int) -> tuple[int, ...]:
    """Which states have a column: all, or evenly spread ones, the first and the last among them."""
    if states <= COLUMNS:
        return tuple(range(states))
    return tuple(at * (states - 1) // (COLUMNS - 1) for at in range(COLUMNS))


def row_edges(pages: int) -> tuple[int, ...]:
    """The pages at which rows begin, and the end: a row for each page, or for each of a few equal parts."""
    rows = pages if pages <= ROWS else max((n for n in BINS if pages % n == 0), default=12)
    return tuple(row * pages // rows for row in range(rows + 1))


def _means(moves_of_page: NDArray[np.int64], edges: Sequence[int]) -> tuple[float, ...]:
    return tuple(float(moves_of_page[start:end].mean()) for start, end in zip(edges, edges[1:], strict=False))
