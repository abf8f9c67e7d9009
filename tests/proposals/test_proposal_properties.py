# SPDX-License-Identifier: GPL-2.0-only
"""The fifteen properties, each by a schedule counted by hand that breaks it, and one close to it that does not.

A fault on the mutex's tree is F: 1 read pte, 2 lock PTL, 3 read pte, 4 clear the hint, 5 pin, 6 is the tree empty?,
7 mutex_lock, 8 look up, 9 mutex_unlock, 10 use, 11 put the policy, 12 unlock PTL, 13 put the page.
A setter begins with two allocations (node, policy) and its lock, step 3; 4 is its sp_lookup.
"""
from __future__ import annotations

from dataclasses import dataclass

import pytest
from proposal_reading import broken_by, played, searched

from numakit.errors import BadSchedule
from numakit.proposals import file
from numakit.proposals.properties import PROPERTIES
from numakit.proposals.schedule import read_schedule
from numakit.proposals.tables import timeline


@dataclass(frozen=True, slots=True)
class Counted:
    """breaks: the shortest schedule of its case that breaks the property; says: who, what, and to what; keeps: a
    schedule close to it that doesn't break it."""

    name: str
    breaks: str
    switches: int
    steps: int
    says: tuple[str, ...]
    keeps: str


COUNTED = [
    # F's 7th step is mutex_lock, with the PTL held since its 2nd. With the spinlock the same step is no sleep.
    Counted("sleep_in_atomic", "mutex:middle:0:1-2:1-2:F7", 0, 7, ("F", "mutex_lock(sp->mutex)", "PTL"),
            "retry:middle:0:1-2:1-2:F13"),
    # A's 3rd step takes the mutex, then the same 7 of F: 10. Kept: A runs to its end (10: 2 allocations, lock, look up,
    # 2 for the tail, trim, 2 inserts, unlock), the mutex is free: F might sleep, but would not.
    Counted("would_block_in_atomic", "mutex:middle:0:1-2:1-2:A3F7", 1, 10, ("F", "A", "sp->mutex", "PTL"),
            "mutex:middle:0:1-2:1-2:A10F7"),
    # F reads the pte and looks up without a reference (empty?, lock, look up, unlock): 5. A sets the whole file: 2
    # allocations, lock, look up, and in its 5th step frees O2 and its policy O1. F: lock PTL, pte, clear, pin, use: 5.
    Counted("use_after_free", "range_lookup_unreferenced:all:0:0-5:0-5:F5A5F5", 2, 15, ("F", "O1", "freed"),
            "range_lookup:all:0:0-5:0-5:F5A5F5"),
    # A alone: 2 allocations, lock, look up, unlock: 5; the spare: 2; lock, look up, and the tail goes in before the
    # trim: 10. Kept: trimmed first, and done in 13.
    Counted("sp_insert_bug", "retry_as_merged:middle:0:1-2:1-2:A10", 0, 10, ("A", "[5, 2)", "[0, 5)", "BUG"),
            "retry:middle:0:1-2:1-2:A13"),
    # 9 as above, trim, insert the reversed tail, insert A's own, unlock: 13; there the ranges are judged.
    Counted("bad_ranges", "retry_order_mended:middle:0:1-2:1-2:A13", 0, 13, ("A", "[5, 2)"),
            "retry_order_mended:middle:0:1-2:1-2:A12"),
    # B wants [1, 2): 2 allocations, lock, look up, unlock; the node's end read: 5; tail: 2, copied from "old": 9.
    # A sets [0, 3): 2, lock, look up, trim, insert, unlock: 7. B: lock, look up, trim A's node to [0, 1), insert the
    # tail as it was, [2, 5) old, insert, unlock: 6. Page 2 is old, though A has set it. Kept: A first, then B alone.
    Counted("not_serializable", "spinlock:all:0:0-3:1-2:B9A7B6", 2, 22, ("B", "A B old", "A then B", "B then A"),
            "spinlock:all:0:0-3:1-2:A7B15"),
    # B sets the whole file: 2, lock, look up, erase the only node: 5. F's 6th step sees an empty tree: NULL for a page
    # that had a policy all the time. Kept: without that test F must wait for the mutex, a step later.
    Counted("lookup_not_linearizable", "mutex:all:0:0-1:0-5:B5F6", 1, 11, ("F", "NULL", "page 0", "B", "old"),
            "mutex:all-no-empty-test:0:0-1:0-5:B5F6"),
    # B wants [1, 2): 2, lock, look up, unlock, spare: 7. A sets [0, 1): 2, lock, look up, trim, insert, unlock: 7. Now
    # B needs no split: lock, look up, trim, insert, unlock, put the spare's policy (count 0: stays), free the node: 7.
    Counted("leak", "retry_split_mended:all:0:0-1:1-2:B7A7B7", 2, 21, ("B", "B4", "in no tree"),
            "retry:all:0:0-1:1-2:B7A7B7"),
    # F: pte, PTL, pte, clear, pin, unlock: 6; empty?, lock, look up, unlock, use, put: 12; and unlocks the PTL again.
    Counted("bad_unlock", "drop_ptl_flag_ignored:middle:0:1-2:1-2:F13", 0, 13, ("F", "spin_unlock(PTL)"),
            "drop_ptl:middle:0:1-2:1-2:F13"),
    # F: 6 steps, with the PTL. A: 2 allocations, mutex, look up, and the allocation of the tail enters reclaim, which
    # wants the PTL: 5. F wants the mutex. Kept: A's allocation does not reclaim.
    Counted("deadlock", "mutex:middle:0:1-2:1-2:F6A4Ar", 1, 11, ("A", "PTL", "F", "sp->mutex"),
            "mutex:middle:0:1-2:1-2:F6A5"),
    # F: pte, PTL, pte, pin, unlock: 5; empty?, lock, look up, unlock, use, put: 11. Z: lock, clear, unlock: 3. F: lock,
    # write what it made of the old entry: 2. Kept: the same order, and F compares.
    Counted("stale_pte", "drop_ptl_retake_unchecked:middle:0:1-2:1-2:F11Z3F2", 2, 16, ("F", "present", "numa", "none"),
            "drop_ptl_retake_checked:middle:0:1-2:1-2:F11Z3F3"),
    # F: pte, PTL, pte, clear, unlock: 5, no pin. Z: lock, clear, unlock, put the last reference: 4. F: empty?, lock,
    # look up, unlock, use: 5. Kept: with the pin, one step more, F puts the last one itself.
    Counted("freed_page", "drop_ptl_unpinned:middle:0:1-2:1-2:F5Z4F5", 2, 14, ("F", "page", "no references"),
            "drop_ptl:middle:0:1-2:1-2:F6Z4F7"),
    # F: 9 steps, with its answer. A sets [0, 1): 2, lock, look up, trim, insert, unlock: 7, and returns. F uses: 17.
    # Kept: A is about to unlock; it has not returned.
    Counted("superseded_at_use", "retry:all:0:0-1:0-1:F9A7F1", 2, 17, ("F", "old", "page 0", "mbind"),
            "retry:all:0:0-1:0-1:F9A6F1"),
    # F: pte, empty?, lock, look up, unlock: 5. A as above: 7. F: PTL, pte, clear, pin, use: 5. Kept: F has the PTL
    # before A returns.
    Counted("superseded_before_lock", "range_lookup:all:0:0-1:0-1:F5A7F5", 2, 17, ("F", "old", "page 0", "PTL"),
            "range_lookup:all:0:0-1:0-1:F6A7F4"),
    # A sets [0, 1): 7. F asks for page 0 (pte, empty?, lock, look up, unlock: 5) and uses it for page 1 (PTL, pte,
    # clear, pin, use: 5). Kept: the range is heeded: unlock, put, ask again, use.
    Counted("outside_range", "range_lookup_ignored:all:1:0-1:0-1:A7F10", 1, 17, ("F", "A", "page 1", "[0, 1)"),
            "range_lookup:all:1:0-1:0-1:A7F20"),
]
counted = pytest.mark.parametrize("one", COUNTED, ids=lambda one: one.name)


