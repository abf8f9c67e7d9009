# SPDX-License-Identifier: GPL-2.0-only
"""The picture of all designs of the thread side by side: what each breaks in a scenario, and what it costs.

A column for each design, a row for each property: names of properties are long, and stand better in a row than over a
narrow column. What all designs keep is told in one line, so that what they differ in can be seen at a glance.
"""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from numakit.errors import BadRange
from numakit.locking.result import plural
from numakit.proposals.costs import Costs, fault_costs, fault_elsewhere_costs, split_costs, whole_costs
from numakit.proposals.design import Design
from numakit.proposals.designs import DESIGNS, design_named
from numakit.proposals.known import WITHOUT, known_verdicts
from numakit.proposals.verdicts import Row
from numakit.show import palette
from numakit.show.drawing import Drawing, note_height, text_width, wrap
from numakit.show.table import Table

THREAD = ("spinlock", "mutex", "mutex_and_spinlock", "drop_ptl", "retry_as_merged", "retry", "range_lookup")
"""The designs of the thread, in reading order; all others are variants of these."""
LATE = ("superseded_at_use", "superseded_before_lock")
GROUPS: dict[str, tuple[str, ...]] = {
    "the kernel stops or hangs": ("sleep_in_atomic", "would_block_in_atomic", "deadlock", "sp_insert_bug",
                                  "bad_unlock"),
    "memory is wrong": ("use_after_free", "freed_page", "stale_pte", "leak"),
    "answers are wrong": ("bad_ranges", "not_serializable", "lookup_not_linearizable", "outside_range"),
    "answers are late": LATE,
}
"""The properties, by what it costs to break them: the worst first."""
QUESTION = "Which design would you have merged?"
WIDTH, EDGE, LABELS, LINE = 836, 24, 186, 22   # as wide as a cell of a 1280 px window
MOST = 7
"""So many columns can be read."""
BUG = "BUG() before"
"""A cell of a cost that nobody comes to, since a setter before has stopped."""
Cells = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cost:
    """One thing that is counted: name, and how a design's cell says it; a BUG() ends what it would be counted on."""

    name: str
    words: Callable[[Design], str]


@dataclass(frozen=True, slots=True, repr=False)
class SideBySide:
    """Designs in a scenario. rows: their stored verdicts; plain: those of the same scenario without the unlocked
    question whether the tree is empty, {} where they are not stored."""

    scenario: str
    designs: tuple[str, ...]
    rows: Mapping[tuple[str, str], Row] = field(compare=False)
    plain: Mapping[tuple[str, str], Row] = field(compare=False)

    def breaks(self, design: str) -> Cells:
        """What a design breaks but for late answers, the worst first."""
        return tuple(name for group in GROUPS.values() for name in group
                     if name not in LATE and self.rows[design, name].verdict == "violated")

    def all_break(self) -> Cells:
        """What every one of them breaks, but for late answers."""
        return tuple(name for name in self.breaks(self.designs[0])
                     if all(name in self.breaks(design) for design in self.designs))

    def at_fault(self) -> Cells:
        """Of what all break: who breaks it without the unlocked question as well."""
        return tuple(design for design in self.designs
                     if any((row := self.plain.get((design, name))) and row.verdict == "violated"
                            for name in self.all_break()))

    def left(self) -> Cells:
        """The designs that break nothing of their own, but for late answers."""
        common = set(self.all_break())
        return tuple(design for design in self.designs
                     if not set(self.breaks(design)) - common and design not in self.at_fault())

    def sentence(self) -> str:
        """Which designs are left, what tells them apart, and what all of them break."""
        return " ".join(filter(None, (self._common(), self._left(), self._asking(), self._price())))

    def _common(self) -> str:
        if not self.all_break():
            return ""
        still, told = self.at_fault(), f"In the scenario {self.scenario} every design breaks {listed(self.all_break())}"
        if not self.plain:
            return f"{told}."
        return f"{told}; without the unlocked question “is the tree empty?” {listed(still) or 'none'} " \
               f"{'do' if len(still) > 1 else 'does'} so still."

    def _left(self) -> str:
        left = self.left()
        where = "Besides that" if self.all_break() else f"In the scenario {self.scenario}"
        if not left:
            return f"{where} each of them breaks more than that an answer may be late."
        who = "all of these" if left == self.designs and len(left) > 1 else f"only {listed(left)}"
        return f"{where} {who} {'break' if len(left) > 1 else 'breaks'} nothing worse than that an answer may be " \
               f"late{self._later()}."

    def _later(self) -> str:
        ways = {design: sum(self.rows[design, name].verdict == "violated" for name in LATE) for design in self.left()}
        more = [design for design, count in ways.items() if count > min(ways.values())]
        return f" ({listed(more)}: in {max(ways.values())} ways)" if more else ""

    def _asking(self) -> str:
        """Which of those left ask with a spinlock alone."""
        alone = [design for design in self.left() if not fault_costs(design_named(design)).mutexes]
        if not alone or len(alone) == len(self.left()):
            return ""
        return f"Of these, {listed(alone)} alone {'let' if len(alone) > 1 else 'lets'} a fault ask without a mutex, " \
               "which may have to wait for a writer's memory."

    def _price(self) -> str:
        """What those left pay at a split, the dearest first; "" where all pay the same."""
        by_count: dict[int, list[str]] = {}
        for design in self.left():
            by_count.setdefault(locks_taken(split_costs(design_named(design))), []).append(design)
        told = [f"{listed(names)} {count}" for count, names in sorted(by_count.items(), reverse=True)]
        return f"Locks taken at a split: {'; '.join(told)}." if len(told) > 1 else ""

    def table(self) -> Table:
        """All properties and all costs, a row each."""
        told = [(group, name, *(cell_words(self.rows[d, name]) for d in self.designs))
                for group, names in GROUPS.items() for name in names]
        told += [("costs", cost.name, *(cost.words(design_named(d)) for d in self.designs)) for cost in COSTS]
        return Table(("", "", *self.designs), tuple(told),
                     f"{QUESTION} Scenario {self.scenario}: the fewest context switches to a violation")

    def svg(self) -> str:
        """The picture as inline SVG."""
        return str(_drawn(self))

    def __repr__(self) -> str:
        return self.sentence()

    def _repr_svg_(self) -> str:
        return self.svg()


