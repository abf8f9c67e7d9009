# SPDX-License-Identifier: GPL-2.0-only
"""mpol_misplaced(): the decision table of each release, the two-stage filter, and what a decision says of itself."""
from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import machines, policies

from numakit.errors import BadRange, InvalidNodes, InvalidPolicy, KernelBug
from numakit.hinting import (
    Faulter,
    Last,
    Page,
    do_numa_page,
    mpol_misplaced,
    passes_filter,
    policy_at_fault,
    preferred_node_policy,
)
from numakit.kernel import ALL, V3_7, V3_8, V3_8_RC1, V3_13, V6_1, V6_8, V6_12
from numakit.machine import Machine
from numakit.mbind import make_policy
from numakit.mempolicy import Flag, Mempolicy, Mode
from numakit.mount_option import policy
from numakit.nodemask import Nodemask
from numakit.placement import node_of_new_page, shmem_ilx
from numakit.task import Task
from numakit.tmpfs import Mount
from numakit.topology import recorded4, recorded4_v3_8
from numakit.vma import AddressSpace, get_vma_policy

HINTING = [k for k in ALL if k.hinting_faults]
EARLY, LATE = {"numa_preferred_nid": None}, {"numa_preferred_nid": 0, "numa_scan_seq": 5}


def on(kernel):
    """The four nodes as they were recorded under a kernel: in v3.8 all at equal distances."""
    return Machine(recorded4_v3_8() if kernel.two_stage_filter == "last_nid" else recorded4(), kernel)


def with_flags(text, flags, kernel=V6_12):
    """A policy by the mount option's words with the kernel's internal flags set."""
    return replace(policy(text, Machine(recorded4(), kernel)), flags=flags)


def target(mine, page, nid, kernel, **who):
    return mpol_misplaced(mine, page, Faulter(nid, **who), on(kernel)).target


def faults(page, nids, machine, policy=None, **who):
    """The nodes of a page after one hinting fault from each of the nodes, in turn, by tasks of their own."""
    for nid in nids:
        page = do_numa_page(page.mark(), policy, Faulter(nid, nid + 1, **who), machine).page
        yield page.node


# --- who may move pages at all ---

@pytest.mark.parametrize("kernel", HINTING, ids=str)
@pytest.mark.parametrize("option", ["local", "prefer:1", "bind:1", "interleave", "bind=static:1", "prefer=relative:2"])
def test_pages_of_a_file_with_any_mount_policy_stay(kernel, option):
    decision = mpol_misplaced(policy(option, on(kernel)), Page(0, last=Last(1, 1)), Faulter(1), on(kernel))
    assert decision.target is None
    assert "MPOL_F_MOF" in decision.reason
    assert not decision.noted


@pytest.mark.parametrize("kernel", HINTING, ids=str)
def test_under_a_tasks_interleave_all_pages_stay(kernel):
    mine = make_policy(Mode.INTERLEAVE, Nodemask.of(0, 1, 2, 3), Flag.NONE, on(kernel), Task())
    assert {target(mine, Page(0, index, last=Last(1, 1)), 1, kernel) for index in range(8)} == {None}


def test_before_hinting_faults_the_default_moves_nothing():
    assert policy_at_fault(None, 1, V3_7) == Mempolicy(Mode.LOCAL)
    assert target(None, Page(0, last=Last(1, 1)), 1, V3_7) is None


def test_the_tasks_default_prefers_the_running_node_and_follows_it():
    default = preferred_node_policy(2)
    assert policy_at_fault(None, 2, V3_8) == default
    assert (default.mode, default.nodes, default.flags) == (Mode.PREFERRED, Nodemask.of(2), Flag.MOF | Flag.MORON)


@pytest.mark.parametrize("kernel", ALL, ids=str)
def test_only_the_default_and_balancing_policies_have_mof(kernel):
    machine = on(kernel)
    made = [policy(f"{mode}:0-1", machine) for mode in ("bind", "interleave")]
    assert not any(p.flags & (Flag.MOF | Flag.MORON) for p in made)
    for mode, name in ((Mode.BIND, "bind"), (Mode.PREFERRED_MANY, "prefer (many)")):
        if name in kernel.balancing_with:
            assert make_policy(mode, Nodemask.of(0), Flag.BALANCING, machine, Task()).flags & Flag.MOF


@pytest.mark.parametrize(("kernel", "mode", "allowed"), [
    (V3_8, Mode.BIND, False), (V3_13, Mode.BIND, False), (V6_1, Mode.BIND, True), (V6_1, Mode.INTERLEAVE, False),
    (V6_1, Mode.PREFERRED_MANY, False), (V6_12, Mode.INTERLEAVE, False), (V6_12, Mode.PREFERRED_MANY, True)], ids=str)
