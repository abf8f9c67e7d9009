# SPDX-License-Identifier: GPL-2.0-only
"""A process and its pages: shared ones are the file's, private ones are copied when written, and who maps what."""
from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from numakit.errors import BadAddress, BadRange, InvalidMount
from numakit.kernel import V3_8, V6_1, V6_12
from numakit.machine import Machine
from numakit.mount_option import policy
from numakit.nodemask import Nodemask
from numakit.placement import node_of_new_page, touch
from numakit.process import (
    Process,
    addresses,
    drop,
    mapcount,
    need,
    node_of_own_page,
    page_at,
    pages_at,
    punch,
    read,
    vma_ilx,
    write,
)
from numakit.task import Task
from numakit.tmpfs import Mount
from numakit.vma import PAGE_SIZE, AddressSpace

PAGES, BASE = 8, 1 << 30
V38, V61, V612 = (Machine(kernel=k) for k in (V3_8, V6_1, V6_12))
OPTIONS = ["", "mpol=bind:1", "mpol=prefer:2", "mpol=interleave:0-2", "mpol=local"]
KINDS = ["shared", "private"]
places = st.lists(st.integers(0, PAGES - 1), max_size=10)


def a_mount(options="", machine=V61, i_ino=None):
    """A mount with a file of 8 pages."""
    return Mount.new(options=options, machine=machine).create("f", PAGES, i_ino=i_ino)


def mapping(tmp, kind="shared", cpu=0, task=None):
    """A process with one mapping of the file, or of as many anonymous pages."""
    file, pages = (None, PAGES) if kind == "anonymous" else (tmp["f"], None)
    return Process(Task(cpu, task), AddressSpace().mmap(file, pages, shared=kind == "shared", at=BASE))


def at(*pages):
    """The addresses of some pages of the mapping."""
    return [BASE + page * PAGE_SIZE for page in pages]


def nodes(process, tmp):
    return process.nodes(process.space.newest, tmp)


# --- whose page it is ---

def test_nothing_is_there_before_the_first_touch():
    tmp = a_mount()
    assert nodes(mapping(tmp), tmp) == nodes(mapping(tmp, "private"), tmp) == (None,) * PAGES


@pytest.mark.parametrize("machine", [V38, V61, V612], ids=repr)
@pytest.mark.parametrize("options", OPTIONS)
def test_a_shared_mapping_brings_the_files_pages_where_touch_would_put_them(machine, options):
    tmp = a_mount(options, machine, i_ino=7)
    process, after = write(mapping(tmp, cpu=3), tmp, at(0, 1, 5))
    assert after["f"] == touch(tmp["f"], machine, Task(3), [0, 1, 5])
    assert (dict(process.own), process.mapped) == ({}, frozenset(at(0, 1, 5)))


def test_a_read_of_a_private_mapping_shows_the_files_page_and_a_write_copies_it():
    tmp = a_mount()
    reader, tmp = read(mapping(tmp, "private", cpu=1), tmp, at(0))
    writer = Process(Task(2), reader.space, reader.own, reader.mapped)
    writer, tmp = write(writer, tmp, at(0))
    assert tmp["f"].nodes[0] == 1
    assert (writer.own, writer.mapped) == ({BASE: 2}, frozenset())


def test_a_write_to_a_private_mapping_brings_the_files_page_as_well_since_the_copy_is_made_of_it():
    tmp = a_mount("mpol=bind:3")
    _, after = write(mapping(tmp, "private"), tmp, at(2))
    assert after["f"].nodes == (None, None, 3, *[None] * 5)


@pytest.mark.parametrize("act", [read, write])
def test_an_anonymous_page_comes_by_its_mappings_or_its_tasks_policy(act):
    process, tmp = act(mapping(a_mount(), "anonymous", task=policy("prefer:3")), a_mount(), at(1))
    assert (process.own, tmp) == ({at(1)[0]: 3}, a_mount())


