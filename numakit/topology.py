# SPDX-License-Identifier: GPL-2.0-only
"""Topology: the nodes of a machine, how far apart they are, and the order in which each falls back to the others."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

from numakit.checks import is_whole
from numakit.errors import InvalidNodes, InvalidTopology
from numakit.nodelist import MAX_NUMNODES
from numakit.nodemask import Nodemask, format_runs

LOCAL_DISTANCE = 10
"""A node's distance to itself; 20 means twice as far. include/linux/topology.h"""

PENALTY_FOR_NODE_WITH_CPUS = 1
"""What a node with CPUs of its own costs as a fallback. Linux v3.8 include/linux/topology.h"""

Lists = tuple[tuple[int, ...], ...]
NodeLoad = Literal["set falling", "add falling", "add one"]


@dataclass(frozen=True)
class Topology:
    """Nodes 0 to n-1 of one machine. Raises InvalidTopology for what is no machine.

    distances: n tuples of n ints, 10 on the diagonal, 11 to 255 elsewhere, as the firmware's SLIT gives them;
    cpus: for each node the ids of its CPUs, () for none; memory: the nodes that have some.
    """

    name: str
    distances: Lists
    cpus: Lists
    memory: Nodemask

    def __post_init__(self) -> None:
        _check_shape(self)
        _check_distances(self.distances)
        _check_cpus(self.cpus)

    @property
    def nodes(self) -> int:
        """How many nodes there are."""
        return len(self.distances)

    def distance(self, a: int, b: int) -> int:
        """How far node b is from node a, 10 for itself. Raises InvalidNodes."""
        return self.distances[self.checked(a)][self.checked(b)]

    def checked(self, nid: int) -> int:
        """The node itself, if this machine has it. Raises InvalidNodes."""
        if not is_whole(nid, 0, self.nodes):
            raise InvalidNodes(f"{nid!r} is not a node of {self.name}", f"0 to {self.nodes - 1} would do",
                               "the kernel knows the nodes that the firmware names")
        return nid

    def node_of_cpu(self, cpu: int) -> int:
        """The node that a CPU belongs to (cpu_to_node). Raises InvalidNodes."""
        node = self._node_of_cpu.get(cpu) if is_whole(cpu) else None
        if node is None:
            raise InvalidNodes(f"{self.name} has no CPU {cpu!r}", f"one of {self.cpu_list} would do",
                               "sched_setaffinity fails with EINVAL where no CPU of the mask exists")
        return node

    @cached_property
    def _node_of_cpu(self) -> dict[int, int]:
        return {cpu: nid for nid, cpus in enumerate(self.cpus) for cpu in cpus}

    @cached_property
    def cpu_list(self) -> str:
        """The CPUs as a list, "0-3"."""
        return format_runs(sorted(self._node_of_cpu))

    def fallback(self, nid: int, node_load: NodeLoad = "add one") -> tuple[int, ...]:
        """The nodes with memory in the order in which `nid` takes from them (its zonelist).

        node_load: the kernel's switch of that name. Raises InvalidNodes.
        """
        if node_load not in self._lists:
            self._lists[node_load] = fallback_lists(self, node_load)
        return self._lists[node_load][self.checked(nid)]

    @cached_property
    def _lists(self) -> dict[NodeLoad, Lists]:
        return {}

    def sentence(self) -> str:
        """The machine in one sentence."""
        if self.nodes == 1:
            return (f"{self.name} has one node: every access is local, and a memory policy has nothing to choose. "
                    "Use one of the presets to see more.")
        without = [n for n in range(self.nodes) if n not in self.memory]
        far = max(max(row) for row in self.distances)
        note = f"; no memory on node {', '.join(map(str, without))}" if without else ""
        return f"{self.name}: {self.nodes} nodes, {len(self._node_of_cpu)} CPUs, distances 10 to {far}{note}."

    def __repr__(self) -> str:
        return f"<{self.sentence().rstrip('.')}>"


def fallback_lists(topology: Topology, node_load: NodeLoad) -> Lists:
    """Every node's fallback order, built one node after the other as the kernel does.

    A node that is taken as the first at its distance gets a load, so that the next node prefers another one.
    Linux v3.8 mm/page_alloc.c, build_zonelists() and find_next_best_node(); what changed later: `Kernel.node_load`.
    v3.8's lists ordered by zone are not modelled.
    """
    load = [0] * topology.nodes
    return tuple(_fallback_list(topology, nid, load, node_load) for nid in range(topology.nodes))


def _fallback_list(topology: Topology, nid: int, load: list[int], node_load: NodeLoad) -> tuple[int, ...]:
    """One node's order: itself first, then the cheapest; `load` is what the orders before it left behind."""
    row = topology.distances[nid]
    scale = MAX_NUMNODES * (1 if node_load == "add one" else topology.nodes)

    def cost(n: int) -> int:
        """Distance first, a little for lower numbers and CPUs, then the load."""
        return (row[n] + (n < nid) + PENALTY_FOR_NODE_WITH_CPUS * bool(topology.cpus[n])) * scale + load[n]

    # Taking a node changes the load of that node only, so one sort gives what the kernel finds step by step.
    order = [nid, *sorted((n for n in topology.memory if n != nid), key=cost)]
    for place, (before, taken) in enumerate(zip(order, order[1:], strict=False), start=1):
        if row[taken] != row[before]:
            had = 0 if node_load == "set falling" else load[taken]
            load[taken] = had + (1 if node_load == "add one" else topology.nodes - place)
    return tuple(n for n in order if n in topology.memory)


