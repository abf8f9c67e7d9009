# SPDX-License-Identifier: GPL-2.0-only
"""The rate limit, the move and its refusals, and one hinting fault from beginning to end."""
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from numakit.errors import BadRange, InvalidNodes, ModelError
from numakit.hinting import (
    Facts,
    Faulter,
    Last,
    Page,
    RateLimit,
    do_numa_page,
    lookup_takes_lock,
    lookup_warns,
    migrate_misplaced_page,
)
from numakit.kernel import V3_7, V3_8, V3_8_MUTEX, V3_8_RC1, V3_13, V6_1
from numakit.machine import Machine
from numakit.mount_option import policy
from numakit.nodemask import Nodemask
from numakit.shared_policy import SharedPolicy
from numakit.tmpfs import Mount
from numakit.topology import Topology, recorded4, recorded4_v3_8

V38 = Machine(recorded4_v3_8(), V3_8)
READY = Page(0, last=Last(1, 1)).mark()


def passing(pages, now=0):
    """How many moves of `pages` pages pass in one window."""
    limit, count = RateLimit(), 0
    while True:
        allowed, limit = limit.charge(now, pages)
        if not allowed:
            return count
        count += 1


# --- the rate limit ---

@pytest.mark.parametrize(("pages", "count"), [(1, 32769), (512, 65)])
def test_so_many_pages_pass_in_a_window_and_the_next_is_refused(pages, count):
    assert passing(pages, now=5) == count


def test_65_pages_of_2_mib_are_33280_pages():
    limit = RateLimit()
    for _ in range(65):
        _, limit = limit.charge(5, 512)
    assert limit == RateLimit(105, 33280)


def test_a_window_lasts_100_ms_and_its_last_ms_is_still_in_it():
    full = RateLimit(100, 32769)
    assert full.charge(100) == (False, full)
    assert full.charge(101) == (True, RateLimit(201, 1))
    assert [full.left(t) for t in (100, 101)] == [0, 32769]


@pytest.mark.parametrize(("pages", "now", "waits"), [
    (32767, 50, False), (32768, 50, True), (32768, 100, True), (32768, 1100, True), (32768, 1101, False)])
def test_the_scanner_waits_for_a_full_window_and_a_second_more(pages, now, waits):
    assert RateLimit(100, pages).migrate_ratelimited(now) is waits


def test_the_scanner_calls_a_window_full_that_still_takes_a_page():
    limit = RateLimit(100, 32768)
    assert limit.migrate_ratelimited(50)
    assert limit.charge(50)[0]


@given(st.lists(st.tuples(st.integers(0, 60), st.sampled_from([1, 512, 20000])), max_size=20))
def test_no_window_takes_more_than_a_page_beyond_its_limit(moves):
    limit, now = RateLimit(), 0
    for wait, pages in moves:
        now += wait
        limit = limit.charge(now, pages)[1]
        assert limit.pages <= 32768 + 20000
        assert now <= limit.window_end_ms <= now + 100


# --- the move ---

@pytest.mark.parametrize(("kernel", "moves"), [(V3_8_RC1, False), (V3_8, False), (V3_13, True), (V6_1, True)], ids=str)
def test_v3_8_moves_no_page_that_two_entries_map(kernel, moves):
    done = migrate_misplaced_page(Page(0, mapcount=2), 1, 0, RateLimit(), Machine(recorded4(), kernel))
    assert bool(done.moved) is moves
    assert done.page.node == (1 if moves else 0)
    if not moves:
        assert done.limit == RateLimit()  # refused before the charge


@pytest.mark.parametrize("kernel", [V3_8, V3_13, V6_1], ids=str)
def test_a_shared_page_of_a_program_is_not_moved(kernel):
    done = migrate_misplaced_page(Page(0, mapcount=2), 1, 0, RateLimit(), Machine(recorded4(), kernel),
                                  Facts(executable=True))
    assert not done.moved


@pytest.mark.parametrize("facts", [Facts(room=False), Facts(copied=False)], ids=str)
def test_a_move_that_fails_is_charged_all_the_same(facts):
    done = migrate_misplaced_page(Page(0), 1, 7, RateLimit(), V38, facts)
    assert not done.moved
    assert (done.page.node, done.limit) == (0, RateLimit(107, 1))


def test_a_full_window_refuses_a_move_in_v3_13_and_none_in_v6_1():
    full = RateLimit(100, 32769)
    assert not migrate_misplaced_page(Page(0), 1, 50, full, Machine(recorded4(), V3_13)).moved
    assert migrate_misplaced_page(Page(0), 1, 50, full, Machine(recorded4(), V6_1)).limit == full


