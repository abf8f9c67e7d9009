# SPDX-License-Identifier: GPL-2.0-only
"""The stored verdicts: what the table typed in says, what their schedules show, what a search made now gives."""
from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from expected_verdicts import expected

from numakit.errors import BadSchedule
from numakit.proposals import known
from numakit.proposals.designs import DESIGNS
from numakit.proposals.known import KNOWN, WITHOUT, known_verdicts, searched_anew, written
from numakit.proposals.properties import PROPERTIES
from numakit.proposals.schedule import read_schedule

STORED = [row for scenario in KNOWN for row in known_verdicts(scenario)]
VIOLATED = [row for row in STORED if row.verdict == "violated"]


@pytest.mark.parametrize("scenario", KNOWN)
@pytest.mark.parametrize("design", DESIGNS)
def test_the_stored_switches_are_those_of_the_typed_table(design, scenario):
    said = expected(design, scenario.removesuffix(WITHOUT), empty_test=not scenario.endswith(WITHOUT))
    rows = known_verdicts(scenario, [design])
    assert [row.property for row in rows] == list(PROPERTIES)
    assert {row.property: row.switches for row in rows if row.verdict == "violated"} == said
    assert all(row.verdict == "holds" and row.schedule is row.steps is row.switches is None
               for row in rows if row.property not in said)


def test_every_row_is_of_a_complete_search_of_its_scenario():
    assert len(STORED) == len(KNOWN) * len(DESIGNS) * len(PROPERTIES)
    assert all(row.complete and row.states > 10_000 and row.seconds == 0 for row in STORED)


def test_each_stored_schedule_ends_in_its_finding_with_as_many_switches_and_steps():
    for row in VIOLATED:
        schedule = read_schedule(str(row.schedule))
        trace = schedule.trace()
        assert row.property in {found.name for found in trace.found_here()}, row
        assert (schedule.order.switches, len(schedule.order)) == (row.switches, row.steps), row
        assert (schedule.design.name, str(schedule.case).split(":")[0]) == (row.design, row.scenario)


@pytest.mark.parametrize(("scenario", "design"), [("failing", "mutex"), (f"all{WITHOUT}", "mutex_and_spinlock")])
def test_a_search_made_now_gives_the_stored_rows_whole(scenario, design):
    assert searched_anew(scenario, design) == known_verdicts(scenario, [design])


def test_what_is_read_is_written_again_byte_for_byte():
    assert written(STORED) == known.FILE.read_text(encoding="utf-8")


def test_the_file_lies_in_the_package_and_is_small():
    assert known.FILE.parent == Path(known.__file__).parent / "data"
    assert known.FILE.stat().st_size < 50_000
    assert set(json.loads(known.FILE.read_text(encoding="utf-8"))) == set(KNOWN)


def test_an_incomplete_search_is_not_stored():
    with pytest.raises(ValueError, match="not come to its end"):
        written([replace(STORED[0], complete=False)])


def test_what_is_not_stored_is_refused_with_what_would_do():
    with pytest.raises(BadSchedule, match="middle, all, all-no-empty-test, failing would do"):
        known_verdicts("first")
    with pytest.raises(BadSchedule, match="is no design"):
        known_verdicts("middle", ["semaphore"])
