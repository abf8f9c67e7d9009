# SPDX-License-Identifier: GPL-2.0-only
"""Pages moved on request: which are taken, where they go before and after ilx, and what a refusal leaves behind."""
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import subsets

from numakit.errors import BadAddress, InvalidNodes, InvalidPolicy, KernelBug
from numakit.kernel import V3_8, V3_8_SPLIT_MENDED, V6_1, V6_12
from numakit.machine import Machine
from numakit.mbind import mbind as set_only
from numakit.mempolicy import Flag, Mode
from numakit.mount_option import policy, policy_args
from numakit.moving import MF, Misplaced, Moved, mbind, migrate_pages, move_pages
from numakit.nodemask import Nodemask
from numakit.process import Process, addresses, read, write
from numakit.task import Task
from numakit.tmpfs import Mount
from numakit.vma import PAGE_SIZE, AddressSpace

PAGES, BASE = 12, 1 << 30
V38, V61, V612 = (Machine(kernel=k) for k in (V3_8_SPLIT_MENDED, V6_1, V6_12))
ALL4, NOTHING = Nodemask.parse("0-3"), Nodemask()
MACHINES = pytest.mark.parametrize("machine", [V38, V61, V612], ids=repr)
POLICIES = ["bind:1", "bind:2-3", "prefer:2", "interleave:0-2", "interleave:1,3"]


def touched(machine=V61, options="mpol=interleave:0-3", kind="shared", i_ino=2, task=None):
    """A process that wrote every page of its mapping, and the mount."""
    tmp = Mount.new(options=options, machine=machine).create("f", PAGES, i_ino=i_ino)
    file, pages = (None, PAGES) if kind == "anonymous" else (tmp["f"], None)
    space = AddressSpace().mmap(file, pages, shared=kind == "shared", at=BASE)
    return write(Process(task or Task(), space), tmp, addresses(space.newest))


def bound(process, tmp, option, mf=MF.NONE, others=(), first=0, pages=PAGES):
    """mbind of some pages of the mapping, the policy in the option's words."""
    return mbind(process, tmp, BASE + first * PAGE_SIZE, pages * PAGE_SIZE, *policy_args(option, tmp.machine), mf,
                 others)


def nodes(moved):
    """The nodes of all pages as the process of a Moved sees them."""
    return tuple(moved.process.node(BASE + i * PAGE_SIZE, moved.mount) for i in range(PAGES))


# --- which pages are taken ---

@MACHINES
def test_without_a_flag_no_page_moves(machine):
    process, tmp = touched(machine)
    moved = bound(process, tmp, "bind:3")
    assert (moved.pages, nodes(moved)) == (0, (2, 3, 0, 1) * 3)
    assert (moved.process.space, moved.mount) == set_only(process.space, tmp, BASE, PAGES * PAGE_SIZE, Mode.BIND,
                                                          Nodemask.of(3))


@MACHINES
@pytest.mark.parametrize("kind", ["shared", "private", "anonymous"])
def test_move_takes_the_pages_off_the_mask_and_no_others(machine, kind):
    process, tmp = touched(machine, kind=kind, task=Task(0, policy("interleave:0-3", machine)))
    before = nodes(Moved(process, tmp, 0))
    moved = bound(process, tmp, "bind:2-3", MF.MOVE)
    assert moved.pages == sum(n in (0, 1) for n in before)
    assert all(a == b for a, b in zip(before, nodes(moved), strict=True) if a in (2, 3))
    assert set(nodes(moved)) == {2, 3}


@MACHINES
def test_only_the_pages_of_the_range_are_taken(machine):
    moved = bound(*touched(machine), "bind:3", MF.MOVE, first=4, pages=4)
    assert nodes(moved) == (2, 3, 0, 1, 3, 3, 3, 3, 2, 3, 0, 1)


@pytest.mark.parametrize(("mf", "pages"), [(MF.MOVE, 0), (MF.MOVE | MF.STRICT, 0), (MF.MOVE_ALL, 9),
                                           (MF.MOVE_ALL | MF.STRICT, 9), (MF.NONE, 0)])
