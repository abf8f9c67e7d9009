# SPDX-License-Identifier: GPL-2.0-only
"""Whatever comes in, what goes out is an answer or an error of our own: never a TypeError from deep inside.

Values are fuzzed (numbers, texts, lists, addresses, modes, flags). A value in the place of a whole machine, mount or
file is a slip of the caller's program, and Python's own words for it will do.
"""
from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import changed, junk, machines, numbers, options, presets, ring_machines

from numakit import pages
from numakit.errors import KernelBug, LinuxError
from numakit.full import order_when_full
from numakit.kernel import KERNELS, V6_12, named, nearest, version
from numakit.machine import Machine
from numakit.mbind import mbind, set_mempolicy
from numakit.mempolicy import Flag, mpol_new
from numakit.mount_data import mpol_options
from numakit.mount_option import mpol_parse_str, policy, policy_args
from numakit.moving import MF, migrate_pages, move_pages
from numakit.moving import mbind as moving_mbind
from numakit.nodelist import parse_digits, parse_regions
from numakit.nodemask import Nodemask
from numakit.placement import node_of_file_page, node_of_new_page, node_wanted_by_fault_path, shmem_ilx, touch
from numakit.process import Process, addresses, drop, mapcount, need, page_at, punch, read, write
from numakit.shared_policy import SharedPolicy
from numakit.task import Task
from numakit.tmpfs import Mount
from numakit.topology import from_distances, ring4
from numakit.vma import PAGE_SIZE, AddressSpace

BASE = 1 << 30
texts = st.one_of(st.text(max_size=20), st.text("bindprefloct:,=-0123 ()NaxX/\n\0", max_size=24))


def answers(call, *args):
    """The call's answer, or None after an error of our own; any other exception goes through and fails the test."""
    try:
        return call(*args)
    except LinuxError as error:
        assert str(error).count("; ") >= 2
        return None


# --- grammar ---

@given(st.data(), machines())
def test_a_spoilt_option_is_parsed_or_refused(data, machine):
    text = data.draw(changed(options(machine)))
    parsed = answers(mpol_parse_str, text, machine)
    if parsed is not None:
        assert parsed.nodes.issubset(machine.memory)


@given(texts, ring_machines)
def test_any_text_is_an_option_or_refused(text, machine):
    answers(mpol_parse_str, text, machine)
    answers(mpol_parse_str, f"bind:{text}", machine)
    answers(mpol_parse_str, f"interleave={text}", machine)
    answers(policy_args, text, machine)


@given(texts)
def test_any_text_is_a_node_list_or_refused(text):
    for parse in (parse_digits, parse_regions):
        bits = answers(parse, text)
        assert bits is None or 0 <= bits < 1 << 1024


@given(texts, st.data(), ring_machines)
def test_any_mount_data_mounts_and_remounts_or_changes_nothing(text, data, machine):
    answers(mpol_options, text)
    spoilt = data.draw(changed(options(machine).map(lambda o: f"size=1m,mpol={o},mode=755")))
    for mount_data in (text, spoilt):
        answers(lambda d=mount_data: Mount.new(options=d, machine=machine))
        tmp = Mount.new(options="mpol=local", machine=machine).create("f", 2)
        after = answers(tmp.remount, mount_data)
        assert after is None or after.files == tmp.files


@given(junk, ring_machines)
def test_what_is_not_text_is_no_option(odd, machine):
    answers(mpol_parse_str, odd, machine)
    answers(mpol_options, odd)


# --- system calls ---

starts = st.one_of(st.integers(0, 40).map(lambda p: BASE + p * PAGE_SIZE), numbers, junk)
lengths = st.one_of(st.integers(0, 40 * PAGE_SIZE), numbers, junk)
modes = st.one_of(st.integers(-1, 8), numbers, junk)
flags = st.sampled_from([Flag.NONE, *Flag, Flag.STATIC | Flag.RELATIVE, Flag.BALANCING | Flag.STATIC, Flag(1 << 20)])
node_masks = (st.integers(0, 1 << 70) | st.integers(0, 15) | st.just((1 << 1024) - 1)).map(Nodemask)


