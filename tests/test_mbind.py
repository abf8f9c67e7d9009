# SPDX-License-Identifier: GPL-2.0-only
"""set_mempolicy and mbind: the file's tree is edited for all, errors in the kernel's order, VMA rules by release."""
from __future__ import annotations

from contextlib import nullcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from numakit.errors import BadAddress, InvalidPolicy, KernelBug
from numakit.kernel import KERNELS, V3_8, V3_8_SPLIT_MENDED, V3_13, V6_1, V6_12
from numakit.machine import Machine
from numakit.mbind import mbind, set_mempolicy
from numakit.mempolicy import Flag, Mode
from numakit.mount_option import policy, policy_args
from numakit.nodemask import Nodemask
from numakit.shared_policy import SharedPolicy
from numakit.task import Task
from numakit.tmpfs import Mount
from numakit.vma import PAGE_SIZE, AddressSpace

BASE, PAGES = 1 << 30, 32
NODE_1, NODE_2 = Nodemask.of(1), Nodemask.of(2)
MENDED, V13, V61, V612 = (Machine(kernel=k) for k in (V3_8_SPLIT_MENDED, V3_13, V6_1, V6_12))


def mapped(machine=V61, options="", shared=True):
    """A space with one mapping of a file of 32 pages, and the mount."""
    tmp = Mount.new(options=options, machine=machine).create("f", PAGES)
    return AddressSpace().mmap(tmp["f"], shared=shared, at=BASE), tmp


def bound(space, tmp, first, pages, option):
    """mbind of some pages of the mapping, the policy in the option's words."""
    return mbind(space, tmp, BASE + first * PAGE_SIZE, pages * PAGE_SIZE, *policy_args(option, tmp.machine))


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("machine", [MENDED, V13, V61, V612], ids=repr)
def test_mbind_through_any_mapping_edits_the_files_tree(machine, shared):
    space, tmp = bound(*mapped(machine, shared=shared), 4, 4, "bind:1")
    assert repr(tmp["f"].shared_policy) == "<[4, 8) bind:1>"
    assert [v.pages for v in space.vmas] == [4, 4, 24]


def test_another_process_sees_the_same_tree():
    space, tmp = mapped()
    other = AddressSpace().mmap(tmp["f"], at=BASE)
    _, tmp = bound(space, tmp, 0, 8, "bind:1")
    _, tmp = bound(other, tmp, 4, 8, "prefer:2")
    assert repr(tmp["f"].shared_policy) == "<[0, 4) bind:1, [4, 12) prefer:2>"


def test_the_part_of_the_file_that_is_mapped_is_what_changes():
    tmp = Mount.new(machine=V61).create("f", PAGES)
    space = AddressSpace().mmap(tmp["f"], 8, pgoff=16, at=BASE)
    _, tmp = bound(space, tmp, 2, 3, "bind:1")
    assert repr(tmp["f"].shared_policy) == "<[18, 21) bind:1>"


def test_mbind_on_an_anonymous_mapping_touches_no_file():
    tmp = Mount.new(machine=V61).create("f", 4)
    space, after = mbind(AddressSpace().mmap(pages=4, at=BASE), tmp, BASE, PAGE_SIZE, Mode.BIND, NODE_1)
    assert after == tmp
    assert str(space.find(BASE).policy) == "bind:1"


def test_default_takes_the_policy_away():
    space, tmp = bound(*mapped(), 0, PAGES, "bind:1")
    space, tmp = bound(space, tmp, 0, PAGES, "default")
    assert tmp["f"].shared_policy == SharedPolicy()
    assert space.find(BASE).policy is None


def test_v3_8_dies_on_mbind_in_the_middle_of_a_mounts_policy():
    space, tmp = mapped(Machine(kernel=V3_8), "mpol=local")
    with pytest.raises(KernelBug):
        bound(space, tmp, 4, 4, "bind:1")
    assert (space, tmp) == mapped(Machine(kernel=V3_8), "mpol=local")


# --- the VMA layer's rules: mbind_range() with vma_merge() ---

@pytest.mark.parametrize("machine", [MENDED, V13, V61, V612], ids=repr)
def test_a_mapping_that_has_the_policy_already_is_skipped_whatever_the_tree_holds(machine):
    space, tmp = bound(*mapped(machine), 0, 8, "bind:1")
    other, tmp = bound(AddressSpace().mmap(tmp["f"], at=BASE), tmp, 0, 8, "bind:2")
    assert bound(space, tmp, 0, 8, "bind:1")[1]["f"].shared_policy == tmp["f"].shared_policy


