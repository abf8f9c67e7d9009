# SPDX-License-Identifier: GPL-2.0-only
"""Tests of the three pictures: what they say, and that all of it can be seen."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from svg_reading import NS, Picture

from numakit.errors import BadRange, InvalidMount, InvalidNodes, InvalidPolicy
from numakit.fights import FIGHTS
from numakit.kernel import ALL, V3_8, V6_1, V6_12, Kernel
from numakit.machine import Machine
from numakit.nodemask import Nodemask
from numakit.proposals import DESIGNS, read_schedule
from numakit.proposals.known import KNOWN
from numakit.show import (
    fight_picture,
    filmstrip,
    mount_picture,
    palette,
    placement_picture,
    schedule_picture,
    side_by_side_picture,
    topology_picture,
)
from numakit.show.table import Table
from numakit.topology import PRESETS, Topology, ladder8, nodes64, nodes1024, recorded4, ring4, two_sockets


class Seen(Protocol):
    def svg(self) -> str: ...
    def sentence(self) -> str: ...
    def table(self) -> Table: ...


LONG = (("mount", "mpol=interleave=relative:0-1,3,size=1m"), ("create", "a_long_name"), ("remount", "mpol=default"),
        ("create", "b"), ("remount", ""), ("create", "c"))

SCHEDULES = ("mutex:middle:0:1-2:1-2:", "mutex:middle:0:1-2:1-2:F7", "spinlock:middle:0:1-2:3-4:A6B15A9",
             "spinlock:middle:3:1-2:3-4:A6B15A9F9", "mutex_and_spinlock:middle:1:1-2:1-2:A7F9",
             "mutex:all:2:0-5:0-5:A5F8",
             "retry_order_mended:middle:0:1-2:1-2:A13", "range_lookup_unreferenced:middle:1:1-2:1-2:A10F12B5F5",
             "mutex:middle:0:1-2:1-2:F6A4Ar")

PICTURES: dict[str, Seen] = {
    **{f"topology, {name}": topology_picture(Machine(make())) for name, make in PRESETS.items()},
    "topology, 3.8": topology_picture(Machine(ladder8(), V3_8), 5),
    "topology, node 700": topology_picture(Machine(nodes1024()), 700),
    "placement": placement_picture(recorded=(3, 0, 1, 2) * 6),
    "placement, a page": placement_picture(pages=1),
    "placement, 64 pages": placement_picture(pages=64),
    "placement, default": placement_picture("default", kernel=V3_8),
    "placement, spread": placement_picture("bind:0,2", cpu=1, spread=True),
    "placement, 2 MiB": placement_picture("interleave:0,2-3", 9, order=9),
    "placement, weights": placement_picture("weighted interleave", 3, kernel=V6_12, weights=(3, 1, 1, 2)),
    "placement, 1,024 nodes": placement_picture("interleave", 1020, topology=nodes1024()),
    "placement, relative": placement_picture("interleave=relative:0,2", spread=True),
    **{f"schedule, {text}": schedule_picture(read_schedule(text)) for text in SCHEDULES},
    **{f"fight, {name}": fight_picture(tell()) for name, tell in FIGHTS.items() if name != "tug_of_war"},
    "fight, 48 of 512 pages": fight_picture(FIGHTS["tug_of_war"](rounds=6), 48),
    **{f"side by side, {name}": side_by_side_picture(name) for name in KNOWN},
    "side by side, variants": side_by_side_picture("failing", tuple(DESIGNS)[4:11]),
    "side by side, two": side_by_side_picture("middle", ("mutex", "drop_ptl_retake_unchecked")),
    "filmstrip": filmstrip(FIGHTS["move_against_fault"]()),
    "filmstrip, inode 9": filmstrip(FIGHTS["by_inode"](i_ino=9, drop_after=(0, 2)), (0, 1, 2, 3, 8)),
    "mount": mount_picture(),
    "mount, 3.8": mount_picture(LONG, Machine(recorded4(), V3_8)),
    "mount, alone": mount_picture((("mount", ""),)),
    "mount, 64 nodes": mount_picture((("mount", "mpol=interleave"), ("create", "a")), Machine(nodes64())),
}

every_picture = pytest.mark.parametrize("seen", PICTURES.values(), ids=list(PICTURES))


@every_picture
def test_every_text_can_be_read_on_what_lies_under_it(seen: Seen) -> None:
    picture = Picture(seen.svg())
    for text in picture.texts:
        assert palette.contrast(text.fill, picture.under(text).fill) >= 4.5, text


@every_picture
def test_no_text_is_cut(seen: Seen) -> None:
    picture = Picture(seen.svg())
    for text in picture.texts:
        under = picture.under(text)
        assert under.left <= text.left and text.right <= under.right, text
        assert 0 <= text.top and text.bottom <= picture.height, text


@every_picture
def test_no_two_texts_overlap(seen: Seen) -> None:
    texts = Picture(seen.svg()).texts
    clashes = [(a.text, b.text) for at, a in enumerate(texts) for b in texts[at + 1:] if a.meets(b)]
    assert not clashes


@every_picture
def test_no_text_is_smaller_than_ten_pixels(seen: Seen) -> None:
    assert min(text.size for text in Picture(seen.svg()).texts) >= 10


@every_picture
def test_the_description_is_the_sentence_and_the_bytes_are_the_same(seen: Seen) -> None:
    desc = Picture(seen.svg()).root.find(f"{NS}desc")
    assert desc is not None and desc.text == seen.sentence()
    assert seen.svg() == seen.svg()


@every_picture
def test_the_table_has_rows_and_a_caption(seen: Seen) -> None:
    assert seen.table().rows and seen.table().caption


def test_ids_of_all_pictures_differ() -> None:
    ids = [i for seen in set(PICTURES.values()) for i in Picture(seen.svg()).ids]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(("machine", "nid", "sentence"), [
    (Machine(recorded4(), V6_1), 1,
     "A task on node 1 takes memory from node 1, then 3, 0, 2. Nodes 3 and 0 are equally far: the kernel prefers "
     "numbers above 1, and else takes turns, so that not all nodes fall back on the same one first."),
    (Machine(recorded4(), V6_1), 3,
     "A task on node 3 takes memory from node 3, then 2, 1, 0. Nodes 2 and 1 are equally far: the kernel takes turns, "
     "so that not all nodes fall back on the same one first."),
    (Machine(two_sockets()), 0, "A task on node 0 takes memory from node 0, then 1."),
    (Machine(ladder8()), 0,
     "A task on node 0 takes memory from node 0, then 1, 2, 3, 4, 5, 6, 7. Nodes 1 and 2 are equally far, and others "
     "too: the kernel takes turns, so that not all nodes fall back on the same one first."),
])
def test_topology_says_whom_a_node_takes_from(machine: Machine, nid: int, sentence: str) -> None:
    assert topology_picture(machine, nid).sentence() == sentence


@pytest.mark.parametrize("kernel", [V3_8, V6_1])
@pytest.mark.parametrize("make", [ring4, recorded4, ladder8])
def test_of_nodes_equally_far_not_all_nodes_take_the_same_one_first(make: Callable[[], Topology],
                                                                    kernel: Kernel) -> None:
    machine = Machine(make(), kernel)
    tied = [nid for nid in range(machine.topology.nodes) if topology_picture(machine, nid).tie]
    firsts = {machine.fallback(nid)[1] for nid in tied}
    assert len(tied) > 1 and len(firsts) > 1


def test_a_preference_for_higher_numbers_is_said_only_where_it_decided() -> None:
    for nid in range(4):
        seen = topology_picture(Machine(ring4(), V6_1), nid)
        near = [n for n in seen.fallback if seen.distances[nid][n] == 16]
        mixed = min(near) < nid < max(near)
        assert (f"numbers above {nid}" in seen.tie) is mixed and (near[0] > nid or not mixed)


def test_a_preference_for_nodes_without_cpus_is_said_where_a_tie_has_some() -> None:
    row = lambda n: tuple(10 if n == m else 20 for m in range(3))  # noqa: E731
    odd = Topology("odd", (row(0), row(1), row(2)), ((0,), (1,), ()), Nodemask.of(0, 1, 2))
    seen = topology_picture(Machine(odd), 0)
    assert seen.fallback == (0, 2, 1) and "prefers nodes without CPUs, and else takes turns" in seen.tie


def test_nothing_is_said_of_ties_where_all_distances_differ() -> None:
    assert not topology_picture(Machine(two_sockets()), 0).tie


def test_topology_says_that_a_node_has_no_memory_and_no_cpu() -> None:
    odd = Topology("odd", ((10, 20), (20, 10)), ((0, 1), ()), Nodemask.of(1))
    seen = topology_picture(Machine(odd), 0)
    assert seen.sentence() == "Node 0 has no memory: a task there takes it from node 1, the only one."
    assert "no CPU" in Picture(seen.svg()).words()


def test_topology_of_many_nodes_says_that_it_is_shortened() -> None:
    seen = topology_picture(Machine(nodes1024()), 700)
    words = Picture(seen.svg()).words()
    assert "Shortened: 8 of 1,024 nodes" in words and "and 1,016 more" in words
    assert seen.nid in seen.nodes and "8 of 1,024 nodes" in seen.table().caption
    assert "Shortened" not in Picture(topology_picture(Machine(ladder8())).svg()).words()


def test_topology_refuses_a_node_that_is_not_there() -> None:
    with pytest.raises(InvalidNodes, match="0 to 3 would do"):
        topology_picture(Machine(ring4()), 4)


def test_interleave_of_inode_7_is_disputed_on_every_page() -> None:
    seen = placement_picture("interleave:0-3", 7, kernel=V6_1)
    assert seen.landed[:8] == (3, 0, 1, 2, 3, 0, 1, 2) and seen.disputes == tuple(range(16))
    assert "16 of 16 pages disputed. With inode 8 it would be none" in seen.sentence()
    picture = Picture(seen.svg())
    assert picture.crosses() == 16 and "do they agree?" in picture.words()
    assert {row[-1] for row in seen.table().rows} == {"no"}
    assert {row[-1] for row in placement_picture("interleave:0-3", 8).table().rows} == {"yes"}


@pytest.mark.parametrize(("option", "rule"), [
    ("interleave:0-3", "Each page lands on node (page + inode) mod 4."),
    ("interleave:0,2-3", "Each page takes the next of the nodes 0, 2, 3 in turn: place (page + inode) mod 3 in that "
                         "list, places counted from 0.")])
def test_the_rule_of_interleave_names_node_or_place(option: str, rule: str) -> None:
    assert placement_picture(option).rule().startswith(rule)


@pytest.mark.parametrize("option", ["interleave:0-3", "interleave:0,2-3", "interleave:1-2"])
@pytest.mark.parametrize("i_ino", range(1, 13))
def test_the_inode_named_as_agreeing_does_agree(option: str, i_ino: int) -> None:
    seen = placement_picture(option, i_ino)
    if seen.disputes:
        named = int(seen.verdict().split("With inode ")[1].split(" ")[0])
        assert not placement_picture(option, named).disputes
    else:
        assert seen.verdict().endswith(f"because {i_ino} is a multiple of {len(seen.policy.nodes)}.")


def test_nothing_is_disputed_where_the_fault_path_knows_the_inode() -> None:
    seen = placement_picture("interleave:0-3", 7, kernel=V6_12)
    assert not seen.disputes and "knows the inode" in seen.rule()


def test_the_fault_paths_row_says_that_it_never_came_to_that() -> None:
    words = Picture(placement_picture().svg()).words().replace(" | ", " ")
    assert "would want, if the policy let pages move (no release could set that)" in words


def test_the_fault_path_is_left_out_for_huge_pages() -> None:
    seen = placement_picture(order=9)
    assert seen.wanted is None and "left out here for 2 MiB pages" in seen.verdict()
    assert {row[-1] for row in seen.table().rows} == {""}


def test_a_recording_stands_beside_the_model() -> None:
    same = placement_picture(recorded=(3, 0, 1, 2) * 6)
    assert len(same.recorded or ()) == 16 and "The recorded kernel put every page there too." in same.sentence()
    other = placement_picture(recorded=(3, 0, 1, 1) * 4)
    assert other.differing == (3, 7, 11, 15) and "put pages 3,7,11,15 elsewhere" in other.sentence()


def test_a_missing_or_shorter_recording_is_said() -> None:
    for recorded in (None, (3, 0)):
        seen = placement_picture(recorded=recorded)
        assert seen.recorded is None and "no recording of this very case" in Picture(seen.svg()).words()


def test_pages_touched_from_several_cpus_land_on_several_nodes() -> None:
    seen = placement_picture("local", cpu=1, spread=True)
    assert seen.cpus[:5] == (1, 2, 3, 0, 1) and seen.landed[:5] == (1, 2, 3, 0, 1)
    assert "touched from CPU" in Picture(seen.svg()).words()


def test_each_kernel_is_drawn_on_the_machine_that_it_was_recorded_on() -> None:
    assert placement_picture("bind:0,2", cpu=1, kernel=V3_8).landed[0] == 2
    assert placement_picture("bind:0,2", cpu=1, kernel=V6_1).landed[0] == 0


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(["interleave", "interleave:1,3", "local", "default", "prefer:3", "bind:1-2"]),
       st.integers(0, 1 << 40), st.integers(0, 3), st.sampled_from(ALL), st.booleans())
def test_any_placement_can_be_drawn(option: str, i_ino: int, cpu: int, kernel: object, spread: bool) -> None:
    seen = placement_picture(option, i_ino, cpu, kernel, spread=spread)  # type: ignore[arg-type]
    assert Picture(seen.svg()).crosses() == len(seen.disputes)


@pytest.mark.parametrize(("wrong", "error"), [
    ({"option": "bind:9"}, InvalidPolicy), ({"option": ""}, InvalidPolicy), ({"cpu": 4}, InvalidNodes),
    ({"i_ino": -1}, BadRange), ({"pages": 0}, BadRange), ({"pages": 65}, BadRange), ({"order": 3}, BadRange),
    ({"weights": (0, 1, 1, 1)}, InvalidPolicy)])
def test_a_placement_that_can_not_be_is_refused(wrong: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error, match="would do|can be drawn"):
        placement_picture(**wrong)  # type: ignore[arg-type]


def test_old_files_keep_their_policy_and_the_new_one_has_the_mounts() -> None:
    seen = mount_picture()
    assert seen.same() == ("c",) and seen.keeping() == ("a", "b")
    assert seen.verdict() == ("The same as the mount's now: c. Keeping what it was created with: a (interleave:0-3), "
                              "b (bind:1). A remount changes no file.")


def test_each_box_says_in_words_whether_a_file_is_as_the_mount() -> None:
    words = Picture(mount_picture().svg()).words()
    assert words.count("| as the mount's |") == 3 and words.count("keeps its own") == 6


def test_a_remount_to_default_changes_nothing_on_later_kernels() -> None:
    steps = (("mount", "mpol=local"), ("remount", "mpol=default"))
    assert "no change" in Picture(mount_picture(steps, Machine(kernel=V6_1)).svg()).words()
    assert "for new files" in Picture(mount_picture(steps, Machine(kernel=V3_8)).svg()).words()


def test_a_freed_policy_is_said_to_be_a_bug() -> None:
    steps = (("mount", "mpol=local"), ("remount", "size=1m"))
    kernel = replace(V6_1, remount_keeps_mpol=False)
    assert "freed: a bug" in Picture(mount_picture(steps, Machine(kernel=kernel)).svg()).words()


def test_the_table_of_a_mount_has_a_row_for_each_step() -> None:
    table = mount_picture().table()
    assert len(table.rows) == 6 and table.rows[0][3:] == ("not there yet",) * 3
    assert table.rows[-1][3:] == ("interleave:0-3, keeps its own", "bind:1, keeps its own",
                                  "local, as the mount's")


def test_a_file_that_has_the_mounts_policy_by_chance_is_not_said_to_follow() -> None:
    steps = (("mount", "mpol=local"), ("create", "a"), ("remount", "mpol=bind:1"), ("create", "b"),
             ("remount", "mpol=local"), ("create", "c"))
    seen = mount_picture(steps)
    assert ("The same as the mount's now: a, c. File a is older than the last remount: it has the same by having been "
            "made with it.") in seen.verdict()
    assert seen.table().rows[-1][3:] == ("local, made with it", "bind:1, keeps its own",
                                         "local, as the mount's")
    assert mount_picture(steps[:2]).verdict() == "The same as the mount's now: a."


@pytest.mark.parametrize(("option", "task_first"), [("mpol=local", False), ("mpol=default", True), ("", True)])
def test_a_policy_without_nodes_says_whose_node_a_page_gets(option: str, task_first: bool) -> None:
    words = Picture(mount_picture((("mount", option), ("create", "a"))).svg()).words()
    assert words.count("the CPU's node") == 3 and ("the task's, else" in words) is task_first


@pytest.mark.parametrize("steps", [(), (("create", "a"),), (("mount", ""), ("mount", "")), (("mount", "mpol=bind:9"),),
                                   (("mount", ""), ("create", "a"), ("create", "a"))])
def test_a_story_that_can_not_be_is_refused(steps: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises((InvalidMount, InvalidPolicy), match="would do"):
        mount_picture(steps)