def test_a_page_that_another_process_maps_moves_by_move_all_alone_and_that_is_no_failure(mf, pages):  # recorded on 6.1
    process, tmp = touched()
    child, tmp = read(process.fork(1), tmp, addresses(process.space.newest))
    moved = bound(process, tmp, "bind:3", mf, [child])
    assert moved.pages == pages
    assert [child.node(a, moved.mount) for a in addresses(child.space.newest)] == list(nodes(moved))
    assert str(moved.mount["f"].policy()) == "bind:3"


def test_a_page_that_the_process_itself_maps_twice_stays():
    process, tmp = touched(options="")
    twice = process.space.mmap(tmp["f"], 1, at=2 * BASE)
    process, tmp = read(Process(process.task, twice, process.own, process.mapped), tmp, [2 * BASE])
    moved = mbind(process, tmp, BASE, PAGES * PAGE_SIZE, Mode.BIND, Nodemask.of(3), mf=MF.MOVE)
    assert nodes(moved) == (0, *[3] * (PAGES - 1))


def test_a_page_in_the_file_that_this_process_does_not_map_stays():
    process, tmp = touched(options="")
    space = AddressSpace().mmap(tmp["f"], at=BASE)
    assert bound(Process(space=space), tmp, "bind:3", MF.MOVE_ALL).pages == 0


@MACHINES
@pytest.mark.parametrize("option", ["default", "local"])
def test_an_empty_mask_queues_every_page(machine, option):
    process, tmp = touched(machine, options="mpol=bind:3", task=Task(2))
    once = bound(process, tmp, "bind:3")  # a mapping without a policy would be skipped by default
    moved = bound(once.process, once.mount, option, MF.MOVE)
    assert (moved.pages, set(nodes(moved))) == (PAGES, {2})


@MACHINES
def test_default_through_a_mapping_without_a_policy_leaves_the_files_so_before_v6_7_pages_stay(machine):
    moved = bound(*touched(machine, options="mpol=bind:3", task=Task(2)), "default", MF.MOVE)
    assert str(moved.mount["f"].policy()) == "bind:3"
    assert set(nodes(moved)) == ({2} if machine.kernel.ilx_known_to_fault_path else {3})


def test_a_relative_mask_is_compared_as_the_user_gave_it():
    task = Task(2, None, Nodemask.of(2, 3))
    process, tmp = touched(options="mpol=bind:2", task=task)
    args = (process, tmp, BASE, PAGES * PAGE_SIZE, Mode.BIND, Nodemask.of(0), Flag.RELATIVE)
    assert mbind(*args, mf=MF.MOVE).pages == 0  # {0} folds to {2}: queued, and sent to where they are
    with pytest.raises(Misplaced):
        mbind(*args, mf=MF.STRICT)


# --- STRICT ---

@MACHINES
def test_strict_alone_fails_with_eio_where_a_page_is_off_the_mask_and_sets_nothing(machine):
    process, tmp = touched(machine)
    with pytest.raises(Misplaced, match="9 pages .* 3; .*EIO") as refused:
        bound(process, tmp, "bind:3", MF.STRICT)
    assert (refused.value.errno_name, refused.value.errno) == ("EIO", 5)
    assert (process, tmp) == touched(machine)


@pytest.mark.parametrize("option", ["bind:0-3", "default"])
def test_strict_is_no_failure_where_every_page_is_on_the_mask_nor_for_default(option):
    moved = bound(*touched(), option, MF.STRICT)
    assert (moved.pages, nodes(moved)) == (0, (2, 3, 0, 1) * 3)


def test_strict_looks_at_pages_that_are_there_and_in_the_range():
    process, tmp = touched()
    bound(process, tmp, "bind:2", MF.STRICT, pages=1)
    bound(Process(space=process.space), tmp, "bind:2", MF.STRICT)


# --- where they go ---