# [0, 8) has bind:1; then [8, 16), its neighbour, gets it too.
@pytest.mark.parametrize(("machine", "text"), [
    (MENDED, "<[0, 8) bind:1>"), (V13, "<[0, 8) bind:1>"), (V61, "<[0, 16) bind:1>"), (V612, "<[0, 16) bind:1>")],
    ids=repr)
def test_joining_the_lower_neighbour_sets_the_policy_again_since_v6_1_only(machine, text):
    space, tmp = bound(*bound(*mapped(machine), 0, 8, "bind:1"), 8, 8, "bind:1")
    assert repr(tmp["f"].shared_policy) == text
    assert [v.pages for v in space.vmas] == [16, 16]


def test_joining_a_neighbour_wipes_out_what_another_process_had_set_since_v6_1():
    space, tmp = bound(*mapped(V61), 0, 8, "bind:1")
    _, tmp = bound(AddressSpace().mmap(tmp["f"], at=BASE), tmp, 2, 2, "bind:2")
    _, tmp = bound(space, tmp, 8, 8, "bind:1")
    assert repr(tmp["f"].shared_policy) == "<[0, 16) bind:1>"


# vma_merge's case 8: a whole mapping, here [0, 8) bind:2, before one that has the new policy.
@pytest.mark.parametrize(("machine", "tree", "own"), [
    (MENDED, "<[0, 8) bind:2, [8, 16) bind:1>", "bind:2"), (V13, "<[0, 16) bind:1>", "bind:1"),
    (V61, "<[0, 16) bind:1>", "bind:1")], ids=repr)
def test_a_whole_mapping_that_grows_over_the_next_keeps_its_old_policy_in_v3_8(machine, tree, own):
    space, tmp = bound(*bound(*mapped(machine), 0, 8, "bind:2"), 8, 8, "bind:1")
    space, tmp = bound(space, tmp, 0, 8, "bind:1")
    assert repr(tmp["f"].shared_policy) == tree
    assert (str(space.find(BASE).policy), space.find(BASE).pages) == (own, 16)


# vma_merge's case 4: [8, 16) has bind:1; then [4, 8), the end of the mapping before it, gets it too.
@pytest.mark.parametrize(("machine", "tree"), [
    (MENDED, "<[8, 16) bind:1>"), (V13, "<[8, 16) bind:1>"), (V61, "<[4, 16) bind:1>")], ids=repr)
def test_the_end_of_a_mapping_that_goes_to_the_next_is_set_again_since_v6_1_only(machine, tree):
    space, tmp = bound(*bound(*mapped(machine), 8, 8, "bind:1"), 4, 4, "bind:1")
    assert repr(tmp["f"].shared_policy) == tree
    assert [v.pages for v in space.vmas] == [4, 12, 16]


SPLITTING_WELL = [k for k in KERNELS.values() if k.split == "correct" and k.local_by_system_call]
calls = st.lists(st.tuples(st.integers(0, PAGES - 1), st.integers(1, PAGES),
                           st.sampled_from(["bind:1", "bind:2", "prefer:0", "interleave:0-3", "local", "default"])),
                 max_size=8)


@given(calls, st.sampled_from(SPLITTING_WELL))
def test_through_a_new_mapping_each_time_mbind_is_a_plain_replace(steps, kernel):
    machine = Machine(kernel=kernel)
    tree, tmp = SharedPolicy(), Mount.new(machine=machine).create("f", PAGES)
    for first, pages, option in steps:
        pages = min(pages, PAGES - first)
        if option != "default":  # a mapping without a policy is skipped by default
            tree = tree.replace(first, first + pages, policy(option, machine))
        _, tmp = bound(AddressSpace().mmap(tmp["f"], pages, first, at=BASE), tmp, 0, pages, option)
        assert tmp["f"].shared_policy == tree


