# SPDX-License-Identifier: GPL-2.0-only
"""Good designs with one thing taken out or exchanged: for each property the slip that it is there to find."""
from __future__ import annotations

from dataclasses import dataclass, replace

from numakit.locking import change, look, mutex_lock, mutex_unlock, note, spin_lock, spin_unlock
from numakit.proposals import file
from numakit.proposals.design import Design
from numakit.proposals.designs import DESIGNS
from numakit.proposals.drop_ptl import locked_entry
from numakit.proposals.fault import (
    NUMA,
    PRESENT,
    get_page,
    get_vma_policy,
    mpol_cond_put,
    mpol_misplaced,
    pte,
    put_page,
    set_pte,
    stamped,
    used,
)
from numakit.proposals.file import LOCK, MUTEX, OLD, PTL, Pol
from numakit.proposals.mbind import ENOMEM, carve, sp_alloc, sp_free
from numakit.proposals.range_lookup import FIRST, lock_and_stamp, use_locked
from numakit.proposals.retry import alloc_new, split_mended

RETRY, TWO_LOCKS, DROP_PTL = DESIGNS["retry"], DESIGNS["mutex_and_spinlock_repaired"], DESIGNS["drop_ptl"]
RANGE_LOOKUP = DESIGNS["range_lookup"]


@dataclass(frozen=True, slots=True)
class Broken:
    """One slip. finds: the property; slip: what is wrong, in words; case: where it can be seen."""

    finds: str
    slip: str
    good: Design
    broken: Design
    case: str


def broken(finds, slip, good, case, **changed):
    return Broken(finds, slip, good, replace(good, name="broken", **changed), case)


# --- replaces

def retry_like(start, end, new, *, filled=split_mended, put_spare=True, open_before_insert=False, unlocks=1,
               carved=carve):
    """retry's replace, with a switch for each slip."""
    spare, first = None, None
    while True:
        yield spin_lock(LOCK)
        n = yield from carved(start, end)
        if n is None or spare is not None:
            break
        yield spin_unlock(LOCK)
        first, spare = n, (yield from alloc_new(1))
        if spare is None:
            return ENOMEM
    if n is not None and spare is not None:
        yield from (filled(n, start, end, spare) if filled is not stale_bounds else filled(n, start, end, spare, first))
        spare = None
    if open_before_insert:
        yield spin_unlock(LOCK)
        yield spin_lock(LOCK)
    yield change(file.sp_insert, new)
    for _ in range(unlocks):
        yield spin_unlock(LOCK)
    if spare is not None and put_spare:
        yield from sp_free(spare)
    return 0


def retry_with(**slip):
    return lambda start, end, new: retry_like(start, end, new, **slip)


def insert_before_trim(n, start, end, spare):
    yield change(file.insert_copy, spare, end, n.end, n.policy)
    yield change(file.trim, n, n.start, start)


def no_tail(n, start, end, spare):
    yield change(file.trim, n, n.start, start)
    yield from sp_free(spare)


def stale_bounds(n, start, end, spare, first):
    """The tail ends where the node ended before the lock was dropped."""
    yield change(file.trim, n, n.start, start)
    yield change(file.insert_copy, spare, end, first.end, n.policy)


def carve_without_heads(start, end):
    """Leaves a node that begins inside and ends behind as it is."""
    n = yield look(file.sp_lookup, start, end)
    while n is not None and n.start < end:
        if n.start < start and n.end > end:
            return n
        if n.start >= start and n.end > end:
            return None
        n = yield change(file.cut, n, start, end)
    return None


def first_come_stays(start, end, new):
    """Leaves pages alone that another has set, even if he returned long ago. Without a split."""
    yield spin_lock(LOCK)
    n = yield look(file.sp_lookup, start, end)
    if n.value == OLD:
        yield from carve(start, end)
        yield change(file.sp_insert, new)
    yield spin_unlock(LOCK)
    if n.value != OLD:
        yield from sp_free(new)
    return 0


def spinlock_first(start, end, new):
    """Both locks, the spinlock outside."""
    yield spin_lock(LOCK)
    yield mutex_lock(MUTEX)
    yield from carve(start, end)
    yield change(file.sp_insert, new)
    yield mutex_unlock(MUTEX)
    yield spin_unlock(LOCK)
    return 0


