# SPDX-License-Identifier: GPL-2.0-only
"""Mel Gorman, 21 December 2012, 13:47 UTC: "mm: numa: Release the PTL if calling vm_ops->get_policy during NUMA hinting
faults". Rejected by Linus Torvalds three hours later, for conditional locking.

Promised: the mutex may stay. numa_migrate_prep pins the page, and where the mapping has a get_policy it releases the
page-table lock before it asks, and says so to its caller; nothing touches the entry afterwards, since the hint has
been cleared before. As posted (`drop_ptl`) that is right for one entry; the walk over many is not modelled. Variants:

- `drop_ptl_huge_path`: do_huge_pmd_numa_page, which the patch left as it was, asks with the lock held. In v3.8 no
  mapping with a get_policy has huge pages, so that this could not happen.
- `drop_ptl_retake_checked`, `_unchecked`: the caller takes the lock again and writes the entry, with and without
  comparing it first.
- `drop_ptl_flag_ignored`: the caller does not look at the flag, and unlocks again.
- `drop_ptl_unpinned`: the page isn't pinned before the lock is released.

All stand on the mutex's tree, the state of v3.8-rc1. Facts of the mail; v3.8-rc1's own tree was not read.
"""
from __future__ import annotations

from collections.abc import Generator
from typing import Any

from numakit.locking import Step, Task, change, look, spin_lock, spin_unlock
from numakit.proposals.design import Design
from numakit.proposals.fault import NUMA, PRESENT, FaultTask, Lookup, get_page, mpol_misplaced, pte, put_page, set_pte
from numakit.proposals.file import PTL, Shared
from numakit.proposals.mutex import mpol_shared_policy_lookup, shared_policy_replace

RELEASED = True


def numa_migrate_prep(lookup: Lookup, sp: Shared, pgoff: int) -> Generator[Step, Any, bool]:
    """Pin the page, release the page-table lock, ask; answers whether the lock was released."""
    yield change(get_page)
    yield spin_unlock(PTL)
    yield from mpol_misplaced(lookup, sp, pgoff)
    return RELEASED


def locked_entry() -> Generator[Step, Any, str | None]:
    """Read the entry, take its lock, compare: the entry, with the lock held, if it is still for a hinting fault."""
    entry = yield look(pte)
    if entry != NUMA:
        return None
    yield spin_lock(PTL)
    if (yield look(pte)) == entry:
        return NUMA
    yield spin_unlock(PTL)
    return None


def do_numa_page(lookup: Lookup, sp: Shared, pgoff: int) -> Task:
    """As posted: unlock only if numa_migrate_prep has not."""
    entry = yield from locked_entry()
    if entry is None:
        return
    yield change(set_pte, PRESENT, entry)
    released = yield from numa_migrate_prep(lookup, sp, pgoff)
    if not released:
        yield spin_unlock(PTL)
    yield change(put_page)


def do_numa_page_flag_ignored(lookup: Lookup, sp: Shared, pgoff: int) -> Task:
    """A caller that unlocks as it always did."""
    entry = yield from locked_entry()
    if entry is None:
        return
    yield change(set_pte, PRESENT, entry)
    yield from numa_migrate_prep(lookup, sp, pgoff)
    yield spin_unlock(PTL)
    yield change(put_page)


def do_numa_page_unpinned(lookup: Lookup, sp: Shared, pgoff: int) -> Task:
    """Release the lock and ask, with no reference to the page."""
    entry = yield from locked_entry()
    if entry is None:
        return
    yield change(set_pte, PRESENT, entry)
    yield spin_unlock(PTL)
    yield from mpol_misplaced(lookup, sp, pgoff)


def do_huge_pmd_numa_page(lookup: Lookup, sp: Shared, pgoff: int) -> Task:
    """The huge path: ask with the lock held, clear the hint behind it. `pte` stands for the huge pmd."""
    entry = yield from locked_entry()
    if entry is None:
        return
    yield change(get_page)
    yield from mpol_misplaced(lookup, sp, pgoff)
    yield change(set_pte, PRESENT, entry)
    yield spin_unlock(PTL)
    yield change(put_page)


def do_numa_page_retake_checked(lookup: Lookup, sp: Shared, pgoff: int) -> Task:
    """Clear the hint only after the policy is known, under the lock taken again, if the entry is still the same."""
    entry = yield from locked_entry()
    if entry is None:
        return
    yield from numa_migrate_prep(lookup, sp, pgoff)
    yield spin_lock(PTL)
    if (yield look(pte)) == entry:
        yield change(set_pte, PRESENT, entry)
    yield spin_unlock(PTL)
    yield change(put_page)


def do_numa_page_retake_unchecked(lookup: Lookup, sp: Shared, pgoff: int) -> Task:
    """The same without comparing: the entry is made from what was read before the lock was released."""
    entry = yield from locked_entry()
    if entry is None:
        return
    yield from numa_migrate_prep(lookup, sp, pgoff)
    yield spin_lock(PTL)
    yield change(set_pte, PRESENT, entry)
    yield spin_unlock(PTL)
    yield change(put_page)


def _design(name: str, fault: FaultTask, origin: str = "ours, after Mel Gorman's") -> Design:
    return Design(name, mpol_shared_policy_lookup, shared_policy_replace, fault, origin)


drop_ptl = _design("drop_ptl", do_numa_page, "Mel Gorman, 21 December 2012, never merged")
drop_ptl_huge_path = _design("drop_ptl_huge_path", do_huge_pmd_numa_page, "what Mel Gorman's patch left as it was")
drop_ptl_retake_checked = _design("drop_ptl_retake_checked", do_numa_page_retake_checked)
drop_ptl_retake_unchecked = _design("drop_ptl_retake_unchecked", do_numa_page_retake_unchecked)
drop_ptl_flag_ignored = _design("drop_ptl_flag_ignored", do_numa_page_flag_ignored)
drop_ptl_unpinned = _design("drop_ptl_unpinned", do_numa_page_unpinned)
