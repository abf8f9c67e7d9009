# SPDX-License-Identifier: GPL-2.0-only
"""The recordings' operations, one by one, on the model."""
from __future__ import annotations

import pytest

from numakit.errors import BadRecording
from numakit.kernel import V6_1
from numakit.machine import Machine
from numakit.mount_option import policy
from numakit.recordings import own
from numakit.recordings.replay.ops import WORDS, play, scene
from numakit.task import Task
from numakit.vma import PAGE_SIZE

MACHINE = Machine(kernel=V6_1)
BIND = 2
A_FILE = [["mount", "mpol=bind:1"], ["create", "f", 8], ["map", "a", "f", "shared", 0, 8]]
EMPTY = [None] * 8


def played(*ops, record=None):
    """The scene after a file of 8 pages with bind:1 was mapped as `a`, and then these operations."""
    return play(scene(MACHINE, record or {}), [*A_FILE, *ops])


def test_a_record_begins_with_an_empty_mount_and_a_process_on_cpu_0():
    begun = scene(MACHINE, {})
    assert (begun.mount.files, begun.process.task, begun.others, begun.names) == ((), Task(), (), ())


@pytest.mark.parametrize(("ops", "nodes"), [
    ([], EMPTY), ([["touch", "a"]], [1] * 8), ([["look", "a"]], [1] * 8), ([["look", "a", 2]], [1, 1] + [None] * 6),
    ([["touch", "a"], ["punch", "a", 1, 2]], [1, None, None, 1, 1, 1, 1, 1]),
    ([["touch", "a"], ["drop", "a", 0, 7]], [None] * 7 + [1]),
    ([["touch", "a"], ["drop", "a", 0, 8], ["look", "a"]], [1] * 8),
    ([["write_file", "f", 2, 3]], EMPTY),
    ([["mbind", "a", 2, 2, BIND, 0, 8, 0], ["touch", "a"]], [1, 1, 3, 3, 1, 1, 1, 1]),
    ([["touch", "a"], ["mbind", "a", 2, 2, BIND, 0, 8, 2]], [1, 1, 3, 3, 1, 1, 1, 1]),
    ([["touch", "a"], ["migrate_pages", 2, 4]], [2] * 8), ([["touch", "a"], ["drain"]], [1] * 8),
    ([["touch", "a"], ["move_pages", "a", [0, 1, 2, 3, 0, 1, 2, 3]]], [0, 1, 2, 3, 0, 1, 2, 3])])
def test_an_operation_does_what_its_word_says_to_a_shared_mapping(ops, nodes):
    after = played(*ops)
    assert (after.nodes("a"), after.errno) == (nodes, 0)


def test_what_is_written_to_the_file_is_in_the_file_though_no_process_maps_it():
    after = played(["cpu", 3], ["write_file", "f", 2, 3])
    assert after.mount["f"].nodes == (None, None, 1, 1, 1, None, None, None)
    assert after.process.mapped == frozenset()


def test_a_private_mapping_has_copies_of_its_own():
    after = played(["touch", "a"], ["map", "p", "f", "private", 4, 4], ["cpu", 2], ["mbind", "p", 0, 4, 4, 0, 0, 0],
                   ["touch", "p"])
    assert (after.nodes("a"), after.nodes("p")) == ([1] * 8, [2] * 4)


def test_cpu_and_set_mempolicy_are_the_tasks():
    after = played(["cpu", 2], ["set_mempolicy", BIND, 0, 8], ["anon", "b", 2], ["touch", "b"])
    assert (after.process.task, after.nodes("b")) == (Task(2, policy("bind:3", MACHINE)), [3, 3])


def test_a_mapping_without_a_file_lies_where_the_record_says_by_twelves():
    after = play(scene(MACHINE, {"vma_page_mod12": 7}), [["anon", "b", 4]])
    assert after.addresses("b")[0] // PAGE_SIZE % 12 == 7


def test_a_created_file_has_the_records_inode_number_or_the_first_of_a_fresh_mount():
    assert played(record={"ino": 77}).mount["f"].i_ino == 77
    assert played().mount["f"].i_ino == 2


def test_a_remount_changes_what_files_created_later_get():
    after = played(["remount", "mpol=bind:2"], ["create", "g", 1])
    assert [str(f.policy()) for f in after.mount.files] == ["bind:1", "bind:2"]


def test_ask_hears_the_files_policy_or_the_mappings_own_never_the_tasks():
    after = played(["set_mempolicy", BIND, 0, 8], ["ask", "a", 0], ["anon", "b", 1], ["ask", "b", 0],
                   ["mbind", "b", 0, 1, BIND, 0, 4, 0], ["ask", "b", 0])
    assert list(map(str, after.asked)) == ["bind:1", "None", "bind:2"]


def test_a_forked_reader_keeps_the_pages_mapped_so_that_move_leaves_them():
    after = played(["touch", "a"], ["fork_looks", "a", 1], ["mbind", "a", 0, 8, BIND, 0, 8, 2])
    assert (len(after.others), after.nodes("a")) == (1, [1] * 8)
    assert play(after, [["mbind", "a", 0, 8, BIND, 0, 4, 4]]).nodes("a") == [2] * 8


def test_a_second_reader_maps_the_file_itself_and_has_no_copies():
    after = played(["map", "p", "f", "private", 0, 8], ["touch", "p"], ["cpu", 3], ["second_looks", "p", 1])
    assert (after.others[0].task.cpu, dict(after.others[0].own), len(after.others[0].mapped)) == (1, {}, 8)


def test_an_unmapped_mapping_is_gone_and_its_pages_stay_in_the_file():
    after = played(["touch", "a"], ["unmap", "a"])
    assert (after.process.space.vmas, after.process.mapped) == ((), frozenset())
    assert after.mount["f"].nodes == (1,) * 8


def test_use_notes_the_node_that_the_pages_are_used_from():
    assert played(["cpu", 2], ["use", "a"]).used_from[-1] == 2


@pytest.mark.parametrize(("op", "errno"), [
    (["mbind", "a", 0, 8, 99, 0, 1, 0], 22), (["mbind", "a", 0, 9, BIND, 0, 2, 0], 14),
    (["mbind", "a", 0, 8, BIND, 0, 1 << 9, 2], 22), (["mbind", "a", 0, 8, BIND, 0, 8, 1], 5),
    (["set_mempolicy", BIND, 0, 0], 22), (["migrate_pages", 1, 1 << 9], 22), (["move_pages", "a", [9] * 8], 19),
    (["mount", "mpol=bind:9"], 22), (["remount", "mpol=nope"], 22), (["create", "f", 1], 17)])
def test_a_refused_operation_leaves_its_errno_and_the_scene_as_it_was(op, errno):
    before = played(["touch", "a"])
    after = play(before, [op])
    assert after.errno == errno
    assert (after.mount, after.process) == (before.mount, before.process)
    assert play(after, [["drain"]]).errno == 0


@pytest.mark.parametrize("op", [["nope"], ["Touch", "a"], ["touch", "zz"], ["look", "zz", 1], ["ask", "zz", 0]])
def test_a_word_or_a_name_that_is_not_known_is_told(op):
    with pytest.raises(BadRecording, match=op[-1] if op[0] == "touch" else op[0] if len(op) == 1 else "zz|Touch"):
        played(op)


def test_every_word_of_the_records_is_replayed():
    used = {op[0] for r in own() for record in r.records for part in [record, *steps(record)]
            for op in part.get("ops", [])}
    assert used <= set(WORDS)


def steps(record):
    """The steps of a record that has some."""
    return record["steps"] if isinstance(record.get("steps"), list) else []
