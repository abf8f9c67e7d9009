# SPDX-License-Identifier: GPL-2.0-only
"""Hugh Dickins, 21 December 2012: ask for the policy first, outside the page-table lock. An idea; no patch is known.

What he wanted to try: get_vma_policy is separated from mpol_misplaced and called outside the page-table lock (with it
the mutex could stay); and the lookup also gives the range that its answer is valid for, or a walk over many entries
would have to drop the lock and ask again for each. Later kernels went the other way: mpol_misplaced in v6.19 asserts
that the lock is held.
Inferred (no code is known): the walk begins at the table's first page, asks for that one, and comes to the fault's.

- `range_lookup`: used if the page is in the range, else the lock is released and the policy asked for again.
- `range_lookup_ignored`: used whatever the range, as a hoist without the range would.
- `range_lookup_unreferenced`: the lookup takes no reference.

All stand on the mutex's tree, the state of v3.8-rc1.
"""
from __future__ import annotations

from collections.abc import Generator
from typing import Any

from numakit.locking import Step, Task, change, look, mutex_lock, mutex_unlock, note, spin_lock, spin_unlock
from numakit.proposals import file
from numakit.proposals.design import Design
from numakit.proposals.fault import (
    NUMA,
    PRESENT,
    Answer,
    Lookup,
    get_page,
    get_vma_policy,
    mpol_cond_put,
    pte,
    put_page,
    set_pte,
    stamped,
    used,
)
from numakit.proposals.file import MUTEX, PTL, Pol, Shared
from numakit.proposals.mutex import shared_policy_replace

FIRST = 0
"""The first page of the table that the walk goes through."""


def lookup_range(sp: Shared, pgoff: int) -> Generator[Step, Any, Pol]:
    """The policy of a page with a reference, and the pages around it that it is valid for."""
    if sp.empty_test and (yield look(file.root_is_null)):
        return file.NO_POLICY
    yield mutex_lock(MUTEX)
    pol: Pol = yield change(file.sp_lookup_range_get, pgoff)
    yield mutex_unlock(MUTEX)
    return pol


def lookup_range_unreferenced(sp: Shared, pgoff: int) -> Generator[Step, Any, Pol]:
    """The same, without a reference."""
    if sp.empty_test and (yield look(file.root_is_null)):
        return file.NO_POLICY
    yield mutex_lock(MUTEX)
    pol: Pol = yield look(file.sp_lookup_range, pgoff)
    yield mutex_unlock(MUTEX)
    return pol


def do_pmd_numa_page(lookup: Lookup, sp: Shared, pgoff: int) -> Task:
    """Ask for the walk's first page, then lock; release and ask again for a page outside the range."""
    entry = yield look(pte)
    if entry != NUMA:
        return
    answer = yield from get_vma_policy(lookup, sp, FIRST)
    while True:
        answer = yield from lock_and_stamp(pgoff, answer)
        if (yield look(pte)) != entry:
            break
        if answer.pol.start <= pgoff < answer.pol.end:
            yield from use_locked(pgoff, entry, answer)
            return
        yield spin_unlock(PTL)
        yield from mpol_cond_put(answer.pol)
        answer = yield from get_vma_policy(lookup, sp, pgoff)
    yield spin_unlock(PTL)
    yield from mpol_cond_put(answer.pol)


def do_pmd_numa_page_ignored(lookup: Lookup, sp: Shared, pgoff: int) -> Task:
    """Ask for the walk's first page, and use the answer for the fault's page, whatever its range."""
    entry = yield look(pte)
    if entry != NUMA:
        return
    answer = yield from get_vma_policy(lookup, sp, FIRST)
    answer = yield from lock_and_stamp(pgoff, answer)
    if (yield look(pte)) == entry:
        yield from use_locked(pgoff, entry, answer)
        return
    yield spin_unlock(PTL)
    yield from mpol_cond_put(answer.pol)


def lock_and_stamp(pgoff: int, answer: Answer) -> Generator[Step, Any, Answer]:
    """Take the page-table lock; book-keeping: whether the answer is out of date by then."""
    yield spin_lock(PTL)
    stamp: Answer = yield note(stamped, pgoff, answer)
    return stamp


def use_locked(pgoff: int, entry: str, answer: Answer) -> Generator[Step, Any, None]:
    """Clear the hint, use the policy, put it, release the lock."""
    yield change(set_pte, PRESENT, entry)
    yield change(get_page)
    yield change(used, pgoff, answer)
    yield from mpol_cond_put(answer.pol)
    yield spin_unlock(PTL)
    yield change(put_page)


range_lookup = Design("range_lookup", lookup_range, shared_policy_replace, do_pmd_numa_page,
                      origin="Hugh Dickins' idea; no patch is known")
range_lookup_ignored = Design("range_lookup_ignored", lookup_range, shared_policy_replace, do_pmd_numa_page_ignored,
                              origin="ours, after Hugh Dickins'")
range_lookup_unreferenced = Design("range_lookup_unreferenced", lookup_range_unreferenced, shared_policy_replace,
                                   do_pmd_numa_page, origin="ours, after Hugh Dickins'")
