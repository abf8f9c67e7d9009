# SPDX-License-Identifier: GPL-2.0-only
"""Exercises of lesson 01: which access is remote, and in which order a node falls back to the others."""
from __future__ import annotations

from collections.abc import Iterator

from numakit.kernel import V6_1
from numakit.learn.exercise import Match, Predict, Where, WriteRule
from numakit.machine import Machine
from numakit.topology import Lists, Topology, from_distances, recorded4, recorded4_v3_8, ring4

CPU = 6
PAGES = (0, 1, 2, 3, 0, 1, 2, 3)
"""Where eight pages lie; a task on CPU 6 of the ring reads them all."""

UNEQUAL: Lists = ((10, 12, 20, 28), (12, 10, 24, 16), (20, 24, 10, 14), (28, 16, 14, 10))
PAIRS: Lists = ((10, 12, 20, 20), (12, 10, 20, 20), (20, 20, 10, 12), (20, 20, 12, 10))


def on_nodes(*wanted: int) -> frozenset[int]:
    """The pages that lie on these nodes."""
    return frozenset(page for page, node in enumerate(PAGES) if node in wanted)


def remote_pages() -> frozenset[int]:
    """The pages that are not on the task's own node."""
    return frozenset(range(len(PAGES))) - on_nodes(ring4().node_of_cpu(CPU))


def farthest_pages() -> frozenset[int]:
    """The pages on the node that is farthest from the task."""
    row = ring4().distances[ring4().node_of_cpu(CPU)]
    return on_nodes(row.index(max(row)))


def fallback(topology: Topology, nid: int) -> list[int]:
    """One node's fallback order by the rules of 6.1."""
    return list(Machine(topology, V6_1).fallback(nid))


def order(nid: int, distances: Lists) -> tuple[int, ...]:
    """The model's fallback order on a machine with this table."""
    return from_distances("a case", distances).fallback(nid)


def tables_without_ties() -> Iterator[tuple[object, ...]]:
    """Each node of machines of two to four nodes on which no node has two others at the same distance."""
    tables: tuple[Lists, ...] = (((10, 21), (21, 10)), ((10, 14, 28), (14, 10, 21), (28, 21, 10)),
                                 ((10, 30, 18), (30, 10, 24), (18, 24, 10)), UNEQUAL)
    return ((nid, table) for table in tables for nid in range(len(table)))


def by_number(nid: int, distances: Lists) -> tuple[int, ...]:
    """Itself, then the others by their numbers."""
    return (nid, *(n for n in range(len(distances)) if n != nid))


def the_distances(nid: int, distances: Lists) -> tuple[int, ...]:
    """How far, where the question is which node."""
    return tuple(sorted(distances[nid]))


def farthest_first(nid: int, distances: Lists) -> tuple[int, ...]:
    """Sorted the wrong way round."""
    return tuple(sorted(range(len(distances)), key=lambda n: -distances[nid][n]))


def without_itself(nid: int, distances: Lists) -> tuple[int, ...]:
    """The others only."""
    return order(nid, distances)[1:]


MACHINES: dict[str, Topology] = {"a ring": ring4(), "another ring": recorded4(), "all equal": recorded4_v3_8(),
                                 "pairs": from_distances("pairs", PAIRS)}


def by_order_of_node_1() -> dict[str, str]:
    """Each machine's order of node 1, as a text -> the machine."""
    return {" ".join(map(str, fallback(topology, 1))): name for name, topology in MACHINES.items()}


