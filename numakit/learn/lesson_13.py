# SPDX-License-Identifier: GPL-2.0-only
"""Exercises of lesson 13: where copies lie, what stops a huge page, how many fit, which gates would have to open."""
from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from numakit.kernel import V3_8
from numakit.learn.exercise import Match, Predict, WriteRule
from numakit.machine import Machine
from numakit.mount_option import policy
from numakit.placement import touch
from numakit.process import Process, addresses, write
from numakit.task import Task
from numakit.thp import PLACES, at_scan, gathered, huge_blocks
from numakit.tmpfs import Mount
from numakit.topology import recorded4_v3_8
from numakit.vma import PAGE_SIZE, AddressSpace, Vma

FILE_PAGES, I_INO = 6, 7
BLOCK = 512
"""Pages in a block of 2 MiB."""
BASE = 1 << 20
"""A page number, and a multiple of 512, from which the exercise's page numbers are counted."""


def copies(i_ino: int = I_INO, of_file: bool = True) -> tuple[int | None, ...]:
    """The nodes of what a task with a policy of its own writes, through a private mapping of a file or without one."""
    machine = Machine(recorded4_v3_8(), V3_8)
    tmp = Mount.new("/tmp", "mpol=interleave:0-3", machine).create("f", FILE_PAGES, i_ino=i_ino)
    space = AddressSpace().mmap(tmp["f"] if of_file else None, FILE_PAGES, shared=False)
    process, tmp = write(Process(Task(1, policy("bind:2", machine)), space), tmp, addresses(space.newest))
    return process.nodes(space.newest, tmp)


def pages_of_the_file() -> tuple[int | None, ...]:
    """Where the file's own pages lie."""
    machine = Machine(recorded4_v3_8(), V3_8)
    tmp = Mount.new("/tmp", "mpol=interleave:0-3", machine).create("f", FILE_PAGES, i_ino=I_INO)
    return touch(tmp["f"], machine, Task(1)).nodes


def private(of_file: bool, pages: int = 8 * BLOCK) -> Vma:
    """A private mapping of a tmpfs file, or of none."""
    tmp = Mount.new(machine=Machine(recorded4_v3_8(), V3_8)).create("f", pages)
    return AddressSpace().mmap(tmp["f"] if of_file else None, pages, shared=False).newest


STOPPED_BY = {
    "vm_ops": "it has operations of its own",
    "shared": "it is shared: madvise refuses, and it has no pages of its own",
    "not asked": "nobody asked for huge pages",
    "no room": "no whole block of 2 MiB lies in it",
    "nothing": "khugepaged gathers it",
}


def anonymous(first: int, pages: int) -> Vma:
    """A private mapping of no file, so many pages after a multiple of 2 MiB."""
    return AddressSpace().mmap(pages=pages, shared=False, at=(BASE + first) * PAGE_SIZE).newest


def stoppers() -> dict[str, str]:
    """For each mapping the reason for which khugepaged passes it by."""
    shared = AddressSpace().mmap(pages=8 * BLOCK, shared=True).newest
    told = {"a": at_scan(private(of_file=True)), "b": at_scan(shared), "c": at_scan(anonymous(1, BLOCK)),
            "d": at_scan(anonymous(1, 2 * BLOCK - 1)), "e": at_scan(anonymous(0, BLOCK))}
    return {name: gate.closed_by or "nothing" for name, gate in told.items()}


def swapped(one: str, other: str) -> dict[str, str]:
    """The right answer with two mappings exchanged."""
    right = stoppers()
    return right | {one: right[other], other: right[one]}


def huge_pages(first: int, pages: int) -> int:
    """How many huge pages a mapping can hold."""
    return huge_blocks(anonymous(first, pages))


def small_mappings() -> Iterator[tuple[object, ...]]:
    """Mappings at and off a multiple of 512, around each number of pages at which the answer changes."""
    yield from ((0, 512), (1, 512), (0, 511), (511, 513), (511, 512), (1, 1022), (1, 1023), (1, 1024), (0, 1023),
                (512, 1024), (513, 1023), (511, 1025), (0, 4096), (1, 4096), (100, 50), (500, 20))


def by_length(first: int, pages: int) -> int:
    """A wrong rule: as often as 512 goes into the length."""
    return pages // BLOCK


