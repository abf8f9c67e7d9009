# SPDX-License-Identifier: GPL-2.0-only
"""C5, C12 and C13, of lessons 11 and 12: drop, allocate, retry; and asking before the lock."""
from __future__ import annotations

from functools import cache

from numakit.locking import explore
from numakit.mempolicy import Mempolicy, Mode
from numakit.proposals import DESIGNS, Case
from numakit.proposals.costs import fault_costs, split_costs
from numakit.shared_policy import SharedPolicy

# Equal ranges; two splits of one range; memory that may be out; the whole file, with no unlocked look at the tree.
CASES = (Case("middle", 1, (1, 2), (1, 2)), Case("middle", 3, (1, 2), (3, 4)), Case("failing", 1, (1, 2), (1, 3)),
         Case("all", 0, (0, 1), (0, 5), empty_test=False))


@cache
def violated(name, cases=CASES):
    """The properties that a design violates in any of the cases; each search is complete."""
    results = [explore(case.scene(DESIGNS[name])) for case in cases]
    assert all(result.complete for result in results)
    return {found for result in results for found in result.findings}


# C5: drop the lock, allocate, take it again, see if it is still needed

def test_c5_the_idea_breaks_only_what_an_answer_used_late_breaks_and_costs_a_second_look_at_a_split():
    assert violated("retry") == {"superseded_at_use"}
    assert {"not_serializable", "sp_insert_bug"} <= violated("spinlock")
    assert {"sleep_in_atomic", "deadlock"} <= violated("mutex")
    once, twice = split_costs(DESIGNS["mutex"]), split_costs(DESIGNS["retry"])
    assert (once.mutexes, once.spinlocks, once.lookups) == (1, 0, 1)
    assert (twice.mutexes, twice.spinlocks, twice.lookups) == (0, 2, 2)
    assert once.allocations == twice.allocations
    assert (fault_costs(DESIGNS["retry"]).spinlocks, fault_costs(DESIGNS["retry"]).drops) == (1, 0)


def test_c5_as_it_was_merged_one_mbind_in_the_middle_hits_bug():
    finding = explore(CASES[0].scene(DESIGNS["retry_as_merged"])).findings["sp_insert_bug"]
    assert finding.switches == 0 and {turn.task for turn in finding.order.turns} == {"A"}


def test_c5_half_mended_two_neighbouring_mbinds_one_after_the_other_still_hit_bug():
    finding = explore(CASES[1].scene(DESIGNS["retry_order_mended"])).findings["sp_insert_bug"]
    assert finding.switches == 1 and "leak" in violated("retry_split_mended")


# C12: asked first, outside the page-table lock

def test_c12_who_asks_before_the_lock_neither_sleeps_in_it_nor_blocks_anybody():
    asked_inside, asked_before = violated("mutex"), violated("range_lookup")
    assert asked_inside - asked_before == {"sleep_in_atomic", "would_block_in_atomic", "deadlock"}
    assert asked_before - asked_inside == {"superseded_before_lock"}


def test_c12_only_a_hoist_can_use_what_was_replaced_before_the_lock():
    late = {name for name in DESIGNS if "superseded_before_lock" in violated(name, CASES[:1])}
    assert late == {"range_lookup", "range_lookup_ignored", "range_lookup_unreferenced"}


# C13: but efficiently only with the range

def test_c13_without_its_range_an_answer_is_used_for_other_pages_or_asked_for_at_each_page():
    assert "outside_range" in violated("range_lookup_ignored") - violated("range_lookup")
    finding = explore(CASES[0].scene(DESIGNS["range_lookup_ignored"])).findings["outside_range"]
    assert finding.switches == 1   # one task after the other: no race
    whole, one = SharedPolicy().replace(0, 512, Mempolicy(Mode.LOCAL)), Mempolicy(Mode.LOCAL)
    for file, with_range in ((SharedPolicy(), 1), (whole, 1), (whole.replace(128, 256, one), 3)):
        asked, page = 0, 0
        while page < 512:
            _, _, page = file.lookup_range(page)
            asked += 1
        assert asked == with_range