def test_balancing_goes_with_bind_and_later_with_preferred_many_alone(kernel, mode, allowed):
    if allowed:
        assert make_policy(mode, Nodemask.of(0, 1), Flag.BALANCING, on(kernel), Task()).flags & Flag.MORON
    else:
        with pytest.raises(InvalidPolicy):
            make_policy(mode, Nodemask.of(0, 1), Flag.BALANCING, on(kernel), Task())


# --- the two-stage filter ---

def test_the_second_fault_in_a_row_moves_a_page_of_a_file_without_policy():
    assert list(faults(Page(0), [1, 1], on(V3_8))) == [0, 1]
    first, second = (mpol_misplaced(None, page, Faulter(1), on(V3_8)) for page in (Page(0), Page(0, last=Last(1, 1))))
    assert (first.target, second.target) == (None, 1)
    assert first.noted and second.noted


def test_two_nodes_in_turn_never_move_a_page():
    assert set(faults(Page(0), [1, 2] * 20, on(V3_8))) == {0}


def test_without_the_filter_two_nodes_in_turn_move_it_each_time():
    assert list(faults(Page(0), [1, 2] * 3, on(replace(V3_8, two_stage_filter="none")))) == [1, 2, 1, 2, 1, 2]


def test_a_page_on_the_accessing_node_stays_and_remembers_the_task():
    machine, page = on(V3_8), Page(1, last=Last(1, 1))
    decision = mpol_misplaced(None, page, Faulter(1), machine)
    assert (decision.target, decision.noted) == (None, True)
    after = do_numa_page(Page(1, last=Last(2, 9)).mark(), None, Faulter(1, 3), machine).page
    assert (after.node, after.last) == (1, Last(1, 3))


def test_since_prefer_looks_at_the_page_first_such_a_page_forgets_the_task():
    decision = mpol_misplaced(None, Page(1), Faulter(1), on(V6_1))
    assert (decision.target, decision.noted) == (None, False)
    assert mpol_misplaced(None, Page(1), Faulter(1), on(V3_13)).noted


@pytest.mark.parametrize(("kernel", "last", "who", "passes"), [
    (V3_8, None, EARLY, False), (V3_8, Last(1, 1), EARLY, True), (V3_8, Last(2, 1), EARLY, False),
    (V3_13, None, LATE, True), (V3_13, Last(1, 9), LATE, True), (V3_13, Last(2, 1), EARLY, False),
    (V6_1, None, EARLY, True), (V6_1, Last(2, 1), EARLY, True), (V6_1, Last(2, 9), EARLY, False),
    (V6_1, None, LATE, True), (V6_1, Last(2, 1), LATE, False), (V6_1, Last(1, 9), LATE, True),
    (V6_1, Last(2, 1), {"numa_preferred_nid": 0, "numa_scan_seq": 4}, True)], ids=str)
def test_each_release_passes_its_own_faults(kernel, last, who, passes):
    assert bool(passes_filter(Page(0, last=last), Faulter(1, 1, **who), kernel)) is passes
    assert target(None, Page(0, last=last), 1, kernel, **who) == (1 if passes else None)


def test_from_v3_13_on_the_first_fault_moves_a_page():
    assert list(faults(Page(0), [1], on(V3_8))) == [0]
    assert list(faults(Page(0), [1], on(V3_13))) == list(faults(Page(0), [1], on(V6_1))) == [1]


# --- the decision table, row by row ---

MOF = Flag.MOF


@pytest.mark.parametrize(("nid", "page", "to"), [(0, 2, 1), (0, 3, None), (0, 1, None), (3, 2, 3), (2, 0, 3)])
def test_bind_takes_the_first_of_its_nodes_in_the_running_nodes_order(nid, page, to):
    assert target(with_flags("bind:1,3", MOF), Page(page), nid, V3_8) == to


def test_bind_names_the_zonelist_of_the_running_node():
    machine = on(V3_8)
    assert machine.fallback(0) == (0, 1, 2, 3)
    decision = mpol_misplaced(with_flags("bind:1,3", MOF), Page(2), Faulter(0), machine)
    assert str(decision) == ("to node 1: of 'bind:1,3', the first in the fallback order of node 0 is node 1, and the "
                             "page is on node 2")


