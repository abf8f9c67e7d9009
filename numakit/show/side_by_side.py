# SPDX-License-Identifier: GPL-2.0-only
"""The picture of all designs of the thread side by side: what each breaks in a scenario, and what it costs.

A column for each design, a row for each property: names of properties are long, and stand better in a row than over a
narrow column. What all designs keep is told in one line, so that what they differ in can be seen at a glance. Here are
the value, its sentence and its table; what a row says is in `side_by_side_rows`, how rows are drawn in
`side_by_side_blocks`.
"""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from numakit.errors import BadRange
from numakit.locking.result import plural
from numakit.proposals.costs import fault_costs, split_costs
from numakit.proposals.designs import DESIGNS, design_named
from numakit.proposals.known import WITHOUT, known_verdicts
from numakit.proposals.verdicts import Row
from numakit.show import palette
from numakit.show.drawing import Drawing, note_height, wrap
from numakit.show.side_by_side_blocks import (
    EDGE,
    LABELS,
    WIDTH,
    column_width,
    cost_block,
    draw_block,
    draw_cell,
    property_block,
)
from numakit.show.side_by_side_rows import COSTS, GROUPS, LATE, cell_words, locks_taken
from numakit.show.table import Table

THREAD = ("spinlock", "mutex", "mutex_and_spinlock", "drop_ptl", "retry_as_merged", "retry", "range_lookup")
"""The designs of the thread, in reading order; all others are variants of these."""
QUESTION = "Which design would you have merged?"
READING = ("A cross: broken, by so few context switches (amber: not counted). A tick: kept in all interleavings. "
           "Green: the designs that are left.")
MOST = 7
"""So many columns can be read."""
Cells = tuple[str, ...]


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

    def excused(self, design: str) -> Cells:
        """Of what all break: what this design breaks by the unlocked question alone. It is not counted against it."""
        return tuple(name for name in self.all_break()
                     if (row := self.plain.get((design, name))) and row.verdict == "holds")

    def counted(self, design: str) -> Cells:
        """What is counted against a design, the worst first: a red cross each."""
        return tuple(name for name in self.breaks(design) if name not in self.excused(design))

    def left(self) -> Cells:
        """The designs against which nothing is counted."""
        return tuple(design for design in self.designs if not self.counted(design))

    def sentence(self) -> str:
        """Which designs are left, what tells them apart, and what all of them break."""
        return " ".join(filter(None, (self._common(), self._left(), self._asking(), self._price())))

    def _common(self) -> str:
        if not self.all_break():
            return ""
        still = self.at_fault()
        told = f"In the scenario {self.scenario}, every design breaks {listed(self.all_break())}"
        if not self.plain:
            return f"{told}."
        return f"{told}; without the unlocked question “is the tree empty?” {listed(still) or 'none'} " \
               f"{'do' if len(still) > 1 else 'does'} so still."

    def _left(self) -> str:
        left = self.left()
        where = "Besides that" if self.all_break() else f"In the scenario {self.scenario}"
        if not left and self.all_break() and not self.plain:
            return ""
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


def _drawn(picture: SideBySide) -> Drawing:
    designs = picture.designs
    excused = {(design, name) for design in designs for name in picture.excused(design)}
    blocks = [property_block(picture.rows, designs, heading, names, excused) for heading, names in GROUPS.items()]
    blocks.append(cost_block(designs))
    names, origins = _heads(picture)
    sentence, wide = picture.sentence(), WIDTH - 2 * EDGE
    lead = wrap(f"Scenario {picture.scenario}. {READING}", wide, 12)
    top = 92 + 16.8 * (len(lead) - 1) + 15 * max(map(len, names)) + 13 * max(map(len, origins)) + 16
    bottom = top + sum(block.height for block in blocks)
    drawing = Drawing(WIDTH, bottom + note_height(sentence, wide) + 24, QUESTION, sentence)
    drawing.text(EDGE, 34, QUESTION, 17, weight=600)
    drawing.lines(EDGE, 54, lead, 12, palette.SOFT)
    _draw_heads(drawing, picture, names, origins, top, 84 + 16.8 * (len(lead) - 1))
    y = float(top)
    for block in blocks:
        y = draw_block(drawing, block, [d in picture.left() for d in designs], column_width(designs), y)
    drawing.note(EDGE, y + 4, wide, sentence)
    return drawing


def _heads(picture: SideBySide) -> tuple[list[list[str]], list[list[str]]]:
    """The columns' names and origins, in lines."""
    wide = column_width(picture.designs) - 6
    names = [[line.replace("_ ", "_") for line in wrap(name.replace("_", "_ "), wide, 11.5, 600)]
             for name in picture.designs]
    return names, [wrap(design_named(name).origin, wide, 10) for name in picture.designs]


def _draw_heads(drawing: Drawing, picture: SideBySide, names: list[list[str]], origins: list[list[str]],
                top: float, first: float) -> None:
    """Over each column: the design, whose it is, and how much is counted against it."""
    left, wide = EDGE + LABELS, column_width(picture.designs)
    drawing.text(EDGE, top - 13, "rules broken, amber apart", 11.5, palette.SOFT)
    for at, design in enumerate(picture.designs):
        x, count = left + at * wide, len(picture.counted(design))
        y = drawing.lines(x + 3, first, names[at], 11.5, weight=600)
        drawing.lines(x + 3, y - 1, origins[at], 10, palette.SOFT)
        draw_cell(drawing, x, top - 28, wide, [plural(count, "rule") if count else "none"], "bad" if count else "good")
