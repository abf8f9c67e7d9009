# SPDX-License-Identifier: GPL-2.0-only
"""What decides the claims of the ledger that lessons 04 and 05 are about."""
from __future__ import annotations

from dataclasses import replace

import pytest

from numakit.hinting import Page, Scanned, may_mark
from numakit.kernel import V3_8, named
from numakit.machine import Machine
from numakit.mempolicy import Mode
from numakit.mount_option import policy
from numakit.process import Process, addresses, mapcount, read, write
from numakit.recordings import own
from numakit.recordings.check import outcomes
from numakit.task import Task
from numakit.tmpfs import Mount
from numakit.topology import recorded4
from numakit.vma import AddressSpace

COW = [(recording, number) for recording in own() if recording.group == "e"
       for number, record in enumerate(recording.records) if record.get("exp") == "cow"]
BALANCED = [record for recording in own() if recording.group == "f" and recording.is_v3_8
            for record in recording.records if "pte_updates" in record]


def seen_on_v3_8(**wanted):
    """The recorded uses of memory under v3.8 in which these fields have these values."""
    return [r for r in BALANCED if all(r[name] == value for name, value in wanted.items())]


# C7: copies in a private mapping follow the file's policy

@pytest.mark.parametrize("kernel", ["6.1.192", "6.12.117"])
def test_c7_every_recorded_copy_lies_where_the_files_policy_wants_it(kernel):
    found = [(recording, n) for recording, n in COW if recording.kernel == kernel]
    assert len(found) == 18
    for recording, number in found:
        record = recording.records[number]
        machine = Machine(recorded4(), named(kernel))
        own_policy = policy(record["mpol"].removeprefix("mpol=") or "default", machine)
        copies = {*record["cow_nodes"], *record["cow_nodes_off"]}
        follows_cpu = own_policy is None or own_policy.mode is Mode.LOCAL
        assert copies == ({record["cpu_cow"]} if follows_cpu else set(own_policy.nodes)), record["mpol"]
    replayed = list(outcomes(found[0][0], named(kernel)))
    assert all(replayed[number].reproduced for _, number in found)


def test_c7_the_recordings_would_notice_copies_that_followed_the_task():
    # The task has no policy and writes from CPU 1: its own default would put every copy on node 1.
    elsewhere = [recording.records[n] for recording, n in COW if 1 not in recording.records[n]["cow_nodes"]]
    assert {r["mpol"] for r in elsewhere} >= {"mpol=bind:3", "mpol=prefer:2", "mpol=interleave:0,2"}
    assert all(r["cpu_cow"] == 1 for r in elsewhere)


def test_c7_on_v3_8_the_hinting_faults_of_copies_ask_the_file_as_well():
    once = {"map": "private-write", "procs": 1, "act": ""}
    free = seen_on_v3_8(opt="", **once)
    ruled = [r for r in seen_on_v3_8(**once) if r["opt"]]
    assert free and all(r["migrated"] > 1000 for r in free)
    assert len(ruled) >= 4 and all(r["hint_faults"] > 10_000 and r["migrated"] == 0 for r in ruled)


def test_c7_a_policy_set_through_any_mapping_holds_for_new_copies():
    machine = Machine(recorded4(), V3_8)
    tmp = Mount.new("/tmp", "mpol=bind:3", machine).create("f", 4)
    process = Process(Task(1), AddressSpace().mmap(tmp["f"], shared=False))
    process, tmp = write(process, tmp, addresses(process.space.newest))
    assert process.nodes(process.space.newest, tmp) == (3, 3, 3, 3)


# C9: mapcount counts mappings

def test_c9_a_tmpfs_page_is_scanned_if_mapped_once_and_not_if_mapped_twice():
    for map_, procs, is_scanned in (("shared", 1, True), ("shared", 2, False), ("sysv-shm", 1, True),
                                    ("sysv-shm", 2, False), ("anon-shared", 1, True)):
        found = [r for r in seen_on_v3_8(map=map_, procs=procs)
                 if r["pages"] >= 512 and r["act"] != "task stays on one node"]
        assert found and all((r["pte_updates"] > 0) is is_scanned for r in found), (map_, procs)


def test_c9_what_counts_is_the_entries_that_map_a_page():
    machine = Machine(recorded4(), V3_8)
    tmp = Mount.new("/tmp", "", machine).create("f", 2)
    first = Process(Task(0), AddressSpace().mmap(tmp["f"]))
    first, tmp = read(first, tmp, addresses(first.space.newest))
    second = first.fork(1)
    assert mapcount([first, second], "f", 0) == 1
    second, tmp = read(second, tmp, addresses(second.space.newest, [0]))
    assert [mapcount([first, second], "f", page) for page in (0, 1)] == [2, 1]


@pytest.mark.parametrize("mapcount_", [1, 2, 3])
def test_c9_the_check_says_the_same_of_tmpfs_and_of_anonymous_memory(mapcount_):
    page = Page(0, mapcount=mapcount_)
    said = {str(may_mark(replace(page, cached=kind == "shmem"), Scanned(512, kind, shared=kind == "shmem"), 1, V3_8))
            for kind in ("shmem", "anon")}
    assert len(said) == 1 and said.pop().startswith("yes" if mapcount_ == 1 else "no")
