# SPDX-License-Identifier: GPL-2.0-only
"""The picture of a schedule: a lane for each task, bars for locks held, the source with arrows, the file's tree."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from numakit.locking import Found, Row, Trace, World
from numakit.locking.result import plural
from numakit.proposals import file
from numakit.proposals.file import LOCK, MUTEX, PAGES, PTL
from numakit.proposals.properties import PROPERTIES
from numakit.proposals.schedule import Schedule
from numakit.proposals.tables import LOCKS, step_words
from numakit.show import palette
from numakit.show.drawing import Drawing, fitted, note_height
from numakit.show.source import SourceView, frame_in, source_view
from numakit.show.source_box import SourceBoxes, weight_for
from numakit.show.table import Cell, Table

WIDTH, LANE, ROW, TOP, RIGHT = 836, 44, 20, 128, 450   # as wide as a cell of a 1280 px window
ROWS = 16
"""So many steps are drawn, the last ones; the table has them all."""
BARS = {PTL: ("#0072B2", "P"), LOCK: ("#E69F00", "L"), MUTEX: ("#009E73", "M")}
VALUES = {"old": "#e3e3e3", "A": "#f6d9a8", "B": "#b9dfd2"}


NOBODY: tuple[tuple[Cell, ...], ...] = ((0, "", "nobody has begun", "", "", "", ""),)


@dataclass(frozen=True, slots=True, repr=False)
class SchedulePicture:
    """A schedule of a design in a case, as far as it is played. goal: how many steps it will have, if that is known."""

    schedule: Schedule
    trace: Trace = field(compare=False)
    goal: int = 0

    @property
    def found(self) -> tuple[Found, ...]:
        """What the last step breaks."""
        return self.trace.found_here()

    def svg(self) -> str:
        """The picture."""
        return str(_drawn(self))

    def __repr__(self) -> str:
        return self.sentence()

    def _repr_svg_(self) -> str:
        return self.svg()

    def sentence(self) -> str:
        """What the last step did, and whether it breaks a rule; else who can step."""
        rows = self.trace.rows
        if not rows:
            return f"{self.schedule.design.name}: nobody has begun. {self._who_can()}"
        last = f"Step {len(rows)}{f' of {self.goal}' if self.goal else ''}"
        if self.found:
            told = " ".join(f"{found.name}: {rows[-1].turn.task} {found.sentence}." for found in self.found)
            return f"{last}. {told} Why it matters: {PROPERTIES[self.found[0].name].because}."
        return f"{last}: {_did(rows[-1])}. No rule is broken here. {self._who_can()}"

    def table(self) -> Table:
        """All steps, with the owners of the locks after each."""
        rows = tuple(_cells(n, row) for n, row in enumerate(self.trace.rows, 1)) or NOBODY
        return Table(("step", "task", "what it does", *LOCKS, "breaks"), rows, str(self.schedule))

    def _who_can(self) -> str:
        able = [name for name in self.trace.names if self.trace.can_move(name)]
        waiting = [f"{name} waits for {lock}" for name in self.trace.names
                   if (lock := self.trace.next_moves(name).waits_for) is not None]
        if not able:
            return f"Nobody can step: {', '.join(waiting) or 'all have ended'}."
        return f"{listed(able)} can step{''.join(f'; {one}' for one in waiting)}."


def _did(row: Row) -> str:
    """What a step did, as a sentence says it: F does get_page, or F's spin_lock(PTL) waits."""
    words = step_words(row)
    return f"{row.turn.task}'s {words}" if words.endswith(" waits") else f"{row.turn.task} does {words}"


def _cells(number: int, row: Row) -> tuple[Cell, ...]:
    owners = (str(row.world.cells[lock] or "") for lock in LOCKS)
    return number, row.turn.task, step_words(row), *owners, ", ".join(found.name for found in row.found)


def listed(names: list[str]) -> str:
    """Some names as one says them: F, A and B."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def schedule_picture(schedule: Schedule, goal: int = 0) -> SchedulePicture:
    """The picture of a schedule. Raises ModelError for a step that can't be tried."""
    return SchedulePicture(schedule, schedule.trace(), goal)