def test_each_property_is_counted_by_hand():
    assert [one.name for one in COUNTED] == list(PROPERTIES)


@counted
def test_the_counted_schedule_breaks_it_with_its_last_step(one):
    trace = played(one.breaks)
    assert one.name in {found.name for found in trace.found_here()}
    assert one.name not in {found.name for row in trace.rows[:-1] for found in row.found}
    assert (trace.order.switches, len(trace.order)) == (one.switches, one.steps)


@counted
def test_no_schedule_of_its_case_is_shorter(one):
    schedule = read_schedule(one.breaks)
    found = searched(schedule.design, str(schedule.case))[one.name]
    assert (found.switches, found.steps) == (one.switches, one.steps)


@counted
def test_the_schedule_close_to_it_keeps_it(one):
    assert one.name not in broken_by(played(one.keeps))


@counted
def test_its_sentence_says_who_did_what_to_what(one):
    schedule = read_schedule(one.breaks)
    found = searched(schedule.design, str(schedule.case))[one.name]
    told = f"{found.order.turns[-1].task} {found.sentence}"
    assert all(word in told for word in one.says), told


@counted
def test_the_replay_ends_with_its_name_its_sentence_and_why_it_matters(one):
    text = timeline(read_schedule(one.breaks))
    told = text[text.index(f"\n{one.name}: "):]
    assert told.startswith(f"\n{one.name}: {read_schedule(one.breaks).order.turns[-1].task} ")
    assert all(word in told for word in one.says), told
    assert PROPERTIES[one.name].because in " ".join(told.split())


