# SPDX-License-Identifier: GPL-2.0-only
"""The scenarios that rounds are measured with: default policy, v3.13's rules, each page touched by any task."""
from __future__ import annotations

from dataclasses import replace

from numakit import V3_13, V6_12, Machine, Topology
from numakit.rounds import Random, Runner, Scenario, Zipf
from numakit.topology import from_distances


def flat(nodes: int) -> Topology:
    """A machine of so many nodes, all equally far apart."""
    return from_distances(f"{nodes:,} nodes", [[10 if a == b else 20 for b in range(nodes)] for a in range(nodes)])


def steady(topology: Topology, pages: int, seed: int = 1) -> Scenario:
    """A task on each node, each touching any page; so slowly, 100 pages a ms, that no window can ever be full."""
    tasks = tuple(Runner(n) for n in range(topology.nodes))
    return Scenario(Machine(topology, V3_13), pages, tasks, Random(), "anon", False, seed=seed,
                    round_ms=max(1, pages // 100))


def brisk(topology: Topology, pages: int, seed: int = 1) -> Scenario:
    """The same ten times as fast: windows could be full and must be counted, and never are."""
    return replace(steady(topology, pages, seed), round_ms=max(1, pages // 1000))


def hot(topology: Topology, pages: int, seed: int = 1) -> Scenario:
    """Half of the tasks are on node 1, and a round is no longer than one window: node 1 is rate-limited."""
    half = topology.nodes // 2
    tasks = tuple(Runner(1 if n < half else n) for n in range(topology.nodes))
    return Scenario(Machine(topology, V3_13), pages, tasks, Random(), "anon", False, seed=seed, round_ms=100)


def greedy(topology: Topology, pages: int) -> Scenario:
    """What needs the most of each page: marks that stay, as not all are touched; the last task, as tasks move."""
    tasks = tuple(Runner((n, (n + 1) % topology.nodes)) for n in range(topology.nodes))
    return Scenario(Machine(topology, V6_12), pages, tasks, Zipf(0.1), "anon", False, seed=1)


MADE = {"steady": steady, "greedy": greedy}