def touched(first: int, pages: int) -> int:
    """A wrong rule: every block of which the mapping has a part."""
    return -(-(first + pages) // BLOCK) - first // BLOCK


def below_zero(first: int, pages: int) -> int:
    """A wrong rule: right, but for a mapping within one block."""
    return (first + pages) // BLOCK - -(-first // BLOCK)


OPENINGS = {"fault": "`fault` alone", "enter": "`enter` alone", "scan": "`scan` alone",
            "enter and scan": "`enter` and `scan`, and neither is enough", "all": "all three"}


def fewest(*beside: Vma) -> str:
    """The fewest gates that must not ask for vm_ops, so that khugepaged gathers copies of a tmpfs mapping."""
    vmas = [private(of_file=True), *beside]
    sets = (opened for size in range(len(PLACES) + 1) for opened in combinations(PLACES, size))
    found = next(opened for opened in sets if gathered(vmas, opened)[0])
    return "all" if len(found) == len(PLACES) else " and ".join(found)


EXERCISES = (
    Predict(
        number="13-1",
        question=f"Linux 3.8, mount with mpol=interleave:0-3, a file of {FILE_PAGES} pages with inode number {I_INO}. "
                 "A task on CPU 1 that has set bind:2 for itself maps it privately and writes every page. On which "
                 "nodes do its copies lie?",
        each="page",
        expected=copies,
        hints=(
            "Two questions: whose policy, the task's or the file's? And, if it interleaves, by which index?",
            "The file has a policy, so the file's. Lesson 00 told which paths know the inode number before v6.7: only "
            "one that makes a page of the file itself.",
            "A copy is no page of the file. Its index is the page's place in the file alone: page 0 on node 0.",
        ),
        plausible={
            pages_of_the_file: "There lie the file's own pages: index + inode number. In 3.8 the path that makes a "
                               "copy does not know the inode number.",
            lambda: copies(of_file=False): "That would be the task's own policy. It is asked only where the file has "
                                           "none.",
            lambda: (1,) * FILE_PAGES: "Node 1 is where the task runs. Neither its own policy nor the file's says so.",
        },
        why="The file's policy, but another index: so a copy may lie on another node than the page it was made from.",
    ),
    Match(
        number="13-2",
        question="Linux 3.8, THP on `madvise`, every page written. All five asked. a: a private mapping of a tmpfs "
                 "file, 16 MB. b: shared anonymous memory, 16 MB. c: private anonymous memory, 512 pages, from one "
                 "page after a multiple of 2 MiB. d: 1,023 such pages from there. e: 512 such pages from a multiple of "
                 "2 MiB. What stops khugepaged?",
        evidence=STOPPED_BY,
        expected=stoppers,
        hints=(
            "Which of the five differ from anonymous memory that asked in nothing but their place and length?",
            "The table has a and b. For the others: where may a huge page begin, and does a whole one lie in them?",
            "c has pages 1 to 512 of two blocks, d pages 1 to 1,023, e pages 0 to 511. A block is 512 pages, from 0 or "
            "from 512 on.",
        ),
        plausible={
            lambda: swapped("a", "b"): "Both have vm_ops. But one of them is stopped before anybody looks: its madvise "
                                       "fails.",
            lambda: stoppers() | {"a": "shared"}: "It is private: nothing that it writes goes to the file.",
            lambda: stoppers() | {"b": "vm_ops"}: "True, it has them. But its madvise fails already.",
            lambda: stoppers() | {"c": "nothing"}: "c is long enough, but lies across two blocks and has none of them "
                                                   "wholly.",
            lambda: stoppers() | {"d": "no room"}: "d has the last 511 pages of one block. And of the next?",
        },
        why="Only of d and e will there be a huge page. And only a is stopped without a word: its program can do "
            "nothing about it, and is not told.",
    ),
    WriteRule(
        number="13-3",
        question="A huge page takes the place of 512 pages, the first of which has an address that is a multiple of "
                 "512 pages. How many can a mapping hold that begins at page number `first` and has `pages` pages?",
        expected=huge_pages,
        cases=small_mappings,
        hints=(
            "Where does the first whole block begin, and where does the last one end?",
            "Round the beginning up to a multiple of 512 and the end, first + pages, down to one.",
            "begin = (first + 511) // 512; end = (first + pages) // 512; then end - begin, but not below 0.",
        ),
        plausible={
            by_length: "Right where the mapping begins with a block. 512 pages from page 1 on hold none.",
            touched: "Of the first and the last of these blocks the mapping may have a part only.",
            below_zero: "Nearly: where a mapping lies within one block, the end rounded down comes before the "
                        "beginning rounded up.",
        },
        why="khugepaged calls the two hstart and hend. 16 MB hold eight huge pages, or more likely seven.",
    ),
    Match(
        number="13-4",
        question="Which gates, at the least, would have to stop asking for vm_ops, so that khugepaged gathers copies "
                 "of a private tmpfs mapping? All copies are there, and then it asks. For a process that has nothing "
                 "else, and for one that has anonymous memory as well, which asked too.",
        evidence=OPENINGS,
        expected=lambda: {"alone": fewest(), "beside": fewest(private(of_file=False))},
        hints=(
            "What must have happened before khugepaged looks at a process at all?",
            "Its list has processes, not mappings. Who puts the process there in the second case?",
            "Beside anonymous memory the process is on the list already, and one gate is left.",
        ),
        plausible={
            lambda: {"alone": "scan", "beside": "scan"}: "Alone, the process is not on khugepaged's list. Nobody comes "
                                                         "to scan it.",
            lambda: {"alone": "enter and scan", "beside": "enter and scan"}:
                "Right for the process alone. In the other, who has put it on the list?",
            lambda: {"alone": "enter", "beside": "scan"}: "With the process on the list khugepaged comes, and asks "
                                                          "again, for each mapping.",
            lambda: {"alone": "all", "beside": "all"}: "`fault` is about the first touch; khugepaged does not pass "
                                                       "there.",
        },
        why="That is why one check is not enough: the list is of processes, so each mapping must be asked again.",
    ),
)