def test_a_node_without_memory_takes_no_page():
    shape = Topology("no memory on 1", ((10, 20), (20, 10)), ((0,), (1,)), Nodemask.of(0))
    done = migrate_misplaced_page(Page(0), 1, 0, RateLimit(), Machine(shape, V3_8))
    assert str(done.moved) == "no: node 1 has no zone with room above its high watermark"


def test_a_page_takes_its_last_node_along():
    assert migrate_misplaced_page(Page(0, last=Last(1, 1)), 1, 0, RateLimit(), V38).page == Page(1, last=Last(1, 1))


def test_a_page_of_2_mib_counts_512():
    assert migrate_misplaced_page(Page(0, order=9), 1, 0, RateLimit(), V38).limit.pages == 512


# --- the fault ---

def test_a_fault_makes_the_entry_normal_decides_and_moves():
    fault = do_numa_page(READY, None, Faulter(1), V38, 5)
    assert fault.moved
    assert fault.page == Page(1, last=Last(1, 1))
    assert fault.limit == RateLimit(105, 1)
    assert not fault.local
    assert str(fault) == str(fault.decision)


def test_a_fault_that_decides_to_stay_moves_and_charges_nothing():
    fault = do_numa_page(READY, policy("local", V38), Faulter(1), V38)
    assert (fault.moved, fault.migration, fault.limit) == (False, None, RateLimit())
    assert fault.page == Page(0, last=Last(1, 1))
    assert do_numa_page(Page(2).mark(), policy("local", V38), Faulter(2), V38).local


def test_a_refused_move_leaves_the_page_and_says_so():
    fault = do_numa_page(READY, None, Faulter(1), V38, 0, RateLimit(100, 32769))
    assert not fault.moved
    assert fault.page == Page(0, last=Last(1, 1))
    assert str(fault) == ("to node 1: the second hinting fault in a row from node 1, as far as the page remembers: "
                          "the page follows the task to node 1; refused: more than 32768 pages came to node 1 in this "
                          "window of 100 ms")


def test_a_touch_of_a_page_that_is_not_marked_takes_no_fault():
    with pytest.raises(ModelError, match="not marked"):
        do_numa_page(Page(0), None, Faulter(1), V38)


# --- the lock under the lock ---

def test_an_empty_tree_is_looked_up_without_its_lock_and_a_hole_with_it():
    assert not lookup_takes_lock(SharedPolicy())
    tree = SharedPolicy().replace(4, 8, policy("bind:1", V38))
    assert tree.lookup(0) is None
    assert lookup_takes_lock(tree)


@pytest.mark.parametrize(("kernel", "warns"), [(V3_7, False), (V3_8_RC1, True), (V3_8_MUTEX, True), (V3_8, False),
                                               (V6_1, False)], ids=str)
def test_a_fault_on_a_file_with_a_policy_warns_while_the_lock_is_a_mutex(kernel, warns):
    tree = Mount.new(options="mpol=local", machine=Machine(recorded4(), kernel)).create("f", 4)["f"].shared_policy
    assert bool(lookup_warns(tree, kernel)) is warns
    assert not lookup_warns(SharedPolicy(), kernel)


# --- words and bad input ---

@pytest.mark.parametrize(("value", "text"), [
    (RateLimit(105, 3), "<3 of 32768 pages until 105 ms>"),
    (migrate_misplaced_page(Page(0), 1, 0, RateLimit(), V38), "<moved: yes: from node 0 to node 1>"),
    (do_numa_page(Page(0).mark(), policy("local", V38), Faulter(1), V38),
     "<stays: 'local' lacks MPOL_F_MOF (migrate on fault)>")], ids=lambda v: str(v)[:20])
def test_limits_moves_and_faults_say_themselves(value, text):
    assert repr(value) == text


@pytest.mark.parametrize(("make", "error"), [
    (lambda: RateLimit(-1), BadRange), (lambda: RateLimit(0, -1), BadRange), (lambda: RateLimit(1.5), BadRange),
    (lambda: RateLimit().charge(-1), BadRange), (lambda: RateLimit().charge(0, 0), BadRange),
    (lambda: RateLimit().charge(0, -512), BadRange), (lambda: RateLimit().migrate_ratelimited(-1), BadRange),
    (lambda: RateLimit().at(None), BadRange),
    (lambda: migrate_misplaced_page(Page(0), 4, 0, RateLimit(), V38), InvalidNodes),
    (lambda: migrate_misplaced_page(Page(0), -1, 0, RateLimit(), V38), InvalidNodes),
    (lambda: do_numa_page(READY, None, Faulter(1), V38, -1), BadRange)])
def test_negative_times_and_moves_of_nothing_are_refused(make, error):
    with pytest.raises(error, match=";.*;"):
        make()
