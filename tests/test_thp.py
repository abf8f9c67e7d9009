# SPDX-License-Identifier: GPL-2.0-only
"""Huge pages and v3.8's gates: a mapping with vm_ops is left alone, whatever it is called and whoever asks."""
from __future__ import annotations

import pytest

from numakit.errors import ModelError
from numakit.kernel import V3_8
from numakit.machine import Machine
from numakit.recordings import own
from numakit.thp import (
    GATES,
    HUGE_KB,
    LATER,
    PLACES,
    REASONS,
    at_enter,
    at_fault,
    at_scan,
    collapse,
    gate,
    gathered,
    has_vm_ops,
    huge_blocks,
    madvise,
    on_list,
)
from numakit.tmpfs import Mount
from numakit.vma import PAGE_SIZE, AddressSpace

PAGES = 4096
KINDS = [(True, True), (True, False), (False, True), (False, False)]
ALL_OPEN = [(), ("fault",), ("enter",), ("scan",), ("enter", "scan"), ("fault", "enter", "scan")]


def a_mapping(of_file, shared, options="", pages=PAGES, at=None):
    """A mapping of 16 MB, of a tmpfs file or of no file."""
    tmp = Mount.new(options=options, machine=Machine(kernel=V3_8)).create("f", pages)
    return AddressSpace().mmap(tmp["f"] if of_file else None, pages, shared=shared, at=at).newest


def blocks(first, pages):
    """How many huge pages an anonymous mapping holds that begins at page number `first` of the address space."""
    return huge_blocks(AddressSpace().mmap(pages=pages, shared=False, at=first * PAGE_SIZE).newest)


PRIVATE_TMPFS = a_mapping(True, False)
ANONYMOUS = a_mapping(False, False)


# Recorded in group t: of a file private 0 kB, anonymous with madvise 14,336 kB, shared 0 kB.
@pytest.mark.parametrize(("of_file", "shared", "madvised", "possible"), [
    (True, False, True, False), (True, False, False, False), (True, True, True, False), (True, True, False, False),
    (False, False, True, True), (False, False, False, False), (False, True, True, False), (False, True, False, False)])
def test_only_a_private_anonymous_mapping_that_asked_is_gathered(of_file, shared, madvised, possible):
    assert collapse(a_mapping(of_file, shared), madvised).possible is possible


@pytest.mark.parametrize("options", ["", "mpol=local", "mpol=bind:1"])
def test_the_files_policy_has_nothing_to_do_with_it(options):
    assert collapse(a_mapping(True, False, options), True) == collapse(a_mapping(True, False), True)
    assert gathered([a_mapping(True, False, options)]) == (0,)


@pytest.mark.parametrize(("of_file", "shared", "there"), [
    (True, True, True), (True, False, True), (False, True, True), (False, False, False)])
def test_every_mapping_of_a_file_has_vm_ops_and_shared_anonymous_memory_is_a_file(of_file, shared, there):
    assert has_vm_ops(a_mapping(of_file, shared)) is there


def test_the_reason_names_the_gate_and_asking_comes_second():
    assert collapse(a_mapping(True, False), False).why == f"the mapping has vm_ops: {GATES[2]}"
    assert "madvise" in collapse(a_mapping(False, False), False).why


def test_the_gate_stands_in_three_places():
    assert [text.partition("()")[0] for text in GATES] == [
        "handle_mm_fault", "khugepaged_enter_vma_merge", "hugepage_vma_check"]
    assert list(PLACES) == ["fault", "enter", "scan"]


# Each gate by itself

@pytest.mark.parametrize("passes", [at_fault, at_enter, at_scan])
def test_each_gate_lets_anonymous_memory_pass_that_asked_and_stops_a_private_tmpfs_mapping(passes):
    assert passes(ANONYMOUS).is_open
    assert passes(ANONYMOUS, asked=False).closed_by == "not asked"
    assert passes(PRIVATE_TMPFS).closed_by == "vm_ops"


def test_each_function_is_the_gate_of_its_own_name():
    told = {"fault": at_fault, "enter": at_enter, "scan": at_scan}
    assert {name: [opened for opened in PLACES if asks(PRIVATE_TMPFS, opened=[opened]).is_open]
            for name, asks in told.items()} == {"fault": ["fault"], "enter": ["enter"], "scan": ["scan"]}
    assert [asks(ANONYMOUS).name for asks in told.values()] == list(PLACES)


@pytest.mark.parametrize("of_file", [True, False])
def test_a_shared_mapping_is_stopped_already_as_it_asks(of_file):
    shared = a_mapping(of_file, True)
    assert not madvise(shared).is_open
    assert {gate(name, shared, opened=PLACES).closed_by for name in PLACES} == {"shared"}


def test_a_private_tmpfs_mapping_may_ask_and_is_told_that_all_is_well():
    assert madvise(PRIVATE_TMPFS).is_open


def test_madvise_answers_as_it_was_recorded():
    told = {"tmpfs MAP_PRIVATE": PRIVATE_TMPFS, "anon private": ANONYMOUS, "shared anon": a_mapping(False, True)}
    asked = [r for recording in own() if recording.group == "t" for r in recording.records if r["madvise"]]
    assert len(asked) == 10
    for record in asked:
        vma = next(vma for word, vma in told.items() if record["what"].startswith(word))
        assert record["madvise_errno"] == (0 if madvise(vma).is_open else 22)


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize(("of_file", "shared"), KINDS)
def test_no_gate_has_to_ask_whether_a_mapping_is_private(name, of_file, shared):
    # What passes has no vm_ops, and what has none is private anonymous memory.
    assert gate(name, a_mapping(of_file, shared)).is_open is not has_vm_ops(a_mapping(of_file, shared))