@counted
def test_a_path_ends_with_it_if_its_property_says_so(one):
    assert played(one.breaks).over == PROPERTIES[one.name].ends


def test_two_setters_overlapping_in_time_may_come_in_either_order():
    # Both want [1, 2) and have begun before either is done: "A" or "B" on page 1 is right, and each can come out. The
    # first needs 10 steps, the second 7: 2 allocations, lock, look up, erase, insert, unlock.
    for last, schedule in (("B", "mutex:middle:0:1-2:1-2:A2B2A8B5"), ("A", "mutex:middle:0:1-2:1-2:A2B10A5")):
        trace = played(schedule)
        assert trace.ended("A") and trace.ended("B")
        assert not broken_by(trace)
        assert f"[1, 2) {last}" in timeline(read_schedule(schedule))


def test_a_setter_that_returned_before_another_began_must_come_first():
    # A in full, then B in full, on the same page: "A" there would be wrong. A right design leaves B's.
    trace = played("mutex:middle:0:1-2:1-2:A10B7")
    assert trace.ended("B") and not broken_by(trace)
    assert [str(node.value) for node in tree(trace)] == ["old", "B", "old"]


def test_a_lookup_may_tell_the_policy_of_any_moment_between_its_start_and_end():
    # F starts to ask (6 steps), A sets page 0 meanwhile and returns (7), F is told "A" (7-9): right, not superseded.
    # F was told "old" (9 steps) and A returns only then: right as well, but superseded at its use.
    assert not broken_by(played("retry:all:0:0-1:0-1:F6A7F7"))
    assert broken_by(played("retry:all:0:0-1:0-1:F9A7F4")) == {"superseded_at_use"}


def test_a_page_that_is_mapped_without_a_reference_is_a_leak():
    # As for stale_pte, but Z puts its page too (4); F writes the entry back, unlocks, and puts its own reference (4).
    trace = played("drop_ptl_retake_unchecked:middle:0:1-2:1-2:F11Z4F4")
    assert [(one.name, "0 references" in one.sentence) for one in trace.found_here()] == [("leak", True)]
    assert not broken_by(played("drop_ptl_retake_checked:middle:0:1-2:1-2:F11Z4F4"))


def test_a_failed_mbind_supersedes_nothing_and_counts_in_no_order():
    # A's first allocation fails: it returns after one step, and the file is as before.
    trace = played("retry:failing:1:1-2:1-2:F9AxF4")
    assert trace.ended("A") and trace.ended("F") and not broken_by(trace)


def test_what_follows_a_freed_object_does_not_count():
    with pytest.raises(BadSchedule, match="step 16 of the schedule is F's, but the path is over"):
        played("range_lookup_unreferenced:all:0:0-5:0-5:F5A5F6")


def tree(trace):
    return [file.read_node(trace.world, name) for name in file.tree_of(trace.world)]