def tail_allocated_in_the_spinlock(start, end, new):
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


def mutex_kept_on_enomem(start, end, new):
    yield mutex_lock(MUTEX)
    n = yield from carve(start, end)
    if n is not None:
        tail = yield from sp_alloc(end, n.end, n.value)
        if tail is None:
            return ENOMEM
        yield change(file.trim, n, n.start, start)
        yield change(file.sp_insert, tail)
    yield change(file.sp_insert, new)
    yield mutex_unlock(MUTEX)
    return 0


# --- lookups

def lookup_without_mpol_get(sp, pgoff):
    yield spin_lock(LOCK)
    n = yield look(file.sp_lookup, pgoff, pgoff + 1)
    yield spin_unlock(LOCK)
    return None if n is None else Pol(n.policy, n.value, pgoff, pgoff + 1, held=False)


def lookup_until_it_is_new(sp, pgoff):
    """Goes round until somebody has set the page: for ever, if nobody does."""
    while (yield look(file.sp_lookup, pgoff, pgoff + 1)).value == OLD:
        pass
    return (yield from RETRY.lookup(sp, pgoff))


def lookup_that_keeps_the_lock(sp, pgoff):
    yield spin_lock(LOCK)
    return (yield change(file.sp_lookup_get, pgoff))


# --- faults

def used_under_the_trees_lock(lookup, sp, pgoff):
    """No design of the thread: the tree's lock is held until the answer has been used, so that no mbind can return."""
    answer = yield from get_vma_policy(lookup, sp, pgoff)
    yield change(used, pgoff, answer)
    yield from mpol_cond_put(answer.pol)
    yield spin_unlock(LOCK)


def used_behind_the_trees_lock(lookup, sp, pgoff):
    answer = yield from get_vma_policy(lookup, sp, pgoff)
    yield spin_unlock(LOCK)
    yield change(used, pgoff, answer)
    yield from mpol_cond_put(answer.pol)


def asked_before_ptl_is_dropped(lookup, sp, pgoff):
    entry = yield from locked_entry()
    if entry is None:
        return
    yield change(set_pte, PRESENT, entry)
    yield change(get_page)
    yield from mpol_misplaced(lookup, sp, pgoff)
    yield spin_unlock(PTL)
    yield change(put_page)


def page_put_before_asking(lookup, sp, pgoff):
    entry = yield from locked_entry()
    if entry is None:
        return
    yield change(set_pte, PRESENT, entry)
    yield change(get_page)
    yield spin_unlock(PTL)
    yield change(put_page)
    yield from mpol_misplaced(lookup, sp, pgoff)


def policy_put_twice(lookup, sp, pgoff):
    entry = yield from locked_entry()
    if entry is None:
        return
    yield change(set_pte, PRESENT, entry)
    answer = yield from get_vma_policy(lookup, sp, pgoff)
    yield change(used, pgoff, answer)
    yield from mpol_cond_put(answer.pol)
    yield from mpol_cond_put(answer.pol)
    yield spin_unlock(PTL)


def policy_never_put(lookup, sp, pgoff):
    entry = yield from locked_entry()
    if entry is None:
        return
    yield change(set_pte, PRESENT, entry)
    answer = yield from get_vma_policy(lookup, sp, pgoff)
    yield change(used, pgoff, answer)
    yield spin_unlock(PTL)


def entry_not_compared(lookup, sp, pgoff):
    entry = yield look(pte)
    if entry != NUMA:
        return
    yield spin_lock(PTL)
    yield change(set_pte, PRESENT, entry)
    yield spin_unlock(PTL)


def asked_before_ptl_is_taken(lookup, sp, pgoff):
    """The lookup hoisted out of the page-table lock; `stamped` is the search's own book-keeping."""
    answer = yield from get_vma_policy(lookup, sp, pgoff)
    yield spin_lock(PTL)
    answer = yield note(stamped, pgoff, answer)
    yield change(used, pgoff, answer)
    yield from mpol_cond_put(answer.pol)
    yield spin_unlock(PTL)


