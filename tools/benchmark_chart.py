# SPDX-License-Identifier: GPL-2.0-only
"""Draws docs/benchmarks.svg from benchmarks/results.json (`make chart`): each row's measure against its goal."""
from __future__ import annotations

import json
from math import log
from pathlib import Path
from typing import Any

from benchmarks.report import GOAL, met
from benchmarks.timing import Row
from numakit.show import palette
from numakit.show.drawing import Drawing, fitted, text_width

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results.json"
CHART = ROOT / "docs" / "benchmarks.svg"

WIDTH, TOP, HEIGHT, SMALL = 980, 132, 38, 11.0
SIGN, WHAT, MEASURED, GOAL_LINE = 34, 54, 560, 850
WHAT_WIDTH, MEASURED_WIDTH = MEASURED - WHAT - 12, 170
STEP = 24.0
"""Pixels for a factor of two."""

MOST = 16
"""Bars end at a 16th of the goal and at 16 times the goal."""

GOOD, BAD = palette.TONES["good"][1], palette.TONES["bad"][1]
TITLE = "How fast it is, beside how fast it is meant to be"


def rows_of(results: Path = RESULTS) -> list[Row]:
    """The rows of a file of results, as they were measured."""
    found: dict[str, Any] = json.loads(results.read_text(encoding="utf-8"))
    return [Row(row["what"], row["unit"], row["ours"], row["other"], row["goal"]) for row in found["rows"]]


def share(row: Row) -> float:
    """The measure divided by the goal: up to 1 it is met. Raises ValueError for a row that has none."""
    goal = GOAL.match(row.goal or "")
    measured = row.ratio if goal and goal[2] else row.ours
    if not goal or measured is None:
        raise ValueError(f"no goal to measure by: {row.what}")
    return measured / float(goal[1])


def along(part: float) -> float:
    """Where a share of the goal stands, in pixels from the goal's line: each factor of two is as wide as the others."""
    kept = min(max(part, 1 / MOST), MOST)
    return log(kept, 2) * STEP


def drawn(rows: list[Row]) -> str:
    """The chart as SVG; the same rows give the same bytes."""
    drawing = Drawing(WIDTH, TOP + HEIGHT * len(rows) + 16, TITLE, summary(rows))
    drawing.text(24, 34, TITLE, 17, weight=600)
    drawing.text(24, 58, summary(rows), fill=palette.SOFT)
    head(drawing, TOP + HEIGHT * len(rows))
    for place, row in enumerate(rows):
        line(drawing, TOP + HEIGHT * place, row)
    return str(drawing) + "\n"


def summary(rows: list[Row]) -> str:
    """How many goals are met, in a sentence."""
    said = [met(row) for row in rows]
    return (f"{said.count('yes')} goals met, {said.count('missed')} missed; {said.count('-')} rows have none. "
            "Bars to the left of the line: within the goal; to the right: beyond it.")


def head(drawing: Drawing, bottom: float) -> None:
    """What the signs mean, the scale, and the goal's line through all rows."""
    drawing.tick(SIGN, 84)
    drawing.text(WHAT, 89, "met")
    drawing.cross(SIGN + 70, 84)
    drawing.text(WHAT + 70, 89, "missed")
    drawing.text(MEASURED, 118, "measured", SMALL, palette.SOFT)
    drawing.text(GOAL_LINE, 100, "measured, for each one of the goal", SMALL, palette.SOFT, "middle")
    for power in range(-4, 5, 2):
        x = GOAL_LINE + power * STEP
        drawing.text(x, 118, f"1/{2 ** -power}" if power < 0 else str(2 ** power), SMALL, palette.SOFT, "middle")
        drawing.line(x, 124, x, bottom)
    drawing.line(GOAL_LINE, 124, GOAL_LINE, bottom, palette.INK, 2)


def line(drawing: Drawing, y: float, row: Row) -> None:
    """One row: the sign, what was measured, the numbers, the bar."""
    what, _, other = row.what.partition("; other: ")
    goal = row.goal or "no goal"
    under = f"beside {other}; {goal}" if other else goal
    drawing.text(WHAT, y + 15, fitted(what, WHAT_WIDTH))
    drawing.text(WHAT, y + 30, fitted(under, WHAT_WIDTH, SMALL), SMALL, palette.SOFT)
    for dy, text in zip((15, 30), numbers(row), strict=True):
        drawing.text(MEASURED, y + dy, fitted(text, MEASURED_WIDTH, SMALL), SMALL)
    if met(row) != "-":
        bar(drawing, y, share(row))


def bar(drawing: Drawing, y: float, part: float) -> None:
    """The sign, and a bar from the goal's line to the share of the goal, with its number at the end."""
    (drawing.tick if part <= 1 else drawing.cross)(SIGN, y + 15)
    end, colour = along(part), GOOD if part <= 1 else BAD
    drawing.rect(GOAL_LINE + min(end, 0), y + 8, max(abs(end), 2), 14, colour, rx=2)
    beyond, anchor = (-5, "end") if part <= 1 else (5, "start")
    x, number = GOAL_LINE + end + beyond, figures(part)
    width = text_width(number, SMALL)
    drawing.rect(x - width * (part <= 1), y + 8, width, 14, palette.PAPER)
    drawing.text(x, y + 19, number, SMALL, anchor=anchor)


def numbers(row: Row) -> tuple[str, str]:
    """Ours with its unit, and the other's with the ratio."""
    other = f"other {figures(row.other)}, ratio {figures(row.ratio)}x" if row.other and row.ratio is not None else ""
    return f"{figures(row.ours)} {row.unit}", other


def figures(number: float) -> str:
    """Two figures, or all before the point: 0.00012, 0.48, 4.1, 52."""
    if number >= 10:
        return f"{number:.0f}"
    return f"{number:.2g}" if number >= 0.0001 else "under 0.0001"


if __name__ == "__main__":
    CHART.write_text(drawn(rows_of()), encoding="utf-8")