# Recorded in group e: (index + i_ino) mod 4 for the file, without i_ino for copies before v6.7.
@pytest.mark.parametrize(("machine", "copies"), [
    (V38, (0, 1, 2, 3, 0, 1, 2, 3)), (V61, (0, 1, 2, 3, 0, 1, 2, 3)), (V612, (3, 0, 1, 2, 3, 0, 1, 2))], ids=repr)
def test_copies_obey_the_files_policy_and_know_its_inode_number_since_v6_7_only(machine, copies):
    tmp = a_mount("mpol=interleave:0-3", machine, i_ino=7)
    process, tmp = write(mapping(tmp, "private"), tmp, at(*range(PAGES)))
    assert tmp["f"].nodes == (3, 0, 1, 2, 3, 0, 1, 2)
    assert nodes(process, tmp) == copies


@pytest.mark.parametrize(("options", "task", "node"), [
    ("mpol=bind:1", "prefer:2", 1), ("", "prefer:2", 2), ("", "default", 0), ("mpol=local", "prefer:2", 0)])
def test_a_copy_asks_the_file_before_the_task(options, task, node):
    tmp = a_mount(options)
    process, _ = write(mapping(tmp, "private", task=policy(task)), tmp, at(0))
    assert process.own[BASE] == node


def test_a_mapping_that_begins_further_on_counts_from_its_page_of_the_file():
    tmp = a_mount("mpol=interleave:0-3", V61, i_ino=4)
    process = Process(Task(), AddressSpace().mmap(tmp["f"], pgoff=3, shared=False, at=BASE))
    process, tmp = write(process, tmp, at(0, 1))
    assert [process.own[a] for a in at(0, 1)] == [3, 0]


def test_an_anonymous_mapping_interleaves_by_its_address():
    process = mapping(a_mount(), "anonymous", task=policy("interleave:0-3"))
    vma = process.space.newest
    assert vma_ilx(vma, BASE + PAGE_SIZE, a_mount()) == BASE // PAGE_SIZE + 1
    assert [node_of_own_page(vma, a, a_mount(), process.task) for a in at(0, 1, 2)] == [0, 1, 2]


@given(st.sampled_from(OPTIONS), st.integers(0, 1 << 33), st.integers(0, PAGES - 1), st.sampled_from([V38, V61, V612]))
def test_since_v6_7_a_copy_lies_where_the_files_own_page_would(options, i_ino, page, machine):
    tmp = a_mount(options, machine, i_ino)
    process, tmp = write(mapping(tmp, "private"), tmp, at(page))
    if machine.kernel.ilx_known_to_fault_path:
        assert process.own[at(page)[0]] == tmp["f"].nodes[page]
    else:
        assert process.own[at(page)[0]] == node_of_new_page(tmp["f"].policy(page), page, 0, machine)


# --- laws ---

@given(places, places, st.sampled_from(OPTIONS), st.integers(0, 3), st.sampled_from(KINDS))
def test_a_write_to_a_private_mapping_never_changes_what_others_see(mine, seen, options, cpu, kind):
    tmp = a_mount(options)
    other, tmp = read(mapping(tmp, kind), tmp, at(*seen))
    before = nodes(other, tmp)
    _, after = write(mapping(tmp, "private", cpu), tmp, at(*mine))
    assert nodes(other, after) == before


@given(places, st.sampled_from(["shared", "private", "anonymous"]), st.sampled_from(OPTIONS), st.integers(0, 3))
def test_a_read_and_then_a_write_is_a_write(pages, kind, options, cpu):
    tmp = a_mount(options)
    process = mapping(tmp, kind, cpu)
    assert write(*read(process, tmp, at(*pages)), at(*pages)) == write(process, tmp, at(*pages))


@given(places, st.sampled_from(["shared", "private", "anonymous"]), st.sampled_from([read, write]))
def test_a_second_touch_changes_nothing(pages, kind, act):
    tmp = a_mount("mpol=interleave")
    once = act(mapping(tmp, kind), tmp, at(*pages))
    assert act(*once, at(*pages)) == once


