# SPDX-License-Identifier: GPL-2.0-only
"""One design's verdict in one scenario, as a value to look at in a notebook."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from numakit.errors import BadSchedule
from numakit.folding import folded
from numakit.locking import Finding, Guard
from numakit.locking.result import plural
from numakit.proposals.cases import Case, cases, one_of_each_shape
from numakit.proposals.design import Design
from numakit.proposals.designs import design_named
from numakit.proposals.properties import PROPERTIES
from numakit.proposals.schedule import Schedule
from numakit.proposals.verdicts import judge


@dataclass(frozen=True, slots=True, repr=False)
class Verdict:
    """What all interleavings of a scenario's cases say of a design. findings: by property, the shortest with its case;
    cases: how many were searched, of different shapes; states: in all of them."""

    design: Design
    scenario: str
    findings: Mapping[str, tuple[Case, Finding]]
    cases: int
    states: int
    complete: bool

    @property
    def violated(self) -> tuple[str, ...]:
        """The properties that the design violates."""
        return tuple(name for name in PROPERTIES if name in self.findings)

    @property
    def holds(self) -> tuple[str, ...]:
        """The properties of which no violation was found; () where the search was not complete."""
        return tuple(name for name in PROPERTIES if name not in self.findings) if self.complete else ()

    def shortest(self, name: str) -> Schedule:
        """The schedule of the fewest switches, then the fewest steps, that breaks a property. Raises BadSchedule."""
        if name not in self.findings:
            told = "no violation was found" if name in PROPERTIES else "there is no such property"
            raise BadSchedule(f"{self.design.name} has no schedule for {name!r}: {told}; "
                              f"{', '.join(self.violated) or 'nothing'} is violated")
        case, finding = self.findings[name]
        return Schedule(self.design, case, finding.order)

    def __repr__(self) -> str:
        lines = [f"{self.design.name}, scenario {self.scenario}:"]
        for name in self.violated:
            found = self.findings[name][1]
            rank = f"{plural(found.switches, 'switch')}, {plural(found.steps, 'step')}"
            lines.append(f"  violated  {name:24} {rank:24} {self.shortest(name)}")
        held = "holds" if self.complete else "unknown"
        kept = ", ".join(name for name in PROPERTIES if name not in self.findings) or "nothing"
        lines.append(folded(f"  {held:8}  {kept}", 12))
        whole = "all interleavings" if self.complete else "not searched to the end"
        lines.append(f"  ({plural(self.states, 'state')} in {plural(self.cases, 'case')} of different shape, {whole})")
        return "\n".join(lines)


def verdict(design: Design | str, scenario: str = "middle", *, reclaim: bool = True,
            empty_test: bool = True, guard: Guard | None = None) -> Verdict:
    """The verdict on a design, of the thread (by name) or one's own. guard: what it may do. Raises BadSchedule for
    names that are none, ModelError for a design that can't be searched."""
    chosen = design_named(design) if isinstance(design, str) else design
    some = one_of_each_shape(cases(scenario, reclaim, empty_test))
    told = judge(chosen, some, guard=guard)
    return Verdict(chosen, scenario, told.findings, told.cases, told.states, told.complete)
