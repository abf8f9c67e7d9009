# SPDX-License-Identifier: GPL-2.0-only
"""The twins of the fault path: the arrays of `pages` decide, page by page, as `hinting` does."""
from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import machines, policies

from numakit import hinting
from numakit.errors import BadRange, InvalidNodes, KernelBug
from numakit.hinting import Faulter, Last, Page
from numakit.kernel import V3_8, V3_13, V6_1
from numakit.machine import Machine
from numakit.mempolicy import Flag, Mempolicy, Mode
from numakit.nodemask import Nodemask
from numakit.topology import recorded4

np = pytest.importorskip("numpy")
pages = pytest.importorskip("numakit.pages")

internal = st.sampled_from([Flag.NONE, Flag.MOF, Flag.MOF | Flag.MORON])


def nodes_of(machine):
    return st.integers(0, machine.topology.nodes - 1)


@st.composite
def cases(draw):
    """A machine, a policy with or without the internal flags, and pages with the task that touches each of them."""
    machine = draw(machines())
    if draw(st.booleans()):
        machine = replace(machine, kernel=replace(machine.kernel, two_stage_filter="none"))
    policy = draw(policies(machine))
    policy = policy and replace(policy, flags=policy.flags | draw(internal))
    nid, i_ino, order = nodes_of(machine), draw(st.integers(0, 999)), draw(st.sampled_from([0, 9]))
    last = st.none() | st.builds(Last, nid, st.integers(1, 3))
    met = st.tuples(
        st.builds(Page, nid, st.integers(0, 4000), st.just(i_ino), st.just(order), last=last),
        st.builds(Faulter, nid, st.integers(1, 3), st.none() | nid, st.integers(0, 9)))
    return machine, policy, draw(st.lists(met, min_size=1, max_size=12))


def in_arrays(met):
    """Pages and their tasks as the twin takes them."""
    page, who = zip(*met, strict=True)
    return (pages.Pages([p.node for p in page], [p.index for p in page], page[0].i_ino, page[0].order,
                        [p.last.nid if p.last else -1 for p in page], [p.last.pid if p.last else 0 for p in page]),
            pages.Faulters([w.nid for w in who], [w.pid for w in who], [w.is_early for w in who]))


@given(cases())
def test_pages_go_where_the_loop_sends_them_and_note_whom_it_notes(case):
    machine, policy, met = case
    found = pages.mpol_misplaced(policy, *in_arrays(met), machine)
    told = [hinting.mpol_misplaced(policy, page, who, machine) for page, who in met]
    assert found.target.dtype == np.int16
    assert found.target.tolist() == [-1 if d.target is None else d.target for d in told]
    assert found.noted.tolist() == [d.noted for d in told]


@given(cases())
def test_the_filter_passes_whom_the_loop_passes(case):
    machine, _, met = case
    found = pages.passes_filter(*in_arrays(met), machine)
    assert found.tolist() == [bool(hinting.passes_filter(page, who, machine.kernel)) for page, who in met]


@pytest.mark.parametrize("kernel", [V3_8, V3_13, V6_1], ids=str)
def test_one_task_may_touch_many_pages_and_one_page_be_touched_by_many_tasks(kernel):
    machine = Machine(recorded4(), kernel)
    one_task = pages.mpol_misplaced(None, pages.Pages([0, 1, 2], last_nid=1), pages.Faulters(1), machine)
    assert one_task.target.tolist() == [1, -1, 1]
    one_page = pages.mpol_misplaced(None, pages.Pages(0, last_nid=1), pages.Faulters([0, 1, 2]), machine)
    assert one_page.target.tolist() == [-1, 1, -1]
    by_index = Mempolicy(Mode.INTERLEAVE, Nodemask.of(0, 1), Flag.MOF)
    assert pages.mpol_misplaced(by_index, pages.Pages(0, [0, 1, 2, 3]), pages.Faulters(0),
                                machine).target.tolist() == [-1, 1, -1, 1]


def test_no_pages_give_no_answers():
    empty = np.array([], np.int64)
    found = pages.mpol_misplaced(None, pages.Pages(empty), pages.Faulters(1), Machine(recorded4(), V3_8))
    assert found.target.shape == found.noted.shape == (0,)


@pytest.mark.parametrize(("page", "who", "error"), [
    (pages.Pages([0, 4]), pages.Faulters(0), InvalidNodes), (pages.Pages([0]), pages.Faulters(-1), InvalidNodes),
    (pages.Pages([0], [-1]), pages.Faulters(0), BadRange), (pages.Pages([0], i_ino=-1), pages.Faulters(0), BadRange),
    (pages.Pages([0.5]), pages.Faulters(0), InvalidNodes)])
def test_a_node_or_an_index_that_is_not_there_is_refused(page, who, error):
    policy = Mempolicy(Mode.INTERLEAVE, Nodemask.of(0, 1), Flag.MOF)
    with pytest.raises(error):
        pages.mpol_misplaced(policy, page, who, Machine(recorded4(), V3_8))


def test_a_mode_that_the_release_lacks_is_its_bug_in_arrays_too():
    many = Mempolicy(Mode.PREFERRED_MANY, Nodemask.of(0, 1), Flag.MOF)
    with pytest.raises(KernelBug):
        pages.mpol_misplaced(many, pages.Pages([0]), pages.Faulters(0), Machine(recorded4(), V3_8))