@given(st.lists(st.tuples(st.sampled_from([read, write, drop]), st.integers(0, 2), places), max_size=8))
def test_mapcount_is_what_a_count_by_hand_gives(steps):
    tmp = a_mount()
    everybody = [mapping(tmp), mapping(tmp, "private", 1), mapping(tmp, "private", 2)]
    mapped = Counter()  # (process, page) -> 1 while the process maps the file's own page there
    for act, who, pages in steps:
        if act is drop:
            everybody[who] = drop(everybody[who], at(*pages))
        else:
            everybody[who], tmp = act(everybody[who], tmp, at(*pages))
        for page in pages:
            copied = at(page)[0] in everybody[who].own
            mapped[who, page] = int(act is not drop and not copied)
    for page in range(PAGES):
        assert mapcount(everybody, "f", page) == sum(mapped[who, page] for who in range(3))


# --- mapcount, fork ---

def test_two_mappings_of_one_process_count_twice():
    tmp = a_mount()
    space = AddressSpace().mmap(tmp["f"], at=BASE).mmap(tmp["f"], pgoff=4, at=2 * BASE)
    process, tmp = read(Process(space=space), tmp, [*at(4), 2 * BASE])
    assert (mapcount([process], "f", 4), mapcount([process], "f", 0), mapcount([], "f", 4)) == (2, 0, 0)


def test_mapcount_asks_for_a_file_by_its_name():
    tmp = a_mount().create("g", PAGES)
    process, tmp = read(mapping(tmp), tmp, at(0))
    assert (mapcount([process], "f", 0), mapcount([process], "g", 0)) == (1, 0)


def test_a_private_copy_is_no_mapping_of_the_files_page():
    tmp = a_mount()
    reader, tmp = read(mapping(tmp), tmp, at(0))
    writer, tmp = write(mapping(tmp, "private"), tmp, at(0))
    assert mapcount([reader, writer], "f", 0) == 1


def test_a_forked_process_has_the_mappings_and_the_policy_and_no_page_yet():
    tmp = a_mount()
    parent, tmp = write(mapping(tmp, task=policy("bind:1")), tmp, at(0, 1))
    child = parent.fork(3)
    assert (child.space, child.task) == (parent.space, Task(3, policy("bind:1")))
    assert mapcount([parent, child], "f", 0) == 1
    child, tmp = read(child, tmp, at(0))
    assert mapcount([parent, child], "f", 0) == 2
    assert child.node(BASE, tmp) == parent.node(BASE, tmp) == 1


# --- punch and drop ---

def test_a_dropped_page_stays_in_the_file_and_a_copy_is_gone():
    tmp = a_mount()
    shared, tmp = write(mapping(tmp, cpu=1), tmp, at(0))
    private, tmp = write(mapping(tmp, "private", cpu=2), tmp, at(0))
    assert tmp["f"].nodes[0] == 1
    assert drop(shared, at(0)).node(BASE, tmp) is None
    again, _ = read(drop(private, at(0)), tmp, at(0))
    assert (private.node(BASE, tmp), again.node(BASE, tmp)) == (2, 1)


def test_a_punched_page_is_gone_for_everybody_and_comes_anew():
    tmp = a_mount()
    first, tmp = write(mapping(tmp), tmp, at(*range(PAGES)))
    tmp = punch(tmp, "f", 2, 3)
    assert nodes(first, tmp) == tmp["f"].nodes == (0, 0, None, None, None, 0, 0, 0)
    _, tmp = write(mapping(tmp, cpu=3), tmp, at(3))
    assert tmp["f"].nodes[2:5] == (None, 3, None)


@pytest.mark.parametrize("act", [read, write])
def test_a_page_of_ones_own_is_touched_with_no_fault_though_the_files_page_is_punched(act):
    tmp = a_mount()
    process, tmp = write(mapping(tmp, "private"), tmp, at(0))
    tmp = punch(tmp, "f", 0, PAGES)
    assert act(process, tmp, at(0)) == (process, tmp)


