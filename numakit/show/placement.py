# SPDX-License-Identifier: GPL-2.0-only
"""The picture of a file's pages: where the model puts them, where a real kernel did, where a fault would want them."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from numakit.errors import BadRange
from numakit.kernel import V6_1, Kernel
from numakit.machine import Machine
from numakit.mempolicy import INTERLEAVING, Mempolicy, Mode, policy_text
from numakit.mount_option import policy as policy_of
from numakit.nodemask import format_runs
from numakit.placement import HUGE_ORDER, disputed, node_of_new_page, node_wanted_by_fault_path, shmem_ilx
from numakit.show import palette
from numakit.show.drawing import Drawing, note_height, text_width, wrap
from numakit.show.rows import LABELS, LEFT, PITCH, Row, column
from numakit.show.table import Table
from numakit.topology import Topology, recorded4, recorded4_v3_8

LOW_FALLBACK = "the first allowed node in the fallback order of the CPU that touches it"


@dataclass(frozen=True, slots=True)
class PlacementPicture:
    """Pages 0 to n-1 of one file, first touched from the CPUs of `cpus`.

    landed: nid[n]; recorded: nid[n] of a real kernel in the very same case, None where none was recorded; wanted:
    nid[n] of the fault path, None where it is left out (2 MiB pages).
    """

    machine: Machine
    policy: Mempolicy | None
    i_ino: int
    cpus: tuple[int, ...]
    order: int
    landed: tuple[int, ...]
    recorded: tuple[int, ...] | None
    wanted: tuple[int, ...] | None

    @property
    def disputes(self) -> tuple[int, ...]:
        """The pages that the fault path would want elsewhere."""
        return disputed(self.landed, self.wanted) if self.wanted is not None else ()

    @property
    def differing(self) -> tuple[int, ...]:
        """The pages that the recorded kernel put elsewhere than the model: none, if the model is right."""
        return disputed(self.landed, self.recorded) if self.recorded is not None else ()

    def sentence(self) -> str:
        """Where the pages land, what the recording says, and how many pages are disputed."""
        return f"{self._answer()} {self._recording_says()} {self.verdict()}"

    def verdict(self) -> str:
        """What the fault path would say to it, in a sentence or two."""
        if self.wanted is None:
            return "What the fault path would want is left out here for 2 MiB pages."
        count, of = len(self.disputes), len(self.landed)
        if not count:
            return f"The fault path would want the same node for all {of} pages.{self._why_agreed()}"
        return f"{count} of {of} pages disputed.{self._why_disputed()}"

    def table(self) -> Table:
        """A row for each page."""
        pages, empty = range(len(self.landed)), ("",) * len(self.landed)
        marks = ("" if self.wanted is None else "no" if page in self.disputes else "yes" for page in pages)
        rows: tuple[tuple[str | int, ...], ...] = tuple(zip(
            pages, self.cpus, self.landed, self.recorded or empty, self.wanted or empty, marks, strict=True))
        header = (self._unit(), "touched from CPU", "model: node", "recorded: node", "fault path would want",
                  "do model and fault path agree?")
        return Table(header, rows, f"{self.title()} {self.machine.kernel.title}")

    def title(self) -> str:
        """The question."""
        return f"Where do the pages of inode {self.i_ino} land? mpol={policy_text(self.policy)}"

    def svg(self) -> str:
        """The picture as inline SVG."""
        return str(self.drawing())

    def drawing(self) -> Drawing:
        """The picture as a Drawing."""
        width, wide = self._width(), self._width() - 2 * LEFT
        lead = wrap(self.rule(), wide)
        top = 56 + len(lead) * 18.2 + 20
        rows = self._rows()
        height = top + 18 + sum(row.height for row in rows)
        drawing = Drawing(width, height + note_height(self.verdict(), wide) + 24, self.title(), self.sentence())
        drawing.text(LEFT, 34, self.title(), 17, weight=600)
        drawing.lines(LEFT, 56, lead, fill=palette.SOFT)
        self._draw_header(drawing, top)
        y = top + 14
        for row in rows:
            row.draw(drawing, y)
            y += row.height
        drawing.note(LEFT, y + 4, wide, self.verdict(), self._tone())
        return drawing

    def rule(self) -> str:
        """The rule of this policy in a sentence, in this kernel's form."""
        if self.policy is None or self.policy.mode is Mode.LOCAL:
            return "Each page lands on the node of the CPU that touches it first."
        if self.policy.mode in INTERLEAVING:
            return f"{self._interleave_rule()} {self._fault_rule()}"
        if self.policy.mode is Mode.PREFERRED:
            return f"Each page lands on node {self.policy.nodes}, whichever CPU touches it."
        order = ", ".join(map(str, self.machine.fallback(self.machine.node_of_cpu(self.cpus[0]))))
        return f"Each page lands on {LOW_FALLBACK}. For CPU {self.cpus[0]} the order is {order}."

    def _tone(self) -> str:
        return "plain" if self.wanted is None else "bad" if self.disputes else "good"

    def _interleave_rule(self) -> str:
        assert self.policy is not None
        index = "(page + inode)" if self.order == 0 or self.machine.kernel.huge_index_keeps_ino \
            else "((512 × page + inode) / 512, rounded down)"
        if self.policy.mode is Mode.WEIGHTED_INTERLEAVE:
            return f"The nodes take as many pages in a row as their weights say, counted by {index}."
        count = len(self.policy.nodes)
        if self.policy.nodes.bits == (1 << count) - 1:
            return f"Each page lands on node {index} mod {count}."
        nodes = ", ".join(map(str, self.policy.nodes))
        place = f"place {index} mod {count} in that list, places counted from 0"
        return f"Each page takes the next of the nodes {nodes} in turn: {place}."

    def _fault_rule(self) -> str:
        if self.wanted is None:
            return ""
        if self.machine.kernel.ilx_known_to_fault_path:
            return "The fault path knows the inode, since v6.7, and counts alike."
        return "The fault path does not know the inode (v6.7 told it), and counts by the page alone."

    def _why_agreed(self) -> str:
        known = self.machine.kernel.ilx_known_to_fault_path
        if known or self.policy is None or self.policy.mode is not Mode.INTERLEAVE or len(self.policy.nodes) == 1:
            return ""
        multiple = f"{self.i_ino} is a multiple of {len(self.policy.nodes)}"
        return f" It does not know the inode; the two agree because {multiple}."

    def _why_disputed(self) -> str:
        if self.policy is None or self.policy.mode is not Mode.INTERLEAVE:
            return ""
        count = len(self.policy.nodes)
        agreeing = -(-self.i_ino // count) * count
        when = f"the two agree only when the inode number is a multiple of {count}"
        return f" With inode {agreeing} it would be none: {when}."

    def _answer(self) -> str:
        where = ", ".join(map(str, self.landed))
        return (f"{self.machine.kernel.title}, mpol={policy_text(self.policy)}, inode {self.i_ino}, {self._touched()}: "
                f"{self._unit()}s 0 to {len(self.landed) - 1} land on nodes {where}.")

    def _touched(self) -> str:
        if len(set(self.cpus)) == 1:
            return f"touched from CPU {self.cpus[0]}"
        return f"each page touched from the next CPU, from CPU {self.cpus[0]} on"

    def _recording_says(self) -> str:
        if self.recorded is None:
            return "There is no recording of this very case."
        if not self.differing:
            return "The recorded kernel put every page there too."
        return f"The recorded kernel put pages {format_runs(self.differing)} elsewhere."

    def _unit(self) -> str:
        return "page" if self.order == 0 else "2 MiB page"

    def _width(self) -> float:
        return max(LABELS + len(self.landed) * PITCH + 18, text_width(self.title(), 17, 600) + 2 * LEFT, 520)

    def _draw_header(self, drawing: Drawing, y: float) -> None:
        drawing.text(LEFT, y, f"file {self._unit()}", fill=palette.SOFT)
        for page in range(len(self.landed)):
            drawing.text(column(page), y, page, 12, palette.SOFT, "middle")

    def _rows(self) -> list[Row]:
        rows = [Row(["touched from CPU"], tuple(map(str, self.cpus)), plain=True)] if len(set(self.cpus)) > 1 else []
        rows.append(Row(["allocated, model"], self.landed))
        remark = "no recording of this very case" if self.recorded is None else ""
        rows.append(Row([f"recorded, {self.machine.kernel.title}"], self.recorded or (), remark))
        if self.wanted is not None:
            rows.append(Row(wrap(self._wanted_label(), LABELS - LEFT - 8, 12), self.wanted))
            rows.append(Row(["do they agree?"], tuple(page not in self.disputes for page in range(len(self.landed)))))
        return rows

    def _wanted_label(self) -> str:
        if self.policy is None:
            return "fault path would want, seen from the same CPU"
        by_mount = self.policy.mode in (Mode.BIND, Mode.PREFERRED_MANY)
        who = "no mount option can set that" if by_mount else "no release could set that"
        return f"fault path would want, if the policy let pages move ({who})"


def as_recorded(kernel: Kernel) -> Topology:
    """The machine that the recordings of such a kernel were made on: v3.8's had other distances."""
    return recorded4() if kernel.node_load != "set falling" else recorded4_v3_8()


def placement_picture(option: str = "interleave:0-3", i_ino: int = 7, cpu: int = 0, kernel: Kernel = V6_1, *,
                      spread: bool = False, order: int = 0, pages: int = 16, topology: Topology | None = None,
                      weights: tuple[int, ...] = (), recorded: Sequence[int] | None = None) -> PlacementPicture:
    """Where the pages of a new file of a mount with mpol=option land, each touched for the first time.

    spread: page i from the i-th CPU after `cpu`, else all from `cpu`; order: 0, or 9 for 2 MiB pages; topology: None
    for that of the recordings; weights: for weighted interleave, one for each node; recorded: nid[pages or more] of a
    real kernel in this very case. Raises InvalidPolicy, InvalidNodes, BadRange.
    """
    _check(i_ino, pages, order)
    machine = Machine(topology or as_recorded(kernel), kernel, weights)
    policy = policy_of(option, machine)
    cpus = _cpus(machine.topology, cpu, pages, spread)
    nodes = [machine.node_of_cpu(c) for c in cpus]
    landed = tuple(node_of_new_page(policy, shmem_ilx(page << order, i_ino, machine, order), node, machine)
                   for page, node in enumerate(nodes))
    wanted = tuple(node_wanted_by_fault_path(policy, page, i_ino, landed[page], node, machine)
                   for page, node in enumerate(nodes)) if order == 0 else None
    return PlacementPicture(machine, policy, i_ino, cpus, order, landed, _first(recorded, pages), wanted)


def _first(recorded: Sequence[int] | None, pages: int) -> tuple[int, ...] | None:
    """The nodes recorded for so many pages, None where fewer were recorded."""
    return tuple(recorded[:pages]) if recorded is not None and len(recorded) >= pages else None


def _cpus(topology: Topology, cpu: int, pages: int, spread: bool) -> tuple[int, ...]:
    topology.node_of_cpu(cpu)  # raises where there is no such CPU
    every = sorted(c for row in topology.cpus for c in row)
    start = every.index(cpu)
    return tuple(every[(start + page * spread) % len(every)] for page in range(pages))


def _check(i_ino: int, pages: int, order: int) -> None:
    if i_ino < 0 or i_ino >= 1 << 64:
        raise BadRange(f"{i_ino} is no inode number", "0 or more would do", "the kernel counts inodes without a sign")
    if not 1 <= pages <= 64:
        raise BadRange(f"{pages} pages were asked for", "1 to 64 can be drawn", "a file of 0 pages has none to place")
    if order not in (0, HUGE_ORDER):
        raise BadRange(f"order {order} was asked for", "0 (4 KiB) or 9 (2 MiB) would do",
                       "tmpfs of the releases told here allocates these two sizes")
