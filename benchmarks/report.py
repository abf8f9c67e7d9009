# SPDX-License-Identifier: GPL-2.0-only
"""The rows as a table for the eye, and as JSON."""
from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Sequence

from benchmarks.timing import Row

HEADER = ("what", "ours", "other", "ratio", "goal", "met?")
GOAL = re.compile(r"at most ([\d.]+)(x?)")  # "at most 60 ms" is said of ours, "at most 5x a std::map" of the ratio
NOTE = "Medians. Only ratios carry over to another machine; the times say how it feels on this one."


def table(rows: Sequence[Row], left_out: Sequence[str] = ()) -> str:
    """The rows under each other, one line each, and below them what was left out and why."""
    lines = [HEADER, *map(_cells, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    laid = ("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines)
    return "\n".join([*laid, "", *(f"Left out: {why}." for why in left_out), NOTE])


def as_json(rows: Sequence[Row], left_out: Sequence[str] = ()) -> str:
    """What results.json holds: the Python, the cores, the rows, and what was left out."""
    found = {"python": platform.python_version(), "cores": os.cpu_count(), "rows": [row.form() for row in rows],
             "left_out": list(left_out)}
    return json.dumps(found, indent=1) + "\n"


def met(row: Row) -> str:
    """Whether the row's goal is met: "yes" or "missed"; "-" where it has none, or has nothing to be measured by."""
    goal = GOAL.match(row.goal or "")
    measured = row.ratio if goal and goal[2] else row.ours
    if not goal or measured is None:
        return "-"
    return "yes" if measured <= float(goal[1]) else "missed"


def _cells(row: Row) -> tuple[str, ...]:
    other = f"{_short(row.other)} {row.unit}" if row.other is not None else "-"
    ratio = f"{_short(row.ratio)}x" if row.ratio is not None else "-"
    return row.what, f"{_short(row.ours)} {row.unit}", other, ratio, row.goal or "-", met(row)


def _short(number: float) -> str:
    """Three figures: 0.0123, 1.23, 12.3, 123."""
    return f"{number:.3g}" if number < 1000 else f"{number:.0f}"
