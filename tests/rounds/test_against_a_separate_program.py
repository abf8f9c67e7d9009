# SPDX-License-Identifier: GPL-2.0-only
"""Random scenarios, played here and by a program of its own (rounds.cpp): every count, every page."""

from dataclasses import replace
from random import Random as Draw

import numpy as np
import pytest

from numakit.kernel import V3_8, V3_13, V6_1, V6_8, V6_12, V6_18, V7_3
from numakit.machine import Machine
from numakit.mempolicy import NAMES, Flag, Mempolicy, Mode
from numakit.nodemask import Nodemask
from numakit.shared_policy import SharedPolicy
from numakit.topology import ladder8, nodes64, recorded4, recorded4_v3_8, ring4, two_sockets

rounds = pytest.importorskip("numakit.rounds")
import rounds_program  # noqa: E402 (needs numpy)

from benchmarks.rounds_scenarios import flat  # noqa: E402

KERNELS = (V3_8, V3_13, V6_1, V6_8, V6_12, V6_18, V7_3)
COUNTS = ("scanned", "pages", "faults", "local", "migrations", "refused_by_limit", "refused_otherwise")
MARKS = (Flag.NONE, Flag.MOF, Flag.MOF | Flag.MORON)
TOPOLOGIES = (two_sockets(), ring4(), recorded4(), recorded4_v3_8(), ladder8(), nodes64())
BATCHES = 30


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """The separate program, where it can be compiled."""
    made = rounds_program.compiled(tmp_path_factory.mktemp("rounds"))
    return made or pytest.skip(rounds_program.NO_COMPILER)


def without_memory(topology, draw):
    """The same machine with one node that lacks memory."""
    nid = draw.randrange(topology.nodes)
    return replace(topology, memory=Nodemask.of(*(n for n in range(topology.nodes) if n != nid)))


def some_machine(draw, kernels=KERNELS):
    """2 to 64 nodes under one of the kernels; at times a switch is turned, so that it is met with all others."""
    kernel, topology = draw.choice(kernels), draw.choice(TOPOLOGIES)
    if draw.random() < 0.5:
        kernel = replace(kernel, small_vma_gate=False)
    if draw.random() < 0.1:
        kernel = replace(kernel, two_stage_filter="none")
    if draw.random() < 0.2:
        topology = without_memory(topology, draw)
    weights = tuple(draw.randint(1, 5) for _ in range(topology.nodes)) if draw.random() < 0.5 else ()
    return Machine(topology, kernel, weights)


def some_policy(draw, machine):
    """Default (None), or a policy of any mode that the kernel has, with the kernel's own marks or without."""
    late = {Mode.PREFERRED_MANY: machine.kernel.preferred_many,
            Mode.WEIGHTED_INTERLEAVE: machine.kernel.weighted_interleave}
    mode = draw.choice([mode for mode in Mode if late.get(mode, True)])
    if mode is Mode.DEFAULT:
        return None
    marks = draw.choice(MARKS)
    if NAMES[mode] in machine.kernel.balancing_with and draw.random() < 0.5:
        marks = Flag.BALANCING | Flag.MOF | Flag.MORON
    return Mempolicy(mode, some_nodes(draw, machine, mode), marks)


def some_nodes(draw, machine, mode):
    """None for local, one for prefer, else some of those with memory."""
    there = list(machine.memory)
    most = {Mode.LOCAL: 0, Mode.PREFERRED: 1}.get(mode, min(len(there), 6))
    return Nodemask.of(*draw.sample(there, draw.randint(min(most, 1), most)))


def some_tree(draw, machine, pages):
    """No ranges or a few."""
    tree = SharedPolicy()
    for _ in range(draw.choice([0, 0, 1, 2, 5])):
        at = draw.choice([0, draw.randrange(pages)])
        tree = tree.replace(at, draw.randint(at + 1, pages + 5), some_policy(draw, machine))
    return tree


def some_tasks(draw, machine):
    """One to nine tasks that stay or move; at times one on each node, in order."""
    nids = range(machine.topology.nodes)
    if draw.random() < 0.2:
        return tuple(rounds.Runner((n, (n + 1) % len(nids))[:draw.choice([1, 2])]) for n in nids)
    return tuple(rounds.Runner(tuple(draw.choices(nids, k=draw.choice([1, 1, 2, 3]))), draw.randint(1, 3),
                               draw.choice([None, *nids])) for _ in range(draw.choice([1, 2, 2, 3, 4, 9])))


