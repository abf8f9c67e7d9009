# SPDX-License-Identifier: GPL-2.0-only
"""The scanner: its gates per release, what it marks, its periods and its budget."""
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from numakit.errors import BadRange, InvalidNodes
from numakit.hinting import (
    SCAN_SIZE_PAGES,
    Page,
    RateLimit,
    ScanClock,
    Scanned,
    budget_used,
    chunk_end,
    may_mark,
    may_scan,
    may_scan_mapping,
    pmd_is_marked,
)
from numakit.kernel import ALL, V3_6, V3_7, V3_8, V3_8_MUTEX, V3_8_RC1, V3_13, V6_1, V6_8, V6_12, V6_18, V7_3
from numakit.machine import Machine
from numakit.mbind import make_policy
from numakit.mempolicy import Flag, Mode
from numakit.mount_option import policy
from numakit.nodemask import Nodemask
from numakit.task import Task
from numakit.topology import from_distances, recorded4

HINTING = [k for k in ALL if k.hinting_faults]
LATER = [k for k in HINTING if k.scan_needs_mof]
MIB2 = 512
FRESH = RateLimit()


def on(kernel):
    return Machine(recorded4(), kernel)


def enters(kernel, vma, task_policy=None):
    return bool(may_scan_mapping(vma, task_policy, 1, kernel))


def balancing(kernel, mode=Mode.BIND):
    return make_policy(mode, Nodemask.of(0, 1), Flag.BALANCING, on(kernel), Task())


# --- whether it comes ---

@pytest.mark.parametrize(("kernel", "comes"), [(V3_6, False), (V3_7, False), (V3_8_RC1, True), (V3_8, True),
                                               (V6_12, True)], ids=str)
def test_the_scanner_was_merged_for_v3_8(kernel, comes):
    assert bool(may_scan(None, 1, FRESH, 0, on(kernel))) is comes


@pytest.mark.parametrize(("kernel", "first", "nid", "comes"), [
    (V3_8, 0, 0, False), (V3_8, 0, 1, True), (V3_8, None, 0, True), (V3_13, 0, 0, True), (V6_1, 0, 0, True)], ids=str)
def test_nothing_is_scanned_until_the_task_has_run_on_a_second_node(kernel, first, nid, comes):
    assert bool(may_scan(first, nid, FRESH, 0, on(kernel))) is comes


@pytest.mark.parametrize(("kernel", "comes"), [(V3_8, False), (V3_13, True), (V6_1, True)], ids=str)
def test_only_v3_8s_scanner_heeds_the_rate_limit(kernel, comes):
    assert bool(may_scan(None, 1, RateLimit(100, 32768), 1100, on(kernel))) is comes
    assert may_scan(None, 1, RateLimit(100, 32768), 1101, on(kernel))


def test_a_machine_with_one_node_is_not_scanned():
    assert not may_scan(None, 0, FRESH, 0, Machine(from_distances("one", [[10]]), V3_8))


# --- which mappings it enters ---

@pytest.mark.parametrize(("kernel", "pages", "enters_it"), [
    (V3_8, MIB2 - 1, False), (V3_8, MIB2, True), (V3_8_MUTEX, 256, False), (V3_13, 1, True), (V6_12, 32, True)],
    ids=str)
def test_v3_8_skips_mappings_below_2_mib(kernel, pages, enters_it):
    assert enters(kernel, Scanned(pages)) is enters_it


@pytest.mark.parametrize(("kernel", "enters_it"), [
    (V3_8_RC1, True), (V3_8, True), (V3_13, False), (V6_1, False), (V6_8, False), (V6_12, True), (V6_18, False),
    (V7_3, True)], ids=str)
def test_a_file_without_policy_is_scanned_or_not(kernel, enters_it):
    assert enters(kernel, Scanned(MIB2, "shmem", True)) is enters_it
    assert enters(kernel, Scanned(MIB2, "shmem", False)) is enters_it  # a private mapping asks the file as well
    assert enters(kernel, Scanned(MIB2))  # anonymous: the task's default has MOF


@pytest.mark.parametrize("kernel", HINTING, ids=str)
@pytest.mark.parametrize("option", ["local", "prefer:0", "bind:0-1", "interleave"])
def test_a_policy_without_mof_keeps_later_scanners_away(kernel, option):
    mine = policy(option, on(kernel))
    assert enters(kernel, Scanned(MIB2, "shmem", True, mine)) is (kernel not in LATER)
    assert enters(kernel, Scanned(MIB2, own=mine)) is (kernel not in LATER)
    assert enters(kernel, Scanned(MIB2), mine) is (kernel not in LATER)