def test_where_a_huge_page_may_come_no_file_is_asked_for_a_policy():
    kinds = [a_mapping(*kind) for kind in KINDS]
    may_be_huge = [vma for vma in kinds if any(gate(name, vma).is_open for name in PLACES)]
    assert may_be_huge == [ANONYMOUS] and not has_vm_ops(ANONYMOUS)


def test_a_gate_says_itself_by_its_reason_and_in_a_table_by_a_word():
    assert repr(at_scan(PRIVATE_TMPFS)) == "<scan: closed, the mapping has vm_ops>"
    assert repr(at_scan(ANONYMOUS)) == "<scan: open>"
    assert [at_scan(vma).word for vma in (PRIVATE_TMPFS, ANONYMOUS)] == ["vm_ops", "open"]
    assert repr(madvise(a_mapping(False, True))) == f"<madvise: closed, {REASONS['shared']}>"


@pytest.mark.parametrize("opened", [["scam"], "scan", ["scan", "vm_ops"]])
def test_a_gate_that_there_is_none_of_is_told_which_there_are(opened):
    with pytest.raises(ModelError, match="the gates are fault, enter, scan"):
        gathered([ANONYMOUS], opened)
    with pytest.raises(ModelError, match="no gate 'door'"):
        gate("door", ANONYMOUS)


# How much

@pytest.mark.parametrize(("first", "pages", "count"), [
    (0, 512, 1), (1, 512, 0), (512, 511, 0), (511, 513, 1), (1, 1023, 1), (1, 1022, 0), (100, 50, 0), (0, 4096, 8),
    (1, 4096, 7)])
def test_a_huge_page_needs_a_whole_block_that_begins_at_a_multiple_of_2_mib(first, pages, count):
    assert blocks(first + 512 * 1024, pages) == count


@pytest.mark.parametrize("first", range(1, 512, 73))
def test_16_mb_hold_seven_huge_pages_unless_they_begin_at_a_multiple_of_2_mib(first):
    assert blocks(512 * 1024 + first, PAGES) == 7


def test_the_models_kb_are_those_that_were_recorded():
    mapped = {"tmpfs MAP_PRIVATE": PRIVATE_TMPFS, "anon private": ANONYMOUS, "shared anon": a_mapping(False, True)}
    for recording in (r for r in own() if r.group == "t"):
        for record in (r for r in recording.records if r["madvise"]):
            vma = next(vma for word, vma in mapped.items() if record["what"].startswith(word))
            assert gathered([vma]) == (record["AnonHugePages_kB"],)
            assert record["collapse_alloc"] * HUGE_KB == record["AnonHugePages_kB"]


def test_a_mapping_without_a_whole_block_passes_no_gate():
    short = a_mapping(False, False, pages=512)
    assert huge_blocks(short) == 0
    assert {gate(name, short).closed_by for name in PLACES} == {"no room"}
    assert gathered([short]) == (0,)


# A process on khugepaged's list

def test_one_mapping_puts_the_whole_process_on_the_list():
    assert not on_list([PRIVATE_TMPFS]) and not on_list([])
    assert on_list([PRIVATE_TMPFS, ANONYMOUS])


def test_with_the_process_on_the_list_the_scan_still_passes_the_tmpfs_mapping_by():
    assert gathered([PRIVATE_TMPFS, ANONYMOUS]) == (0, 7 * HUGE_KB)


@pytest.mark.parametrize("opened", ALL_OPEN)
def test_alone_it_takes_both_of_khugepageds_gates_open_and_beside_anonymous_memory_one(opened):
    assert (gathered([PRIVATE_TMPFS], opened)[0] > 0) is ({"enter", "scan"} <= set(opened))
    assert (gathered([PRIVATE_TMPFS, ANONYMOUS], opened)[0] > 0) is ("scan" in opened)


@pytest.mark.parametrize("name", PLACES)
def test_a_gate_left_open_asks_all_the_rest(name):
    assert gate(name, PRIVATE_TMPFS, opened=[name]).is_open
    assert gate(name, PRIVATE_TMPFS, asked=False, opened=[name]).closed_by == "not asked"
    assert gate(name, a_mapping(True, False, pages=512), opened=[name]).closed_by == "no room"
    assert gate(name, ANONYMOUS, opened=[name]) == gate(name, ANONYMOUS)


# Later

def test_what_changed_later_is_told_with_how_it_is_known():
    assert [row[0] for row in LATER] == ["v3.8", "v4.8", "6.1.192, 6.12.117", "v6.8"]
    assert all(len(row) == 4 and all(row) for row in LATER)
    assert [row[0] for row in LATER if "UNVERIFIED" in row[3]] == ["v4.8"]


def test_both_recorded_later_kernels_had_huge_pages_in_a_tmpfs_file():
    seen = {recording.kernel: record["ShmemHugePages_kB"] for recording in own() if recording.group == "b"
            for record in recording.records if record.get("exp") == "huge"}
    assert set(seen) == {"6.1.192", "6.12.117"} and all(kb > 0 for kb in seen.values())