@given(starts, lengths, modes, node_masks, flags, ring_machines)
def test_mbind_with_any_numbers_answers_or_refuses_and_changes_nothing(start, length, mode, nodes, flag, machine):
    space, tmp = AddressSpace(), Mount.new(options="mpol=local", machine=machine).create("f", 32)
    space = space.mmap(tmp["f"], at=BASE)
    try:
        done = answers(mbind, space, tmp, start, length, mode, nodes, flag)
    except KernelBug:
        assert machine.kernel.split == "BUG"
        done = None
    assert tmp == Mount.new(options="mpol=local", machine=machine).create("f", 32)
    if done is not None:
        done[1]["f"].shared_policy.check()
        assert sum(v.pages for v in done[0].vmas) == 32


@given(modes, node_masks, flags, st.one_of(st.none(), node_masks), ring_machines)
def test_set_mempolicy_with_any_numbers_answers_or_refuses(mode, nodes, flag, allowed, machine):
    done = answers(set_mempolicy, Task(0, None, allowed), mode, nodes, flag, machine)
    if done is not None and done.policy is not None:
        assert done.policy.nodes.issubset(machine.memory)


@given(starts, lengths, modes, node_masks, flags, st.one_of(st.integers(0, 8), junk), ring_machines)
def test_moving_pages_with_any_numbers_answers_or_refuses_and_changes_nothing(start, length, mode, nodes, flag, mf,
                                                                              machine):
    tmp = Mount.new(options="mpol=local", machine=machine).create("f", 32)
    process, tmp = write(Process(space=AddressSpace().mmap(tmp["f"], at=BASE)), tmp, [BASE, BASE + 9 * PAGE_SIZE])
    try:
        done = answers(moving_mbind, process, tmp, start, length, mode, nodes, flag, mf)
    except KernelBug:
        assert machine.kernel.split == "BUG"
        done = None
    assert tmp["f"].nodes.count(None) == 30
    if done is not None:
        assert done.pages <= 2
        assert sum(v.pages for v in done.process.space.vmas) == 32
        assert set(done.mount["f"].nodes) <= {None, *machine.memory}


