# SPDX-License-Identifier: GPL-2.0-only
"""A patch of one's own under review: searched in all scenarios, and told with one schedule in its own lines."""
from __future__ import annotations

import linecache
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from inspect import signature

from numakit.errors import ModelError
from numakit.locking import Guard, Step
from numakit.locking.program import At
from numakit.locking.result import NOT_MODELLED, plural
from numakit.locking.steps import Act, Note
from numakit.proposals import file
from numakit.proposals.cases import LINES, SCENARIOS
from numakit.proposals.design import Design
from numakit.proposals.mbind import carve, sp_alloc, sp_free
from numakit.proposals.properties import ALWAYS, PROPERTIES
from numakit.proposals.retry import alloc_new
from numakit.proposals.schedule import Schedule
from numakit.proposals.summary import Verdict, verdict
from numakit.proposals.tables import timeline

WORDS = (file.root_is_null, file.sp_lookup, file.sp_lookup_get, file.sp_next, file.cut, file.trim, file.sp_delete,
         file.sp_insert, file.insert_copy, file.mpol_put, file.kfree)
"""What a patch may do to the tree in one step."""
READS = (file.root_is_null, file.sp_lookup, file.sp_next)
PARTS = (carve, sp_alloc, alloc_new, sp_free)
"""And what it need not write anew: several steps each."""


def of_ones_own(step: Step) -> str:
    """Why a step of a patch is refused: its function is none of numakit's, and would do in one step, between which and
    the next nobody can come, whatever it likes."""
    if not isinstance(step, Act | Note) or step.function.__module__.startswith("numakit."):
        return ""
    return (f"the step {step.function.__name__} is a function of your own, which touches the world directly: all that "
            "it does would be one step, as no kernel does it. Functions of numakit.proposals.file would do: "
            f"{', '.join(word.__name__ for word in WORDS)}")


def words() -> str:
    """What a patch is made of, as text: how each is called, and its docstring's first sentence."""
    steps = [f"change({_call(word)})" if word not in READS else f"look({_call(word)})" for word in WORDS]
    calls = [*steps, *(f"yield from {part.__name__}({', '.join(signature(part).parameters)})" for part in PARTS)]
    told = [(word.__doc__ or "").replace("\n", " ").split(". ")[0].split(";")[0] for word in (*WORDS, *PARTS)]
    return "\n".join(f"{call:52} {' '.join(sentence.split()).rstrip('.')}"
                     for call, sentence in zip(calls, told, strict=True))


def _call(word: Callable[..., object]) -> str:
    return ", ".join([word.__name__, *list(signature(word).parameters)[1:]])


PATCH = Guard(LINES, of_ones_own)
"""What a patch under review may do."""


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
        name = self.design.name
        if self.refused:
            yield f"{name} can't be judged. {self.refused}."
            return
        searched = "no violation found" if self.right else "not searched to the end"
        yield f"{name}: {'broken' if self.broken else searched}"
        yield from map(_scenario, self.verdicts)
        yield f"  left out: {', '.join(sorted(ALWAYS))}, of which no design here is free; not modelled: {NOT_MODELLED}"
        shortest = self.shortest()
        if shortest is not None:
            yield from ("", "The shortest schedule that breaks it:", timeline(shortest), *_own_line(shortest))


def _scenario(told: Verdict) -> str:
    broken = [name for name in told.violated if name not in ALWAYS]
    searched = f"{plural(told.states, 'state')} in {plural(told.cases, 'case')}"
    whole = "" if told.complete else ", NOT searched to the end"
    return f"  {told.scenario:8} {', '.join(broken) or 'no violation':60} ({searched}{whole})"


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
    try:
        for scenario in SCENARIOS:
            told.append(verdict(design, scenario, guard=PATCH))
    except ModelError as error:
        return Review(design, tuple(told), str(error))
    return Review(design, tuple(told))
