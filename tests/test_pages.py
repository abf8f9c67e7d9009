# SPDX-License-Identifier: GPL-2.0-only
"""The twins: the arrays of `pages` give, page by page, what the loops of `placement` give."""
from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import machines, policies, subsets

from numakit import placement
from numakit.errors import LinuxError
from numakit.kernel import V6_1, V6_12
from numakit.machine import Machine
from numakit.mempolicy import NO_NODES, Flag, Mempolicy, Mode
from numakit.mount_option import policy
from numakit.nodemask import Nodemask
from numakit.shared_policy import SharedPolicy
from numakit.task import Task
from numakit.tmpfs import Inode, Mount
from numakit.topology import nodes64, nodes1024, recorded4

np = pytest.importorskip("numpy")
pages = pytest.importorskip("numakit.pages")

indices = st.one_of(st.integers(0, 3000), st.integers((1 << 32) - 50, (1 << 32) + 50), st.integers(0, (1 << 62) - 1))
inos = st.one_of(st.integers(0, 5000), st.integers((1 << 32) - 30, (1 << 32) + 30), st.integers(0, (1 << 62) - 1))
orders = st.sampled_from([0, 9])


def nodes_of(machine):
    return st.integers(0, machine.topology.nodes - 1)


@given(st.data())
def test_new_pages_go_where_the_loop_puts_them(data):
    machine = data.draw(machines())
    mine, here = data.draw(policies(machine)), data.draw(nodes_of(machine))
    ilx = data.draw(st.lists(indices, max_size=12))
    found = pages.node_of_new_page(mine, np.array(ilx, np.uint64), here, machine)
    assert found.dtype == np.int16
    assert found.tolist() == [placement.node_of_new_page(mine, i, here, machine) for i in ilx]


@given(st.data())
def test_each_page_may_have_its_own_cpu(data):
    machine = data.draw(machines())
    mine, ilx = data.draw(policies(machine)), data.draw(st.lists(indices, min_size=1, max_size=12))
    here = [data.draw(nodes_of(machine)) for _ in ilx]
    found = pages.node_of_new_page(mine, np.array(ilx, np.uint64), np.array(here), machine)
    assert found.tolist() == [placement.node_of_new_page(mine, i, n, machine) for i, n in zip(ilx, here, strict=True)]


@given(st.lists(indices, max_size=12), inos, machines(), orders)
def test_interleave_indices_are_those_of_the_loop(index, i_ino, machine, order):
    found = pages.shmem_ilx(np.array(index, np.uint64), i_ino, machine, order)
    assert found.tolist() == [placement.shmem_ilx(i, i_ino, machine, order) for i in index]
    fault = pages.fault_path_ilx(np.array(index, np.uint64), i_ino, machine, order)
    assert fault.tolist() == [placement.fault_path_ilx(i, i_ino, machine, order) for i in index]


@given(st.data())
def test_the_fault_path_wants_what_the_loop_says(data):
    machine = data.draw(machines())
    mine, i_ino, here = data.draw(policies(machine)), data.draw(inos), data.draw(nodes_of(machine))
    index = data.draw(st.lists(indices, min_size=1, max_size=12))
    now = [data.draw(nodes_of(machine)) for _ in index]
    order = data.draw(orders)
    found = pages.node_wanted_by_fault_path(mine, np.array(index, np.uint64), i_ino, np.array(now), here, machine,
                                            order)
    assert found.tolist() == [placement.node_wanted_by_fault_path(mine, i, i_ino, n, here, machine, order)
                              for i, n in zip(index, now, strict=True)]


@st.composite
def files(draw, machine, most):
    """A file whose ranges have policies of their own, some pages of it in no range."""
    size, tree = draw(st.integers(1, most)), SharedPolicy()
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, most))
        tree = tree.replace(start, start + draw(st.integers(1, most)), draw(policies(machine)))
    return Inode("f", draw(inos), tree, (None,) * size)


@st.composite
def tasks(draw, machine):
    cpus = [cpu for row in machine.topology.cpus for cpu in row]
    cpuset = draw(st.none() | subsets(machine.memory))
    return Task(draw(st.sampled_from(cpus)), draw(policies(machine)), cpuset)