# Facts 14, "Where MOVE sends a page"; inode 7: a fault on page i would take (i + 7) mod 3.
@pytest.mark.parametrize(("machine", "places"), [
    (V38, (0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2)), (V61, (0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2)),
    (V612, (1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0))], ids=repr)
def test_move_to_interleave_knows_the_inode_number_since_v6_7_only(machine, places):
    moved = bound(*touched(machine, options="mpol=bind:3", i_ino=7), "interleave:0-2", MF.MOVE)
    assert nodes(moved) == places
    fresh = Moved(*touched(machine, options="mpol=interleave:0-2", i_ino=7), 0)
    assert (nodes(moved) == nodes(fresh)) is machine.kernel.ilx_known_to_fault_path


# A skipped mapping: it has interleave:0-1, another process has set bind:3 on the file since.
@pytest.mark.parametrize(("machine", "places"), [(V38, {3}), (V61, {3}), (V612, {0, 1})], ids=repr)
def test_where_the_mapping_is_skipped_v6_1_asks_the_file_and_v6_8_the_calls_own_policy(machine, places):
    process, tmp = touched(machine, options="mpol=bind:2")
    once = bound(process, tmp, "interleave:0-1")
    other = AddressSpace().mmap(once.mount["f"], at=BASE)
    _, tmp = set_only(other, once.mount, BASE, PAGES * PAGE_SIZE, Mode.BIND, Nodemask.of(3))
    again = bound(once.process, tmp, "interleave:0-1", MF.MOVE)
    assert (set(nodes(again)), str(again.mount["f"].policy())) == (places, "bind:3")


@MACHINES
def test_default_sends_pages_where_the_tasks_policy_says(machine):
    process, tmp = touched(machine, options="mpol=bind:3", task=Task(0, policy("prefer:1", machine)))
    once = bound(process, tmp, "bind:3")
    assert set(nodes(bound(once.process, once.mount, "default", MF.MOVE))) == {1}


@pytest.mark.parametrize(("cpu", "node"), [(0, 0), (2, 2)])
def test_local_sends_pages_to_the_callers_cpu(cpu, node):
    process, tmp = touched(options="mpol=bind:1", task=Task(cpu))
    assert set(nodes(bound(process, tmp, "local", MF.MOVE))) == {node}


@given(st.sampled_from(POLICIES), st.sampled_from(["shared", "private", "anonymous"]),
       st.sampled_from([V38, V61, V612]), st.integers(0, 9), st.integers(0, 3))
def test_after_move_every_page_lies_on_the_mask_and_a_second_move_moves_none(option, kind, machine, i_ino, cpu):
    process, tmp = touched(machine, kind=kind, i_ino=i_ino, task=Task(cpu, policy("interleave", machine)))
    once = bound(process, tmp, option, MF.MOVE)
    assert set(nodes(once)) <= set(policy(option, machine).nodes)
    again = bound(once.process, once.mount, option, MF.MOVE)
    assert (again.pages, nodes(again)) == (0, nodes(once))


@given(st.sampled_from(POLICIES), st.sampled_from(["shared", "private"]), st.sampled_from([V38, V61, V612]),
       st.sampled_from([MF.MOVE, MF.MOVE_ALL]), st.integers(0, PAGES - 1))
def test_the_count_is_that_of_the_pages_on_another_node_and_policies_are_set_as_without_moving(option, kind, machine,
                                                                                               mf, first):
    process, tmp = touched(machine, kind=kind)
    moved = bound(process, tmp, option, mf, first=first, pages=PAGES - first)
    plain = bound(process, tmp, option, first=first, pages=PAGES - first)
    pairs = zip(nodes(Moved(process, tmp, 0)), nodes(moved), strict=True)
    assert moved.pages == sum(a != b for a, b in pairs)
    assert moved.process.space == plain.process.space
    assert moved.mount["f"].shared_policy == plain.mount["f"].shared_policy


# --- errors of mbind ---

