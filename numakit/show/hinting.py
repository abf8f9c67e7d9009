# SPDX-License-Identifier: GPL-2.0-only
"""The picture of hinting faults: eight pages, their marks, who touched them last, and what the last step decided."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from numakit.errors import BadRange
from numakit.hinting import RATELIMIT_PAGES
from numakit.kernel import V3_8, Kernel
from numakit.machine import Machine
from numakit.show import palette
from numakit.show.drawing import Drawing, note_height
from numakit.show.hinting_story import FIRST_NID, PAGES, Setting, Step, steps
from numakit.show.placement import as_recorded
from numakit.show.table import Table

LEFT, LABELS, PITCH, CELL, LINE = 24, 176, 58, 28, 18
WIDTH = LABELS + PAGES * PITCH + LEFT
FULL = RATELIMIT_PAGES + 1
REMEMBERS = "remembers (last_nid)"
KINDS = {"shmem": "a tmpfs file", "anon": "anonymous memory"}


@dataclass(frozen=True, slots=True)
class HintingPicture:
    """A mapping, the nodes that the task touches it from, and what stands after each step that was done.

    steps[0] is before the first; page: the one whose decision is told.
    """

    setting: Setting
    touches: tuple[int, ...]
    steps: tuple[Step, ...]
    page: int = 0

    @property
    def last(self) -> Step:
        """The step that was done last."""
        return self.steps[-1]

    @property
    def kernel(self) -> Kernel:
        """Whose rules hold."""
        return self.setting.machine.kernel

    @property
    def done(self) -> int:
        """How many steps were done."""
        return len(self.steps) - 1

    @property
    def nodes(self) -> tuple[int, ...]:
        """Where the pages lie now."""
        return tuple(page.node for page in self.last.pages)

    def sentence(self) -> str:
        """What the last step did, what it decided for the chosen page and why, and where the pages lie."""
        lie = f"The pages lie on nodes {', '.join(map(str, self.nodes))}."
        return " ".join(filter(None, (f"{self.kernel.title}.", self.summary(), self.verdict(), lie, self.budget())))

    def summary(self) -> str:
        """The last step in a sentence, over all pages."""
        if not self.done:
            return f"Nothing is done yet: the task has used every page once, on node {FIRST_NID}."
        head = f"Step {self.done} of {2 * len(self.touches)}, {step_text(self.last.doing, self.last.nid)}:"
        if self.last.doing == "scan":
            return f"{head} {self.last.marked} of {PAGES} entries are NUMA entries now."
        faults = sum(fault is not None for fault in self.last.faults)
        return f"{head} {faults} of {PAGES} touches take a hinting fault, {self.last.moved} pages move."

    def verdict(self) -> str:
        """What the last step decided for the chosen page, in the words of the rule itself."""
        if not self.done:
            return f"Page {self.page}: its entry is a normal one, so a touch takes no hinting fault."
        if self.last.doing == "scan":
            return self._scan_says()
        fault = self.last.faults[self.page]
        if fault is None:
            return f"Page {self.page}: its entry is a normal one, so the touch takes no hinting fault."
        verb = "" if fault.decision.target is None else "goes " if fault.moved else "is to go "
        return f"Page {self.page} {verb}{fault}."

    def budget(self) -> str:
        """What the node has taken in its window, for the kernels that have a rate limit."""
        if not self.kernel.rate_limit:
            return f"{self.kernel.title} has no rate limit."
        if not self.done:
            return ""
        nid, limit = self.last.nid, self.last.limit(self.last.nid)
        if not limit.pages:
            return f"No page has come to node {nid} by a hinting fault yet."
        left = limit.left(self.last.now_ms)
        if self.last.now_ms > limit.window_end_ms:
            return f"{limit.pages:,} pages came to node {nid} in its last window of 100 ms, which is over."
        return f"{limit.pages:,} pages came to node {nid} in this window of 100 ms, {left:,} more may."

    def source(self) -> str:
        """Where the rule that decided stands; "" where nothing was decided."""
        if self.last.doing == "scan":
            answer = self.last.answers[self.page] if self.last.answers else self.last.gate
            return answer.source
        fault = self.last.faults[self.page] if self.last.faults else None
        if fault is None:
            return ""
        refused = fault.migration is not None and not fault.moved
        return fault.migration.moved.source if refused and fault.migration else fault.decision.source

    def table(self) -> Table:
        """A row for each page."""
        header = ("page", "lies on node", "its entry", REMEMBERS, "entries that map it", "this step")
        rows = tuple((p.index, p.node, "NUMA entry" if p.marked else "normal", p.last.nid if p.last else "none",
                      p.mapcount, self._word(p.index)) for p in self.last.pages)
        return Table(header, rows, self.title())

    def title(self) -> str:
        """The question."""
        return f"What does each touch decide? ({self.kernel.title})"

    def svg(self) -> str:
        """The picture as inline SVG."""
        return str(self.drawing())

    def drawing(self) -> Drawing:
        """The picture as a Drawing."""
        wide, top = WIDTH - 2 * LEFT, 84 + 2 * len(self.touches) * LINE + 16
        note = top + 204
        verdict, source = self.verdict(), self.source()
        height = note + note_height(verdict, wide) + (26 if source else 0) + 66
        drawing = Drawing(WIDTH, height, self.title(), self.sentence())
        drawing.text(LEFT, 34, self.title(), 17, weight=600)
        drawing.text(LEFT, 56, self._mapping(), fill=palette.SOFT)
        self._draw_steps(drawing, 84)
        self._draw_pages(drawing, top)
        end = note + drawing.note(LEFT, note, wide, verdict, self._tone())
        if source:
            drawing.text(LEFT, end + 20, source, 12, palette.SOFT)
        self._draw_budget(drawing, end + (26 if source else 0) + 22)
        return drawing

    def _mapping(self) -> str:
        what = KINDS[self.setting.kind]
        many = "mapped by one process" if self.setting.processes == 1 else f"by {self.setting.processes} processes"
        mib = f"{self.setting.size * 4 // 1024} MiB"
        return f"The first 8 pages of {mib} of {what}, policy {self.setting.option}, {many}."

    def _scan_says(self) -> str:
        last = self.last
        if not last.gate:
            return f"The scanner marks nothing: {last.gate.reason}."
        answer = last.answers[self.page]
        return f"Page {self.page} is {'' if answer else 'not '}marked: {answer.reason}."

    def _word(self, index: int) -> str:
        """What the last step did with one page, in a word."""
        if self.last.doing == "scan":
            return "marked" if self.last.answers and self.last.answers[index] else "left"
        fault = self.last.faults[index] if self.last.faults else None
        if fault is None:
            return "no fault" if self.done else ""
        return "moves" if fault.moved else "refused" if fault.migration is not None else "stays"

    def _tone(self) -> str:
        word = self._word(self.page)
        return {"moves": "good", "marked": "old", "refused": "bad"}.get(word, "plain")

    def _draw_steps(self, drawing: Drawing, y: float) -> None:
        for number in range(1, 2 * len(self.touches) + 1):
            doing, nid = "touch" if number % 2 == 0 else "scan", self.touches[(number - 1) // 2]
            drawing.text(LEFT, y, f"{number}. {step_text(doing, nid)}", weight=600 if number == self.done else 400,
                         fill=palette.INK if number <= self.done else palette.SOFT)
            y += LINE

    def _draw_pages(self, drawing: Drawing, top: float) -> None:
        drawing.rect(_x(self.page) - PITCH / 2 + 2, top - 16, PITCH - 4, 204, palette.TONES["plain"][0], rx=4)
        for at, label in enumerate(("page", "lies on node", "its entry", REMEMBERS, "entries that map it",
                                    "this step")):
            drawing.text(LEFT, top + _row(at), label, fill=palette.SOFT if at == 0 else palette.INK)
        for page in self.last.pages:
            x = _x(page.index)
            drawing.cell(x - CELL / 2, top + _row(1) - 19, page.node, CELL)
            words = (page.index, "", "NUMA" if page.marked else "normal",
                     f"node {page.last.nid}" if page.last else "–", page.mapcount, self._word(page.index))
            for at, word in enumerate(words):
                drawing.text(x, top + _row(at), word, 12, palette.SOFT if at == 0 else palette.INK, "middle",
                             weight=600 if word in ("NUMA", "moves") else 400)

    def _draw_budget(self, drawing: Drawing, y: float) -> None:
        drawing.text(LEFT, y, self.budget() or "No page has come to any node by a hinting fault yet.")
        if not self.kernel.rate_limit:
            return
        wide, taken = WIDTH - 2 * LEFT, self._taken()
        drawing.rect(LEFT, y + 10, wide, 14, palette.PAPER, rx=3, stroke=palette.SOFT)
        if taken:
            drawing.rect(LEFT, y + 10, max(3, wide * taken / FULL), 14, palette.SOFT, rx=3)

    def _taken(self) -> int:
        """Pages charged in the window that is open now."""
        limit = self.last.limit(self.last.nid)
        return min(FULL, limit.at(self.last.now_ms).pages)


def hinting_picture(touches: Sequence[int] = (1, 1), option: str = "default", kernel: Kernel = V3_8, *,
                    kind: str = "shmem", size: int = 512, processes: int = 1, busy: int = 0, done: int | None = None,
                    page: int = 0) -> HintingPicture:
    """Eight pages, first used on node 0, then scanned and touched from each node of `touches` in turn.

    option: the pages' policy; kind: 'shmem' or 'anon'; size: pages of the mapping; processes: how many map the pages;
    busy: pages that others move to a node first in each of its windows; done: how many steps of two for each touch,
    None for all; page: whose decision is told. Raises BadRange, InvalidNodes, InvalidPolicy.
    """
    _check(kind, page, done, 2 * len(touches))
    setting = Setting(Machine(as_recorded(kernel), kernel), kind, option, size, processes, busy)
    told = steps(setting, touches)
    return HintingPicture(setting, tuple(touches), told if done is None else told[:done + 1], page)


def step_text(doing: str, nid: int) -> str:
    """A step in words."""
    return f"scan, the task being on node {nid}" if doing == "scan" else f"touch of every page from node {nid}"


def _check(kind: str, page: int, done: int | None, most: int) -> None:
    if kind not in KINDS:
        raise BadRange(f"pages of kind {kind!r}", f"one of {', '.join(KINDS)} would do", "a page is a file's or not")
    if page not in range(PAGES):
        raise BadRange(f"page {page!r} was asked for", f"0 to {PAGES - 1} would do", "eight pages are told here")
    if done is not None and done not in range(most + 1):
        raise BadRange(f"{done!r} steps can't be done", f"0 to {most} would do", "Linux does them as they come")


def _x(index: int) -> float:
    return LABELS + index * PITCH + PITCH / 2


def _row(at: int) -> float:
    """Pixels from the first row's base line to another's."""
    return (0, 36, 72, 102, 132, 162)[at]
