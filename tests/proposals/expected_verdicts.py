# SPDX-License-Identifier: GPL-2.0-only
"""Which properties each design violates, with the fewest context switches of a violating schedule.

A second checker, a program of its own in another language, made from the same definitions and sources and without this
code, gave the same verdicts and the same switches for all designs, properties and scenarios, with and without reclaim,
with and without the empty test. Its steps are cut a little otherwise, so that steps are not compared.
"""
from __future__ import annotations

MIDDLE = """
spinlock: sp_insert_bug 2, bad_ranges 2, not_serializable 2, lookup_not_linearizable 3, superseded_at_use 2
mutex: sleep_in_atomic 0, would_block_in_atomic 1, deadlock 1, superseded_at_use 2
mutex_and_spinlock: lookup_not_linearizable 1, superseded_at_use 2
mutex_and_spinlock_repaired: superseded_at_use 2
drop_ptl: superseded_at_use 2
drop_ptl_huge_path: sleep_in_atomic 0, would_block_in_atomic 1, deadlock 1, superseded_at_use 2
drop_ptl_retake_checked: superseded_at_use 2
drop_ptl_retake_unchecked: leak 2, stale_pte 2, superseded_at_use 2
drop_ptl_flag_ignored: bad_unlock 0, superseded_at_use 2
drop_ptl_unpinned: freed_page 2, superseded_at_use 2
retry_as_merged: sp_insert_bug 0
retry_order_mended: sp_insert_bug 1, bad_ranges 0, not_serializable 0, lookup_not_linearizable 1, leak 2,
    superseded_at_use 2
retry_split_mended: leak 2, superseded_at_use 2
retry: superseded_at_use 2
range_lookup: superseded_at_use 2, superseded_before_lock 2
range_lookup_ignored: superseded_at_use 2, superseded_before_lock 2, outside_range 1
range_lookup_unreferenced: use_after_free 3, superseded_at_use 2, superseded_before_lock 2
"""

ALL = """
spinlock: use_after_free 2, sp_insert_bug 2, bad_ranges 2, not_serializable 2, lookup_not_linearizable 1,
    superseded_at_use 2
mutex: sleep_in_atomic 0, would_block_in_atomic 1, lookup_not_linearizable 1, deadlock 1, superseded_at_use 2
mutex_and_spinlock: lookup_not_linearizable 1, superseded_at_use 2
mutex_and_spinlock_repaired: lookup_not_linearizable 1, superseded_at_use 2
drop_ptl: lookup_not_linearizable 1, superseded_at_use 2
drop_ptl_huge_path: sleep_in_atomic 0, would_block_in_atomic 1, lookup_not_linearizable 1, deadlock 1,
    superseded_at_use 2
drop_ptl_retake_checked: lookup_not_linearizable 1, superseded_at_use 2
drop_ptl_retake_unchecked: lookup_not_linearizable 1, superseded_at_use 2
drop_ptl_flag_ignored: lookup_not_linearizable 1, bad_unlock 0, superseded_at_use 2
drop_ptl_unpinned: lookup_not_linearizable 1, superseded_at_use 2
retry_as_merged: sp_insert_bug 0, lookup_not_linearizable 1, leak 2, superseded_at_use 2
retry_order_mended: sp_insert_bug 1, bad_ranges 0, not_serializable 0, lookup_not_linearizable 1, leak 2,
    superseded_at_use 2
retry_split_mended: lookup_not_linearizable 1, leak 2, superseded_at_use 2
retry: lookup_not_linearizable 1, superseded_at_use 2
range_lookup: lookup_not_linearizable 1, superseded_at_use 2, superseded_before_lock 2
range_lookup_ignored: lookup_not_linearizable 1, superseded_at_use 2, superseded_before_lock 2, outside_range 1
range_lookup_unreferenced: use_after_free 2, lookup_not_linearizable 1, superseded_at_use 2, superseded_before_lock 2
"""

NEEDS_THE_ZAPPER = {"freed_page", "stale_pte"}
"""Nobody else takes the page away."""
STALE_LEAKS = "drop_ptl_retake_unchecked"
"""Its leak is of the page whose entry came back: without the zapper there is none."""
NEEDS_RECLAIM = {"deadlock"}
"""Somebody who holds the tree's lock wants the page table's: an allocation that reclaims."""
NULL_WITHOUT_THE_EMPTY_TEST = {"spinlock": 3, "mutex_and_spinlock": 1, "retry_order_mended": 1}
"""In `all` every lookup can see the tree empty for a moment; these answer wrongly without that test as well."""


def table(text):
    """Design -> property -> switches."""
    said = {}
    for part in text.replace("\n   ", "").strip().splitlines():
        design, broken = part.split(":")
        said[design] = {name: int(switches) for name, switches in map(str.split, broken.split(","))}
    return said


def expected(design, scenario, reclaim=True, empty_test=True):
    """Property -> switches of what a design violates."""
    said = table(ALL if scenario == "all" else MIDDLE)[design]
    if scenario == "failing":
        said = {name: n for name, n in said.items() if name not in NEEDS_THE_ZAPPER}
        if design == STALE_LEAKS:
            del said["leak"]
    if not reclaim:
        said = {name: n for name, n in said.items() if name not in NEEDS_RECLAIM}
    if not empty_test and scenario == "all":
        said.pop("lookup_not_linearizable")
        if design in NULL_WITHOUT_THE_EMPTY_TEST:
            said["lookup_not_linearizable"] = NULL_WITHOUT_THE_EMPTY_TEST[design]
    return said
