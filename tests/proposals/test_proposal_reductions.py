# SPDX-License-Identifier: GPL-2.0-only
"""What a search leaves out can't matter: a shape stands for all its cases, a reduced search for the plain one."""
from __future__ import annotations

import pytest
from proposal_reading import case_of

from numakit.locking import PLAIN, Reductions, explore
from numakit.proposals.cases import cases, one_of_each_shape, shape
from numakit.proposals.designs import DESIGNS
from numakit.proposals.verdicts import judge


def ranks(told):
    return {name: finding.rank for name, (_, finding) in told.findings.items()}


def test_a_shape_is_the_order_of_the_bounds_and_the_pages_place_among_them():
    # [1, 2) and [3, 4) with the fault on page 0, or on 2: before the first, between the two; 1 and 4 are others again.
    shapes = [shape(case_of(f"middle:{page}:1-2:3-4")) for page in range(5)]
    assert len(set(shapes)) == 5
    # In [1, 3) of [1, 3) and [1, 3), page 1 and page 2 are alike.
    assert shape(case_of("middle:1:1-3:1-3")) == shape(case_of("middle:2:1-3:1-3"))
    # Whichever setter has which range.
    assert shape(case_of("all:0:1-2:1-4")) != shape(case_of("all:0:1-4:2-3"))


def test_every_case_has_its_shape_among_the_firsts():
    # 21 pairs of ranges x 5 pages; 120 x 5.
    assert [len(cases(scenario)) for scenario in ("middle", "failing", "all")] == [105, 105, 600]
    for scenario in ("middle", "failing", "all"):
        firsts = one_of_each_shape(cases(scenario))
        assert {shape(case) for case in firsts} == {shape(case) for case in cases(scenario)}
        assert len({shape(case) for case in firsts}) == len(firsts)


@pytest.mark.parametrize(("design", "scenario", "every"), [
    ("spinlock", "all", 41), ("retry_order_mended", "middle", 13), ("range_lookup_ignored", "all", 41)])
def test_each_case_finds_what_the_first_of_its_shape_finds_with_as_many_switches_and_steps(design, scenario, every):
    firsts = {shape(case): case for case in one_of_each_shape(cases(scenario))}
    others = [case for case in cases(scenario) if case not in firsts.values()][::every]
    assert len(others) > 5
    libraries, first = {}, {}
    for case in others:
        key = shape(case)
        if key not in first:
            first[key] = judge(DESIGNS[design], [firsts[key]], libraries)
        told = judge(DESIGNS[design], [case], libraries)
        assert (ranks(told), told.states) == (ranks(first[key]), first[key].states), case


@pytest.mark.parametrize(("design", "scenario"), [("retry_as_merged", "middle"), ("mutex", "middle")])
def test_all_cases_of_a_scenario_find_what_one_of_each_shape_finds(design, scenario):
    # Without reclaim and without the empty test the paths are shorter, and the cases as many.
    firsts = one_of_each_shape(every := cases(scenario, reclaim=False, empty_test=False))
    assert len(firsts) < len(every) / 3
    assert ranks(judge(DESIGNS[design], every)) == ranks(judge(DESIGNS[design], firsts))


REDUCTIONS = {"merge": Reductions(True, False, False), "local_steps": Reductions(False, True, False),
              "twins": Reductions(True, False, True), "usual": Reductions(), "all": Reductions(twins=True)}


@pytest.fixture(scope="module")
def plain():
    done = {}

    def of(design, case):
        if (design, case) not in done:
            done[design, case] = explore(case_of(case).scene(DESIGNS[design]), reductions=PLAIN)
        return done[design, case]
    return of


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize(("design", "case"), [
    ("spinlock", "all-no-reclaim:0:0-3:1-2"), ("mutex", "all:0:0-1:0-5"), ("mutex_and_spinlock", "all:1:0-2:1-5"),
    ("drop_ptl_retake_unchecked", "middle-no-reclaim:0:1-2:1-2"), ("retry_order_mended", "all-no-reclaim:2:1-2:1-2"),
    ("retry_split_mended", "all-no-reclaim:0:1-2:1-2"), ("range_lookup_unreferenced", "all:0:0-5:0-5"),
    ("mutex", "failing-no-reclaim:0:1-2:1-2")])
def test_a_reduced_search_finds_what_the_plain_one_finds(design, case, reduction, plain):
    whole = plain(design, case)
    told = explore(case_of(case).scene(DESIGNS[design]), reductions=REDUCTIONS[reduction])
    assert told.complete and whole.complete
    assert {name: one.rank for name, one in told.findings.items()} == {
        name: one.rank for name, one in whole.findings.items()}
    assert told.states <= whole.states
    if not REDUCTIONS[reduction].twins:  # of two outcomes that are mirror images it keeps one
        assert told.outcomes == whole.outcomes


def test_twins_keep_one_of_two_outcomes_that_are_mirror_images():
    scene = case_of("all:0:0-5:0-5").scene(DESIGNS["retry"])
    assert explore(scene, reductions=REDUCTIONS["all"]).outcomes < explore(scene).outcomes