def some_pattern(draw, tasks):
    """One of the kit's patterns, or a user's function."""
    salt = draw.randrange(99)
    return draw.choice([
        rounds.OwnPart(), rounds.SharedPart(draw.choice([0, 0.1, 0.5, 0.77, 1])), rounds.PingPong(), rounds.Random(),
        rounds.RoundRobin(), rounds.Zipf(draw.choice([0.01, 0.2, 0.5, 1, 1.5, 3])), rounds.Phases(draw.randint(1, 4)),
        lambda round, pages: (pages * 7 + round * salt) // 3 % (len(tasks) + 1) - 1])


def some_start(draw, machine, tasks, pages):
    """First touch by a task, or a node for each page."""
    anywhere = [draw.randrange(machine.topology.nodes) for _ in range(pages)]
    return draw.choice([None, draw.randrange(len(tasks)), anywhere, [anywhere[0]] * pages])


def some_scenario(draw):
    """Any scenario of 1 to 1,100 pages."""
    machine, pages = some_machine(draw), draw.choice([1, 5, 33, 100, 511, 512, 1100])
    tasks = some_tasks(draw, machine)
    kind, shared = draw.choice([("shmem", True), ("shmem", True), ("shmem", False), ("anon", False)])
    return rounds.Scenario(
        machine, pages, tasks, some_pattern(draw, tasks), kind, shared, some_tree(draw, machine, pages),
        draw.choice([0, 7, 2**32 - 1, 2**40 + 3]) if kind == "shmem" else 0,
        some_policy(draw, machine) if draw.random() < 0.5 else None, draw.choice([1, 1, 1, 2]),
        some_start(draw, machine, tasks, pages), draw.choice([1, 33, 100, 101, 1000]), draw.randrange(2**64))


def hot_scenario(draw):
    """More pages than a window of the rate limit lets pass, pulled to a few nodes."""
    kernel = replace(draw.choice([V3_8, V3_13]), scanner_heeds_rate_limit=draw.random() < 0.5)
    machine = Machine(draw.choice([two_sockets(), ring4(), nodes64()]), kernel)
    tasks = tuple(rounds.Runner(tuple(draw.choices(range(2), k=draw.choice([1, 2]))), draw.choice([2, 3]))
                  for _ in range(3))
    pages = draw.choice([32_769, 32_770, 70_000, 140_000])
    pattern = draw.choice([rounds.OwnPart(), rounds.PingPong(), rounds.Random(), rounds.Zipf(0.01), rounds.Phases(3),
                           rounds.SharedPart(0.5)])
    start = draw.choice([[machine.topology.nodes - 1] * pages, [0] * pages, 0])
    return rounds.Scenario(machine, pages, tasks, pattern, "anon", False, start=start, seed=draw.randrange(2**64),
                           round_ms=draw.choice([1, 40, 99, 100, 101, 130, 250, 1300]))


def large_scenario(draw):
    """More pages than `play` takes in one step, on up to 130 nodes: a node's number needs two bytes then."""
    machine = Machine(draw.choice([ring4(), nodes64(), flat(130)]), draw.choice(KERNELS))
    pages, tasks = draw.choice([270_001, 400_000]), some_tasks(draw, machine)
    return rounds.Scenario(machine, pages, tasks, some_pattern(draw, tasks), "anon", False,
                           some_tree(draw, machine, pages), round_ms=draw.choice([100, 1000, 10_000]),
                           task_policy=draw.choice([None, some_policy(draw, machine)]), seed=draw.randrange(2**64))


def differences(ours, theirs):
    """The counters and the rounds in which two plays are not the same: empty where they agree."""
    where = {name: np.argwhere(getattr(ours, name) != getattr(theirs, name)) for name in COUNTS}
    if theirs.nodes is not None:
        where["nodes"] = np.argwhere(ours.nodes[1:] != theirs.nodes)
    return {name: at[:3].tolist() for name, at in where.items() if at.size}


@pytest.mark.parametrize("batch", range(BATCHES))
def test_any_scenario_goes_as_in_the_separate_program(program, batch):
    draw = Draw(batch)
    for _ in range(20):
        scenario, count = some_scenario(draw), draw.randint(1, 9)
        theirs = rounds_program.told(scenario, count, program)
        ours = rounds.play(scenario, count, keep_pages=True, chunk=draw.choice([64, 500, rounds.CHUNK]))
        assert differences(ours, theirs) == {}, scenario
        if scenario.pages < 100:
            assert differences(rounds.play_plainly(scenario, count, keep_pages=True), theirs) == {}, scenario


@pytest.mark.parametrize("seed", range(24))
def test_a_rate_limited_scenario_goes_as_in_the_separate_program(program, seed):
    draw = Draw(seed)
    scenario, count = hot_scenario(draw), draw.randint(2, 6)
    theirs = rounds_program.told(scenario, count, program)
    ours = rounds.play(scenario, count, keep_pages=True, chunk=draw.choice([5000, rounds.CHUNK]))
    assert differences(ours, theirs) == {}, scenario


@pytest.mark.parametrize(("pages", "waits"), [(32_767, False), (32_768, True), (32_769, True)])
def test_the_scanner_waits_after_a_full_window_as_in_the_separate_program(program, pages, waits):
    # All move in round 1, in the window of 100 to 200 ms; the scanner of node 1 then waits until 1,200 ms, included.
    machine = Machine(two_sockets(), replace(V3_8, first_nid_gate=False))
    scenario = rounds.Scenario(machine, pages, (rounds.Runner(1),), start=[0] * pages, round_ms=100)
    theirs = rounds_program.told(scenario, 14, program)
    assert theirs.migrations[1].tolist() == [0, pages]
    assert theirs.scanned.tolist() == [not (waits and 2 <= round <= 12) for round in range(14)]
    assert differences(rounds.play(scenario, 14, keep_pages=True), theirs) == {}


@pytest.mark.parametrize("seed", range(12))
def test_a_scenario_of_many_pages_goes_as_in_the_separate_program(program, seed):
    draw = Draw(seed)
    scenario = large_scenario(draw)
    theirs = rounds_program.told(scenario, 4, program, with_pages=False)
    ours = rounds.play(scenario, 4, keep_pages=True)
    assert differences(ours, theirs) == {}, scenario
    assert [rounds_program.checksum(nodes) for nodes in ours.nodes[1:]] == theirs.checksums.tolist()


def test_the_checksum_sees_a_page_that_lies_elsewhere(program):
    scenario = rounds.Scenario(pages=40)
    told = rounds_program.told(scenario, 1, program)
    assert rounds_program.checksum(told.nodes[0]) == told.checksums[0]
    told.nodes[0, 39] += 1
    assert rounds_program.checksum(told.nodes[0]) != told.checksums[0]


def test_without_a_compiler_there_is_no_program(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert rounds_program.compiled(tmp_path) is None


def test_the_random_scenarios_reach_every_counter(program):
    draw, met = Draw(0), set()
    for _ in range(60):
        found = rounds_program.told(some_scenario(draw), 6, program)
        met |= {name for name in COUNTS if getattr(found, name).any()}
    hot = rounds_program.told(hot_scenario(Draw(1)), 4, program)
    assert hot.refused_by_limit.any()
    assert met >= set(COUNTS) - {"refused_by_limit"}


def test_local_without_moron_asks_for_the_running_node_even_without_memory(program):
    # Linux v3.8 mm/mempolicy.c, mpol_misplaced(): numa_node_id(), whatever is there. No release sets MOF on `local`.
    topology = replace(two_sockets(), memory=Nodemask.of(1))
    machine = Machine(topology, replace(V3_13, small_vma_gate=False))
    tree = SharedPolicy().replace(0, 8, Mempolicy(Mode.LOCAL, flags=Flag.MOF))
    scenario = rounds.Scenario(machine, 8, (rounds.Runner(0),), tree=tree, start=[1] * 8)
    theirs = rounds_program.told(scenario, 2, program)
    assert theirs.refused_otherwise.tolist() == [[8, 0], [8, 0]]
    assert differences(rounds.play(scenario, 2, keep_pages=True), theirs) == {}
