# SPDX-License-Identifier: GPL-2.0-only
"""Exercises of lesson 09: pages in no range for a moment, a look-up between trim and insert, where locks go."""
from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from functools import cache
from typing import Any

from numakit.learn.exercise import Match, Miss, Predict
from numakit.learn.schedules import BreakIt, Repair
from numakit.locking import Step, change, look, mutex_lock, mutex_unlock, spin_lock, spin_unlock
from numakit.proposals import file
from numakit.proposals.cases import Case, Pages
from numakit.proposals.design import Design
from numakit.proposals.file import LOCK, MUTEX, PAGES, Range
from numakit.proposals.mbind import carve, sp_alloc
from numakit.proposals.mutex_and_spinlock import mutex_and_spinlock, mutex_and_spinlock_repaired, sp_delete, sp_insert
from numakit.proposals.schedule import Schedule, read_schedule
from numakit.proposals.verdicts import judge


def nowhere(pages: Pages = (2, 3)) -> frozenset[int]:
    """The pages that are in no range at some moment at which nobody holds the spinlock, while A alone sets pages."""
    start, end = pages
    trace = read_schedule(f"mutex_and_spinlock:middle:0:{start}-{end}:{start}-{end}:A14").trace()
    free = [row.world for row in trace.rows if row.world.cells[LOCK] is None]
    return frozenset(page for world in free for page in range(PAGES) if file.sp_lookup(world, page, page + 1) is None)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class BreakItForOthers(BreakIt):
    """Break a design for a fault on a page that no setter of the case sets."""

    def miss(self, answer: object) -> Miss | None:
        """What is amiss with the schedule, or that the fault's page is one that a setter sets."""
        miss = BreakIt.miss(self, answer)
        if miss is not None:
            return miss
        case = read_schedule(str(answer)).case
        for setter, (start, end) in (("A", case.a), ("B", case.b)):
            if start <= case.page < end:
                return Miss(f"it is right but for the page: {case.page} is one that {setter} sets.")
        return None


@cache
def told_null() -> str:
    """The shortest schedule in which a look-up of a page that nobody sets gives an answer that it never had."""
    case = Case("middle", 4, (1, 2), (1, 2))
    found = judge(mutex_and_spinlock, [case]).findings["lookup_not_linearizable"][1]
    return str(Schedule(mutex_and_spinlock, case, found.order))


def each_on_its_own(start: int, end: int, new: Range) -> Generator[Step, Any, int]:
    """Each trim in a section of the spinlock of its own."""
    yield mutex_lock(MUTEX)
    n = yield look(file.sp_lookup, start, end)
    while n is not None and n.start < end:
        if n.start < start and n.end > end:
            tail = yield from sp_alloc(end, n.end, n.value)
            yield spin_lock(LOCK)
            yield change(file.trim, n, n.start, start)
            yield spin_unlock(LOCK)
            if tail is not None:
                yield from sp_insert(tail)
            break
        n = yield from sp_delete(n, start, end)   # it trims as well, where only a part is to go
    yield from sp_insert(new)
    yield mutex_unlock(MUTEX)
    return 0


def one_section(start: int, end: int, new: Range) -> Generator[Step, Any, int]:
    """All of a replace in one section of the spinlock, the allocation as well."""
    yield mutex_lock(MUTEX)
    yield spin_lock(LOCK)
    n = yield from carve(start, end)
    if n is not None:
        tail = yield from sp_alloc(end, n.end, n.value)
        yield change(file.trim, n, n.start, start)
        yield change(file.sp_insert, tail)
    yield change(file.sp_insert, new)
    yield spin_unlock(LOCK)
    yield mutex_unlock(MUTEX)
    return 0


def no_mutex(start: int, end: int, new: Range) -> Generator[Step, Any, int]:
    """The spinlock over all, released for the allocation, and no mutex."""
    yield spin_lock(LOCK)
    n = yield from carve(start, end)
    if n is not None:
        yield spin_unlock(LOCK)
        tail = yield from sp_alloc(end, n.end, n.value)
        yield spin_lock(LOCK)
        yield change(file.trim, n, n.start, start)
        yield change(file.sp_insert, tail)
    yield change(file.sp_insert, new)
    yield spin_unlock(LOCK)
    return 0


VARIANTS = {"own": each_on_its_own, "one": one_section, "bare": no_mutex}
VIOLATED = {
    "sleep_in_atomic": "an allocation is reached with a spinlock held",
    "lookup_not_linearizable": "a look-up's answer was the page's policy at no moment of the look-up",
    "sp_insert_bug": "sp_insert is called for pages that lie within a range of the tree, and hits BUG()",
}


@cache
def violated_by() -> dict[str, str]:
    """For each variant which of the three properties it violates by the shortest schedule."""
    return {key: shortest(variant(key)) for key in VARIANTS}


def shortest(design: Design) -> str:
    """Which of the three properties a design violates with the fewest switches, then the fewest steps."""
    some = [Case("middle", 1, (1, 2), (1, 2)), Case("middle", 3, (1, 2), (3, 4))]
    ranks = {name: finding.rank for name, (_, finding) in judge(design, some).findings.items() if name in VIOLATED}
    return min(ranks, key=ranks.__getitem__)