def _check_shape(topology: Topology) -> None:
    n = len(topology.distances)
    if not 1 <= n <= MAX_NUMNODES or any(len(row) != n for row in topology.distances) or len(topology.cpus) != n:
        raise InvalidTopology(f"{topology.name!r} has {n} rows of distances and CPUs for {len(topology.cpus)} nodes",
                              f"n rows of n distances and n lists of CPUs would do, n from 1 to {MAX_NUMNODES}",
                              "the kernel ignores a distance table that is not square")
    if not topology.memory or not topology.memory.issubset(Nodemask.first_nodes(n)):
        raise InvalidTopology(f"{topology.name!r} says that nodes {topology.memory} have memory, of {n} nodes",
                              "at least one of its own nodes would do", "a machine without memory does not boot")


def _check_distances(distances: Lists) -> None:
    for a, row in enumerate(distances):
        others = row[:a] + row[a + 1:]
        if row[a] != LOCAL_DISTANCE or not all(is_whole(d, LOCAL_DISTANCE + 1, 256) for d in others):
            raise InvalidTopology(f"the distances from node {a} are {row}",
                                  "10 to itself and 11 to 255 to others would do",
                                  "ACPI's SLIT is dropped where it says otherwise")


def _check_cpus(cpus: Lists) -> None:
    listed = [cpu for row in cpus for cpu in row]
    if len(set(listed)) != len(listed) or not listed:
        raise InvalidTopology(f"the CPUs are {cpus}", "each CPU on one node, and at least one CPU, would do",
                              "the kernel maps each CPU to one node")


def from_distances(name: str, distances: Sequence[Sequence[int]], cpus_per_node: int = 1) -> Topology:
    """A machine whose nodes all have memory and the same number of CPUs, numbered node by node."""
    n = len(distances)
    if not is_whole(cpus_per_node, 1, 1 << 16):
        raise InvalidTopology(f"{cpus_per_node!r} CPUs on each node", "1 or more would do",
                              "the kernel knows at most CONFIG_NR_CPUS of them")
    cpus = tuple(tuple(range(i * cpus_per_node, (i + 1) * cpus_per_node)) for i in range(n))
    return Topology(name, tuple(map(tuple, distances)), cpus, Nodemask.first_nodes(n))


def _by_hops(name: str, n: int, hops: Callable[[int, int], int], cpus_per_node: int) -> Topology:
    """A machine whose distance is 10 and 6 more for each hop (chosen for teaching, as the 16 and 22 recorded)."""
    return from_distances(name, [[10 + 6 * hops(a, b) for b in range(n)] for a in range(n)], cpus_per_node)


@lru_cache(1)
def two_sockets() -> Topology:
    """Two sockets with 8 CPUs each, 21 apart, as common servers report."""
    return from_distances("two sockets", [[10, 21], [21, 10]], 8)


@lru_cache(1)
def ring4() -> Topology:
    """Four nodes in a ring, 0-1-2-3-0: a neighbour is at 16, the opposite at 22."""
    return _by_hops("ring of 4", 4, lambda a, b: min((a - b) % 4, (b - a) % 4), 4)


@lru_cache(1)
def recorded4() -> Topology:
    """The four nodes of the recordings of 6.1 and later: CPU n on node n, 16 along the ring 0-1-3-2, 22 across."""
    return from_distances("recorded 4 nodes",
                          [[10, 16, 16, 22], [16, 10, 22, 16], [16, 22, 10, 16], [22, 16, 16, 10]])


@lru_cache(1)
def recorded4_v3_8() -> Topology:
    """The four nodes of the recordings of v3.8: CPU n on node n, all 20 apart."""
    return from_distances("recorded 4 nodes (v3.8)", [[10 if a == b else 20 for b in range(4)] for a in range(4)])


@lru_cache(1)
def ladder8() -> Topology:
    """Eight nodes as a ladder: rungs 0-1, 2-3, 4-5, 6-7, and two rails of four."""
    return _by_hops("ladder of 8", 8, lambda a, b: abs(a // 2 - b // 2) + (a % 2 != b % 2), 4)


def _nested(name: str, n: int, sizes: Sequence[int]) -> Topology:
    """Boards in chassis in cabinets: one hop more for each wall that two nodes don't share."""
    return _by_hops(name, n, lambda a, b: (a != b) + sum(a // size != b // size for size in sizes), 1)


@lru_cache(1)
def nodes64() -> Topology:
    """64 nodes: boards of 4 in chassis of 16. Made up for teaching."""
    return _nested("64 nodes", 64, (4, 16))


@lru_cache(1)
def nodes1024() -> Topology:
    """1,024 nodes: boards of 4, chassis of 16, cabinets of 128. Made up for teaching."""
    return _nested("1,024 nodes", 1024, (4, 16, 128))


PRESETS: dict[str, Callable[[], Topology]] = {
    "two sockets": two_sockets, "ring of 4": ring4, "recorded 4 nodes": recorded4,
    "recorded 4 nodes (v3.8)": recorded4_v3_8, "ladder of 8": ladder8, "64 nodes": nodes64, "1,024 nodes": nodes1024}
"""Name -> function that makes the machine; the large ones are made when first asked for."""