@pytest.mark.parametrize(("option", "flags", "kernel", "page", "nid", "to"), [
    ("interleave:0-3", MOF, V3_8, Page(0, 5, 7), 2, 1),       # index 5, i_ino unknown
    ("interleave:0-3", MOF, V6_8, Page(0, 5, 7), 2, None),    # 5 + 7: node 0
    ("interleave:0-3", MOF, V3_8, Page(1, 5, 7), 2, None),
    ("prefer:3", MOF, V3_8, Page(0), 1, 3), ("prefer:3", MOF, V6_1, Page(3), 1, None),
    ("local", MOF, V3_8, Page(0), 1, 1), ("local", MOF, V6_1, Page(0), 1, 1), ("local", MOF, V6_1, Page(1), 1, None),
    ("bind:1,3", MOF, V6_1, Page(2), 3, 3), ("bind:0,2", MOF, V6_1, Page(2), 3, None),
    ("prefer (many):0,2", MOF, V6_1, Page(2), 3, None), ("prefer (many):0,2", MOF, V6_1, Page(1), 3, 2),
    ("weighted interleave:0,1", MOF, V6_12, Page(0, 1), 3, 1),
    ("bind:1,3", MOF | Flag.MORON, V3_8, Page(3, last=Last(0, 1)), 0, None),  # inside: MORON is not reached
    ("bind:1,3", MOF | Flag.MORON, V3_8, Page(2, last=Last(0, 1)), 0, 0),     # and else it leaves the mask
    ("interleave:0-3", MOF | Flag.MORON, V3_8, Page(0, 3, last=Last(2, 1)), 2, 2),  # MORON aims at the task
    ("prefer:3", MOF | Flag.MORON, V3_8, Page(0, last=Last(1, 1)), 1, 1),
    ("bind:0-1", MOF | Flag.MORON, V6_1, Page(0), 1, 1), ("bind:0,2", MOF | Flag.MORON, V6_1, Page(0), 1, None),
    ("bind:0,2", MOF | Flag.MORON, V6_1, Page(1), 1, None),   # a page outside the mask stays outside
    ("prefer (many):0,2", MOF | Flag.MORON, V6_1, Page(1), 0, 0),
    ("prefer (many):0,2", MOF | Flag.MORON, V6_1, Page(2), 0, None),  # v6.1: BIND's logic without MORON
    ("prefer (many):0,2", MOF | Flag.MORON, V6_12, Page(2), 0, 0),
    ("prefer (many):0,2", MOF | Flag.MORON, V6_12, Page(0), 1, None)], ids=str)
def test_each_row_of_the_decision_table(option, flags, kernel, page, nid, to):
    assert target(with_flags(option, flags), page, nid, kernel) == to


@pytest.mark.parametrize(("option", "kernel"), [
    ("prefer (many):0-1", V3_8), ("prefer (many):0-1", V3_13), ("weighted interleave:0-1", V6_8)], ids=str)
def test_a_mode_without_a_case_is_a_bug_of_the_kernel(option, kernel):
    with pytest.raises(KernelBug, match="no case"):
        mpol_misplaced(with_flags(option, MOF), Page(0), Faulter(1), on(kernel))


def test_interleave_and_i_ino_would_have_moved_each_page_once():
    machine, file = on(V3_8), range(8)
    mine = with_flags("interleave:0-3", MOF, V3_8)
    landed = [node_of_new_page(mine, shmem_ilx(i, 7, machine), 0, machine) for i in file]
    assert landed == [3, 0, 1, 2, 3, 0, 1, 2]
    once = [do_numa_page(Page(n, i, 7).mark(), mine, Faulter(2), machine) for i, n in enumerate(landed)]
    assert [f.page.node for f in once] == [0, 1, 2, 3, 0, 1, 2, 3]
    assert all(f.moved for f in once)
    again = [do_numa_page(f.page.mark(), mine, Faulter(3), machine) for f in once]
    assert not any(f.moved for f in again)


def test_the_policy_in_force_is_the_files_then_the_tasks_then_the_default():
    mount = Mount.new(machine=on(V3_8)).create("f", 8)
    space = AddressSpace().mmap(mount["f"])
    assert get_vma_policy(space.newest, space.newest.start, mount, Task()) is None
    assert target(None, Page(0, last=Last(1, 1)), 1, V3_8) == 1


# --- laws ---

@st.composite
def cases(draw):
    machine = draw(machines())
    nid, mine = st.integers(0, machine.topology.nodes - 1), draw(policies(machine))
    mine = mine and replace(mine, flags=mine.flags | draw(st.sampled_from([Flag.NONE, MOF, MOF | Flag.MORON])))
    page = Page(draw(nid), draw(st.integers(0, 999)), draw(st.integers(0, 99)),
                last=draw(st.none() | st.builds(Last, nid, st.integers(1, 3))))
    return mine, page, Faulter(draw(nid), draw(st.integers(1, 3))), machine


