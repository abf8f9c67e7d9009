# SPDX-License-Identifier: GPL-2.0-only
"""The reader's own machine, from folders made for the test; and the one that the tests run on, if it says anything."""
from __future__ import annotations

import pytest

from numakit.errors import InvalidTopology
from numakit.nodemask import Nodemask
from numakit.sysfs import NODES, from_sysfs


def a_node(folder, nid, distance, cpulist, kilobytes=1024):
    """One node as sysfs shows it."""
    node = folder / f"node{nid}"
    node.mkdir()
    (node / "distance").write_text(distance + "\n")
    (node / "cpulist").write_text(cpulist + "\n")
    (node / "meminfo").write_text(f"\nNode {nid} MemTotal:  {kilobytes:>9} kB\nNode {nid} MemFree:  1 kB\n")
    return node


def test_two_nodes_are_read_as_sysfs_shows_them(tmp_path):
    a_node(tmp_path, 0, "10 21", "0-3,8")
    a_node(tmp_path, 1, "21 10", "4-7")
    found = from_sysfs(tmp_path)
    assert (found.name, found.distances) == ("this machine", ((10, 21), (21, 10)))
    assert found.cpus == ((0, 1, 2, 3, 8), (4, 5, 6, 7))
    assert found.memory == Nodemask.of(0, 1)


def test_files_beside_the_nodes_are_no_nodes(tmp_path):
    a_node(tmp_path, 0, "10", "0")
    (tmp_path / "possible").write_text("0-1023\n")
    (tmp_path / "nodes").mkdir()
    assert from_sysfs(tmp_path).nodes == 1


def test_a_node_without_cpus_or_memory_is_kept(tmp_path):
    a_node(tmp_path, 0, "10 20", "0")
    a_node(tmp_path, 1, "20 10", "", 0)
    found = from_sysfs(tmp_path)
    assert (found.cpus, found.memory) == (((0,), ()), Nodemask.of(0))


def test_gaps_in_the_numbers_are_said_in_the_name(tmp_path):
    for nid in (10, 8, 0):
        a_node(tmp_path, nid, {0: "10 20 30", 8: "20 10 40", 10: "30 40 10"}[nid], str(nid))
    found = from_sysfs(tmp_path)
    assert found.name == "this machine (its nodes 0,8,10, numbered from 0 here)"
    assert (found.distance(1, 2), found.node_of_cpu(10)) == (40, 2)


def test_one_node_is_told_in_a_clear_word(tmp_path):
    a_node(tmp_path, 0, "10", "0-1")
    assert "has one node" in from_sysfs(tmp_path).sentence()


@pytest.mark.parametrize("spoil", [
    lambda node: (node / "distance").unlink(), lambda node: (node / "distance").write_text("ten"),
    lambda node: (node / "distance").write_text("10 20"), lambda node: (node / "cpulist").write_text("0-"),
    lambda node: (node / "cpulist").write_text(""), lambda node: (node / "meminfo").write_text("nothing"),
    lambda node: (node / "meminfo").write_bytes(b"\xff\xfe"), lambda node: (node / "meminfo").unlink(),
], ids=["no distance", "a word", "too many", "half a range", "no CPU at all", "no MemTotal", "not text", "no meminfo"])
def test_a_folder_that_does_not_read_says_what_would_do(tmp_path, spoil):
    spoil(a_node(tmp_path, 0, "10", "0"))
    with pytest.raises(InvalidTopology, match="one of the presets would do"):
        from_sysfs(tmp_path)


@pytest.mark.parametrize("make", [lambda p: p / "missing", lambda p: p], ids=["missing", "empty"])
def test_where_there_are_no_nodes_a_preset_is_offered(tmp_path, make):
    with pytest.raises(InvalidTopology, match="ring4"):
        from_sysfs(make(tmp_path))


def test_the_own_machine_reads_or_is_refused_in_words():
    if not NODES.is_dir():
        pytest.skip(f"no {NODES} here")
    try:
        found = from_sysfs()
    except InvalidTopology as error:
        assert "would do" in str(error)
    else:
        assert found.sentence().startswith("this machine")
