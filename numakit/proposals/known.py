# SPDX-License-Identifier: GPL-2.0-only
"""The verdicts on all designs, searched once and stored: a search of all takes a minute or two, too long for a cell.

`python -m numakit.proposals.known` searches everything anew and writes data/verdicts.json (`make verdicts`). Only what
is violated is stored; of a search that came to its end all else holds. The tests hold it against the searches.
"""
from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from numakit.errors import BadSchedule
from numakit.proposals.cases import scenario_named
from numakit.proposals.designs import DESIGNS, design_named
from numakit.proposals.properties import PROPERTIES
from numakit.proposals.verdicts import Question, Row, rows, verdicts

FILE = Path(__file__).parent / "data" / "verdicts.json"
WITHOUT = "-no-empty-test"
"""Behind a scenario's name: lookups don't ask without a lock if the tree is empty. As schedules say it."""
KNOWN = ("middle", "all", f"all{WITHOUT}", "failing")
"""What was searched, with reclaim."""


def known_verdicts(scenario: str = "middle", designs: Iterable[str] = tuple(DESIGNS)) -> list[Row]:
    """The stored rows of some designs in a scenario, all fifteen properties each; seconds are not stored, and 0. Raises
    BadSchedule for a scenario or a design that is not among them."""
    if scenario not in KNOWN:
        raise BadSchedule(f"no verdicts are stored of {scenario!r}; {', '.join(KNOWN)} would do")
    return [row for name in designs for row in _read(scenario, design_named(name).name)]


def searched_anew(scenario: str, design: str) -> list[Row]:
    """The same rows of one design by a search made now, some seconds; seconds are left at 0."""
    return [replace(row, scenario=scenario, seconds=0.0) for row in rows(_question(scenario, design))]


def written(some: Sequence[Row]) -> str:
    """Rows of complete searches as the file has them, a line for each design and scenario."""
    if not all(row.complete for row in some):
        raise ValueError("a search that has not come to its end is not stored")
    parts = ",\n".join(f" {json.dumps(scenario)}: {{\n{_designs(scenario, some)}\n }}"
                       for scenario in dict.fromkeys(row.scenario for row in some))
    return f"{{\n{parts}\n}}\n"


def _designs(scenario: str, some: Sequence[Row]) -> str:
    names = dict.fromkeys(row.design for row in some)
    return ",\n".join(f"  {json.dumps(name)}: {json.dumps(_entry(scenario, name, some))}" for name in names)


def _entry(scenario: str, name: str, some: Sequence[Row]) -> dict[str, object]:
    own = [row for row in some if (row.scenario, row.design) == (scenario, name)]
    broken = {row.property: [row.switches, row.steps, row.schedule] for row in own if row.verdict == "violated"}
    return {"states": own[0].states, "violated": broken}


def _read(scenario: str, name: str) -> list[Row]:
    entry = _stored()[scenario][name]
    return [_row(scenario, name, entry, each) for each in PROPERTIES]


def _row(scenario: str, name: str, entry: dict[str, Any], broken: str) -> Row:
    verdict = "violated" if broken in entry["violated"] else "holds"
    switches, steps, schedule = entry["violated"].get(broken, (None, None, None))
    return Row(name, scenario, broken, verdict, switches, steps, schedule, entry["states"], True, 0.0)


@cache
def _stored() -> dict[str, dict[str, dict[str, Any]]]:
    stored: dict[str, dict[str, dict[str, Any]]] = json.loads(FILE.read_text(encoding="utf-8"))
    return stored


def _question(scenario: str, design: str) -> Question:
    own = scenario_named(scenario.removesuffix(WITHOUT))
    return Question(design, (own,), empty_test=not scenario.endswith(WITHOUT))


def main() -> None:
    """Search all anew, on all CPUs, and store what was found."""
    asked = [(scenario, name) for scenario in KNOWN for name in DESIGNS]
    told = verdicts(_question(scenario, name) for scenario, name in asked)
    found = [replace(row, scenario=scenario) for (scenario, _), some in zip(asked, told, strict=True) for row in some]
    FILE.write_text(written(found), encoding="utf-8")
    print(f"{FILE.name}: {len(DESIGNS)} designs, {len(KNOWN)} scenarios, {sum(r.verdict == 'violated' for r in found)} "
          f"violations of {len(found)} verdicts")


if __name__ == "__main__":
    main()
