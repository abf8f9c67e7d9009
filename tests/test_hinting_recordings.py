# SPDX-License-Identifier: GPL-2.0-only
"""`outcome` beside each record of group f: scanned or not, moved or stayed, warned or not, page by page at the end."""
from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import pytest

from numakit.errors import BadRange
from numakit.hinting import Page, Scanned, outcome
from numakit.kernel import V3_8, V6_12, named
from numakit.machine import Machine
from numakit.mempolicy import Flag
from numakit.mount_option import policy
from numakit.recordings import own
from numakit.recordings.replay.balancing import page_at, scanned_as
from numakit.recordings.replay.ops import play, scene
from numakit.recordings.replay.words import machine_of
from numakit.task import Task
from numakit.topology import recorded4

RECORDED = {(r.kernel, i): (r, record) for r in own() if r.group == "f"
            for i, record in enumerate(r.records) if "ops" in record and "mount_errno" not in record}
ALONE = {key: found for key, found in RECORDED.items() if not any(op[0] == "fork_uses" for op in found[1]["ops"])}
MODERN = [key for key in ALONE if not key[0].startswith("3.8")]
OLD = [key for key in ALONE if key[0].startswith("3.8")]


@lru_cache(None)
def set_up(key):
    """The scene of a record after its operations, and its pages with the policies of their own."""
    recording, record = RECORDED[key]
    at = play(scene(machine_of(recording, named(recording.kernel)), record), record["ops"])
    pages = [page_at(at, address) for address in at.addresses("a")]
    vma = at.process.space.find(at.addresses("a")[0])
    tree = at.mount[vma.file].shared_policy if vma.file is not None else None
    mine = [vma.policy if tree is None else tree.lookup(vma.pgoff + i) for i in range(len(pages))]
    return at, vma, pages, mine, tree


def replayed(key, **flipped):
    """What `outcome` says of a record, under its kernel's rules or with switches flipped."""
    at, vma, pages, mine, tree = set_up(key)
    machine = replace(at.mount.machine, kernel=replace(at.mount.machine.kernel, **flipped))
    more = {} if tree is None else {"tree": tree}
    return outcome(scanned_as(vma, at), pages, mine, at.process.task, machine, at.used_from[0], **more)


def told(key):
    return f"{key[0]} {key[1]}"


def base_line(recording):
    return next(r["numa_pte_updates"] for r in recording.records if r.get("case", "").startswith("base line"))


def modern_seen(key):
    """(verdict, scanned) as a modern record shows them."""
    recording, record = RECORDED[key]
    begun, ended = record["timeline"][0][1], record["timeline"][-1][1]
    share = sum(a != b for a, b in zip(begun, ended, strict=True)) / len(begun)
    word = "moved" if share >= 0.8 else "stayed" if share <= 0.1 else "in part"
    return word, record["numa_pte_updates"] - base_line(recording) >= 16


def old_seen(key):
    """(verdict, scanned, warned) as a record of v3.8 shows them."""
    record = RECORDED[key][1]
    left = sum(max(0, b - a) for b, a in zip(record["before"], record["after"], strict=True)) / record["pages"]
    return "moved" if left >= 0.8 else "stayed", record["pte_updates"] > 0, record["bug_sleeping"] > 0


@pytest.mark.parametrize("key", MODERN, ids=told)
def test_a_mapping_fares_as_it_was_seen_to(key):
    found = replayed(key)
    assert (found.verdict, found.scanned) == modern_seen(key)


@pytest.mark.parametrize("key", MODERN, ids=told)
def test_each_page_ends_on_the_node_that_was_seen(key):
    record = RECORDED[key][1]
    begun, ended = record["timeline"][0][1], record["timeline"][-1][1]
    moved = [a.node != b.node for a, b in zip(replayed(key).before, replayed(key).after, strict=True)]
    assert moved == [a != b for a, b in zip(begun, ended, strict=True)]


@pytest.mark.parametrize("key", OLD, ids=told)
def test_a_mapping_of_v3_8_fares_as_it_was_seen_to_and_warns_where_it_did(key):
    found = replayed(key)
    assert (found.verdict, found.scanned, found.warns) == old_seen(key)


# --- each switch flipped, and the kernel whose records notice ---

