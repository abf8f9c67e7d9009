# SPDX-License-Identifier: GPL-2.0-only
"""Exercises of lesson 14: which files are disputed, the rule of it, a page that two threads pull, and who follows."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise

from numakit.fights import by_inode, default_shmem
from numakit.hinting import Faulter, Page, do_numa_page
from numakit.kernel import V3_8, V3_13, V6_1, V6_12, Kernel
from numakit.learn.exercise import Match, Predict, WriteRule
from numakit.machine import Machine
from numakit.topology import recorded4

INODES = (4, 5, 6, 7, 8, 9)
ORDERS = ((1, 2) * 6, (1, 1, 2, 2) * 3)
"""To and fro, and in pairs: the nodes from which a page's hinting faults come, in this order."""
NO_FILTER = replace(V3_8, two_stage_filter="none")
FILES = {"3.8 default": (V3_8, "default"), "3.8 local": (V3_8, "local"), "3.13 default": (V3_13, "default"),
         "6.12.117 default": (V6_12, "default")}
FATES = {
    "follow": "hinting faults are taken, and the pages follow the task",
    "pay": "hinting faults are taken, and no page moves",
    "alone": "the mapping is not scanned: no hinting fault, no move",
}


@cache
def moving_inodes(kernel: Kernel = V6_1, policy: str = "interleave:0-2") -> frozenset[int]:
    """The files of which pages would move, if a fault path could move pages of an interleave policy."""
    fights = {i_ino: by_inode(kernel, i_ino=i_ino, policy=policy, rounds=1) for i_ino in INODES}
    return frozenset(i_ino for i_ino, fight in fights.items() if int(fight.sides[0].moves.sum()))


def moves(touches: Sequence[int], kernel: Kernel = V3_8) -> int:
    """How often a page of a file without a policy, on node 0 at first, moves at such hinting faults."""
    machine, nodes, page = Machine(recorded4(), kernel), [0], Page(0)
    for nid in touches:
        page = do_numa_page(page.mark(), None, Faulter(nid), machine).page
        nodes.append(page.node)
    return sum(before != after for before, after in pairwise(nodes))


def four_counts(filtered: Kernel = V3_8, free: Kernel = NO_FILTER) -> tuple[int, ...]:
    """Moves to and fro and in pairs, on one kernel and then on another."""
    return tuple(moves(touches, kernel) for kernel in (filtered, free) for touches in ORDERS)


def at_home_on_1() -> tuple[int, ...]:
    """A wrong answer: right for a page that lay on node 1 at first, as if the first of all had nothing to move."""
    to_and_fro, in_pairs, free, free_in_pairs = four_counts()
    return to_and_fro, in_pairs - 1, free - 1, free_in_pairs - 1


@cache
def fates() -> dict[str, str]:
    """What becomes of a file whose task has gone to another node."""
    return {name: _fate(kernel, option) for name, (kernel, option) in FILES.items()}


def _fate(kernel: Kernel, option: str) -> str:
    told = default_shmem(kernel).told[option]
    assert isinstance(told, dict)
    return "follow" if told["moves"] else "pay" if told["faults"] else "alone"


def is_disputed(page: int, i_ino: int, nodes: Sequence[int], knows: bool) -> bool:
    """Whether the fault path wants a page elsewhere than tmpfs has put it, under interleave over these nodes."""
    put = nodes[(page + i_ino) % len(nodes)]
    wanted = nodes[(page + (i_ino if knows else 0)) % len(nodes)]
    return put != wanted


def small_files() -> Iterable[tuple[object, ...]]:
    """A few pages, inode numbers and sets of nodes, smallest first."""
    for nodes in ([0], [0, 1], [1, 3], [0, 2, 3], [0, 1, 2, 3]):
        for i_ino in (0, 1, 2, 3, 4, 6, 7, 8, 12):
            yield from ((page, i_ino, nodes, knows) for page in (0, 1, 5) for knows in (False, True))


def never_zero(page: int, i_ino: int, nodes: Sequence[int], knows: bool) -> bool:
    """A wrong rule: disputed wherever there is an inode number."""
    return i_ino != 0 and not knows


def by_four(page: int, i_ino: int, nodes: Sequence[int], knows: bool) -> bool:
    """A wrong rule: it counts by four nodes, however many there are."""
    return i_ino % 4 != 0 and not knows


def forgets_the_switch(page: int, i_ino: int, nodes: Sequence[int], knows: bool) -> bool:
    """A wrong rule: right before v6.7, and said of all kernels."""
    return i_ino % len(nodes) != 0


