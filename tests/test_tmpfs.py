# SPDX-License-Identifier: GPL-2.0-only
"""tmpfs: what a mount gives its files, what a remount changes and what not, and errors after which all is as before."""
from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import junk, options, ring_machines

from numakit.errors import BadRange, InvalidMount, InvalidPolicy, LinuxError
from numakit.kernel import V3_8, V3_8_3, V3_8_RC1, V6_1, V6_8, V6_12
from numakit.machine import Machine
from numakit.mount_option import mpol_to_str
from numakit.nodemask import Nodemask
from numakit.placement import touch
from numakit.shared_policy import SharedPolicy
from numakit.tmpfs import MAX_FILE_PAGES, Mount
from numakit.topology import recorded4

OLD, OLD_3, NEW = (Machine(recorded4(), k) for k in (V3_8, V3_8_3, V6_1))


def a_mount(mpol="mpol=interleave", machine=NEW):
    """A mount with one file, half of whose pages are there."""
    tmp = Mount.new("/tmp", mpol, machine).create("old", 8)
    return tmp.with_file(touch(tmp["old"], machine, pages=range(4)))


# --- creation ---

def test_without_mpol_a_new_files_tree_is_empty():
    assert Mount.new(machine=OLD).create("f", 4)["f"].shared_policy == SharedPolicy()


@pytest.mark.parametrize(("kernel", "pages"), [
    (V3_8, 34359738367), (V6_1, 34359738367), (V6_8, (1 << 51) - 1)], ids=str)
def test_with_mpol_one_range_covers_the_whole_file(kernel, pages):
    tree = Mount.new(options="mpol=local", machine=Machine(kernel=kernel)).create("f", 4)["f"].shared_policy
    assert [(n.start, n.end, str(n.policy)) for n in tree.nodes] == [(0, pages, "local")]


def test_the_creators_cpuset_cuts_the_files_policy_but_not_the_mounts():
    tmp = Mount.new(options="mpol=bind:0,2", machine=OLD).create("f", 1, allowed=Nodemask.of(2, 3))
    assert (str(tmp["f"].policy()), tmp.shown()) == ("bind:2", "mpol=bind:0,2")


def test_relative_is_folded_onto_the_creators_cpuset():
    tmp = Mount.new(options="mpol=bind=relative:0-3", machine=OLD).create("f", 1, allowed=Nodemask.of(2, 3))
    assert tmp["f"].policy().nodes == Nodemask.of(2, 3)


def test_where_the_cpuset_leaves_no_node_the_file_silently_has_none():
    tmp = Mount.new(options="mpol=bind:0", machine=OLD).create("f", 1, allowed=Nodemask.of(3))
    assert tmp["f"].shared_policy == SharedPolicy()


def test_inode_numbers_count_up_from_2_on_a_fresh_mount():
    tmp = Mount.new(machine=NEW).create("a", 1).create("b", 1)
    assert (tmp["a"].i_ino, tmp["b"].i_ino, tmp.next_ino) == (2, 3, 4)


def test_an_inode_number_can_be_said():
    tmp = Mount.new(machine=OLD, first_ino=1118).create("a", 1).create("b", 1, i_ino=7).create("c", 1)
    assert [tmp[n].i_ino for n in "abc"] == [1118, 7, 8]


def test_files_are_told_apart_by_name():
    tmp = a_mount()
    assert ("old" in tmp, "new" in tmp, "new" in tmp.create("new", 1)) == (True, False, True)


# --- remount ---

@pytest.mark.parametrize("machine", [OLD, OLD_3, NEW], ids=repr)
@pytest.mark.parametrize("to", ["mpol=local", "mpol=bind:1", "mpol=prefer:3", "mpol=default", "size=1m", ""])
def test_remount_leaves_old_files_alone(machine, to):
    tmp = a_mount(machine=machine)
    assert tmp.remount(to).files == tmp.files


def test_a_file_created_after_a_remount_has_the_new_policy():
    tmp = a_mount().remount("mpol=bind:1").create("new", 1)
    assert (str(tmp["old"].policy()), str(tmp["new"].policy())) == ("interleave:0-3", "bind:1")


def test_remount_moves_no_page():
    tmp = a_mount()
    after = tmp.remount("mpol=bind:1")
    assert after["old"].nodes == tmp["old"].nodes
    assert touch(after["old"], NEW).nodes == (2, 3, 0, 1, 2, 3, 0, 1)  # i_ino 2, by the old policy to the end


# shmem_remount_fs(): what the mount shows afterwards; stale: it is a freed policy (CVE-2013-1767).
@pytest.mark.parametrize(("machine", "to", "shown", "stale"), [
    (OLD, "size=1m", "mpol=interleave:0-3", True), (OLD, "", "mpol=interleave:0-3", True),
    (OLD, "mpol=default", "", False), (OLD, "mpol=bind:1", "mpol=bind:1", False),
    (OLD_3, "size=1m", "mpol=interleave:0-3", False), (OLD_3, "mpol=default", "mpol=interleave:0-3", False),
    (NEW, "mpol=default", "mpol=interleave:0-3", False), (NEW, "mpol=local", "mpol=local", False)])
