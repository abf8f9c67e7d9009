# SPDX-License-Identifier: GPL-2.0-only
"""The model's report of a function that sleeps where it must not, and the report of a real kernel beside it."""
from __future__ import annotations

import re
from pathlib import Path

import pytest

from numakit.errors import BadRecording, BadSchedule
from numakit.locking import Heap, Scene, World, begin, kmalloc, mutex_lock, replay, spin_lock
from numakit.locking.result import Order
from numakit.proposals.schedule import read_schedule
from numakit.proposals.splat import compared, splat
from numakit.recordings.splat import SASHA_LEVIN, call_chain, locks_held, recorded_splat

ALONE = "mutex:middle:0:1-2:1-2:F7"
SHARED = Path(__file__).resolve().parents[3] / "shared" / "kernel-recordings"


def reported(schedule):
    return splat(read_schedule(schedule))


def task_of_own():
    yield mutex_lock("outer")
    yield from takes_the_inner()


def takes_the_inner():
    yield spin_lock("inner")
    yield mutex_lock("another")


def allocates_under_a_lock():
    yield spin_lock("lock")
    yield from kmalloc("something")


# What the model prints

def test_the_report_has_the_kernels_parts_in_its_order():
    assert reported(ALONE).lines[:-1] == (
        "BUG: sleeping function called from invalid context at kernel/mutex.c",
        "in_atomic(): 1, name: F (hinting fault on page 0)",
        "1 lock held by F:",
        " #0:  (PTL), at: do_numa_page",
        "Call Trace:",
        " mutex_lock", " mpol_shared_policy_lookup", " get_vma_policy", " mpol_misplaced", " do_numa_page")


def test_its_last_line_says_what_is_left_out():
    last = str(reported(ALONE)).splitlines()[-1]
    assert all(word in last for word in ("line numbers", "addresses", "pids", "interrupts", "mmap_sem"))


def test_the_mutex_that_is_asked_for_is_not_among_the_locks_held():
    free, owned = reported(ALONE), reported("mutex:middle:0:1-2:1-2:A3F7")
    assert [held.lock for held in free.held] == ["PTL"]
    assert free == owned     # the report can't tell whether the task would have had to wait


def test_the_functions_are_those_of_the_designs_own_path():
    assert reported("drop_ptl_huge_path:middle:0:1-2:1-2:F6").chain[-1] == "do_huge_pmd_numa_page"


@pytest.mark.parametrize("step", range(1, 12))
def test_there_is_a_report_at_the_step_that_sleeps_and_at_no_other(step):
    schedule = f"mutex:middle:0:1-2:1-2:F{step}"
    if step == 7:
        assert reported(schedule)
    else:
        with pytest.raises(BadSchedule, match="mutex:middle:0:1-2:1-2:F7 would do"):
            reported(schedule)


def test_a_schedule_without_a_step_has_no_report():
    with pytest.raises(BadSchedule, match="'no steps'"):
        reported("mutex:middle:0:1-2:1-2:")


def test_a_trace_of_any_scene_will_do_and_each_lock_says_who_took_it():
    scene = Scene({"T": task_of_own}, World(outer=None, inner=None, another=None))
    told = splat(replay(scene, Order.read("T3")))
    assert [str(held) for held in told.held] == ["(outer), at: task_of_own", "(inner), at: takes_the_inner"]
    assert told.chain == ("mutex_lock", "takes_the_inner", "task_of_own")
    assert told.lines[1:3] == ("in_atomic(): 1, name: T", "2 locks held by T:")
    with pytest.raises(BadSchedule):
        splat(begin(scene))


def test_an_allocation_under_a_spinlock_is_reported_as_one():
    scene = Scene({"T": allocates_under_a_lock}, World(lock=None, heap=Heap()))
    told = splat(replay(scene, Order.read("T2")))
    assert told.at == "mm/ (an allocation with GFP_KERNEL)"
    assert [held.lock for held in told.held] == ["lock"]
    assert told.chain == ("kmalloc", "allocates_under_a_lock")


# What a real kernel printed

def test_the_recorded_report_is_in_the_package_as_it_came():
    lines = recorded_splat()
    assert len(lines) == 22
    assert lines[0] == "BUG: sleeping function called from invalid context at kernel/mutex.c:269"
    original = SHARED / "3.8-mutex" / "splat.txt"
    if original.exists():
        assert "\n".join(lines) == original.read_text().rstrip()


def test_frames_that_the_kernel_doubts_are_not_in_its_chain():
    assert call_chain(recorded_splat()) == (
        "__might_sleep.cold", "mutex_lock_nested", "mpol_shared_policy_lookup", "shmem_get_policy", "get_vma_policy",
        "mpol_misplaced", "numa_migrate_prep", "handle_mm_fault", "__do_page_fault", "do_page_fault", "page_fault")
    assert sum(" ? " in line for line in recorded_splat()) == 4


def test_the_recorded_report_says_which_locks_were_held_and_who_took_them():
    assert locks_held(recorded_splat()) == {
        "&mm->mmap_sem": "__do_page_fault", "&(&mm->page_table_lock)->rlock": "handle_mm_fault"}


def test_a_kernel_that_printed_none_is_named():
    with pytest.raises(BadRecording, match="6.12"):
        recorded_splat("6.12")


# One beside the other

@pytest.mark.parametrize("real", [call_chain(recorded_splat()), SASHA_LEVIN], ids=["recorded", "Sasha Levin"])
def test_the_models_chain_is_in_the_real_one_in_its_order_but_for_what_was_compiled_into_its_caller(real):
    beside = compared(reported(ALONE), real)
    assert beside.common == ("mutex_lock_nested", "mpol_shared_policy_lookup", "get_vma_policy", "mpol_misplaced")
    assert beside.only_model == ("do_numa_page",)


def test_the_two_real_chains_name_the_same_six_inner_functions():
    recorded = [name.partition(".")[0] for name in call_chain(recorded_splat())]
    assert recorded[:6] == list(SASHA_LEVIN[:6])


@pytest.mark.parametrize(("real", "common"), [
    ((), ()), (("x", "y"), ()), (("do_numa_page", "mutex_lock"), ("mutex_lock",)),
    (("mpol_misplaced", "x", "get_vma_policy", "mpol_misplaced"), ("get_vma_policy", "mpol_misplaced"))])
def test_functions_in_another_order_do_not_count(real, common):
    beside = compared(reported(ALONE), real)
    assert len(beside.common) == len(common)
    assert not common or beside.common[-1] in common


def test_the_comparison_says_itself_in_two_columns():
    told = repr(compared(reported(ALONE), call_chain(recorded_splat()))).splitlines()
    assert told[0].split() == ["recorded", "model"]
    assert re.fullmatch(r"mutex_lock_nested +mutex_lock", told[2])
    assert told[-2] == "4 of 11 are in the model's chain, in the same order"
    assert told[-1] == "only in the model's: do_numa_page"
