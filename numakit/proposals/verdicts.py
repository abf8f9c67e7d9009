# SPDX-License-Identifier: GPL-2.0-only
"""What every interleaving says of the designs: a row for each design, scenario and property."""
from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, replace

from numakit.locking import Finding, Guard, Scene, Setting
from numakit.locking.explore import MAX_STATES, finding
from numakit.locking.explorer import Search
from numakit.locking.livelock import livelock
from numakit.locking.space import Library
from numakit.proposals.cases import Case, ScenarioName, cases, one_of_each_shape
from numakit.proposals.design import Design
from numakit.proposals.designs import design_named
from numakit.proposals.properties import PROPERTIES
from numakit.proposals.schedule import Schedule

Libraries = dict[Setting, Library]


@dataclass(frozen=True, slots=True)
class Row:
    """One verdict: holds (the search is complete), violated, or incomplete. schedule: of the fewest context switches of
    all the scenario's cases, then of the fewest steps; states: the sum over the cases searched."""

    design: str
    scenario: str
    property: str
    verdict: str
    switches: int | None
    steps: int | None
    schedule: str | None
    states: int
    complete: bool
    seconds: float

    def as_json(self) -> dict[str, object]:
        """The row as --json prints it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Question:
    """One design in some scenarios. shapes: of cases that differ only in numbers of pages search one."""

    design: str
    scenarios: tuple[ScenarioName, ...] = ("middle",)
    reclaim: bool = True
    empty_test: bool = True
    shapes: bool = True

    def cases(self, scenario: ScenarioName) -> list[Case]:
        """The cases to be searched in a scenario."""
        every = cases(scenario, self.reclaim, self.empty_test)
        return one_of_each_shape(every) if self.shapes else every


@dataclass(frozen=True, slots=True)
class Judgement:
    """What some cases have come to so far. findings: the shortest, each with its case; cases: how many are done."""

    findings: dict[str, tuple[Case, Finding]]
    cases: int
    states: int
    transitions: int
    complete: bool
    seconds: float

    def having(self, search: Search, cases: int, seconds: float) -> Judgement:
        """With what a search that runs has come to on top of it."""
        return replace(self, cases=cases, states=self.states + search.states, seconds=self.seconds + seconds,
                       transitions=self.transitions + search.transitions)

    def with_findings(self, case: Case, scene: Scene, search: Search, cases: int, complete: bool) -> Judgement:
        """With what a search that has ended found, where that is shorter."""
        shorter = {name: (case, finding(scene, search, met)) for name, met in search.met.items()
                   if name not in self.findings or met.switches_and_steps < self.findings[name][1].rank}
        return replace(self, findings={**self.findings, **shorter}, cases=cases, complete=complete)


def judge(design: Design, some: Sequence[Case], libraries: Libraries | None = None,
          guard: Guard | None = None) -> Judgement:
    """Search a design in some cases; it need not be one of the thread's. libraries: what was learned of it before;
    guard: what it may do, None for what Case.scene lets it."""
    *_, last = judging(design, some, libraries, guard)
    return last


def judging(design: Design, some: Sequence[Case], libraries: Libraries | None = None,
            guard: Guard | None = None, max_states: int = MAX_STATES) -> Iterator[Judgement]:
    """The same in slices: what is known after each of them, some tens of milliseconds apart; the last one is complete,
    unless a case has more than max_states states."""
    libraries = {} if libraries is None else libraries
    so_far = Judgement({}, 0, 0, 0, False, 0.0)
    for number, case in enumerate(some, 1):
        scene = case.scene(design, guard)
        library = libraries.setdefault(scene.setting, Library(scene.setting, guard=scene.guard))
        search = Search(scene.space(library), scene.at_end)
        before, began = so_far, time.perf_counter()
        ended = False
        while not ended and search.states <= max_states:
            ended = search.run(lambda s: True)
            so_far = before.having(search, number - 1, time.perf_counter() - began)
            yield so_far
        if not ended:
            return
        livelock(search)
        so_far = so_far.with_findings(case, scene, search, number, complete=number == len(some))
    yield so_far


def rows(question: Question) -> list[Row]:
    """The rows of one question: all fifteen properties in each scenario."""
    design, libraries = design_named(question.design), dict[Setting, Library]()
    return [_row(scenario, design, name, told) for scenario in question.scenarios
            for told in [judge(design, question.cases(scenario), libraries)] for name in PROPERTIES]


def _row(scenario: str, design: Design, name: str, told: Judgement) -> Row:
    case, found = told.findings.get(name, (None, None))
    verdict = "violated" if found else "holds" if told.complete else "incomplete"
    schedule = str(Schedule(design, case, found.order)) if case and found else None
    return Row(design.name, scenario, name, verdict, found.switches if found else None,
               found.steps if found else None, schedule, told.states, told.complete, round(told.seconds, 3))


def verdicts(questions: Iterable[Question], executor: Executor | None = None) -> Iterator[list[Row]]:
    """The rows of each question, in order, as they come. executor: any of concurrent.futures' kind; without one, a
    process for each CPU, or this one alone where there are no processes."""
    asked = list(questions)
    own = None if executor else _processes(len(asked))
    if executor is None and own is None:
        yield from map(rows, asked)
        return
    try:
        yield from (executor or own).map(rows, asked)  # type: ignore[union-attr]
    finally:
        if own:
            own.shutdown(cancel_futures=True)


def _processes(most: int) -> Executor | None:
    """A process for each CPU; None where one is enough, or where there can be none (a browser)."""
    workers = min(most, os.cpu_count() or 1)
    if workers < 2:
        return None
    try:
        from concurrent.futures import ProcessPoolExecutor
        return ProcessPoolExecutor(workers, initializer=_leave_ctrl_c_to_the_first)
    except (ImportError, NotImplementedError, OSError):
        return None


def _leave_ctrl_c_to_the_first() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