def next_words(trace: Trace, name: str) -> str:
    """What a task will do next, in a few words."""
    if trace.ended(name):
        return "has ended"
    told = trace.next_moves(name)
    step = trace.programs[trace.names.index(name)].places[told.place].step
    return f"{step}" + (f", waits for {trace.world.cells[told.waits_for]}" if told.waits_for else "")


def _drawn(picture: SchedulePicture) -> Drawing:
    trace = picture.trace
    rows = list(enumerate(trace.rows, 1))[-ROWS:]
    sources = SourceBoxes(tuple(_views(picture)), RIGHT, WIDTH - 24)
    tree_top = 96 + sources.height
    tall = max(TOP + ROW * len(rows) + 44 + 20 * len(trace.names), tree_top + 27 * _levels(trace) + 22)
    sentence = picture.sentence()
    box = note_height(sentence, WIDTH - 48)
    design = picture.schedule.design
    title = f"{design.name} · {design.origin}" if design.origin else design.name
    drawing = Drawing(WIDTH, tall + box + 40, f"{design.name}: a schedule step by step", sentence)
    drawing.text(24, 32, title, 17, weight=600)
    drawing.text(24, 54, str(picture.schedule), 12, palette.SOFT)
    _key(drawing)
    _lanes(drawing, picture, rows)
    sources.draw(drawing, 84, rows[-1][1].turn.task if rows else "", bool(picture.found))
    _tree(drawing, trace, tree_top)
    drawing.note(24, tall + 16, WIDTH - 48, sentence, "bad" if picture.found else "plain")
    return drawing


def _key(drawing: Drawing) -> None:
    """Which bar is which lock."""
    x = 24.0
    for name, (colour, letter) in BARS.items():
        drawing.rect(x, 68, 13, 15, colour, rx=3)
        drawing.text(x + 6.5, 79.5, letter, 10, palette.readable_on(colour), "middle", 600)
        drawing.text(x + 18, 80, f"holds {name}", 11.5, palette.SOFT)
        x += 118


def _lanes(drawing: Drawing, picture: SchedulePicture, rows: list[tuple[int, Row]]) -> None:
    trace = picture.trace
    left = {name: 56 + LANE * t for t, name in enumerate(trace.names)}
    bottom = TOP + ROW * len(rows)
    for name, x in left.items():
        drawing.text(x + 10, TOP - 14, name, 14, anchor="middle", weight=600)
        drawing.line(x + 10, TOP - 6, x + 10, bottom + 6, palette.RULE, 1.5)
    hidden = len(trace.rows) - len(rows)
    if hidden:
        drawing.text(_words_at(left), TOP - 14, f"{plural(hidden, 'earlier step')}: see the table", 11, palette.SOFT)
    for line, (number, row) in enumerate(rows):
        _row(drawing, picture, left, TOP + ROW * line, number, row)
    _next(drawing, trace, picture.schedule.case.told(), bottom + 34)


def _row(drawing: Drawing, picture: SchedulePicture, left: dict[str, int], y: float, number: int, row: Row) -> None:
    """One step: its number, a dot in its task's lane, bars for the locks held after it, its words."""
    bad = bool(row.found) or (bool(picture.found) and number == len(picture.trace.rows))
    for name, x in left.items():
        owned = [lock for lock in LOCKS if row.world.cells[lock] == name]
        for place, lock in enumerate(owned):
            colour, letter = BARS[lock]
            drawing.rect(x + 17 + 13 * place, y, 12, ROW, colour)
            drawing.text(x + 23 + 13 * place, y + 14, letter, 10, palette.readable_on(colour), "middle", 600)
    x = left[row.turn.task]
    ink = palette.TONES["bad"][1] if bad else palette.INK
    drawing.text(44, y + 14, number, 11, palette.SOFT, "end")
    drawing.rect(x + 4, y + 4, 12, 12, ink, rx=6)
    if bad:
        drawing.text(x + 10, y + 14, "!", 11, "#ffffff", "middle", 700)
    start = _words_at(left)
    words, room = f"{row.turn.task} {step_words(row)}", RIGHT - 8 - start
    weight = weight_for(words, room, 11.5, bad)
    drawing.text(start, y + 14, fitted(words, room, 11.5, weight), 11.5, ink, weight=weight)


