# SPDX-License-Identifier: GPL-2.0-only
"""The verdicts on the seventeen designs, against a table typed in; their schedules replayed; that nobody does nothing.

A whole scenario of a design takes seconds. So all designs are searched in the few cases below, which bring out each
violation with its fewest switches, and some designs in whole scenarios.
"""
from __future__ import annotations

import pytest
from expected_verdicts import expected
from proposal_reading import case_of

from numakit.locking import explore
from numakit.proposals import file
from numakit.proposals.cases import SCENARIOS
from numakit.proposals.designs import DESIGNS
from numakit.proposals.file import OLD
from numakit.proposals.properties import PROPERTIES
from numakit.proposals.schedule import Schedule, read_schedule
from numakit.proposals.tables import timeline
from numakit.proposals.verdicts import Question, judge, rows

# Equal ranges; two splits of one range, with the fault elsewhere and on a page that a stale tail takes.
FEW = ("1:1-2:1-2", "0:1-2:3-4", "3:1-2:3-4")
# Ranges from the file's edge; the whole file; a split inside what the other sets whole; two splits.
FEW_OF_ALL = ("0:0-1:0-1", "0:0-1:0-5", "0:0-3:1-2", "0:0-5:1-2", "0:0-1:1-2", "1:0-1:0-1", "0:1-2:3-4", "3:1-2:3-4")

each_design = pytest.mark.parametrize("design", DESIGNS)
each_scenario = pytest.mark.parametrize("scenario", SCENARIOS)


def judged(design, scenario, switches=""):
    few = FEW_OF_ALL if scenario == "all" else FEW
    return judge(DESIGNS[design], [case_of(f"{scenario}{switches}:{case}") for case in few])


def switches_of(told):
    assert told.complete
    return {name: finding.switches for name, (_, finding) in told.findings.items()}


@each_scenario
@each_design
def test_a_design_violates_just_what_the_table_says_and_each_schedule_read_and_played_ends_in_it(design, scenario):
    told = judged(design, scenario)
    assert switches_of(told) == expected(design, scenario)
    for name, (case, finding) in told.findings.items():
        text = str(Schedule(DESIGNS[design], case, finding.order))
        again = read_schedule(text)
        assert str(again) == text
        assert name in {one.name for one in again.trace().found_here()}
        assert f"\n{name}: {finding.order.turns[-1].task} {finding.sentence}" in timeline(again)


@pytest.mark.parametrize("scenario", ["middle", "all"])
@pytest.mark.parametrize("design", ["mutex", "drop_ptl_huge_path", "retry"])
def test_without_reclaim_there_is_no_deadlock_and_all_else_stays(design, scenario):
    assert switches_of(judged(design, scenario, "-no-reclaim")) == expected(design, scenario, reclaim=False)


@pytest.mark.parametrize("design", ["spinlock", "mutex", "mutex_and_spinlock", "mutex_and_spinlock_repaired",
                                    "retry_as_merged", "retry_order_mended", "retry", "range_lookup"])
def test_without_the_empty_test_only_lookups_under_two_locks_or_over_a_broken_tree_are_wrong(design):
    assert switches_of(judged(design, "all", "-no-empty-test")) == expected(design, "all", empty_test=False)


@pytest.mark.parametrize("design", ["spinlock", "mutex_and_spinlock", "retry"])
def test_in_the_middle_the_tree_is_never_empty_and_the_empty_test_does_not_matter(design):
    assert switches_of(judged(design, "middle", "-no-empty-test")) == expected(design, "middle", empty_test=False)


@pytest.mark.parametrize(("design", "scenario"), [("mutex", "all"), ("retry_as_merged", "failing")])
def test_a_whole_scenario_gives_the_table_and_schedules_that_say_it_all(design, scenario):
    said = rows(Question(design, (scenario,), reclaim=False))
    assert [row.property for row in said] == list(PROPERTIES)
    assert {row.property: row.switches for row in said if row.verdict == "violated"} == expected(
        design, scenario, reclaim=False)
    assert all(row.verdict == "holds" and row.schedule is None for row in said if row.switches is None)
    assert all(row.complete and row.states > 50_000 for row in said)
    for row in said:
        if row.schedule:
            trace = read_schedule(row.schedule).trace()
            assert row.property in {one.name for one in trace.found_here()}
            assert (trace.order.switches, len(trace.order)) == (row.switches, row.steps)


def pages_of(world):
    """Each page's policy in a world that is left."""
    nodes = [file.sp_lookup(world, page, page + 1) for page in range(file.PAGES)]
    return [node.value if node else None for node in nodes]


@each_scenario
@each_design
def test_no_design_holds_because_its_setters_change_nothing(design, scenario):
    # Each setter alone, and both: on every page that a setter sets, some end shows it. v3.8's own split in the middle
    # is the exception: there each setter's path ends in BUG().
    case = case_of(f"{scenario}:" + ("0:0-1:0-5" if scenario == "all" else "1:1-2:1-2"))
    ends = [pages_of(world) for world in explore(case.scene(DESIGNS[design])).outcomes]
    if design == "retry_as_merged" and scenario != "all":
        assert ends and all(pages == [OLD] * file.PAGES for pages in ends)
        return
    for name, pages in (("A", case.a), ("B", case.b)):
        assert any(end[pages[0]] == name for end in ends), name
