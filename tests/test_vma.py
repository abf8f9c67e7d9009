# SPDX-License-Identifier: GPL-2.0-only
"""Mappings: where they may lie, which page of the file an address is, whose policy a page gets."""
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import junk

from numakit.errors import BadAddress, BadRange, LinuxError
from numakit.kernel import V3_8, V6_1
from numakit.machine import Machine
from numakit.mount_option import policy
from numakit.task import Task
from numakit.tmpfs import Mount
from numakit.vma import PAGE_SIZE, TASK_SIZE, AddressSpace, Vma, get_vma_policy

BASE = 1 << 30


def a_file(options="", pages=16, machine=None):
    """A mount with a file 'f'."""
    return Mount.new(options=options, machine=machine).create("f", pages)


def test_a_mapping_of_a_file_reaches_to_its_end_unless_said():
    file = a_file()["f"]
    assert AddressSpace().mmap(file, pgoff=5).newest.pages == 11
    assert AddressSpace().mmap(file, 3, 5).newest.pages == 3


def test_an_address_is_a_page_of_the_file():
    vma = AddressSpace().mmap(a_file()["f"], 4, pgoff=5, at=BASE).newest
    assert [vma.pgoff_of(vma.address(p)) for p in range(4)] == [5, 6, 7, 8]
    assert vma.pgoff_of(BASE + PAGE_SIZE - 1) == 5


def test_a_part_of_a_mapping_keeps_its_place_in_the_file():
    vma = AddressSpace().mmap(a_file()["f"], 8, pgoff=2, at=BASE).newest
    part = vma.part(vma.address(3), vma.address(5))
    assert (part.pgoff, part.pages, part.file) == (5, 2, "f")


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6))
def test_mappings_at_free_places_never_meet(lengths):
    space = AddressSpace()
    for pages in lengths:
        space = space.mmap(pages=pages)
    assert [v.pages for v in space.vmas] == lengths
    assert all(a.end < b.start for a, b in zip(space.vmas, space.vmas[1:], strict=False))
    assert all(space.find(v.address(p)) == v for v in space.vmas for p in range(v.pages))


def test_mapping_gives_a_new_space_and_the_old_one_still_answers():
    empty = AddressSpace()
    one = empty.mmap(pages=1, at=BASE)
    assert (len(empty.vmas), len(one.vmas), one.munmap(one.newest)) == (0, 1, empty)