@pytest.mark.parametrize(("kernel", "enters_it"), [(V6_1, False), (V6_8, False), (V6_12, True), (V6_18, False),
                                                   (V7_3, True)], ids=str)
def test_a_tasks_balancing_policy_reaches_files_since_the_mend_of_2026(kernel, enters_it):
    assert enters(kernel, Scanned(32, "shmem", True), balancing(kernel)) is enters_it
    assert enters(kernel, Scanned(32), balancing(kernel))
    assert enters(kernel, Scanned(32, "shmem", True, balancing(kernel)))


def test_where_the_file_falls_back_to_a_task_without_mof_it_is_not_scanned():
    assert not enters(V6_12, Scanned(32, "shmem", True), policy("bind:0", on(V6_12)))


@pytest.mark.parametrize(("kernel", "scans_text"), [(V3_8, True), (V3_13, False), (V6_12, False)], ids=str)
def test_files_that_can_only_be_read_are_skipped_since_v3_13(kernel, scans_text):
    assert enters(kernel, Scanned(MIB2, "file", writable=False)) is scans_text
    assert enters(kernel, Scanned(MIB2, "file", readable=False, writable=False)) is scans_text
    assert enters(kernel, Scanned(MIB2, writable=False))  # anonymous memory that can only be read is not a file
    assert enters(kernel, Scanned(MIB2, "file"))


@pytest.mark.parametrize("kernel", HINTING, ids=str)
def test_what_cannot_move_is_never_scanned(kernel):
    answer = may_scan_mapping(Scanned(MIB2, migratable=False), None, 0, kernel)
    assert not answer
    assert answer.reason == "the mapping's pages cannot be moved"


# --- which pages it marks ---

FILE, COPY = Scanned(MIB2, "shmem", True), Scanned(MIB2, "shmem", False)


@pytest.mark.parametrize(("kernel", "mapcount", "marks"), [
    (V3_8, 1, True), (V3_8, 2, False), (V3_13, 1, True), (V3_13, 2, True), (V6_12, 2, True)], ids=str)
def test_v3_8_marks_only_what_one_entry_maps_be_it_shmem_or_not(kernel, mapcount, marks):
    assert bool(may_mark(Page(0, mapcount=mapcount, cached=True), FILE, 1, kernel)) is marks
    if kernel in (V3_8, V3_13):
        assert bool(may_mark(Page(0, mapcount=mapcount), Scanned(MIB2), 1, kernel)) is marks


@pytest.mark.parametrize("kernel", HINTING, ids=str)
def test_what_is_marked_is_not_marked_again(kernel):
    assert not may_mark(Page(0).mark(), FILE, 1, kernel)


@pytest.mark.parametrize(("kernel", "page", "marks"), [
    (V3_13, Page(0, cached=True), True), (V6_1, Page(0, cached=True), False), (V6_8, Page(0, cached=True), False),
    (V6_12, Page(0, cached=True), True), (V6_1, Page(0), True), (V6_1, Page(0, mapcount=2), False),
    (V6_12, Page(0, mapcount=2), False)], ids=str)
def test_pages_of_private_mappings_that_others_hold(kernel, page, marks):
    assert bool(may_mark(page, COPY, 1, kernel)) is marks
    assert may_mark(page, FILE, 1, kernel)


@pytest.mark.parametrize(("kernel", "vma", "alone", "marks"), [
    (V3_8, Scanned(MIB2), True, True), (V6_1, Scanned(MIB2), True, False), (V6_1, Scanned(MIB2), False, True),
    (V6_1, FILE, True, True), (V6_12, Scanned(MIB2), True, False)], ids=str)
def test_a_lone_tasks_own_pages_on_its_node_are_left_alone(kernel, vma, alone, marks):
    assert bool(may_mark(Page(1), vma, 1, kernel, alone)) is marks


@pytest.mark.parametrize(("nodes", "marked"), [([], True), ([2, 2, 2], True), ([2, 1], False)])
def test_v3_8_marks_a_page_table_whose_pages_lie_on_one_node(nodes, marked):
    assert pmd_is_marked(nodes) is marked


# --- how often and how much ---

def test_the_periods_and_the_size_of_a_scan():
    assert SCAN_SIZE_PAGES == 65536
    assert V3_8.scan_period_ms == (100, 5000)
    assert V3_13.scan_period_ms == (1000, 60000)
    clock = ScanClock()
    assert (clock.period_ms, clock.next_reset_ms) == (1000, 60000)


