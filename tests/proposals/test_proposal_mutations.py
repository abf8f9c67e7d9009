# SPDX-License-Identifier: GPL-2.0-only
"""Take one thing out of a good design: the property that is there to find it must speak, and only then."""
from __future__ import annotations

import pytest
from broken_designs import BROKEN, PUT_TWICE, RETRY, WHOLE, policy_never_put
from proposal_reading import case_of, searched

from numakit.locking import replay
from numakit.proposals.design import Design
from numakit.proposals.properties import PROPERTIES

each = pytest.mark.parametrize("one", BROKEN, ids=lambda one: f"{one.finds}: {one.slip}")


def test_each_property_has_a_slip_that_makes_it_speak():
    assert {one.finds for one in BROKEN} == set(PROPERTIES)


@each
def test_the_slip_is_found(one):
    assert one.finds in searched(one.broken, one.case)


@each
def test_the_good_design_holds_in_the_same_case(one):
    assert one.finds not in searched(one.good, one.case)


@each
def test_the_slips_schedule_replayed_ends_in_it(one):
    finding = searched(one.broken, one.case)[one.finds]
    trace = replay(case_of(one.case).scene(one.broken), finding.order)
    goes_round = "goes round for ever" in finding.sentence  # no replay can show that
    assert goes_round or one.finds in {found.name for found in trace.found_here()}


def test_a_policy_that_is_put_once_too_often_is_a_finding():
    assert PUT_TWICE.finds in searched(PUT_TWICE.broken, PUT_TWICE.case)


def test_a_count_that_is_one_too_high_is_a_leak_though_the_tree_holds_the_policy():
    # F alone: pte, PTL, pte, clear, lock, look up, unlock, use, unlock: 9. The file's own policy is counted twice.
    leak = searched(Design("broken", RETRY.lookup, RETRY.replace, policy_never_put), WHOLE)["leak"]
    assert (leak.switches, leak.steps) == (0, 9)
    assert "O1" in leak.sentence