@given(st.one_of(starts, st.lists(starts)), st.sampled_from([read, write]), st.booleans(), ring_machines)
def test_a_touch_at_any_address_brings_a_page_or_is_refused_and_changes_nothing(where, act, shared, machine):
    tmp = Mount.new(machine=machine).create("f", 32)
    process = Process(space=AddressSpace().mmap(tmp["f"], shared=shared, at=BASE))
    done = answers(act, process, tmp, where)
    assert (process.own, process.mapped, tmp["f"].nodes) == ({}, frozenset(), (None,) * 32)
    if done is not None:
        assert len(done[0].own) + len(done[0].mapped) == len({a // PAGE_SIZE for a in where})
        assert answers(drop, done[0], where) == process


@given(node_masks, node_masks, st.dictionaries(starts.filter(lambda a: not isinstance(a, list)), numbers, max_size=3),
       ring_machines)
def test_pages_move_to_nodes_with_memory_alone(old, new, wanted, machine):
    tmp = Mount.new(options="mpol=interleave", machine=machine).create("f", 8)
    space = AddressSpace().mmap(tmp["f"], at=BASE)
    process, tmp = write(Process(space=space), tmp, addresses(space.newest))
    for done in (answers(migrate_pages, process, tmp, old, new), answers(move_pages, process, tmp, wanted)):
        assert done is None or set(done.mount["f"].nodes) <= set(machine.memory)


@given(junk, junk, st.sampled_from(["correct", "BUG", "loses the tail"]))
def test_any_range_is_replaced_or_refused(start, end, split):
    tree = SharedPolicy().replace(0, 20, policy("local"))
    try:
        found = answers(tree.replace, start, end, policy("bind:1"), split)
    except KernelBug:
        assert split == "BUG" and 0 < start < end < 20
    else:
        assert found is None or found.check().lookup(start) == policy("bind:1")


@given(presets, numbers, numbers)
def test_any_number_is_a_node_a_cpu_or_refused(topology, a, b):
    for ask in (topology.fallback, topology.node_of_cpu, lambda n: topology.distance(n, b)):
        answers(ask, a)


# --- odd types: a table of public functions, one argument each ---

ODD = [None, -1, 3, 1 << 70, True, "x", "0", 1.5, math.nan, math.inf, [], {}, b"x", (), object()]
M, MASK = Machine(ring4(), V6_12), Nodemask.of(1, 2)
TMP = Mount.new(machine=M).create("f", 8)
SPACE = AddressSpace().mmap(TMP["f"], at=BASE)
PROCESS, TOUCHED = write(Process(space=SPACE), TMP, [BASE, BASE + PAGE_SIZE])
LEAVES, BIND = policy("interleave:0-3"), policy("bind:1")

HOLDS = {
    "Nodemask": Nodemask, "Nodemask.of": Nodemask.of, "Nodemask.parse": Nodemask.parse, "in": MASK.__contains__,
    "parse_digits": parse_digits, "parse_regions": parse_regions, "version": version, "fallback": ring4().fallback,
    "distance": lambda x: ring4().distance(0, x), "node_of_cpu": ring4().node_of_cpu,
    "mpol_new mode": lambda x: mpol_new(x, MASK, Flag.NONE, V6_12), "mpol_parse_str": lambda x: mpol_parse_str(x, M),
    "policy": policy, "mpol_options": mpol_options, "lookup": SharedPolicy().lookup,
    "lookup_range": SharedPolicy().lookup_range, "replace start": lambda x: SharedPolicy().replace(x, 4, BIND),
    "replace end": lambda x: SharedPolicy().replace(0, x, BIND), "mount options": lambda x: Mount.new(options=x),
    "mount first_ino": lambda x: Mount.new(first_ino=x), "remount": TMP.remount,
    "create name": lambda x: TMP.create(x, 1),
    "create pages": lambda x: TMP.create("g", x), "create i_ino": lambda x: TMP.create("g", 1, i_ino=x),
    "mount[]": TMP.__getitem__, "truncate": TMP["f"].truncate, "Inode.policy": TMP["f"].policy,
    "mmap pages": lambda x: SPACE.mmap(pages=x), "mmap pgoff": lambda x: SPACE.mmap(TMP["f"], 1, x),
    "munmap": SPACE.munmap, "address": SPACE.newest.address,
    "mbind start": lambda x: mbind(SPACE, TMP, x, PAGE_SIZE, 2, MASK),
    "mbind length": lambda x: mbind(SPACE, TMP, BASE, x, 2, MASK),
    "mbind mode": lambda x: mbind(SPACE, TMP, BASE, 9, x, MASK),
    "set_mempolicy mode": lambda x: set_mempolicy(Task(), x, MASK), "Task cpu": lambda x: touch(TMP["f"], M, Task(x)),
    "put page": lambda x: TMP["f"].put({() if isinstance(x, list | dict) else x: 0}),
    "touch page": lambda x: touch(TMP["f"], M, pages=[x]),
    "file page": lambda x: node_of_file_page(TMP["f"], x, Task(), M),
    "cpu_node": lambda x: node_of_new_page(None, 0, x, M), "weight": lambda x: Machine(ring4(), V6_12, (1, 2, 3, x)),
    "fault path cpu_node": lambda x: node_wanted_by_fault_path(None, 0, 0, 0, x, M),
    "array of indices": lambda x: pages.shmem_ilx(x, 0, M),
    "array cpu_node": lambda x: pages.node_of_new_page(None, [0], x, M),
    "mbind nodes": lambda x: mbind(SPACE, TMP, BASE, PAGE_SIZE, 2, x),
    "mbind flags": lambda x: mbind(SPACE, TMP, BASE, PAGE_SIZE, 2, MASK, x),
    "set_mempolicy nodes": lambda x: set_mempolicy(Task(), 2, x),
    "set_mempolicy flags": lambda x: set_mempolicy(Task(), 2, MASK, x),
    "mpol_new flags": lambda x: mpol_new(2, MASK, x, V6_12),
    "Task allowed": lambda x: set_mempolicy(Task(allowed=x), 2, MASK),
    "create allowed": lambda x: Mount.new(options="mpol=bind:1").create("g", 1, allowed=x),
    "mmap at": lambda x: SPACE.mmap(pages=1, at=x), "find": SPACE.find,
    "fold": MASK.fold, "nth": MASK.nth,
    "first_nodes": lambda x: Nodemask.first_nodes(x if x != 1 << 70 else 3),  # 1 << (1 << 70) would fill the memory
    "named": named, "nearest": nearest, "touch pages": lambda x: touch(TMP["f"], M, pages=x),
    "weights": lambda x: Machine(ring4(), V6_12, x), "distances": lambda x: from_distances("t", [[10, x], [20, 10]]),
    "cpus_per_node": lambda x: from_distances("t", [[10]], x),
    "interleave index": lambda x: node_of_new_page(LEAVES, x, 0, M), "fault path index":
        lambda x: node_wanted_by_fault_path(LEAVES, x, 0, 0, 0, M),
    "fault path i_ino": lambda x: node_wanted_by_fault_path(LEAVES, 0, x, 0, 0, M),
    "order": lambda x: shmem_ilx(0, 0, M, x if x != 1 << 70 else 3),
    "array i_ino": lambda x: pages.shmem_ilx([0], x, M), "array order": lambda x: pages.shmem_ilx([0], 0, M, x),
    "moving mbind start": lambda x: moving_mbind(PROCESS, TOUCHED, x, PAGE_SIZE, 2, MASK, mf=MF.MOVE),
    "moving mbind length": lambda x: moving_mbind(PROCESS, TOUCHED, BASE, x, 2, MASK, mf=MF.MOVE),
    "moving mbind mode": lambda x: moving_mbind(PROCESS, TOUCHED, BASE, 9, x, MASK, mf=MF.MOVE),
    "moving mbind nodes": lambda x: moving_mbind(PROCESS, TOUCHED, BASE, PAGE_SIZE, 2, x, mf=MF.MOVE),
    "moving mbind flags": lambda x: moving_mbind(PROCESS, TOUCHED, BASE, PAGE_SIZE, 2, MASK, x, MF.MOVE),
    "moving mbind mf": lambda x: moving_mbind(PROCESS, TOUCHED, BASE, PAGE_SIZE, 2, MASK, mf=x),
    "migrate_pages old": lambda x: migrate_pages(PROCESS, TOUCHED, x, MASK),
    "migrate_pages new": lambda x: migrate_pages(PROCESS, TOUCHED, MASK, x),
    "move_pages": lambda x: move_pages(PROCESS, TOUCHED, x),
    "move_pages node": lambda x: move_pages(PROCESS, TOUCHED, {BASE: x}),
    "read": lambda x: read(PROCESS, TOUCHED, x), "read address": lambda x: read(PROCESS, TOUCHED, [x]),
    "write": lambda x: write(PROCESS, TOUCHED, x), "write address": lambda x: write(PROCESS, TOUCHED, [x]),
    "drop": lambda x: drop(PROCESS, x), "drop address": lambda x: drop(PROCESS, [x]),
    "node": lambda x: PROCESS.node(x, TOUCHED), "page_at": lambda x: page_at(PROCESS, x),
    "need page": lambda x: need(TMP, "f", x, Task()), "need name": lambda x: need(TMP, x, 0, Task()),
    "punch name": lambda x: punch(TMP, x, 0, 1), "punch first": lambda x: punch(TMP, "f", x, 1),
    "punch pages": lambda x: punch(TMP, "f", 0, x if x != 1 << 70 else 9),
    "mapcount name": lambda x: mapcount([PROCESS], x, 0), "mapcount page": lambda x: mapcount([PROCESS], "f", x),
    "addresses": lambda x: addresses(SPACE.newest, x), "addresses page": lambda x: addresses(SPACE.newest, [x]),
    "fork cpu": lambda x: read(PROCESS.fork(x), TMP, [BASE]),
    "order cpu_node": lambda x: order_when_full(None, x, M), "order ilx": lambda x: order_when_full(LEAVES, 0, M, x),
    "array touch order": lambda x: pages.touch(TMP["f"], M, None, x),
}


def of_other_kinds(call):
    """What a call raised, of ODD, that is no error of our own: (argument, error)."""
    found = []
    for odd in ODD:
        try:
            answers(call, odd)
        except (TypeError, AttributeError, ValueError, ArithmeticError, LookupError) as error:
            found.append((odd, error))
    return found


@pytest.mark.parametrize("name", HOLDS)
def test_an_odd_argument_is_answered_or_refused_in_our_own_words(name):
    assert of_other_kinds(HOLDS[name]) == []


def test_a_split_that_no_kernel_has_is_refused():
    with pytest.raises((LinuxError, ValueError)):
        SharedPolicy().replace(0, 8, BIND).replace(2, 3, LEAVES, "corect")


@pytest.mark.parametrize("node", ["x", -1, 1 << 20, True])
def test_a_page_is_put_on_a_node_or_nowhere(node):
    with pytest.raises(LinuxError):
        TMP["f"].put({0: node})


def test_the_loop_refuses_an_index_below_0_as_its_twin_does():
    with pytest.raises(LinuxError):
        node_of_new_page(LEAVES, -1, 0, M)


def test_every_kernel_is_found_by_its_own_name():
    assert all(named(name) is kernel is nearest(name) for name, kernel in KERNELS.items())