def _words_at(left: dict[str, int]) -> int:
    """Where the words of a step begin, to the right of all lanes."""
    return 64 + LANE * len(left)


def _next(drawing: Drawing, trace: Trace, told: Mapping[str, str], y: float) -> None:
    """What each task would do next."""
    drawing.text(24, y, "next", 11.5, palette.SOFT, weight=600)
    for line, name in enumerate(trace.names, 1):
        able = trace.can_move(name)
        drawing.text(30, y + 20 * line, name, 13, palette.INK if able else palette.SOFT, weight=600)
        words = fitted(f"{told[name]}: {next_words(trace, name)}", RIGHT - 68, 11.5)
        drawing.text(52, y + 20 * line, words, 11.5, palette.INK if able else palette.SOFT)


def _views(picture: SchedulePicture) -> list[SourceView]:
    """The functions of the two tasks that moved last: where they stand, or the step that broke a rule."""
    trace, design = picture.trace, picture.schedule.design
    files = {function.__code__.co_filename for function in (design.lookup, design.replace, design.fault)
             if hasattr(function, "__code__")}
    movers = list(dict.fromkeys(row.turn.task for row in reversed(trace.rows))) or [trace.names[0]]
    stacks = {name: trace.place(name).stack for name in trace.names if not trace.ended(name)}
    if trace.rows and (picture.found or trace.ended(movers[0])):
        stacks[movers[0]] = trace.rows[-1].stack
    frames = [at for name in movers if (at := frame_in(stacks.get(name, ()), files))]
    first_of_each = {(at.file, at.first): at for at in reversed(frames)}
    chosen = sorted(first_of_each.values(), key=frames.index)
    return [source_view(at, stacks) for at in chosen[:2]]


def _tree(drawing: Drawing, trace: Trace, y: float) -> None:
    """The ranges of the file's tree over its pages; ranges that overlap stand one under the other."""
    x, page = RIGHT, (WIDTH - RIGHT - 24) / PAGES
    drawing.text(x, y - 8, "the file's tree, by pages", 11.5, palette.SOFT, weight=600)
    for node, level in _levelled(trace):
        start, end = min(node.start, node.end), max(node.start, node.end)
        width = page * (end - start) - 3
        wrong = node.start >= node.end
        fill = palette.TONES["bad"][0] if wrong else VALUES.get(node.value or "", "#ffffff")
        drawing.rect(x + page * start, y + 27 * level, width, 24, fill, rx=4, stroke=palette.RULE)
        drawing.text(x + page * start + 6, y + 16 + 27 * level, fitted(f"{node}", width - 10, 11.5), 11.5)
    if not file.tree_of(trace.world):
        drawing.text(x, y + 16, "empty: no page has a policy", 11.5, palette.TONES["bad"][1])
    drawing.text(x, y + 27 * _levels(trace) + 16, page_words(trace.world), 11.5, palette.SOFT, weight=600)


def page_words(world: World) -> str:
    """The fault's page: what its page-table entry is, and how many references it has."""
    return f"the fault's page: pte {world.pte}, {plural(cast(int, world.page), 'reference')}"


def _levelled(trace: Trace) -> list[tuple[file.Range, int]]:
    """The ranges in the tree's order, each with its line in the picture: those that overlap go one further down."""
    drawn: list[tuple[file.Range, int]] = []
    edge = level = 0
    for node in file.seen_nodes(trace.world):
        low, high = sorted((node.start, node.end))
        level = level + 1 if low < edge else 0
        edge = max(edge, high)
        drawn.append((node, level))
    return drawn


def _levels(trace: Trace) -> int:
    return 1 + max((level for _, level in _levelled(trace)), default=0)