@given(calls, st.sampled_from(SPLITTING_WELL))
def test_whatever_mbind_does_the_mappings_still_cover_the_file_once_and_the_tree_is_sound(steps, kernel):
    space, tmp = mapped(Machine(kernel=kernel))
    for first, pages, option in steps:
        space, tmp = bound(space, tmp, first, min(pages, PAGES - first), option)
        tmp["f"].shared_policy.check()
        covered = [(v.start - BASE) // PAGE_SIZE + p for v in space.vmas for p in range(v.pages)]
        assert covered == list(range(PAGES))
        assert all(v.pgoff == (v.start - BASE) // PAGE_SIZE for v in space.vmas)


@given(calls)
def test_since_v6_1_the_caller_finds_its_own_last_policy_on_the_pages_it_asked_for(steps):
    space, tmp = mapped(V61)
    for first, pages, option in steps:
        pages = min(pages, PAGES - first)
        space, tmp = bound(space, tmp, first, pages, option)
        asked = {tmp["f"].policy(p) for p in range(first, first + pages)}
        assert asked == {policy(option, V61)}


# Facts 13 (4): the mapping has `local`; by chance v3.8 finds another `local` equal, and skips it, or not.
@pytest.mark.parametrize(("unset", "text"), [(0, "<[0, 8) bind:1>"), (1, "<[0, 8) local>")])
def test_in_v3_8_a_second_local_is_skipped_or_set_by_chance(unset, text):
    space, tmp = mapped(MENDED)
    space, tmp = mbind(space, tmp, BASE, 8 * PAGE_SIZE, Mode.LOCAL)
    _, tmp = bound(AddressSpace().mmap(tmp["f"], at=BASE), tmp, 0, 8, "bind:1")
    _, tmp = mbind(space, tmp, BASE, 8 * PAGE_SIZE, Mode.LOCAL, unset=unset)
    assert repr(tmp["f"].shared_policy) == text


def test_since_local_is_a_mode_a_second_local_is_always_skipped():
    space, tmp = mbind(*mapped(), BASE, 8 * PAGE_SIZE, Mode.LOCAL, unset=1)
    _, tmp = bound(AddressSpace().mmap(tmp["f"], at=BASE), tmp, 0, 8, "bind:1")
    assert mbind(space, tmp, BASE, 8 * PAGE_SIZE, Mode.LOCAL, unset=2) == (space, tmp)


# --- errors, in the kernel's order: do_mbind() ---

@pytest.mark.parametrize(("start", "length", "mode", "nodes", "flags", "errno_name"), [
    (BASE + 1, PAGE_SIZE, 9, NODE_1, 0, "EINVAL"),
    (BASE, PAGE_SIZE, Mode.BIND, NODE_1, Flag.STATIC | Flag.RELATIVE, "EINVAL"),
    (BASE, PAGE_SIZE, Mode.INTERLEAVE, NODE_1, Flag.BALANCING, "EINVAL"),
    (BASE, PAGE_SIZE, Mode.BIND, NODE_1, 8, "EINVAL"),
    (BASE + 1, PAGE_SIZE, Mode.BIND, NODE_1, 0, "EINVAL"), (BASE + 1, 0, Mode.BIND, NODE_1, 0, "EINVAL"),
    (0, 1 << 64, Mode.BIND, NODE_1, 0, "EINVAL"), ((1 << 64) - PAGE_SIZE, PAGE_SIZE, Mode.BIND, NODE_1, 0, "EINVAL"),
    (BASE, PAGE_SIZE, Mode.BIND, Nodemask(), 0, "EINVAL"), (BASE, PAGE_SIZE, Mode.BIND, Nodemask.of(9), 0, "EINVAL"),
    (0, PAGE_SIZE, Mode.BIND, Nodemask.of(9), 0, "EINVAL"),  # the policy is looked at before the hole
    (0, PAGE_SIZE, Mode.BIND, NODE_1, 0, "EFAULT"), (BASE, (PAGES + 1) * PAGE_SIZE, Mode.BIND, NODE_1, 0, "EFAULT"),
    (BASE, PAGES * PAGE_SIZE + 1, Mode.BIND, NODE_1, 0, "EFAULT"),  # the length rounds up into the hole
    (0, PAGE_SIZE, Mode.DEFAULT, Nodemask(), 0, "EFAULT"), (BASE, PAGE_SIZE, Mode.DEFAULT, NODE_1, 0, "EINVAL"),
    (-PAGE_SIZE, PAGE_SIZE, Mode.BIND, NODE_1, 0, "EINVAL"), (BASE, -1, Mode.BIND, NODE_1, 0, "EINVAL"),
    (None, PAGE_SIZE, Mode.BIND, NODE_1, 0, "EINVAL"), (BASE, 4096.0, Mode.BIND, NODE_1, 0, "EINVAL")])
def test_a_refused_mbind_names_its_errno_and_changes_nothing(start, length, mode, nodes, flags, errno_name):
    space, tmp = mapped(options="mpol=local")
    with pytest.raises((BadAddress, InvalidPolicy)) as refused:
        mbind(space, tmp, start, length, mode, nodes, Flag(flags))
    assert refused.value.errno_name == errno_name
    assert (space, tmp) == mapped(options="mpol=local")


def test_the_lazy_flag_is_einval():  # MPOL_MF_LAZY is bit 3
    with pytest.raises(InvalidPolicy):
        mbind(*mapped(), BASE, PAGE_SIZE, Mode.BIND, NODE_1, Flag(8))


@pytest.mark.parametrize(("mode", "nodes"), [(Mode.BIND, NODE_1), (Mode.BIND, Nodemask.of(9)), (Mode.BIND, Nodemask())])
def test_a_length_of_0_does_nothing_and_looks_no_further(mode, nodes):
    assert mbind(*mapped(), BASE, 0, mode, nodes) == mapped()


def test_the_length_rounds_up_to_whole_pages():
    _, tmp = mbind(*mapped(), BASE, 1, Mode.BIND, NODE_1)
    assert repr(tmp["f"].shared_policy) == "<[0, 1) bind:1>"


def test_default_over_a_hole_is_no_error():
    space, tmp = bound(*mapped(), 0, PAGES, "bind:1")
    _, after = mbind(space, tmp, BASE, 2 * PAGES * PAGE_SIZE, Mode.DEFAULT)
    assert after["f"].shared_policy == SharedPolicy()


# Pages 0 to 3 and 8 to 11 are mapped; (first page, pages), then what v3.8 and v6.1 say to bind and to default.
@pytest.mark.parametrize(("first", "pages", "mode", "v3_8", "v6_1"), [
    (0, 4, Mode.BIND, True, True), (0, 12, Mode.BIND, False, False), (0, 6, Mode.BIND, True, False),
    (6, 6, Mode.BIND, False, False), (4, 4, Mode.BIND, False, False), (8, 9, Mode.BIND, True, False),
    (0, 12, Mode.DEFAULT, True, True), (0, 6, Mode.DEFAULT, True, True), (6, 6, Mode.DEFAULT, False, True),
    (4, 4, Mode.DEFAULT, False, False)])
def test_each_release_sees_other_holes(first, pages, mode, v3_8, v6_1):
    space = AddressSpace().mmap(pages=4, at=BASE).mmap(pages=4, at=BASE + 8 * PAGE_SIZE)
    nodes = NODE_1 if mode is Mode.BIND else Nodemask()
    for machine, accepted in ((MENDED, v3_8), (V61, v6_1)):
        args = (space, Mount.new(machine=machine), BASE + first * PAGE_SIZE, pages * PAGE_SIZE, mode, nodes)
        with nullcontext() if accepted else pytest.raises(BadAddress, match="EFAULT"):
            mbind(*args)


# --- set_mempolicy ---

def test_set_mempolicy_gives_the_task_a_policy_fitted_to_its_cpuset():
    task = set_mempolicy(Task(allowed=Nodemask.of(2, 3)), Mode.BIND, Nodemask.parse("0-3"))
    assert str(task.policy) == "bind:2-3"
    assert set_mempolicy(task, Mode.DEFAULT).policy is None


@pytest.mark.parametrize(("mode", "nodes", "flags"), [
    (9, NODE_1, 0), (Mode.BIND, Nodemask(), 0), (Mode.BIND, Nodemask.of(0), 0), (Mode.LOCAL, NODE_1, 0),
    (Mode.INTERLEAVE, NODE_2, Flag.BALANCING)])
def test_a_refused_set_mempolicy_leaves_the_task_alone(mode, nodes, flags):
    task = Task(1, policy("bind:2"), Nodemask.of(2, 3))
    with pytest.raises(InvalidPolicy):
        set_mempolicy(task, mode, nodes, Flag(flags))
    assert task == Task(1, policy("bind:2"), Nodemask.of(2, 3))


def test_mbind_cuts_the_mask_with_the_callers_cpuset():
    space, tmp = mapped()
    _, tmp = mbind(space, tmp, BASE, PAGE_SIZE, Mode.BIND, Nodemask.parse("0-3"), task=Task(allowed=NODE_2))
    assert repr(tmp["f"].shared_policy) == "<[0, 1) bind:2>"
