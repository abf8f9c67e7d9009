# SPDX-License-Identifier: GPL-2.0-only
"""Exercises in which the learner is the scheduler, or repairs a design: the explorer judges."""
from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from numakit.errors import BadSchedule, ModelError
from numakit.learn.exercise import Exercise, Miss
from numakit.locking import begin
from numakit.proposals.cases import ScenarioName, cases, one_of_each_shape
from numakit.proposals.design import Design
from numakit.proposals.patch import PATCH, answering, explained, unfit
from numakit.proposals.properties import ALWAYS, AT_THE_END, PROPERTIES
from numakit.proposals.schedule import Schedule, read_schedule
from numakit.proposals.verdicts import Judgement, judging

NOT_RUN = "This is about the Python of it, not yet about its locks. Put that right, and ask again."


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class BreakIt(Exercise):
    """Be the scheduler: give a schedule of `design` whose last step, or one before, breaks the property `breaks`.

    `expected` gives one that does. Any schedule will do that gets there, in any case of the scenario.
    """

    design: str
    breaks: str

    @property
    def form(self) -> str:
        """What an answer looks like, in words."""
        return f"a schedule in quotes, such as '{self.design}:middle:2:1-3:1-3:F6A4', or copied from the stepper"

    def miss(self, answer: object) -> Miss | None:
        """That it does not read, is another design's, can't be played, or breaks something else, or nothing."""
        if isinstance(answer, Schedule):
            answer = str(answer)
        if not isinstance(answer, str):
            return self.unreadable(answer)
        try:
            schedule = read_schedule(answer)
            broken = broken_on_the_way(schedule)
        except BadSchedule as error:
            return Miss(f"{error}.", unreadable=True)
        if schedule.design.name != self.design:
            return Miss(f"it is a schedule of {schedule.design.name}, and {self.design} was asked for.")
        if self.breaks in broken:
            return None
        what = f"it breaks {' and '.join(sorted(broken))}, but not" if broken else "no step of it breaks"
        return Miss(f"{what} {self.breaks}: {PROPERTIES[self.breaks].violated_when}.{self._still_running(schedule)}")

    def _still_running(self, schedule: Schedule) -> str:
        """Who has begun and not ended, where that is what keeps the end from being judged."""
        trace = schedule.trace()
        running = [name for name in trace.names if trace.started(name) and not trace.ended(name)]
        if self.breaks not in AT_THE_END or not running or trace.over:
            return ""
        return f" And that is judged when all that began have ended; here {' and '.join(running)} can still go on."

    def resembles(self, wrong: object, answer: object) -> bool:
        """Whether an answer is the given wrong schedule."""
        return isinstance(wrong, str) and isinstance(answer, str) and wrong.strip() == answer.strip()


def broken_on_the_way(schedule: Schedule) -> set[str]:
    """All properties that a schedule breaks, at any of its steps. Raises BadSchedule."""
    trace, broken = begin(schedule.case.scene(schedule.design)), set[str]()
    for turn in schedule.order.turns:
        trace = trace.then(turn)
        broken |= {found.name for found in trace.found_here()}
    return broken


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Repair(Exercise):
    """Give a Design of which the search finds no violation of `asked`; `expected` gives one.

    scenarios: in which it is searched, in this order, case by case; in the first case that breaks something, the
    shortest schedule is the one shown. accepts: why a design is refused before any search, "" where it is not; affords:
    what is too dear in one that nothing breaks; when: a hint for a property, for any design that breaks it there.
    """

    asked: Collection[str] = tuple(name for name in PROPERTIES if name not in ALWAYS)
    scenarios: tuple[ScenarioName, ...] = ("middle",)
    empty_test: bool = True
    accepts: Callable[[Design], str] = lambda design: ""
    affords: Callable[[Design], str] = lambda design: ""
    wanted: str = "Design('mine', my_lookup, my_replace)"
    when: Mapping[str, str] = field(default_factory=dict)

    @property
    def form(self) -> str:
        """What an answer looks like, in words."""
        return f"a Design: {self.wanted}"

    def miss(self, answer: object) -> Miss | None:
        """That it is no design, is no model, or which property fails in which shortest schedule."""
        if not isinstance(answer, Design):
            return self.unreadable(answer)
        try:
            if why := unfit(answer):
                return Miss(f"{why}.", hint=NOT_RUN)
            if refused := self.accepts(answer):
                return Miss(refused)
            miss = next((miss for scenario in self.scenarios if (miss := self._miss_in(answer, scenario))), None)
            if miss is None and (too_dear := self.affords(answer)):
                return Miss(f"no schedule breaks it, but {too_dear}.")
            return miss
        except ModelError as error:
            return Miss(f"the search can't run it. {explained(error)}.", hint=NOT_RUN)

    def _miss_in(self, design: Design, scenario: ScenarioName) -> Miss | None:
        told = self._first_hit(design, scenario)
        hits = [(finding.rank, case, finding) for name, (case, finding) in told.findings.items() if name in self.asked]
        if not hits:
            return None if told.complete else Miss(f"the search of {scenario} did not come to its end: the design has "
                                                   "too many states. Does a loop count?")
        _, case, finding = min(hits, key=lambda hit: hit[0])
        schedule = Schedule(design, case, finding.order)
        return Miss(f"{finding.name}: {finding.order.turns[-1].task} {finding.sentence}. Look at {schedule}.",
                    str(schedule), hint=self.when.get(finding.name, ""))

    def _first_hit(self, design: Design, scenario: ScenarioName) -> Judgement:
        """The search of a scenario, up to the first case in which something breaks."""
        some = one_of_each_shape(cases(scenario, empty_test=self.empty_test))
        for told in judging(answering(design, scenario), some, guard=PATCH):
            if not told.findings.keys().isdisjoint(self.asked):
                break
        return told

    def resembles(self, wrong: object, answer: object) -> bool:
        """Whether an answer is the given wrong design."""
        return wrong is answer
