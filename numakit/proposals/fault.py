# SPDX-License-Identifier: GPL-2.0-only
"""The reader: a NUMA hinting fault that asks for its page's policy; and the zapper, who takes the page away.

Linux v3.8 mm/memory.c, handle_pte_fault(), do_numa_page(), numa_migrate_prep(), zap_pte_range(); mm/mempolicy.c,
mpol_misplaced(). What is done with the answer, moving the page, is not modelled: here it is `used`.
"""
from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import Any, cast

from numakit.errors import ModelError
from numakit.locking import (
    Found,
    Outcome,
    PathEnds,
    Step,
    Task,
    World,
    change,
    look,
    note,
    note_next,
    spin_lock,
    spin_unlock,
    steps_of,
)
from numakit.proposals import file
from numakit.proposals.file import PAGES, PTL, Pol, Shared
from numakit.proposals.mbind import history_of, policy_after

NUMA, PRESENT, NONE = "numa", "present", "none"
"""A page-table entry: marked for a hinting fault, normal, cleared."""
Lookup = Callable[[Shared, int], Generator[Step, Any, "Pol | None"]]
"""mpol_shared_policy_lookup(sp, pgoff): the policy, with a reference where it is not NULL."""
FaultTask = Callable[[Lookup, Shared, int], Task]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a look-up answered. right: it fits the file as it was at some moment of the look-up; late: an mbind that
    replaced it had returned before the page table was locked to use it."""

    pol: Pol
    right: bool
    late: bool = False

    def __str__(self) -> str:
        return str(self.pol)


def do_numa_page(lookup: Lookup, sp: Shared, pgoff: int) -> Task:
    """A hinting fault as v3.8 takes it: the policy is looked up under the page-table lock."""
    entry = yield look(pte)
    if entry != NUMA:
        return
    yield spin_lock(PTL)
    if (yield look(pte)) != entry:
        yield spin_unlock(PTL)
        return
    yield change(set_pte, PRESENT, entry)
    yield change(get_page)
    yield from mpol_misplaced(lookup, sp, pgoff)
    yield spin_unlock(PTL)
    yield change(put_page)


def mpol_misplaced(lookup: Lookup, sp: Shared, pgoff: int) -> Generator[Step, Any, None]:
    """Ask for the policy of a page, use it, put it."""
    answer = yield from get_vma_policy(lookup, sp, pgoff)
    yield change(used, pgoff, answer)
    yield from mpol_cond_put(answer.pol)


def mpol_cond_put(pol: Pol) -> Generator[Step, Any, None]:
    """Drop the reference that a lookup took, if it took one."""
    if pol.name is not None and pol.held:
        yield change(file.mpol_put, pol.name)


def get_vma_policy(lookup: Lookup, sp: Shared, pgoff: int) -> Generator[Step, Any, Answer]:
    """The design's lookup, and book-keeping: whether its answer is right."""
    began = yield note_next(who_returned)
    pol = yield from steps_of(lookup(sp, pgoff), "the lookup")
    if not isinstance(pol, Pol | None):
        raise ModelError(f"the lookup answers {pol!r}; a Pol, as file.sp_lookup_get gives it, or None would do")
    answer = Pol(None, None, pgoff, pgoff + 1) if pol is None else pol
    right = yield note(judged, began, answer)
    return Answer(answer, right)


def zap_pte_range() -> Task:
    """Clear the entry under the page-table lock and drop the page, as truncate does; here nobody else holds it."""
    yield spin_lock(PTL)
    entry = yield change(clear_pte)
    yield spin_unlock(PTL)
    if entry != NONE:
        yield change(put_page)


def pte(world: World) -> str:
    """The page-table entry."""
    return cast(str, world.pte)


def set_pte(world: World, new: str, entry: str) -> Outcome:
    """The world with another entry, which was made from `entry`: stale_pte where it has changed since."""
    stale = Found("stale_pte", f"writes the pte as {new}, from what it was before ({entry}), though it is {world.pte} "
                  "by now")
    return Outcome(world.having(pte=new), None, (stale,) if world.pte != entry else ())


def clear_pte(world: World) -> Outcome:
    """Read the entry and clear it in one step."""
    return Outcome(world.having(pte=NONE), world.pte)


def get_page(world: World) -> World:
    """One reference more to the page."""
    return world.having(page=touched(world) + 1)


def put_page(world: World) -> World:
    """One reference fewer: with the last one the page is freed."""
    return world.having(page=touched(world) - 1)


def touched(world: World) -> int:
    """The page's references. Ends the path with freed_page where there are none left."""
    if world.page == 0:
        raise PathEnds("freed_page", "touches the page, which has no references left: it is freed")
    return cast(int, world.page)


def who_returned(world: World) -> Outcome:
    """Book-keeping: the setters that have returned by now."""
    return Outcome(world, history_of(world).returned)


def values(world: World, pgoff: int, returned: frozenset[str]) -> set[str]:
    """What a page's policy may be by now, at a moment when these setters had returned."""
    return {policy_after(order, pgoff) for order in history_of(world).orders(returned)}


def judged(world: World, began: frozenset[str], pol: Pol) -> Outcome:
    """Book-keeping at a lookup's end: does its answer fit each of its pages at any moment since it began?"""
    for page in range(pol.start, min(pol.end, PAGES)):
        fitting = values(world, page, began)
        if pol.value not in fitting:
            told = f"is told {pol} for page {page}; while it asked it was {' or '.join(sorted(fitting))}"
            return Outcome(world, False, (Found("lookup_not_linearizable", told),))
    return Outcome(world, True)


def stamped(world: World, pgoff: int, answer: Answer) -> Outcome:
    """Book-keeping as the page table is locked: has an mbind that replaced the answer returned?"""
    return Outcome(world, replace(answer, late=replaced(world, pgoff, answer)))


def replaced(world: World, pgoff: int, answer: Answer) -> bool:
    """Whether a right answer is no longer what the page's policy can be."""
    return answer.right and answer.pol.value not in values(world, pgoff, history_of(world).returned)


def used(world: World, pgoff: int, answer: Answer) -> Outcome:
    """mpol_misplaced reads the page's node and the policy, and decides; book-keeping: was the answer still good?"""
    touched(world)
    pol, found = answer.pol, []
    if pol.name is not None:
        file.mempolicy(world, pol.name)
    if not pol.start <= pgoff < pol.end:
        told = f"uses {pol.value or 'NULL'} for page {pgoff}, an answer that is valid for [{pol.start}, {pol.end})"
        found.append(Found("outside_range", told))
    elif replaced(world, pgoff, answer):
        told = f"uses {pol} for page {pgoff} after the mbind that replaced it returned"
        found.append(Found("superseded_at_use", told))
        if answer.late:
            told = f"uses {pol} for page {pgoff}, replaced by an mbind that returned before the PTL was taken"
            found.append(Found("superseded_before_lock", told))
    return Outcome(world, None, tuple(found))
