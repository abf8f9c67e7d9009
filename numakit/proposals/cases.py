# SPDX-License-Identifier: GPL-2.0-only
"""The cases that every design is searched in: the pages that the setters set, the fault's page, what may happen."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Literal, get_args

from numakit.errors import BadSchedule
from numakit.locking import TRUSTED, Call, Guard, Heap, History, Scene, Setting, World
from numakit.proposals.design import Design
from numakit.proposals.designs import DESIGNS
from numakit.proposals.fault import NUMA, zap_pte_range
from numakit.proposals.file import LOCK, MUTEX, OLD, PAGES, PTL, Policy, Shared, SpNode
from numakit.proposals.invariants import all_ended, section_ends
from numakit.proposals.mbind import mbind

ScenarioName = Literal["middle", "all", "failing"]
SCENARIOS: tuple[ScenarioName, ...] = get_args(ScenarioName)
Pages = tuple[int, int]
LINES = 10_000
"""So many lines of Python may a learner's design take from one step to the next."""
LIMITED = Guard(LINES)


@dataclass(frozen=True, slots=True)
class Case:
    """One case. page: the fault's; a, b: the pages that the setters set, end excluded; reclaim: an allocation may take
    and release the page-table lock; empty_test: lookups first ask without a lock if the tree is empty."""

    scenario: ScenarioName
    page: int
    a: Pages
    b: Pages
    reclaim: bool = True
    empty_test: bool = True

    @property
    def zapper(self) -> bool:
        """Whether somebody takes the page away."""
        return self.scenario == "middle"

    @property
    def twins(self) -> tuple[str, str] | None:
        """The setters, if they set the same pages."""
        return ("A", "B") if self.a == self.b else None

    def scene(self, design: Design, guard: Guard | None = None) -> Scene:
        """A design's tasks in this case: fault F, setters A and B, zapper Z. guard: what they may do; without one,
        those of the thread's own designs anything, all others so many LINES to a step."""
        tasks = {"F": Call(design.fault, (design.lookup, Shared(self.empty_test), self.page))}
        for name, pages in (("A", self.a), ("B", self.b)):
            tasks[name] = Call(mbind, (name, *pages, design.replace))
        if self.zapper:
            tasks["Z"] = Call(zap_pte_range)
        setting = Setting(self.scenario == "failing", PTL if self.reclaim else None, (section_ends,))
        own = guard or (TRUSTED if DESIGNS.get(design.name) is design else LIMITED)
        return Scene(tasks, BEFORE, setting, all_ended, self.twins, own)

    def told(self) -> dict[str, str]:
        """What each task does, by its letter."""
        told = {"F": f"hinting fault on page {self.page}", "A": f"mbind of pages {spoken(self.a)}",
                "B": f"mbind of pages {spoken(self.b)}"}
        return {**told, "Z": "zap of that page"} if self.zapper else told

    def __str__(self) -> str:
        switches = ("" if self.reclaim else "-no-reclaim") + ("" if self.empty_test else "-no-empty-test")
        both = ":".join(f"{start}-{end}" for start, end in (self.a, self.b))
        return f"{self.scenario}{switches}:{self.page}:{both}"


def spoken(pages: Pages) -> str:
    """A range of pages as its nodes say it: [1, 3), end excluded."""
    return f"[{pages[0]}, {pages[1]})"


POLICY, NODE = ("O", 1), ("O", 2)
BEFORE = World(**{PTL: None, LOCK: None, MUTEX: None}, tree=(NODE,), history=History(), pte=NUMA, page=1,
               heap=Heap({POLICY: Policy(OLD), NODE: SpNode(0, PAGES, POLICY)}))
"""The world before the first step: one range over all pages, a page that is mapped once and marked for a fault."""


def cases(scenario: str, reclaim: bool = True, empty_test: bool = True) -> list[Case]:
    """All cases of a scenario. Raises BadSchedule for a name that is none."""
    known = scenario_named(scenario)
    return [Case(known, page, a, b, reclaim, empty_test)
            for a, b in combinations_with_replacement(ranges(known), 2) for page in range(PAGES)]


def ranges(scenario: ScenarioName) -> list[Pages]:
    """What a setter may set in a scenario."""
    low, high = (0, PAGES) if scenario == "all" else (1, PAGES - 1)
    return [(start, end) for start in range(low, high) for end in range(start + 1, high + 1)]


def is_case(case: Case) -> bool:
    """Whether its pages are such as its scenario has; which setter has which range is all the same."""
    own = ranges(case.scenario)
    return case.page in range(PAGES) and case.a in own and case.b in own


def scenario_named(name: str) -> ScenarioName:
    """A scenario by its name. Raises BadSchedule for a name that is none."""
    for known in SCENARIOS:
        if name == known:
            return known
    raise BadSchedule(f"{name!r} is no scenario; {', '.join(SCENARIOS)} would do")


def shape(case: Case) -> object:
    """What of a case's numbers matters to a design that only compares pages: the order of its bounds."""
    bounds = sorted({0, PAGES, *case.a, *case.b})
    a, b = ((bounds.index(start), bounds.index(end)) for start, end in (case.a, case.b))
    part = sum(bound <= case.page for bound in bounds)
    return len(bounds), part, min((a, b), (b, a))


def one_of_each_shape(all_cases: Iterable[Case]) -> list[Case]:
    """The first case of each shape: the others differ from it in the numbers of their pages, not in their order."""
    firsts: dict[object, Case] = {}
    for case in all_cases:
        firsts.setdefault(shape(case), case)
    return list(firsts.values())