@given(st.data())
def test_a_file_touched_page_by_page_comes_out_the_same(data):
    machine = data.draw(machines())
    file, task = data.draw(files(machine, 60)), data.draw(tasks(machine))
    assert tuple(pages.touch(file, machine, task).tolist()) == placement.touch(file, machine, task).nodes


@given(st.data())
def test_a_file_touched_in_2_mib_pages_comes_out_the_same(data):
    machine = data.draw(machines())
    file, task = data.draw(files(machine, 2600)), data.draw(tasks(machine))
    assert tuple(pages.touch(file, machine, task, 9).tolist()) == placement.touch_huge(file, machine, task).nodes


@pytest.mark.parametrize("topology", [nodes64(), nodes1024()], ids=lambda t: t.name)
@pytest.mark.parametrize("option", ["interleave:1-50", "weighted interleave:3,9,60", "bind:9,33,60", "prefer:61",
                                    "local"])
def test_large_machines_come_out_the_same(topology, option):
    machine = Machine(topology, V6_12, tuple(1 + n % 7 for n in range(topology.nodes)))
    file = Mount.new(options=f"mpol={option}", machine=machine).create("f", 300, i_ino=77)["f"]
    assert tuple(pages.touch(file, machine, Task(40)).tolist()) == placement.touch(file, machine, Task(40)).nodes


def test_a_file_longer_than_one_chunk_has_no_seam():
    machine = Machine(recorded4(), V6_1)
    tmp = Mount.new(options="mpol=interleave:0-2", machine=machine)
    file = tmp.create("f", 2 * pages.CHUNK + 5, i_ino=(1 << 32) - 9)["f"]
    ilx = np.arange(file.pages) + file.i_ino
    assert (pages.touch(file, machine) == ilx % (1 << 32) % 3).all()


def test_what_comes_back_can_not_be_written():
    found = pages.touch(Mount.new(options="mpol=local").create("f", 4)["f"], Machine())
    with pytest.raises(ValueError, match="read-only"):
        found[0] = 1


def test_ranges_of_a_file_follow_each_other_and_end_with_it():
    mine = policy("bind:1")
    tree = SharedPolicy().replace(4, 8, mine).replace(20, 900, mine)
    assert list(pages.policy_ranges(tree, None, 0, 30)) == [(0, 4, None), (4, 8, mine), (8, 20, None), (20, 30, mine)]


def test_a_large_page_takes_the_policy_of_its_first_small_one():
    mine = policy("bind:1")
    ranges = pages.policy_ranges(SharedPolicy().replace(10, 600, mine), None, 0, 1100, order=9)
    assert list(ranges) == [(0, 512, None), (512, 1024, mine), (1024, 1100, None)]


@pytest.mark.parametrize("ask", [
    lambda m: pages.node_of_new_page(None, [-1], 0, m), lambda m: pages.node_of_new_page(None, [0.5], 0, m),
    lambda m: pages.node_of_new_page(None, ["a"], 0, m), lambda m: pages.node_of_new_page(None, [0], 4, m),
    lambda m: pages.node_of_new_page(None, [0], [-1], m), lambda m: pages.shmem_ilx([-5], 0, m),
    lambda m: pages.node_of_new_page(Mempolicy(Mode.BIND, Nodemask.of(9)), [0], 0, m),
    lambda m: pages.touch(Inode("f", 2, SharedPolicy(), (None,)), m, Task(9))])
def test_what_the_loop_refuses_the_arrays_refuse_too(ask):
    with pytest.raises(LinuxError):
        ask(Machine(recorded4(), V6_1))


def test_no_pages_give_an_empty_array():
    assert pages.node_of_new_page(None, np.array([], np.uint64), 0, Machine()).tolist() == []


def test_no_mode_is_forgotten_by_the_twins():
    made = {m: Mempolicy(m, Nodemask.of(1, 2), Flag.NONE, Nodemask.of(1, 2)) for m in Mode if m is not Mode.DEFAULT}
    made[Mode.LOCAL] = replace(made[Mode.LOCAL], nodes=NO_NODES)
    for mine in made.values():
        assert pages.node_of_new_page(mine, [1], 0, Machine())[0] == placement.node_of_new_page(mine, 1, 0, Machine())
