# SPDX-License-Identifier: GPL-2.0-only
"""C1, C3, C4, C6 and C11, of lessons 09 and 10: mutex and spinlock, and the page-table lock released."""
import pytest

from numakit.kernel import V3_8
from numakit.machine import Machine
from numakit.proposals import DESIGNS
from numakit.proposals.cases import Case
from numakit.proposals.costs import fault_costs, split_costs, whole_costs
from numakit.proposals.verdicts import judge
from numakit.thp import collapse
from numakit.tmpfs import Mount
from numakit.topology import recorded4
from numakit.vma import AddressSpace

# Equal ranges; two splits of one range, with the fault in front of both, and behind the first.
FEW = [Case("middle", 1, (1, 2), (1, 2)), Case("middle", 0, (1, 2), (3, 4)), Case("middle", 3, (1, 2), (3, 4))]
EVERYBODYS = "superseded_at_use"


def violated(design):
    """What a design violates in the few cases, but for what no design is free of."""
    told = judge(DESIGNS[design], FEW)
    assert told.complete and EVERYBODYS in told.findings
    return set(told.findings) - {EVERYBODYS}


def takes(cost):
    return cost.spinlocks, cost.mutexes


# C1: what two locks cost

def test_c1_a_fault_pays_nothing_for_the_second_lock_and_a_replace_one_take_or_two():
    both, one = DESIGNS["mutex_and_spinlock"], DESIGNS["retry"]
    assert fault_costs(both) == fault_costs(one)
    assert takes(fault_costs(both)) == (1, 0)
    assert [takes(cost(both)) for cost in (split_costs, whole_costs)] == [(2, 1), (2, 1)]
    assert [takes(cost(one)) for cost in (split_costs, whole_costs)] == [(2, 0), (1, 0)]


# C11: what the two locks mend, and what they break

def test_c11_the_two_locks_mend_all_that_the_mutex_violates_and_let_a_reader_see_a_half_done_tree():
    assert violated("mutex") == {"sleep_in_atomic", "would_block_in_atomic", "deadlock"}
    assert violated("mutex_and_spinlock") == {"lookup_not_linearizable"}
    assert violated("mutex_and_spinlock_repaired") == set()


# C3, C4: conditional locking

def test_c4_the_conditional_release_as_posted_violates_nothing():
    assert violated("drop_ptl") == set()


@pytest.mark.parametrize(("design", "broken"), [
    ("drop_ptl_huge_path", "sleep_in_atomic"), ("drop_ptl_flag_ignored", "bad_unlock"),
    ("drop_ptl_retake_unchecked", "stale_pte"), ("drop_ptl_unpinned", "freed_page")])
def test_c3_each_slip_of_a_caller_breaks_a_rule_of_its_own(design, broken):
    rules = {"sleep_in_atomic", "bad_unlock", "stale_pte", "freed_page"}
    assert violated(design) & rules == {broken}


def test_c3_the_slip_of_not_looking_again_is_mended_by_looking():
    assert violated("drop_ptl_retake_checked") == set()


# C6: the huge path

def test_c6_the_huge_path_would_sleep_under_the_lock_if_it_could_ask_a_file():
    assert violated("drop_ptl_huge_path") == {"sleep_in_atomic", "would_block_in_atomic", "deadlock"}


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("madvised", [False, True])
def test_c6_no_mapping_of_tmpfs_has_huge_pages_on_v3_8(shared, madvised):
    tmp = Mount.new("/tmp", "mpol=local", Machine(recorded4(), V3_8)).create("f", pages=1024)
    assert not collapse(AddressSpace().mmap(tmp["f"], shared=shared).newest, madvised).possible
    assert collapse(AddressSpace().mmap(pages=1024, shared=False).newest, madvised=True).possible
