# SPDX-License-Identifier: GPL-2.0-only
"""The whole verdict table: each design in each case of `middle` and `all`, in a process for each CPU."""
from __future__ import annotations

from collections.abc import Sequence

from benchmarks.timing import Row, seconds
from numakit.proposals import verdicts
from numakit.proposals.designs import DESIGNS


def rows(designs: Sequence[str] = tuple(DESIGNS), shapes: bool = True) -> list[Row]:
    """The table's time in seconds, once. Raises RuntimeError where a search did not come to its end."""
    questions = [verdicts.Question(name, ("middle", "all"), shapes=shapes) for name in designs]
    found: list[verdicts.Row] = []
    took = seconds(lambda: found.extend(row for some in verdicts.verdicts(questions) for row in some))
    if not all(row.complete for row in found):
        raise RuntimeError("a search of the verdict table did not come to its end")
    states = sum({(row.design, row.scenario): row.states for row in found}.values())
    return [Row(f"verdicts: {len(designs)} designs in middle and all, {states:,} states", "s", took,
                goal="at most 60 s")]