SEEN = [
    ("hinting_faults", False, "3.8-mutex"), ("first_nid_gate", False, "3.8-mutex"),
    ("small_vma_gate", False, "3.8-split-mended"), ("small_vma_gate", True, "6.1.192"),
    ("scan_needs_mof", True, "3.8-mutex"), ("scan_needs_mof", False, "6.1.192"),
    ("shmem_falls_back_to_task_policy", True, "6.1.192"), ("shmem_falls_back_to_task_policy", False, "6.12.117"),
    ("mapcount_check", False, "3.8-mutex"), ("mapcount_check", True, "6.1.192"),
    ("local_private_pages_marked", True, "6.1.192"), ("cow_marks", "sole reference", "6.12.117"),
    ("balancing_with", (), "6.1.192"), ("shared_policy_lock", "spinlock", "3.8-mutex"),
    ("shared_policy_lock", "mutex", "3.8-split-mended")]

UNSEEN = [("scan_period_ms", (1, 2)), ("scan_budget", "neither"), ("scanner_heeds_rate_limit", None),
          ("scan_skips_read_only_files", None), ("two_stage_filter", "last_nid"),
          ("two_stage_filter", "early faults pass"), ("preferred_checks_node_first", None), ("rate_limit", None)]


def differing(kernel, **flipped):
    """How many records of a kernel come out otherwise with a switch flipped."""
    def seen(key):
        found = replayed(key, **flipped)
        return (found.verdict, found.scanned) == modern_seen(key) if key in MODERN else (
            found.verdict, found.scanned, found.warns) == old_seen(key)
    return sum(not seen(key) for key in ALONE if key[0] == kernel)


@pytest.mark.parametrize(("switch", "value", "kernel"), SEEN, ids=str)
def test_group_f_notices_a_flipped_switch(switch, value, kernel):
    assert getattr(named(kernel), switch) != value
    assert differing(kernel, **{switch: value}) > 0


@pytest.mark.parametrize(("switch", "value"), UNSEEN, ids=str)
@pytest.mark.parametrize("kernel", ["3.8-mutex", "6.12.117"])
def test_group_f_cannot_tell_these(switch, value, kernel):
    flipped = value if value is not None else not getattr(named(kernel), switch)
    assert differing(kernel, **{switch: flipped}) == 0


# --- the value itself ---

def test_an_outcome_says_itself():
    machine = Machine(recorded4(), V6_12)
    pages = [Page(0, i, cached=True) for i in range(4)]
    vma = Scanned(4, "shmem", True)
    moved = outcome(vma, pages, [None] * 4, Task(1), machine)
    assert repr(moved) == ("<scanned, moved: the page remembers no hinting fault, and it is early in the task's "
                           "life: the page follows the task to node 1>")
    assert (moved.nodes, moved.moved) == ((1, 1, 1, 1), 4)
    local = policy("local", machine)
    stayed = outcome(replace(vma, own=local), pages, [local] * 4, Task(1), machine)
    assert repr(stayed) == ("<not scanned, stayed: 'local', in force at the mapping's start, lacks MPOL_F_MOF>")
    assert [fault.page for fault in moved.faults] == list(moved.after)
    mixed = outcome(vma, pages, [None, None, local, local], Task(1), machine)
    assert (mixed.verdict, mixed.nodes) == ("in part", (1, 1, 0, 0))


def test_where_no_page_can_be_marked_the_outcome_says_why():
    pages = [Page(0, i, mapcount=2) for i in range(512)]
    found = outcome(Scanned(512), pages, [None] * 512, Task(1), Machine(recorded4(), V3_8))
    assert (found.scanned, found.reason) == (False, "2 page-table entries map the page, not one")


def test_under_a_tasks_own_interleave_each_page_has_its_own_target():
    mine = replace(policy("interleave:0-3", Machine(recorded4(), V6_12)), flags=Flag.MOF)
    found = outcome(Scanned(8), [Page(0, i) for i in range(8)], [None] * 8, Task(1, mine), Machine(recorded4(), V6_12))
    assert found.nodes == (0, 1, 2, 3, 0, 1, 2, 3)


@pytest.mark.parametrize(("pages", "mine"), [([], []), ([Page(0)], []), ([Page(0)], [None, None])])
def test_each_page_needs_its_policy(pages, mine):
    with pytest.raises(BadRange):
        outcome(Scanned(1), pages, mine, Task(0), Machine(recorded4(), V6_12))