def side_by_side_picture(scenario: str = "middle", designs: Sequence[str] = THREAD) -> SideBySide:
    """The designs' stored verdicts in a scenario, and their costs. Raises BadSchedule for a name that is none,
    BadRange for more designs than can be drawn."""
    if not 1 <= len(designs) <= MOST:
        raise BadRange(f"{len(designs)} designs", f"1 to {MOST} would do", "a column for each")
    without = f"{scenario}{WITHOUT}" if scenario == "all" else ""
    return SideBySide(scenario, tuple(designs), _by_name(known_verdicts(scenario, designs)),
                      _by_name(known_verdicts(without, designs)) if without else {})


def _by_name(rows: Sequence[Row]) -> dict[tuple[str, str], Row]:
    return {(row.design, row.property): row for row in rows}


def variants_table(scenario: str = "middle") -> Table:
    """The variants of the thread's designs, slips and repairs: what each breaks that its model keeps, and the other
    way round."""
    broken = {name: {row.property: row for row in known_verdicts(scenario, [name]) if row.verdict == "violated"}
              for name in DESIGNS}
    variants = [(name, variant_of(name)) for name in DESIGNS if name not in THREAD]
    told = tuple((name, of, _more(broken[name], broken[of]), _more(broken[of], broken[name])) for name, of in variants)
    return Table(("variant", "of", "breaks more (switches)", "keeps, though that breaks it"), told,
                 f"The variants in the scenario {scenario}")


def variant_of(name: str) -> str:
    """The design of the thread that a variant is made from: they begin with the same words."""
    return max((design for design in THREAD if name.startswith(design)), key=len)


def _more(mine: Mapping[str, Row], its: Mapping[str, Row]) -> str:
    return ", ".join(f"{name} ({row.switches})" for name, row in mine.items() if name not in its) or "-"


def listed(names: Sequence[str]) -> str:
    """Some names as one says them: F, A and B."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def cell_words(row: Row) -> str:
    """A verdict in a word or two: holds, or by how few switches it is violated."""
    if row.switches is None:
        return row.verdict
    return plural(row.switches, "switch") if row.switches else "no switch"


def locks_taken(costs: Costs) -> int:
    """How often a lock of the tree is taken."""
    return costs.spinlocks + costs.mutexes


def _locks(costs: Costs | None) -> str:
    if costs is None:
        return BUG
    counts = ((costs.mutexes, "mutex"), (costs.spinlocks, "spin"))
    return " + ".join(f"{count} {word}" for count, word in counts if count)


def _page_table(costs: Costs | None) -> str:
    if costs is None:
        return BUG
    return f"{costs.ptl}, let go" if costs.drops else str(costs.ptl)


def _split(design: Design) -> str:
    """A split's locks. Where no replace can come after one, it has ended in a BUG()."""
    return _locks(split_costs(design)) + (", BUG()" if whole_costs(design) is None else "")


def _allocations(costs: Costs | None) -> str:
    return BUG if costs is None else str(costs.allocations)


COSTS = (
    Cost("fault: tree's locks", lambda design: _locks(fault_costs(design))),
    Cost("fault: page-table lock", lambda design: _page_table(fault_costs(design))),
    Cost("… of another range's page", lambda design: _page_table(fault_elsewhere_costs(design))),
    Cost("split: tree's locks", _split),
    Cost("allocations at a split", lambda design: _allocations(split_costs(design))),
    Cost("whole range: tree's locks", lambda design: _locks(whole_costs(design))),
    Cost("allocations for a whole range", lambda design: _allocations(whole_costs(design))),
)


