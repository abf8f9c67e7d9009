# SPDX-License-Identifier: GPL-2.0-only
"""A schedule as a string that says all: the design, the case, and the order of the tasks.

`mutex:middle:0:1-2:1-2:F7` is the mutex, in scenario `middle`, the fault on page 0, A and B both setting pages 1 to 2
(end excluded), and seven steps of the fault. Behind the steps of an allocation stands how it went: r it reclaimed, x it
failed. A scenario's name may be followed by -no-reclaim and -no-empty-test.
"""
from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from numakit.errors import BadSchedule
from numakit.locking import Order, Trace, replay
from numakit.proposals.cases import Case, Pages, is_case, scenario_named
from numakit.proposals.design import Design
from numakit.proposals.designs import design_named

FORM = re.compile(r"(?P<design>\w+):(?P<scenario>\w+)(?P<switches>[-a-z]*):(?P<page>[0-9]{1,3})"
                  r":(?P<a>[0-9]{1,3}-[0-9]{1,3}):(?P<b>[0-9]{1,3}-[0-9]{1,3}):(?P<order>\w*)")
SWITCHES = ("", "-no-reclaim", "-no-empty-test", "-no-reclaim-no-empty-test")


@dataclass(frozen=True, slots=True)
class Schedule:
    """A design, a case, and an order of tasks."""

    design: Design
    case: Case
    order: Order = Order()

    def trace(self) -> Trace:
        """The schedule played. Raises BadSchedule for a step that can't be tried."""
        return replay(self.case.scene(self.design), self.order)

    def __str__(self) -> str:
        return f"{self.design.name}:{self.case}:{self.order}"


def read_schedule(text: str, own: Mapping[str, Design] = MappingProxyType({})) -> Schedule:
    """The schedule that a string says; own: designs besides the thread's, by name. Raises BadSchedule, which says what
    of it can't be read and what would do."""
    match = FORM.fullmatch(text.strip())
    if not match or match["switches"] not in SWITCHES:
        raise BadSchedule(f"{text!r} is no schedule; DESIGN:SCENARIO:PAGE:A-RANGE:B-RANGE:ORDER would do, as in "
                         "mutex:middle:0:1-2:1-2:F7")
    case = Case(scenario_named(match["scenario"]), int(match["page"]), _pages(match["a"]), _pages(match["b"]),
                "-no-reclaim" not in match["switches"], "-no-empty-test" not in match["switches"])
    if not is_case(case):
        raise BadSchedule(f"{match['page']}:{match['a']}:{match['b']} is no case of {case.scenario}; page 0 to 4, and "
                          f"ranges within {'0-5' if case.scenario == 'all' else '1-4'}, would do")
    return Schedule(own.get(match["design"]) or design_named(match["design"]), case, Order.read(match["order"]))


def _pages(text: str) -> Pages:
    start, end = text.split("-")
    return int(start), int(end)
