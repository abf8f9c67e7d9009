# SPDX-License-Identifier: GPL-2.0-only
"""The whole verdict table: each design in each case of `middle` and `all`, in a process for each CPU."""
from __future__ import annotations

from collections.abc import Sequence

from benchmarks.timing import Row, seconds
from numakit.proposals import verdicts
from numakit.proposals.cases import ScenarioName
from numakit.proposals.designs import DESIGNS


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