@pytest.mark.parametrize(("ask", "error", "errno_name"), [
    (lambda s: s.mmap(pages=1, at=BASE), BadAddress, "EEXIST"),
    (lambda s: s.mmap(pages=1, at=BASE + 1), BadAddress, "EINVAL"),
    (lambda s: s.mmap(pages=2, at=BASE - PAGE_SIZE), BadAddress, "EEXIST"),
    (lambda s: s.mmap(pages=1, at=0), BadAddress, "EINVAL"),
    (lambda s: s.mmap(pages=1, at=-PAGE_SIZE), BadAddress, "EINVAL"),
    (lambda s: s.mmap(pages=1, at=TASK_SIZE), BadAddress, "EINVAL"),
    (lambda s: s.mmap(pages=TASK_SIZE // PAGE_SIZE), BadAddress, "ENOMEM"),
    (lambda s: s.mmap(), BadRange, "EINVAL"), (lambda s: s.mmap(pages=0), BadRange, "EINVAL"),
    (lambda s: s.mmap(pages=-1), BadRange, "EINVAL"),
    (lambda s: s.mmap(pages=TASK_SIZE // PAGE_SIZE + 1), BadRange, "EINVAL"),
    (lambda s: s.mmap(a_file()["f"], pgoff=-1), BadRange, "EOVERFLOW"),
    (lambda s: s.mmap(a_file()["f"], pgoff=16), BadRange, "EINVAL"),
    (lambda s: s.find(BASE - 1), BadAddress, "EFAULT"), (lambda s: s.find(BASE + PAGE_SIZE), BadAddress, "EFAULT"),
    (lambda s: s.newest.address(1), BadAddress, "EFAULT"), (lambda s: s.newest.address(-1), BadAddress, "EFAULT"),
    (lambda s: s.munmap(Vma(0, PAGE_SIZE)), BadAddress, "EINVAL"),
    (lambda s: AddressSpace().newest, BadAddress, "EFAULT")])
def test_after_an_error_the_space_is_what_it_was(ask, error, errno_name):
    space = AddressSpace().mmap(pages=1, at=BASE)
    with pytest.raises(error) as refused:
        ask(space)
    assert refused.value.errno_name == errno_name
    assert space == AddressSpace().mmap(pages=1, at=BASE)


@pytest.mark.parametrize("odd", [None, True, "0", 1.0, []])
def test_a_page_of_a_mapping_is_a_whole_number(odd):
    with pytest.raises(BadAddress):
        AddressSpace().mmap(pages=4).newest.address(odd)


@given(junk, junk)
def test_odd_pages_and_offsets_are_mapped_or_refused_in_our_own_words(pages, pgoff):
    try:
        space = AddressSpace().mmap(a_file()["f"], pages, pgoff)
    except LinuxError:
        return
    assert space.newest.pages >= 1


# get_vma_policy(): the file's tree, for shared and private mappings alike; the mapping's own policy is never looked at.
@pytest.mark.parametrize("machine", [Machine(kernel=V3_8), Machine(kernel=V6_1)], ids=repr)
@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize(("mount", "task", "winner"), [
    ("mpol=bind:1", "prefer:2", "bind:1"), ("mpol=bind:1", "default", "bind:1"), ("", "prefer:2", "prefer:2"),
    ("", "default", "None"), ("mpol=local", "prefer:2", "local")])
def test_the_file_decides_and_where_it_has_no_policy_the_task(machine, shared, mount, task, winner):
    tmp = a_file(mount, machine=machine)
    vma = AddressSpace().mmap(tmp["f"], shared=shared).newest
    vma = Vma(vma.start, vma.end, vma.file, vma.pgoff, shared, policy("bind:3"))
    assert str(get_vma_policy(vma, vma.start, tmp, Task(0, policy(task, machine)))) == winner


@pytest.mark.parametrize(("own", "task", "winner"), [
    ("bind:3", "prefer:2", "bind:3"), ("default", "prefer:2", "prefer:2"), ("default", "default", "None")])
def test_an_anonymous_mapping_decides_before_the_task(own, task, winner):
    vma = Vma(BASE, BASE + PAGE_SIZE, policy=policy(own))
    assert str(get_vma_policy(vma, BASE, None, Task(0, policy(task)))) == winner


def test_a_hole_in_the_files_tree_leaves_its_pages_to_the_task():
    tmp = a_file("mpol=bind:1")
    tree = tmp["f"].shared_policy.replace(4, 8, None)
    file = tmp["f"].put({})
    tmp = tmp.with_file(type(file)(file.name, file.i_ino, tree, file.nodes))
    vma = AddressSpace().mmap(tmp["f"]).newest
    asked = [get_vma_policy(vma, vma.address(p), tmp, Task(0, policy("prefer:2"))) for p in (3, 4, 7, 8)]
    assert list(map(str, asked)) == ["bind:1", "prefer:2", "prefer:2", "bind:1"]


# linear_page_index: a private mapping without a file counts pages by its address, a shared one is a file of its own.
@pytest.mark.parametrize(("shared", "first"), [(False, BASE // PAGE_SIZE), (True, 0)])
def test_an_anonymous_mapping_counts_its_pages_by_address_if_private_and_from_0_if_shared(shared, first):
    vma = AddressSpace().mmap(pages=4, shared=shared, at=BASE).newest
    assert [vma.pgoff_of(vma.address(p)) for p in range(4)] == [first + p for p in range(4)]