def test_nothing_is_punched_by_a_length_of_0():
    tmp = touch(a_mount()["f"], V61)
    assert punch(a_mount().with_file(tmp), "f", 3, 0)["f"] == tmp


def test_write_brings_a_files_page_only_where_it_is_missing():
    tmp = need(a_mount(), "f", 2, Task(1))
    assert need(tmp, "f", 2, Task(3)) is tmp
    assert tmp["f"].nodes[2] == 1


def test_a_task_in_a_cpuset_gets_pages_from_its_nodes_alone():
    tmp = a_mount()
    boxed = Process(Task(0, None, Nodemask.of(3)), AddressSpace().mmap(tmp["f"], shared=False, at=BASE))
    process, tmp = write(boxed, tmp, at(0))
    assert (process.own[BASE], tmp["f"].nodes[0]) == (3, 3)


# --- addresses ---

@pytest.mark.parametrize("within", [0, 1, PAGE_SIZE - 1])
def test_any_address_within_a_page_means_the_page(within):
    tmp = a_mount()
    process, tmp = write(mapping(tmp, "private"), tmp, [BASE + PAGE_SIZE + within])
    assert list(process.own) == at(1)
    assert process.node(BASE + PAGE_SIZE + within, tmp) == 0
    assert page_at(process, BASE + within) == BASE
    assert drop(process, [BASE + PAGE_SIZE + within]).own == {}


def test_the_addresses_of_a_mapping_are_those_of_its_pages():
    vma = mapping(a_mount()).space.newest
    assert addresses(vma) == at(*range(PAGES))
    assert addresses(vma, [5, 0]) == at(5, 0) == pages_at(mapping(a_mount()), at(5, 0))
    with pytest.raises(BadAddress):
        addresses(vma, [PAGES])


@pytest.mark.parametrize("where", [at(-1), at(PAGES), at(0, PAGES), [0], [-1], ["x"], [None], None, 5, [True], [1e9]],
                         ids=str)
@pytest.mark.parametrize("kind", ["shared", "private", "anonymous"])
def test_a_touch_where_nothing_is_mapped_is_efault_and_brings_no_page(where, kind):
    tmp = a_mount()
    process = mapping(tmp, kind)
    for act in (lambda: read(process, tmp, where), lambda: write(process, tmp, where), lambda: drop(process, where)):
        with pytest.raises(BadAddress, match="SIGSEGV|address by address") as refused:
            act()
        assert refused.value.errno_name == "EFAULT"
    assert (process, tmp) == (mapping(a_mount(), kind), a_mount())


def test_a_touch_beyond_the_end_of_the_file_is_a_sigbus():
    tmp = a_mount()
    space = AddressSpace().mmap(tmp["f"], PAGES + 4, at=BASE)
    with pytest.raises(BadRange, match="SIGBUS"):
        write(Process(space=space), tmp, at(0, PAGES))


@pytest.mark.parametrize(("name", "first", "pages", "error"), [
    ("g", 0, 1, InvalidMount), ("f", PAGES, 1, BadRange), ("f", -1, 1, BadRange), ("f", 0, PAGES + 1, BadRange),
    ("f", 0, -1, BadRange), ("f", None, 1, BadRange), ("f", 0, "1", BadRange), ("f", 0.0, 1, BadRange)])
def test_a_range_that_the_file_does_not_have_is_not_punched(name, first, pages, error):
    with pytest.raises(error):
        punch(a_mount(), name, first, pages)


def test_processes_with_equal_memory_are_equal():
    made = [write(mapping(a_mount(), "private"), a_mount(), at(0))[0] for _ in range(2)]
    assert made[0] == made[1]
    assert hash(made[0]) == hash(made[1])
    assert made[0] != mapping(a_mount(), "private")


def test_a_process_is_a_value_and_the_old_one_still_answers():
    tmp = a_mount()
    before = mapping(tmp)
    write(before, tmp, at(0))
    assert nodes(before, tmp) == (None,) * PAGES
    with pytest.raises(TypeError):
        before.own[BASE] = 1