@given(cases())
def test_no_page_is_sent_to_where_it_is(case):
    mine, page, who, machine = case
    assert mpol_misplaced(mine, page, who, machine).target != page.node


@given(cases())
def test_a_page_that_moved_stays_when_the_same_task_comes_again(case):
    mine, page, who, machine = case
    first = do_numa_page(page.mark(), mine, who, machine)
    if first.moved:
        assert not do_numa_page(first.page.mark(), mine, who, machine).moved


@given(cases())
def test_with_moron_pages_go_to_the_task_or_nowhere(case):
    mine, page, who, machine = case
    decision = mpol_misplaced(mine, page, who, machine)
    if policy_at_fault(mine, who.nid, machine.kernel).flags & Flag.MORON:
        assert decision.target in (None, who.nid)


@given(cases())
def test_every_decision_says_why_and_by_which_rule(case):
    decision = mpol_misplaced(*case)
    assert decision.source.startswith("Linux v") and decision.source.endswith("()")
    assert decision.reason and not decision.reason.endswith(".")


# --- words ---

@pytest.mark.parametrize(("mine", "page", "who", "kernel", "words"), [
    (policy("local", on(V3_8)), Page(0), Faulter(1), V3_8, "stays: 'local' lacks MPOL_F_MOF (migrate on fault)"),
    (None, Page(0), Faulter(1), V3_8, "stays: the page remembers no hinting fault, and two in a row from one node are "
                                      "needed"),
    (None, Page(0, last=Last(1, 1)), Faulter(1), V3_8,
     "to node 1: the second hinting fault in a row from node 1, as far as the page remembers: the page follows the "
     "task to node 1"),
    (None, Page(0, last=Last(2, 1)), Faulter(1), V3_8,
     "stays: the fault that the page remembers came from node 2, this one from node 1: two in a row from one node are "
     "needed"),
    (None, Page(1, last=Last(1, 1)), Faulter(1), V3_8,
     "stays: the page is on node 1 already, where the task runs"),
    (None, Page(1), Faulter(1), V6_1,
     "stays: the page is on node 1, which is of the task's default (prefer:1)"),
    (with_flags("interleave:0-3", MOF), Page(0, 5, 7), Faulter(2), V3_8,
     "to node 1: 'interleave:0-3' puts index 5 on node 1, and the page is on node 0"),
    (with_flags("prefer:3", MOF), Page(3), Faulter(2), V3_8,
     "stays: 'prefer:3' names node 3, where the page is"),
], ids=lambda v: str(v)[:30])
def test_a_decision_says_itself(mine, page, who, kernel, words):
    decision = mpol_misplaced(mine, page, who, on(kernel))
    assert str(decision) == words
    assert repr(decision) == f"<{words}>"


@pytest.mark.parametrize(("value", "text"), [
    (Page(2, 5), "<page 5 on node 2, mapcount 1>"),
    (Page(0, 5, mapcount=2, last=Last(3, 1)).mark(),
     "<page 5 on node 0, mapcount 2, marked, last touched from node 3>"),
    (Faulter(1, 42), "<task 42 on node 1>")], ids=lambda v: str(v)[:20])
def test_a_page_and_a_task_say_themselves(value, text):
    assert repr(value) == text


# --- bad input ---

@pytest.mark.parametrize(("make", "error"), [
    (lambda: Page(-1), InvalidNodes), (lambda: Page(1024), InvalidNodes), (lambda: Page(None), InvalidNodes),
    (lambda: Page(True), InvalidNodes), (lambda: Page(0, -1), BadRange), (lambda: Page(0, 0, -3), BadRange),
    (lambda: Page(0, order=11), BadRange), (lambda: Page(0, mapcount=0), BadRange),
    (lambda: Page(0, mapcount=1.5), BadRange), (lambda: Faulter(-1), InvalidNodes),
    (lambda: Faulter(0, 0), BadRange), (lambda: Faulter(0, 1, -2), InvalidNodes),
    (lambda: Faulter(0, 1, 0, -1), BadRange),
    (lambda: mpol_misplaced(None, Page(4), Faulter(0), on(V3_8)), InvalidNodes),
    (lambda: mpol_misplaced(None, Page(0), Faulter(4), on(V3_8_RC1)), InvalidNodes)])
def test_what_no_page_and_no_task_can_be_is_refused(make, error):
    with pytest.raises(error, match=";.*;"):
        make()