EXERCISES = (
    Predict(
        number="14-1",
        question="Linux 6.1, mpol=interleave:0-2, and the fault path may move pages, as in the picture above. Of the "
                 "files with the inode numbers 4, 5, 6, 7, 8 and 9, from which would pages move?",
        each="inode",
        expected=moving_inodes,
        hints=(
            "tmpfs puts page i where index i + i_ino belongs; the fault path wants it where index i belongs.",
            "The nodes come round after three. When is it no difference whether one begins i_ino later?",
            "Not of those whose number is a multiple of three.",
        ),
        plausible={
            (5, 6, 7, 9): "There are three nodes here, not four.",
            (4, 5, 6, 7, 8, 9): "For some inode numbers both come to the same node, for every page.",
            (6, 9): "Those are the ones for which both come to the same.",
        },
        why="A multiple of the number of nodes changes nothing; any other number moves all pages by as much.",
    ),
    WriteRule(
        number="14-2",
        question="Write the dispute as a rule. page, i_ino: numbers from 0; nodes: the list of nodes that the policy "
                 "interleaves over; knows: whether the fault path knows the inode number (since v6.7). Return whether "
                 "the fault path wants the page on another node than the one where tmpfs has put it.",
        expected=is_disputed,
        cases=small_files,
        hints=(
            "Say both first: the node where tmpfs puts it, and the node that the fault path wants.",
            "Both are nodes[index % len(nodes)]; only the index differs, and only where the fault path does not know.",
            "put = nodes[(page + i_ino) % len(nodes)]; wanted is the same with i_ino where `knows`, else without.",
        ),
        plausible={
            never_zero: "An inode number that is a multiple of the number of nodes makes no difference.",
            by_four: "How many nodes there are is for the list to say.",
            forgets_the_switch: "Since v6.7 both count alike.",
        },
        why="The page's own number has fallen out of it: all pages of a file are disputed, or none.",
    ),
    Predict(
        number="14-3",
        question="Linux 3.8, a file without a policy. A page lies on node 0, and never took a hinting fault. Now it "
                 "takes twelve. How often does it move if they come from nodes 1, 2, 1, 2 and so on, and if they come "
                 "from 1, 1, 2, 2, 1, 1 and so on? And how often in each case without the two-stage filter?",
        each="case",
        expected=four_counts,
        hints=(
            "A page remembers from which node its last hinting fault came. With the filter, which faults move it?",
            "With the filter only the second of two in a row from one node; without it every fault from a node where "
            "the page does not lie.",
            "To and fro there are never two in a row. In pairs there are six; who moves the page without the filter, "
            "the first of a pair or the second?",
        ),
        plausible={
            lambda: four_counts(filtered=NO_FILTER): "Where is the filter? A page moves only if the fault before came "
                                                     "from the same node.",
            lambda: four_counts(filtered=V3_13): "So it goes in v3.13, where the first fault of all may move a page.",
            at_home_on_1: "The page lies on node 0 at first, where neither thread is.",
            lambda: (*four_counts()[:3], len(ORDERS[1])): "Without the filter, where does the second of a pair find "
                                                          "the page?",
        },
        why="Where threads take turns the filter spares every move; where they come in pairs it spares none.",
    ),
    Match(
        number="14-4",
        question="A task touches a file on node 0 and then runs on node 1. What becomes of the file's pages: on Linux "
                 "3.8 without a policy and with mpol=local, on 3.13 and on Debian's 6.12.117 without a policy?",
        evidence=FATES,
        expected=fates,
        hints=(
            "Two questions: does the scanner enter the mapping? And does the policy in force let a page move?",
            "v3.8's scanner asks for no policy. The task's default has the mark; `local` in a file's tree has not.",
            "3.13 takes `no policy at the mapping's start` for `no mark`. The repair of 2026 is in Debian's 6.12.117.",
        ),
        plausible={
            lambda: {**fates(), "3.8 local": "alone"}: "v3.8's scanner does not ask for the policy: it marks them.",
            lambda: {**fates(), "3.8 local": "follow"}: "`local` says where pages come from. Has it the mark that lets "
                                                        "them move?",
            lambda: {**fates(), "3.13 default": "follow"}: "Since v3.13 the scanner asks for the mark first. Whom does "
                                                           "it ask, for a file?",
            lambda: {**fates(), "6.12.117 default": "alone"}: "That was so up to the repair of 2026, which this "
                                                              "kernel of Debian's has.",
        },
        why="A gate that spares faults in vain also shut out files that gained by them, from 2014 to 2026.",
    ),
)