@pytest.mark.parametrize(("start", "length", "mode", "mask", "mf", "error"), [
    (BASE, PAGE_SIZE, Mode.BIND, 2, 8, InvalidPolicy), (BASE, PAGE_SIZE, Mode.BIND, 2, -1, InvalidPolicy),
    (BASE, PAGE_SIZE, Mode.BIND, 2, None, InvalidPolicy), (BASE, PAGE_SIZE, Mode.BIND, 2, True, InvalidPolicy),
    (BASE, PAGE_SIZE, Mode.BIND, 1 << 9, 2, InvalidPolicy), (BASE, PAGE_SIZE, 9, 2, 2, InvalidPolicy),
    (BASE + 1, PAGE_SIZE, Mode.BIND, 2, 2, BadAddress), (0, PAGE_SIZE, Mode.BIND, 2, 2, BadAddress),
    (BASE, (PAGES + 1) * PAGE_SIZE, Mode.BIND, 8, 4, BadAddress), (BASE, -1, Mode.BIND, 2, 2, BadAddress),
    (BASE, (1 << 64) - PAGE_SIZE, Mode.BIND, 2, 2, BadAddress), (BASE, 1 << 64, Mode.BIND, 2, 2, BadAddress)])
def test_a_refused_mbind_moves_nothing(start, length, mode, mask, mf, error):
    process, tmp = touched()
    with pytest.raises(error):
        mbind(process, tmp, start, length, mode, Nodemask(mask), mf=mf)
    assert (process, tmp) == touched()


@pytest.mark.parametrize("mf", [MF.NONE, MF.STRICT, MF.MOVE, MF.MOVE_ALL])
@pytest.mark.parametrize("nid", [3, 9])
def test_a_length_of_0_moves_nothing_and_looks_no_further(mf, nid):
    process, tmp = touched()
    assert mbind(process, tmp, BASE, 0, Mode.BIND, Nodemask.of(nid), mf=mf) == Moved(process, tmp, 0)


# --- migrate_pages ---

def reference(where, old, new):
    """migrate_pages by hand on a tuple of nodes: lists only, one round after the other, as do_migrate_pages() goes."""
    froms, tos, where = sorted(old), sorted(new), list(where)
    destination = {s: tos[i % len(tos)] for i, s in enumerate(froms)}
    remain = list(froms)
    while True:
        able = [s for s in remain if destination[s] != s and not (len(froms) != len(tos) and s in tos)]
        if not able:
            return tuple(where)
        free = [s for s in able if destination[s] not in remain]
        source = free[0] if free else able[-1]
        where = [destination[source] if n == source else n for n in where]
        remain.remove(source)


# Facts 14: 0-3 to 1,2 was recorded; then pairs, chains, a swap (one way: 0 first, or 1 would be lost).
@pytest.mark.parametrize(("old", "new", "after"), [
    ("0-3", "1-2", {0: 1, 1: 1, 2: 2, 3: 2}), ("0-3", "3", {0: 3, 1: 3, 2: 3, 3: 3}), ("0-1", "2-3", {0: 2, 1: 3}),
    ("0-2", "1-3", {0: 1, 1: 2, 2: 3}), ("1-3", "0-2", {1: 0, 2: 1, 3: 2}), ("0", "0", {0: 0}), ("5", "1", {}),
    ("", "1", {})])
def test_migrate_pages_sends_each_node_to_its_place_in_the_new_mask(old, new, after):
    process, tmp = touched()
    moved = migrate_pages(process, tmp, Nodemask.parse(old) if old else NOTHING, Nodemask.parse(new))
    before = nodes(Moved(process, tmp, 0))
    assert nodes(moved) == tuple(after.get(n, n) for n in before)
    assert moved.pages == sum(after.get(n, n) != n for n in before)


@given(st.data(), st.sampled_from([V38, V61, V612]), st.sampled_from(["shared", "private", "anonymous"]))
def test_migrate_pages_does_what_the_reference_does(data, machine, kind):
    old, new = data.draw(subsets(range(6), 0)), data.draw(subsets(range(4)))
    process, tmp = touched(machine, kind=kind, task=Task(0, policy("interleave", machine)))
    moved = migrate_pages(process, tmp, old, new)
    assert nodes(moved) == reference(nodes(Moved(process, tmp, 0)), old, new)


