# SPDX-License-Identifier: GPL-2.0-only
"""The picture of a machine: its nodes and CPUs, its distances, and whom one node falls back to."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from numakit.machine import Machine
from numakit.nodemask import format_runs
from numakit.show import palette
from numakit.show.drawing import Drawing, text_width, wrap
from numakit.show.table import Table
from numakit.topology import Topology

SHOWN = 8
"""So many nodes are drawn; of a larger machine the chosen one and those that it falls back to first."""

LEFT, TOP, CELL = 24, 84, 46
ORDER = 176.0  # where the row of the fallback order begins, right of LEFT


@dataclass(frozen=True, slots=True)
class TopologyPicture:
    """One node's view of a machine. nodes: those drawn, `of` so many; cpus, distances: a row for each of them.

    tie: how the kernel chose between nodes that are equally far, "" where none are.
    """

    name: str
    kernel: str
    nid: int
    fallback: tuple[int, ...]
    nodes: tuple[int, ...]
    of: int
    cpus: tuple[str, ...]
    distances: tuple[tuple[int, ...], ...]
    memory: frozenset[int]
    tie: str = ""

    @property
    def is_short(self) -> bool:
        """Whether nodes are left out of the picture."""
        return len(self.nodes) < self.of

    def sentence(self) -> str:
        """From which nodes a task on the chosen one takes memory, in order."""
        return f"{self._order_says()} {self.tie}".rstrip()

    def _order_says(self) -> str:
        first, *rest = self.fallback
        start = f"A task on node {self.nid} takes memory from node {first}"
        if self.nid not in self.memory:
            start = f"Node {self.nid} has no memory: a task there takes it from node {first}"
        if not rest:
            return f"{start}, the only one."
        more = f" {self._more()}" if len(rest) >= SHOWN else ""
        return f"{start}, then {', '.join(map(str, rest[:SHOWN - 1]))}{more}."

    def table(self) -> Table:
        """The distances between the nodes drawn, with their CPUs."""
        header = ("from node", "CPUs", *(f"to {n}" for n in self.nodes))
        rows: tuple[tuple[str | int, ...], ...] = tuple(
            (n, cpus, *row) for n, cpus, row in zip(self.nodes, self.cpus, self.distances, strict=True))
        return Table(header, rows, f"Distances of {self.name}{self._part()}")

    def svg(self) -> str:
        """The picture as inline SVG."""
        return str(self.drawing())

    def drawing(self) -> Drawing:
        """The picture as a Drawing."""
        lead = wrap(self._lead(), self._width() - 2 * LEFT)
        top = TOP + len(lead) * 18
        tie = wrap(self.tie, self._width() - 2 * LEFT)
        height = top + len(self.nodes) * CELL + 78 + len(tie) * 18.2
        drawing = Drawing(self._width(), height, self._title(), self.sentence())
        drawing.text(LEFT, 34, self._title(), 17, weight=600)
        drawing.lines(LEFT, 56, lead, fill=palette.SOFT)
        self._draw_header(drawing, top)
        for at in range(len(self.nodes)):
            self._draw_row(drawing, at, top + at * CELL)
        self._draw_order(drawing, top + len(self.nodes) * CELL + 24)
        drawing.lines(LEFT, top + len(self.nodes) * CELL + 82, tie, fill=palette.SOFT)
        return drawing

    def _title(self) -> str:
        return f"Where does node {self.nid} take memory? ({self.name})"

    def _lead(self) -> str:
        rule = "10 is local. The number is how far, the shade says it too: the darker, the farther."
        if not self.is_short:
            return rule
        return f"Shortened: {len(self.nodes)} of {self.of:,} nodes, those that node {self.nid} takes from first. {rule}"

    def _part(self) -> str:
        return f" ({len(self.nodes)} of {self.of:,} nodes)" if self.is_short else ""

    def _more(self) -> str:
        return f"and {len(self.fallback) - SHOWN:,} more"

    def _left(self) -> float:
        return LEFT + 44 + max(70.0, max(text_width(f"CPU {cpus}") for cpus in self.cpus) + 18)

    def _width(self) -> float:
        more = text_width(self._more()) + 8 if len(self.fallback) > SHOWN else 0
        order = LEFT + ORDER + min(len(self.fallback), SHOWN) * 54 + more
        title = LEFT * 2 + text_width(self._title(), 17, 600)
        return max(title, order, self._left() + len(self.nodes) * CELL + LEFT)

    def _draw_header(self, drawing: Drawing, top: float) -> None:
        drawing.text(LEFT, top - 10, "from node", fill=palette.SOFT)
        for at, nid in enumerate(self.nodes):
            drawing.text(self._left() + at * CELL + (CELL - 4) / 2, top - 10, f"to {nid}", 12, palette.SOFT, "middle")

    def _draw_row(self, drawing: Drawing, at: int, y: float) -> None:
        if self.nodes[at] == self.nid:
            drawing.rect(LEFT - 8, y - 2, self._width() - 2 * LEFT + 16, CELL, palette.TONES["plain"][0], rx=6)
        drawing.cell(LEFT, y + 6, self.nodes[at], 30)
        drawing.text(LEFT + 40, y + 26, f"CPU {self.cpus[at]}" if self.cpus[at] else "no CPU")
        for column, value in enumerate(self.distances[at]):
            x, shade = self._left() + column * CELL, shade_of(value)
            drawing.rect(x, y, CELL - 4, CELL - 4, shade, rx=3, stroke=palette.RULE)
            drawing.text(x + (CELL - 4) / 2, y + 26, value, 14, palette.readable_on(shade), "middle",
                         600 if value == 10 else 400)

    def _draw_order(self, drawing: Drawing, y: float) -> None:
        drawing.text(LEFT, y + 10, f"node {self.nid} takes from", weight=600)
        drawing.text(LEFT, y + 28, f"{self.kernel}", 12, palette.SOFT)
        x = LEFT + ORDER
        for place, nid in enumerate(self.fallback[:SHOWN]):
            if place:
                drawing.text(x - 15, y + 20, "→", 16, palette.SOFT, "middle")
            drawing.cell(x, y, nid, 30)
            x += 54
        if len(self.fallback) > SHOWN:
            drawing.text(x - 12, y + 20, self._more())


def shade_of(distance: int) -> str:
    """The colour of a distance: bluish for local, then the greyer the farther."""
    if distance <= 10:
        return palette.LOCAL
    return palette.REMOTE[min((distance - 11) // 8, len(palette.REMOTE) - 1)]


def ties_of(topology: Topology, nid: int, fallback: Sequence[int]) -> list[tuple[int, ...]]:
    """The nodes of a fallback order that are equally far from node nid, where several are: in the order taken."""
    groups = groupby((n for n in fallback if n != nid), key=lambda n: topology.distances[nid][n])
    return [tie for tie in (tuple(nodes) for _, nodes in groups) if len(tie) > 1]


def tie_sentence(topology: Topology, nid: int, fallback: Sequence[int]) -> str:
    """How the kernel chose between nodes equally far from node nid; "" where none are.

    Linux v6.1 mm/page_alloc.c, find_next_best_node(): "prefer the next node", a penalty for CPUs, then the load.
    """
    ties = ties_of(topology, nid, fallback)
    if not ties:
        return ""
    (*most, last), *others = ties
    far = f"Nodes {', '.join(map(str, most))} and {last} are equally far{', and others too' if others else ''}"
    first = " and ".join(_preferred(topology, nid, ties))
    turns = f"prefers {first}, and else takes turns" if first else "takes turns"
    return f"{far}: the kernel {turns}, so that not all nodes fall back on the same one first."


def _preferred(topology: Topology, nid: int, ties: list[tuple[int, ...]]) -> list[str]:
    """What the kernel looks at before the turns, as far as the nodes of a tie differ in it."""
    above = any(len({n < nid for n in tie}) > 1 for tie in ties)
    busy = any(len({bool(topology.cpus[n]) for n in tie}) > 1 for tie in ties)
    return [f"numbers above {nid}"] * above + ["nodes without CPUs"] * busy


def topology_picture(machine: Machine, nid: int = 0) -> TopologyPicture:
    """The machine as node nid sees it; of more than 8 nodes the first 8 of its fallback order. Raises InvalidNodes."""
    topology = machine.topology
    fallback = machine.fallback(topology.checked(nid))
    nodes = tuple(range(topology.nodes)) if topology.nodes <= SHOWN else tuple(sorted({nid, *fallback[:SHOWN]})[:SHOWN])
    return TopologyPicture(
        topology.name, machine.kernel.title, nid, fallback, nodes, topology.nodes,
        tuple(format_runs(topology.cpus[n]) for n in nodes),
        tuple(tuple(topology.distances[a][b] for b in nodes) for a in nodes), frozenset(topology.memory),
        tie_sentence(topology, nid, fallback[:SHOWN]))
