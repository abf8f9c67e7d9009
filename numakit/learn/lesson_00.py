# SPDX-License-Identifier: GPL-2.0-only
"""Exercises of lesson 00: where the first pages of a file lie, and when two paths of the kernel agree on it."""
from __future__ import annotations

from numakit.kernel import V6_1
from numakit.learn.exercise import Predict, Where
from numakit.machine import Machine
from numakit.mempolicy import Mempolicy
from numakit.mount_option import policy
from numakit.placement import node_wanted_by_fault_path, touch
from numakit.tmpfs import Inode, Mount

MACHINE = Machine(kernel=V6_1)
FOUR, THREE = "interleave:0-3", "interleave:0,2-3"
INODES = range(2, 14)
PAGES = 8
ODD = (3, 5, 7, 9, 11, 13)


def file_of(i_ino: int, option: str) -> Inode:
    """A file of eight pages with that inode number, all its pages there."""
    tmp = Mount.new("/tmp", f"mpol={option}", MACHINE).create("f", PAGES, i_ino=i_ino)
    return touch(tmp["f"], MACHINE)


def first_file() -> list[int | None]:
    """The nodes of the first file's pages."""
    return list(file_of(2, FOUR).nodes)


def from_node_0() -> list[int]:
    """What one might think: begin with node 0."""
    return [page % 4 for page in range(PAGES)]


def wanted(i_ino: int, option: str) -> list[int]:
    """Where the fault path of this kernel would want the pages of the same file."""
    mine: Mempolicy | None = policy(option, MACHINE)
    return [node_wanted_by_fault_path(mine, page, i_ino, 0, 0, MACHINE) for page in range(PAGES)]


def agreeing(option: str) -> frozenset[int]:
    """The inode numbers for which both paths agree on every page."""
    return frozenset(i for i in INODES if list(file_of(i, option).nodes) == wanted(i, option))


EXERCISES = (
    Predict(
        number="00-1",
        question="The first file of /tmp, mounted with mpol=interleave:0-3, has eight pages. "
                 "On which node does each land?",
        each="page",
        expected=first_file,
        hints=(
            "Interleave takes one node after the other, that much is right. But where does it begin?",
            "Look at the repr of the file above: it says more than the number of pages.",
            "The file is inode 2. Page 0 goes to node (0 + 2) mod 4 = 2. Go on with page 1.",
        ),
        plausible={
            from_node_0: "So would every first page of every file lie on node 0, and node 0 would fill up with small "
                         "files. Someone thought of that in 2012: what number does each file have that differs?",
            Where(lambda a: isinstance(a, tuple) and len(a) == PAGES and len(set(a)) == 1, [0] * PAGES):
                "That is what `local` would do: all pages on one node. Interleave spreads them.",
        },
        why="tmpfs adds the file's inode number to the page's place in the file, so that small files spread too.",
    ),
    Predict(
        number="00-2",
        question="Take three nodes: mpol=interleave:0,2-3. For which inode numbers from 2 to 13 do allocation and the "
                 "fault path agree on every page?",
        each="inode",
        expected=lambda: agreeing(THREE),
        hints=(
            "Choose interleave:0,2-3 in the panel and watch the last row while you move the inode.",
            "Allocation takes place (page + inode) mod 3 of the list of nodes, the fault path place (page) mod 3.",
            "Adding the inode must not change the remainder, so it is a multiple of the number of nodes: 3, 6, ...",
        ),
        plausible={
            lambda: agreeing(FOUR): "That was for four nodes. How many does this mount have?",
            Where(lambda a: isinstance(a, frozenset) and bool(a) and a < {3, 6, 9, 12}, frozenset({3})):
                "Right so far, but there are more from 2 to 13.",
            Where(lambda a: a == frozenset(ODD), frozenset(ODD)):
                "Odd is not enough: with inode 5, page 0 takes place 5 mod 3 = 2 of the list, the fault path place 0.",
        },
        why="All or nothing: for these files no page is disputed, for every other file each page is.",
    ),
)
