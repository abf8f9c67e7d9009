# SPDX-License-Identifier: GPL-2.0-only
"""Writes the tables of docs/teaching.md from what the lessons say of themselves: minutes, needs, exercises.

`python tools/timetable.py` puts them between the page's marks.
"""
from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "teaching.md"
SHORT = 20  # minutes: what a lesson takes where only its core is shown

LUNCH = 60

# What is taught in turn: a lesson, "whole" or "core"; or a pause and its minutes.
Entry = tuple[str, str] | tuple[str, int]
MORNING: tuple[Entry, ...] = (
    ("00", "whole"), ("01", "whole"), ("02", "whole"), ("pause", 15), ("03", "whole"), ("05", "whole"),
)
AFTERNOON: tuple[Entry, ...] = (
    ("04", "core"), ("06", "whole"), ("pause", 15), ("07", "whole"), ("08", "core"), ("pause", 10), ("11", "whole"),
)


@dataclass(frozen=True)
class Lesson:
    """What a lesson says of itself."""

    path: Path
    title: str
    needs: tuple[str, ...]
    reading: int
    exercises: int
    count: int

    @property
    def link(self) -> str:
        """Its number and name, linked from a page in docs/."""
        return f"[{self.path.name[:2]} {self.title.partition(':')[0]}](../notebooks/{self.path.name})"


@cache
def lessons() -> dict[str, Lesson]:
    """Number -> lesson."""
    return {path.name[:2]: lesson(path) for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}


def lesson(path: Path) -> Lesson:
    """The lesson of this notebook, by its metadata and its exercises."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    own = notebook["metadata"]["numakit"]
    prose = "\n".join("".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "markdown")
    count = len(set(re.findall(rf"\*\*Exercise ({path.name[:2]}-\d+)", prose)))
    minutes = own["minutes"]
    return Lesson(path, own["title"], tuple(own["needs"]), minutes["reading"], minutes["exercises"], count)


def taken(name: str, how: str | int) -> int:
    """The minutes of one entry of a plan."""
    if isinstance(how, int):
        return how
    return SHORT if how == "core" else lessons()[name].reading + lessons()[name].exercises


def together(plan: tuple[Entry, ...]) -> int:
    """The minutes of a whole plan."""
    return sum(taken(*entry) for entry in plan)


def rows(plan: tuple[Entry, ...], now: int) -> Iterator[str]:
    """A plan's rows, from this minute of the day on, and its end."""
    for name, how in plan:
        what = f"{lessons()[name].link}{', its core' if how == 'core' else ''}" if name in lessons() else name
        yield f"| {now // 60}:{now % 60:02} | {what} | {taken(name, how)} |"
        now += taken(name, how)
    yield f"| {now // 60}:{now % 60:02} | end | |"


def overview() -> str:
    """The table of all lessons, and the minutes of the whole kit."""
    lines = ["| lesson | needs | reading | exercises | together |", "|---|---|---|---|---|"]
    for each in lessons().values():
        needs = ", ".join(each.needs) or "nothing"
        lines.append(f"| {each.link} | {needs} | {each.reading} | {each.exercises} ({each.count}) |"
                     f" {each.reading + each.exercises} |")
    whole = sum(each.reading + each.exercises for each in lessons().values())
    return "\n".join([*lines, "", f"All of it: {whole // 60} hours {whole % 60} minutes."])


def tables() -> dict[str, str]:
    """The tables by the name of their mark."""
    head, nine = ["| at | what | minutes |", "|---|---|---|"], 9 * 60
    after_lunch = nine + together(MORNING) + LUNCH
    return {"lessons": overview(), "morning": "\n".join([*head, *rows(MORNING, nine)]),
            "afternoon": "\n".join([*head, *rows(AFTERNOON, after_lunch)])}


def filled(page: str) -> str:
    """The page with its tables made anew."""
    for name, text in tables().items():
        begin, end = f"<!-- {name}: made by tools/timetable.py -->", f"<!-- end of {name} -->"
        head, _, rest = page.partition(begin)
        page = f"{head}{begin}\n\n{text}\n\n{end}{rest.partition(end)[2]}"
    return page


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
