# SPDX-License-Identifier: GPL-2.0-only
"""A patch of one's own under review: searched in all scenarios, and told with one schedule in its own lines."""
from __future__ import annotations

import linecache
from collections.abc import Iterator
from dataclasses import dataclass, replace

from numakit.errors import ModelError
from numakit.folding import folded
from numakit.locking.result import NOT_MODELLED, plural
from numakit.locking.standing import At
from numakit.proposals.cases import SCENARIOS
from numakit.proposals.design import Design
from numakit.proposals.patch import PATCH, answering, explained, unfit
from numakit.proposals.properties import ALWAYS, PROPERTIES
from numakit.proposals.schedule import Schedule
from numakit.proposals.summary import Verdict, verdict
from numakit.proposals.tables import timeline


@dataclass(frozen=True, slots=True, repr=False)
class Review:
    """What a review came to. verdicts: one for each scenario, as far as it came; refused: why it could not go on, empty
    where it could."""

    design: Design
    verdicts: tuple[Verdict, ...] = ()
    refused: str = ""

    @property
    def broken(self) -> tuple[str, ...]:
        """The properties that are violated in some scenario, but for those that no design keeps."""
        violated = {name for told in self.verdicts for name in told.violated} - ALWAYS
        return tuple(name for name in PROPERTIES if name in violated)

    @property
    def right(self) -> bool:
        """Whether no violation was found, in searches that came to their end."""
        return not self.refused and not self.broken and all(v.complete for v in self.verdicts)

    def shortest(self) -> Schedule | None:
        """The schedule to look at: of all that break something the one of fewest switches, then fewest steps."""
        hits = [(v.findings[name][1].rank, v, name) for v in self.verdicts for name in v.violated if name not in ALWAYS]
        if not hits:
            return None
        _, told, name = min(hits, key=lambda hit: hit[0])
        return told.shortest(name)

    def __repr__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        name = getattr(self.design, "name", "This")
        if self.refused:
            yield folded(f"{name} can't be judged. {self.refused}.", 2)
            return
        searched = "no violation found" if self.right else "not searched to the end"
        yield f"{name}: {'broken' if self.broken else searched}"
        yield from map(_scenario, self.verdicts)
        omitted = f"{', '.join(sorted(ALWAYS))}, of which no design is free whose setters return"
        yield folded(f"  left out: {omitted}; not modelled: {NOT_MODELLED}", 4)
        shortest = self.shortest()
        if shortest is not None:
            yield from ("", "The shortest schedule that breaks it:", timeline(shortest), *_own_line(shortest))


def _scenario(told: Verdict) -> str:
    broken = [name for name in told.violated if name not in ALWAYS]
    searched = f"{plural(told.states, 'state')} in {plural(told.cases, 'case')}"
    whole = "" if told.complete else ", NOT searched to the end"
    return folded(f"  {told.scenario:8} {', '.join(broken) or 'no violation'} ({searched}{whole})", 11)


def _own_line(schedule: Schedule) -> list[str]:
    """Where in the patch's own source the last step stands, if it does."""
    files = {function.__code__.co_filename for function in (schedule.design.lookup, schedule.design.replace)
             if hasattr(function, "__code__")}
    own = [at for at in schedule.trace().rows[-1].stack if at.file in files]
    return [f"In your {own[-1].function}, {own[-1]}: {_text(own[-1])}"] if own else []


def _text(at: At) -> str:
    return linecache.getline(at.file, at.line).strip()


def review(design: Design) -> Review:
    """Judge a patch in all scenarios. What can't be searched (it loops, it touches the world directly, it yields what
    is no step) is told by `refused`; nothing is raised."""
    told: list[Verdict] = []
    if why := unfit(design):
        return Review(design, refused=why)
    try:
        for scenario in SCENARIOS:
            judged = verdict(answering(design, scenario), scenario, guard=PATCH)
            told.append(replace(judged, design=design))
    except ModelError as error:
        return Review(design, tuple(told), explained(error))
    return Review(design, tuple(told))