def test_a_scan_is_due_when_more_than_a_period_of_run_time_went_by():
    clock = ScanClock(period_ms=100, stamp_ms=50)
    assert [clock.is_due(t) for t in (0, 150, 151)] == [False, False, True]
    assert [clock.scanned(151).is_due(t) for t in (151, 251, 252)] == [False, False, True]


@pytest.mark.parametrize(("hz", "longer"), [(100, 100), (250, 40), (1000, 10)])
def test_faults_that_move_nothing_make_the_period_longer(hz, longer):
    assert ScanClock(100).task_numa_fault(False, V3_8, hz).period_ms == 100 + longer
    assert ScanClock(100).task_numa_fault(True, V3_8, hz).period_ms == 100
    assert ScanClock(4999).task_numa_fault(False, V3_8, hz).period_ms == 5000


def test_every_60_seconds_v3_8_begins_with_the_shortest_period_again():
    clock = ScanClock(5000)
    assert clock.reset(60000, V3_8) == clock
    assert clock.reset(60001, V3_8) == ScanClock(100, 0, 120001)


@pytest.mark.parametrize(("kernel", "updated", "empty", "before", "used"), [
    (V3_8, 512, 0, 0, 512), (V3_8, 100, 400, 0, 500), (V3_8, 0, 0, 0, 0), (V3_13, 1, 0, 0, 512),
    (V3_13, 0, 400, 0, 0), (V3_13, 0, 0, 1, 512)], ids=str)
def test_what_a_chunk_costs(kernel, updated, empty, before, used):
    assert budget_used(512, updated, empty, kernel, before) == used


@given(st.integers(0, 1 << 40), st.integers(1, SCAN_SIZE_PAGES), st.integers(1, 1 << 30))
def test_a_chunk_ends_at_2_mib_or_with_the_mapping(start, pages, length):
    end = chunk_end(start, pages, start + length)
    assert start < end <= start + length
    assert end == start + length or (end % MIB2 == 0 and start + pages <= end < start + pages + MIB2)


# --- words and bad input ---

@pytest.mark.parametrize(("answer", "words"), [
    (may_scan(0, 0, FRESH, 0, on(V3_8)), "no: the process has run on node 0 alone so far"),
    (may_scan_mapping(Scanned(256), None, 0, V3_8), "no: 256 pages are not the 512 of 2 MiB"),
    (may_scan_mapping(Scanned(32, "shmem", True), None, 0, V6_1),
     "no: the file has no policy at the mapping's start, which counts as one without MPOL_F_MOF"),
    (may_scan_mapping(Scanned(32, "shmem", True, policy("local", on(V6_12))), None, 0, V6_12),
     "no: 'local', in force at the mapping's start, lacks MPOL_F_MOF"),
    (may_mark(Page(0, mapcount=2), FILE, 1, V3_8), "no: 2 page-table entries map the page, not one"),
    (may_mark(Page(0), FILE, 1, V3_8), "yes: a page of the mapping that 1 page-table entry maps")])
def test_an_answer_says_itself(answer, words):
    assert str(answer) == words
    assert repr(answer) == f"<{words}>"
    assert answer.source.startswith("Linux v")


@pytest.mark.parametrize(("make", "error"), [
    (lambda: Scanned(0), BadRange), (lambda: Scanned(-1), BadRange), (lambda: Scanned(1, "tmpfs"), BadRange),
    (lambda: ScanClock(0), BadRange), (lambda: ScanClock(-100), BadRange), (lambda: ScanClock(100, -1), BadRange),
    (lambda: ScanClock().is_due(-1), BadRange), (lambda: ScanClock().scanned(None), BadRange),
    (lambda: ScanClock().reset(-1, V3_8), BadRange), (lambda: ScanClock().task_numa_fault(False, V3_8, 0), BadRange),
    (lambda: may_scan(0, 4, FRESH, 0, on(V3_8)), InvalidNodes), (lambda: may_scan(0, 1, FRESH, -1, on(V3_8)), BadRange),
    (lambda: chunk_end(-1, 1, 5), BadRange), (lambda: chunk_end(0, 0, 5), BadRange),
    (lambda: chunk_end(5, 1, 5), BadRange), (lambda: budget_used(512, -1, 0, V3_8), BadRange),
    (lambda: budget_used(512, 500, 13, V3_8), BadRange)])
def test_what_no_scanner_meets_is_refused(make, error):
    with pytest.raises(error, match=";.*;"):
        make()