def test_migrate_pages_takes_copies_and_shared_pages_and_leaves_policies():
    process, tmp = touched(kind="private", options="mpol=bind:1")
    child, tmp = read(Process(space=AddressSpace().mmap(tmp["f"], at=BASE)), tmp, [BASE])
    moved = migrate_pages(child, tmp, ALL4, Nodemask.of(3))
    assert (moved.pages, moved.mount["f"].nodes) == (1, (3, *[1] * (PAGES - 1)))
    assert moved.mount["f"].shared_policy == tmp["f"].shared_policy
    assert set(nodes(migrate_pages(process, tmp, ALL4, Nodemask.of(3)))) == {3}


def test_the_callers_cpuset_cuts_the_new_mask():
    process, tmp = touched(options="", task=Task(2, None, Nodemask.of(2, 3)))
    assert set(nodes(migrate_pages(process, tmp, Nodemask.of(2), Nodemask.of(1, 3)))) == {3}


@pytest.mark.parametrize(("old", "new"), [(ALL4, NOTHING), (ALL4, Nodemask.of(4)), (ALL4, Nodemask.of(9, 700)),
                                          (ALL4, None), (ALL4, 3), (None, ALL4), ("0", ALL4)])
def test_where_nobody_can_move_migrate_pages_is_einval(old, new):
    process, tmp = touched()
    with pytest.raises(InvalidNodes) as refused:
        migrate_pages(process, tmp, old, new)
    assert refused.value.errno_name == "EINVAL"


# --- move_pages ---

@MACHINES
def test_move_pages_sends_each_page_to_its_own_node(machine):
    process, tmp = touched(machine)
    moved = move_pages(process, tmp, {a: i % 3 for i, a in enumerate(addresses(process.space.newest))})
    assert nodes(moved) == (0, 1, 2) * 4
    assert moved.pages == sum(a != b for a, b in zip((2, 3, 0, 1) * 3, (0, 1, 2) * 4, strict=True))


def test_move_pages_passes_over_what_is_not_there_or_mapped_by_others():
    process, tmp = touched(options="")
    child, tmp = read(process.fork(0), tmp, [BASE])
    wanted = {BASE: 3, BASE + PAGE_SIZE: 3}
    assert nodes(move_pages(process, tmp, wanted, [child]))[:3] == (0, 3, 0)
    assert move_pages(Process(space=process.space), tmp, wanted).pages == 0


@pytest.mark.parametrize(("nid", "errno_name"), [(4, "ENODEV"), (-1, "ENODEV"), (1 << 70, "ENODEV"), ("1", "ENODEV"),
                                                 (None, "ENODEV"), (True, "ENODEV"), (0, "EACCES")])
def test_move_pages_to_a_node_without_memory_or_outside_the_cpuset_moves_no_page(nid, errno_name):
    process, tmp = touched(task=Task(1, None, Nodemask.of(1, 2, 3)))
    with pytest.raises(InvalidNodes) as refused:
        move_pages(process, tmp, {BASE: 3, BASE + PAGE_SIZE: nid})
    assert refused.value.errno_name == errno_name
    assert (process, tmp) == touched(task=Task(1, None, Nodemask.of(1, 2, 3)))


@pytest.mark.parametrize("wanted", [{0: 1}, {BASE + PAGES * PAGE_SIZE: 1}, {"x": 1}, None, [BASE], 5], ids=str)
def test_move_pages_of_what_is_not_mapped_is_refused(wanted):
    with pytest.raises(BadAddress):
        move_pages(*touched(), wanted)


def test_v3_8_as_released_dies_where_the_call_splits_a_range_whatever_the_flags():
    process, tmp = touched(Machine(kernel=V3_8))
    with pytest.raises(KernelBug):
        bound(process, tmp, "bind:3", MF.MOVE, first=4, pages=4)