def test_what_a_remount_makes_of_the_mounts_policy(machine, to, shown, stale):
    after = a_mount(machine=machine).remount(to)
    assert (after.shown(), after.stale) == (shown, stale)


def test_a_mount_without_a_policy_has_nothing_to_go_stale():
    assert not Mount.new(machine=OLD).remount("size=1m").stale


def test_of_several_mpol_in_a_remount_the_last_counts():
    assert a_mount().remount("mpol=bind:1,mpol=local").shown() == "mpol=local"


def test_a_new_policy_ends_the_stale_state():
    tmp = a_mount(machine=OLD).remount("size=1m")
    assert (tmp.stale, tmp.remount("mpol=local").stale, tmp.remount("size=2m").stale) == (True, False, True)


@given(st.data(), ring_machines)
def test_however_often_remounted_an_old_file_keeps_its_policy(data, machine):
    tmp = Mount.new(options=f"mpol={data.draw(options(machine))}", machine=machine).create("f", 3)
    file = tmp["f"]
    for _ in range(3):
        tmp = tmp.remount(f"mpol={data.draw(options(machine))}")
    assert tmp["f"] == file


# --- pages and sizes ---

def test_a_page_that_is_there_stays_where_it_is():
    file = Mount.new(machine=NEW).create("f", 2)["f"].put({0: 1})
    assert file.put({0: 3, 1: 2}).nodes == (1, 2)


def test_truncation_drops_pages_and_keeps_the_ranges_policies():
    file = touch(a_mount()["old"], NEW)
    cut = file.truncate(2)
    assert (cut.nodes, cut.shared_policy) == (file.nodes[:2], file.shared_policy)
    assert cut.truncate(4).nodes == (*file.nodes[:2], None, None)


# --- errors, after which nothing has changed ---

@pytest.mark.parametrize(("change", "error", "errno_name"), [
    (lambda t: t.remount("mpol=bind:9"), InvalidPolicy, "EINVAL"),
    (lambda t: t.remount("mpol"), InvalidMount, "EINVAL"),
    (lambda t: t.remount("mpol=local,mpol=foo"), InvalidPolicy, "EINVAL"),
    (lambda t: t.remount("mpol=local,foo=1"), InvalidMount, "EINVAL"),
    (lambda t: t.create("f", 0), InvalidMount, "EINVAL"), (lambda t: t.create("f", -1), InvalidMount, "EINVAL"),
    (lambda t: t.create("f", MAX_FILE_PAGES + 1), InvalidMount, "EINVAL"),
    (lambda t: t.create("f", True), InvalidMount, "EINVAL"), (lambda t: t.create("old", 1), InvalidMount, "EEXIST"),
    (lambda t: t.create("", 1), InvalidMount, "EEXIST"), (lambda t: t.create("a/b", 1), InvalidMount, "EEXIST"),
    (lambda t: t.create(None, 1), InvalidMount, "EEXIST"),
    (lambda t: t.create("f", 1, i_ino=-1), BadRange, "EOVERFLOW"),
    (lambda t: t["none"], InvalidMount, "ENOENT"), (lambda t: t.with_file(replace(t["old"], name="x")), InvalidMount,
                                                    "ENOENT"),
    (lambda t: t["old"].put({8: 0}), BadRange, "EFAULT"), (lambda t: t["old"].put({-1: 0}), BadRange, "EOVERFLOW"),
    (lambda t: t["old"].truncate(0), InvalidMount, "EINVAL"), (lambda t: t["old"].policy(-1), BadRange, "EOVERFLOW")])
def test_after_an_error_the_mount_is_what_it_was(change, error, errno_name):
    tmp = a_mount()
    with pytest.raises(error) as refused:
        change(tmp)
    assert refused.value.errno_name == errno_name
    assert tmp == a_mount()


@given(junk, junk)
def test_a_file_of_an_odd_name_or_size_is_made_or_refused_in_our_own_words(name, pages):
    tmp = a_mount()
    try:
        made = tmp.create(name, min(pages, 99) if isinstance(pages, int) else pages)
    except LinuxError:
        assert tmp == a_mount()
    else:
        assert made[name].pages >= 1


@pytest.mark.parametrize("first_ino", [-1, True, None, "2", 1 << 63])
def test_a_first_inode_number_that_is_none_is_refused(first_ino):
    with pytest.raises(BadRange):
        Mount.new(machine=OLD, first_ino=first_ino)


def test_what_a_mount_shows_is_its_policy_in_the_options_words():
    tmp = Mount.new(options="mpol=weighted interleave=static:0-1", machine=Machine(kernel=V6_12))
    assert tmp.shown() == mpol_to_str(tmp.mpol) == "mpol=weighted interleave=static:0-1"


@pytest.mark.parametrize(("kernel", "options", "corrupts"), [
    (V3_8_RC1, "mpol=local", True), (V3_8_RC1, "mpol=prefer:1", True), (V3_8_RC1, "mpol=bind:1", False),
    (V3_8_RC1, "", False), (V3_8, "mpol=local", False)])
def test_a_look_at_proc_mounts_set_a_stray_bit_until_january_2013(kernel, options, corrupts):
    assert Mount.new("/tmp", options, Machine(kernel=kernel)).show_corrupts is corrupts
