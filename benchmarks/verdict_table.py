# SPDX-License-Identifier: GPL-2.0-only
"""The whole verdict table, in a process for each CPU; and what a lesson searches, in one."""
from __future__ import annotations

from collections.abc import Sequence

from benchmarks.timing import Row, medians, seconds
from numakit.locking import explore
from numakit.proposals import verdicts
from numakit.proposals.cases import Case, ScenarioName
from numakit.proposals.designs import DESIGNS
from numakit.proposals.summary import verdict


def rows(designs: Sequence[str] = tuple(DESIGNS), scenarios: tuple[ScenarioName, ...] = ("middle", "all")) -> list[Row]:
    """The table's time in seconds, once. Raises RuntimeError where a search did not come to its end."""
    found: list[verdicts.Row] = []
    questions = [verdicts.Question(design, scenarios) for design in designs]
    took = seconds(lambda: found.extend(row for some in verdicts.verdicts(questions) for row in some))
    if not all(row.complete for row in found):
        raise RuntimeError("a search of the verdict table did not come to its end")
    states = sum({(row.design, row.scenario): row.states for row in found}.values())
    what = f"verdicts of {len(designs)} designs, {' and '.join(scenarios)}, {states:,} states"
    return [Row(what, "s", took, goal="at most 60 s")]


def lesson_rows(designs: Sequence[str] = ("mutex", "spinlock"), times: int = 3) -> list[Row]:
    """What a lesson waits for, in seconds: all counterexamples of one case, and the full verdict in `middle`."""
    case, found = Case("middle", 1, (1, 2), (1, 2)), []
    for name in designs:
        design = DESIGNS[name]
        one, full = medians(lambda d=design: explore(case.scene(d)),  # type: ignore[misc]
                            lambda d=design: verdict(d), times=times)  # type: ignore[misc]
        found += [Row(f"lesson's search: {name}, the shortest counterexamples of one case", "s", one,
                      goal="at most 1 s"),
                  Row(f"lesson's search: {name}, the full verdict in middle", "s", full, goal="at most 2 s")]
    return found