@dataclass(frozen=True, slots=True)
class _Line:
    """One row of the picture, its cells in lines; tone of each cell, "" for none."""

    name: str
    cells: tuple[list[str], ...]
    tones: Cells

    @property
    def height(self) -> float:
        return LINE + 14 * (max(map(len, self.cells)) - 1)


@dataclass(frozen=True, slots=True)
class _Block:
    """Some rows under a heading; same: what of them is the same in all columns, in a line of words."""

    heading: str
    lines: tuple[_Line, ...]
    same: list[str]

    @property
    def height(self) -> float:
        return 26 + sum(line.height for line in self.lines) + 15 * len(self.same) + 8


def _block(picture: SideBySide, heading: str, names: Sequence[str]) -> _Block:
    """A group of properties: a row for each that somebody breaks."""
    broken = [name for name in names if any(picture.rows[d, name].switches is not None for d in picture.designs)]
    kept = ", ".join(name for name in names if name not in broken)
    tone = "old" if set(names) <= set(LATE) else "bad"
    lines = tuple(_Line(name, tuple([cell_words(picture.rows[d, name])] for d in picture.designs),
                        tuple("" if picture.rows[d, name].switches is None else tone for d in picture.designs))
                  for name in broken)
    return _Block(heading, lines, wrap(f"kept by all of these: {kept}", WIDTH - 2 * EDGE, 11) if kept else [])


def _costs(picture: SideBySide) -> _Block:
    """The costs: a row for each in which the designs differ, if they come to it at all."""
    wide = _column(picture) - 8
    told = {cost.name: [cost.words(design_named(d)) for d in picture.designs] for cost in COSTS}
    differ = {name: cells for name, cells in told.items() if len({*cells} - {BUG}) > 1}
    same = [f"{name}: {next(iter({*cells} - {BUG}), BUG)}" for name, cells in told.items() if name not in differ]
    words = "let go: released before the answer is used"
    words += f"; the same for all that come to it: {', '.join(same)}" if same else ""
    lines = tuple(_Line(name, tuple(wrap(cell, wide, 11) for cell in cells), ("",) * len(cells))
                  for name, cells in differ.items())
    return _Block("what it costs, with nobody else running: how often a lock is taken", lines,
                  wrap(words, WIDTH - 2 * EDGE, 11))


def _column(picture: SideBySide) -> float:
    return (WIDTH - 2 * EDGE - LABELS) / max(len(picture.designs), 4)


def _drawn(picture: SideBySide) -> Drawing:
    blocks = [_block(picture, heading, names) for heading, names in GROUPS.items()] + [_costs(picture)]
    names, origins = _heads(picture)
    top = 74 + 15 * max(map(len, names)) + 13 * max(map(len, origins)) + 34
    sentence, wide = picture.sentence(), WIDTH - 2 * EDGE
    bottom = top + sum(block.height for block in blocks)
    drawing = Drawing(WIDTH, bottom + note_height(sentence, wide) + 24, QUESTION, sentence)
    drawing.text(EDGE, 34, QUESTION, 17, weight=600)
    drawing.text(EDGE, 54, f"Scenario {picture.scenario}. A cross: broken, by so few context switches. A tick: kept in "
                           "all interleavings. Shaded: who is left.", 12, palette.SOFT)
    _draw_heads(drawing, picture, names, origins, top)
    y = float(top)
    for block in blocks:
        y = _draw_block(drawing, block, [d in picture.left() for d in picture.designs], _column(picture), y)
    drawing.note(EDGE, y + 4, wide, sentence)
    return drawing


def _heads(picture: SideBySide) -> tuple[list[list[str]], list[list[str]]]:
    """The columns' names and origins, in lines."""
    wide = _column(picture) - 6
    names = [[line.replace("_ ", "_") for line in wrap(name.replace("_", "_ "), wide, 11.5, 600)]
             for name in picture.designs]
    return names, [wrap(design_named(name).origin, wide, 10) for name in picture.designs]


def _draw_heads(drawing: Drawing, picture: SideBySide, names: list[list[str]], origins: list[list[str]],
                top: float) -> None:
    """Over each column: the design, whose it is, and how much it breaks."""
    left, wide = EDGE + LABELS, _column(picture)
    drawing.text(EDGE, top - 13, "broken, late answers apart", 11.5, palette.SOFT)
    for at, design in enumerate(picture.designs):
        x, count = left + at * wide, len(picture.breaks(design))
        y = drawing.lines(x + 3, 84, names[at], 11.5, weight=600)
        drawing.lines(x + 3, y - 1, origins[at], 10, palette.SOFT)
        _draw_cell(drawing, x, top - 28, wide, [plural(count, "rule") if count else "none"], "bad" if count else "good")


def _draw_block(drawing: Drawing, block: _Block, left: Sequence[bool], wide: float, y: float) -> float:
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
            _draw_cell(drawing, x, y, wide, cell, tone)
        y += line.height
    for text in block.same:
        drawing.text(EDGE + 8, y + 12, text, 11, palette.SOFT)
        y += 15
    return y + 8


def _draw_cell(drawing: Drawing, x: float, y: float, wide: float, words: list[str], tone: str) -> None:
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