EXERCISES = (
    Predict(
        number="01-1",
        question="A task runs on CPU 6 of the ring and reads eight pages, which lie on nodes 0, 1, 2, 3, 0, 1, 2, 3. "
                 "Which of the pages 0 to 7 are remote for it?",
        each="page",
        expected=remote_pages,
        hints=(
            "Remote is what lies on another node than the task's. So first: on which node is CPU 6?",
            "Each node has four CPUs. Node 0 has CPUs 0 to 3. Who has CPU 6?",
            "CPU 6 is on node 1. Pages 1 and 5 lie on node 1, so these two are local; the others are remote.",
        ),
        plausible={
            lambda: frozenset(range(len(PAGES))) - remote_pages(): "These are the local ones.",
            farthest_pages: "These are the farthest. But all on another node than the task's own are remote, the near "
                            "ones too.",
            Where(lambda a: a == frozenset(range(8)) - on_nodes(CPU % 4), frozenset(range(8)) - on_nodes(CPU % 4)):
                "That would be right for node 2. CPUs are numbered node by node here: 0 to 3 are all on node 0.",
            Where(lambda a: isinstance(a, frozenset) and bool(a) and a < remote_pages() and a != farthest_pages(),
                  frozenset({0, 2})):
                "These are remote, but there are more.",
        },
        why="Six of eight: of pages spread evenly over four nodes, three quarters are remote for everybody.",
    ),
    Predict(
        number="01-2",
        question="Node 1 of the table above is full. In which order does a task on node 1 take from the nodes, "
                 "node 1 itself first?",
        each="place",
        expected=lambda: fallback(from_distances("unequal", UNEQUAL), 1),
        hints=(
            "One row of the table is enough. Which?",
            "Row \"from 1\": sort the nodes by the numbers that stand there.",
            "Row 1 is 12, 10, 24, 16: node 1 is at 10, node 0 at 12, node 3 at 16. What is left?",
        ),
        plausible={
            Where(lambda a: a == (1, 0, 2, 3), [1, 0, 2, 3]): "That is by number. Look how far node 2 is from node 1.",
            Where(lambda a: a == (1, 2, 3, 0), [1, 2, 3, 0]):
                "That goes round by number. The kernel goes by distance.",
            Where(lambda a: a == (10, 12, 16, 24), [10, 12, 16, 24]):
                "These are the distances, in the right order. Which nodes are they of?",
            lambda: fallback(from_distances("unequal", UNEQUAL), 0): "That is the order of node 0.",
        },
        why="The nearest first. The numbers of the nodes play no part as long as no two are equally far.",
    ),
    WriteRule(
        number="01-3",
        question="Write the rule: the fallback order of node `nid` from the table `distances`, where no two nodes are "
                 "equally far from it. distances[a][b] is how far node b is from node a.",
        expected=order,
        cases=tables_without_ties,
        hints=(
            "You need the numbers of the nodes, put in order by what one row says of them.",
            "sorted(..., key=...) puts things in order by something else than themselves.",
            "sorted(range(len(distances)), key=lambda n: distances[nid][n])",
        ),
        plausible={
            by_number: "That is by number. Use the row distances[nid].",
            the_distances: "These are the distances, sorted. Asked for are the nodes, sorted by distance.",
            farthest_first: "That begins with the farthest.",
            without_itself: "The others are right. But the order begins with the node itself, at distance 10.",
        },
        why="One line; the rest of the kernel's function is about nodes that are equally far.",
    ),
    Predict(
        number="01-4",
        question="The ring of four nodes: a neighbour is at 16, the opposite node at 22. What is the fallback order of "
                 "node 3?",
        each="place",
        expected=lambda: fallback(ring4(), 3),
        hints=(
            "Node 3's neighbours are nodes 2 and 0, equally far and both below 3. So the points decide. Who has fewer?",
            "Make the lists of nodes 0, 1 and 2 first: 0 1 3 2, then 1 2 0 3, then 2 3 1 0. A point goes to the first "
            "node at 16 and to the first at 22.",
            "Points: list 0 gives 1 and 2 one each; list 1 gives 2 and 3; list 2 gives 3 and 0. So node 0 has one "
            "point and node 2 has two.",
        ),
        plausible={
            Where(lambda a: a == (3, 2, 0, 1), [3, 2, 0, 1]):
                "The two neighbours are right, and that node 1 is last. But count the points of nodes 0 and 2.",
            Where(lambda a: a == (3, 0, 1, 2), [3, 0, 1, 2]):
                "That goes round by number. But node 1 is opposite to node 3, at 22: it is last.",
            Where(lambda a: a == (3, 2, 1, 0), [3, 2, 1, 0]):
                "So it is on the recorded machine. In this ring node 3 has other neighbours: 2 and 0.",
        },
        why="Every node is now exactly one other node's first choice.",
    ),
    Match(
        number="01-5",
        question="Four machines with four nodes each. All that you are told is the order of node 1. Which is which?",
        expected=by_order_of_node_1,
        evidence={"a ring": "0-1-2-3-0: neighbours 16, opposite 22", "another ring": "0-1-3-2-0: neighbours 16, "
                  "opposite 22", "all equal": "all nodes 20 apart", "pairs": "0 and 1 are 12 apart, 2 and 3 too, "
                  "everything else is 20"},
        hints=(
            "Who is last? In a ring it is the node opposite to node 1.",
            "In 0-1-2-3-0 the node opposite to 1 is 3. In 0-1-3-2-0 it is 2. Among pairs, node 0 comes before 2 and 3.",
            "'1 2 0 3' ends with 3: the ring 0-1-2-3-0. '1 0 3 2' begins with node 1's partner: the pairs.",
        ),
        plausible={
            lambda: by_order_of_node_1() | {"1 2 0 3": "another ring", "1 3 0 2": "a ring"}:
                "The two rings are the other way round: which node is opposite to node 1 in each?",
            lambda: by_order_of_node_1() | {"1 2 0 3": "all equal", "1 2 3 0": "a ring"}:
                "Where all are equally far, the numbers above 1 come first, and then those below.",
        },
        why="So a fallback order says a good deal about a machine, though not all: distances can't be read from it.",
    ),
)