def range_one_too_long(lookup, sp, pgoff):
    """range_lookup's fault, which takes the range's end for a page of it."""
    entry = yield look(pte)
    if entry != NUMA:
        return
    answer = yield from get_vma_policy(lookup, sp, FIRST)
    while True:
        answer = yield from lock_and_stamp(pgoff, answer)
        if (yield look(pte)) != entry:
            break
        if answer.pol.start <= pgoff <= answer.pol.end:
            yield from use_locked(pgoff, entry, answer)
            return
        yield spin_unlock(PTL)
        yield from mpol_cond_put(answer.pol)
        answer = yield from get_vma_policy(lookup, sp, pgoff)
    yield spin_unlock(PTL)
    yield from mpol_cond_put(answer.pol)


LOCKED_USE = Design("locked_use", lookup_that_keeps_the_lock, RETRY.replace, used_under_the_trees_lock)
WHOLE, SPLIT = "all-no-empty-test:0:0-1:0-1", "all-no-empty-test:0:1-2:1-2"

BROKEN = [
    broken("sleep_in_atomic", "the mutex is taken inside the spinlock", TWO_LOCKS, WHOLE, replace=spinlock_first),
    broken("sleep_in_atomic", "the tail is allocated inside the spinlock", TWO_LOCKS, SPLIT,
           replace=tail_allocated_in_the_spinlock),
    broken("would_block_in_atomic", "the PTL is dropped only after asking", DROP_PTL, WHOLE,
           fault=asked_before_ptl_is_dropped),
    broken("use_after_free", "the lookup takes no reference", RETRY, WHOLE, lookup=lookup_without_mpol_get),
    broken("sp_insert_bug", "the tail is inserted before the trim", RETRY, SPLIT,
           replace=retry_with(filled=insert_before_trim)),
    broken("bad_ranges", "a node that reaches beyond the end isn't trimmed", RETRY, "all-no-empty-test:0:0-2:1-3",
           replace=retry_with(carved=carve_without_heads)),
    broken("not_serializable", "the tail's end is not looked up again", RETRY, "all-no-empty-test:0:0-3:1-2",
           replace=retry_with(filled=stale_bounds)),
    broken("not_serializable", "the tail isn't inserted", RETRY, SPLIT, replace=retry_with(filled=no_tail)),
    broken("not_serializable", "an mbind leaves what an earlier one has set", RETRY, WHOLE, replace=first_come_stays),
    broken("lookup_not_linearizable", "the lock is let go before the last insert", RETRY, WHOLE,
           replace=retry_with(open_before_insert=True)),
    broken("leak", "the spare that isn't needed is forgotten", RETRY, SPLIT, replace=retry_with(put_spare=False)),
    broken("leak", "the fault does not put the policy", RETRY, WHOLE, fault=policy_never_put),
    broken("bad_unlock", "the lock is released twice", RETRY, WHOLE, replace=retry_with(unlocks=2)),
    broken("bad_unlock", "the lock is never released", RETRY, WHOLE, replace=retry_with(unlocks=0)),
    broken("bad_unlock", "the mutex is kept where memory is out", TWO_LOCKS, "failing-no-empty-test:0:1-2:1-2",
           replace=mutex_kept_on_enomem),
    broken("deadlock", "the tail is allocated inside the spinlock, and reclaim wants the PTL", TWO_LOCKS, SPLIT,
           replace=tail_allocated_in_the_spinlock),
    broken("deadlock", "the lookup goes round until a setter comes", RETRY, "all-no-empty-test:4:0-1:0-1",
           lookup=lookup_until_it_is_new),
    broken("stale_pte", "the entry is not compared under the lock", RETRY, "middle-no-empty-test:0:1-2:1-2",
           fault=entry_not_compared),
    broken("freed_page", "the page is put before asking", DROP_PTL, "middle-no-empty-test:0:1-2:1-2",
           fault=page_put_before_asking),
    broken("superseded_at_use", "the tree's lock is released before the use", LOCKED_USE, WHOLE,
           fault=used_behind_the_trees_lock),
    broken("superseded_before_lock", "the policy is asked for before the PTL is taken", RETRY, WHOLE,
           fault=asked_before_ptl_is_taken),
    broken("outside_range", "the range's end counts as a page of it", RANGE_LOOKUP, "all-no-empty-test:1:0-1:0-1",
           fault=range_one_too_long),
]

# The count of a policy that the tree still holds comes to 0: told where all have ended, or where somebody reads it.
PUT_TWICE = broken("use_after_free", "the fault puts the policy twice", RETRY, WHOLE, fault=policy_put_twice)