def variant(key: str) -> Design:
    """A variant of the patch as a design."""
    return Design(key, mutex_and_spinlock.lookup, VARIANTS[key])


def swapped(one: str, other: str) -> dict[str, str]:
    """The right answer with the properties of two variants exchanged."""
    right = violated_by()
    return right | {one: right[other], other: right[one]}


def as_it_was(design: Design) -> str:
    """A refusal of the patch itself, which needs no search."""
    return "it is the patch as it was." if design.replace is mutex_and_spinlock.replace else ""


EXERCISES = (
    Predict(
        number="09-1",
        question="A file has one range, [0, 5), and A sets pages [2, 3) with the patch as it was posted. For which "
                 "pages may a look-up find no range at all, at some moment before A's call returns?",
        each="page",
        expected=nowhere,
        hints=(
            "Go through the steps one by one. After which are there pages that no range covers?",
            "The trim makes [0, 5) end at page 2. Which pages are behind it?",
            "After the trim there is only [0, 2). The part behind comes with the first insert, the page with the "
            "second.",
        ),
        plausible={
            frozenset[int](): "Look at the trim: who holds the spinlock at that moment? Nobody has to wait.",
            frozenset({2}): "That page, yes. And the part behind it: since when is it in no range, and until when?",
            frozenset({2, 3}): "The range went up to 5, the end not in it.",
            frozenset(range(PAGES)): "A trim does not take the node out of the tree: its front part stays.",
        },
        why="Pages 3 and 4 are among them, and nobody has called mbind for those.",
    ),
    BreakItForOthers(
        number="09-2",
        question="Be the scheduler of the patch: let the fault be told NULL for a page that neither A nor B sets, and "
                 "that has always had a policy.",
        design="mutex_and_spinlock",
        breaks="lookup_not_linearizable",
        expected=told_null,
        hints=(
            "A must be stopped in the middle. In the table: after which steps are pages without a policy that A does "
            "not set, and the spinlock is free?",
            "Let the fault be on one of the pages behind A's. Let A take all steps up to its trim, and then only F.",
            "With the fault on page 4 and A setting [1, 2): seven steps of A, then nine of F.",
        ),
        plausible={
            "mutex_and_spinlock:middle:1:1-2:1-2:A7F9":
                "So it goes for the page that A sets. Choose another page for the fault: which did the trim cut off?",
            "mutex_and_spinlock:middle:4:1-2:1-2:A6F13":
                "A has its memory by then, but has not trimmed yet: the tree is still as it was.",
            "mutex_and_spinlock:middle:0:1-2:1-2:A7F13":
                "Page 0 is in the front part, which stays in the tree. Take a page behind the cut.",
            "mutex_and_spinlock:middle:4:1-2:1-2:A8F7":
                "Now A holds the spinlock, and F waits for it. One step earlier nobody holds it.",
            "mutex_and_spinlock:middle:4:1-2:1-2:A10F13":
                "By then the tail is in the tree, and this page has its policy again. Stop A earlier.",
        },
        why="F took the lock that readers take. A was in the middle of its replace, and had trimmed without it.",
    ),
    Match(
        number="09-3",
        question="Three attempts to mend the patch. Which of the properties does each break by its shortest schedule?",
        evidence=VIOLATED,
        expected=violated_by,
        hints=(
            "For each of them ask: what is done with the spinlock held, and what can happen while it is free?",
            "Memory may be allocated with a mutex held, but not with a spinlock held. In which one is it?",
            "'one' allocates under the spinlock. In 'bare' another setter may run meanwhile. 'own' remains.",
        ),
        plausible={
            lambda: swapped("own", "one"): "In 'own' the memory is there before the spinlock is taken. In 'one'?",
            lambda: swapped("one", "bare"): "'bare' releases the spinlock for the allocation, 'one' does not.",
            lambda: swapped("own", "bare"):
                "For BUG() two setters must meet. In 'own' a mutex keeps the second out, from the first step on.",
        },
        why="So each lock is needed, the spinlock must be free for the allocation, and all changes must be in one "
            "section of it.",
    ),
    Repair(
        number="09-4",
        question="Put spin_lock(LOCK) and spin_unlock(LOCK) into the replace, so that the search finds nothing.",
        expected=lambda: mutex_and_spinlock_repaired,
        accepts=as_it_was,
        wanted="Design('mine', patch.lookup, my_replace)",
        hints=(
            "All changes that belong together must be in one section of the spinlock; the allocation in none.",
            "carve changes nothing where it answers a node to be split. What does that allow between it and the trim?",
            "Lock before carve. In the `if`, unlock before sp_alloc and lock again behind it. Unlock after the last "
            "insert, before the mutex.",
        ),
        plausible={mutex_and_spinlock: "It trims under the mutex alone, and a reader does not take the mutex."},
        why="The mutex keeps other setters out while the spinlock is free for the allocation, so that nothing needs to "
            "be looked at again.",
    ),
)
