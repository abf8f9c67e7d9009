# SPDX-License-Identifier: GPL-2.0-only
"""KOSAKI Motohiro, May and June 2012, and merged from Mel Gorman's post of 21 December as 42288fe366c4: drop the lock,
allocate, take it again, see if the memory is still needed. In v3.8 and since; from 2016 on with a rwlock.

Promised: one spinlock, so that a fault may look a policy up; the spare is raw memory, filled in under the lock from
what the tree then holds. Linus Torvalds called the idea beautiful, beside the release of the page-table lock. It was
merged with three slips:

- `retry_as_merged` (v3.8): the tail is put into the tree before the old node is trimmed, and with its bounds exchanged;
  sp_insert hits BUG() on every split in the middle. Reported by Sasha Levin, 25 February 2013.
- `retry_order_mended` (v3.8.3): trimmed first (Hillf Danton, 26 February), the bounds still exchanged: a first split
  does not hit BUG(), but the pages behind lose their policy; a later one may, with no race (inferred: set [3, 4), then
  [1, 2); not recorded).
- `retry_split_mended` (in v3.13): both right (KOSAKI, 28 February). A spare that turns out not to be needed is put with
  a count that nobody has set: memory may be lost. Here it is read as 0.
- `retry`: the count set as the spare is allocated (Miaohe Lin, 2022, 4ad099559b00).

Linux v3.8, v3.8.3, v3.13 mm/mempolicy.c, shared_policy_replace().
"""
from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from numakit.locking import Step, change, kmalloc, spin_lock, spin_unlock
from numakit.proposals import file
from numakit.proposals.design import Design
from numakit.proposals.file import LOCK, Policy, Range, SpNode
from numakit.proposals.mbind import ENOMEM, Replace, carve, sp_free
from numakit.proposals.spinlock import mpol_shared_policy_lookup

UNSET = 0
Split = Callable[[Range, int, int, Range], Generator[Step, Any, None]]


def shared_policy_replace(start: int, end: int, new: Range, split: Split, count: int) -> Generator[Step, Any, int]:
    """Give pages [start, end) a policy. split: puts the part behind into the tree; count: a fresh spare's."""
    spare = None
    while True:  # restart:
        yield spin_lock(LOCK)
        n = yield from carve(start, end)
        if n is None or spare is not None:
            break
        yield spin_unlock(LOCK)
        spare = yield from alloc_new(count)
        if spare is None:
            return ENOMEM
    if n is not None and spare is not None:
        yield from split(n, start, end, spare)
        spare = None
    yield change(file.sp_insert, new)
    yield spin_unlock(LOCK)
    if spare is not None:
        yield from sp_free(spare)
    return 0


def alloc_new(count: int) -> Generator[Step, Any, Range | None]:
    """Raw memory for a node and a policy, with no lock held; None where memory is out."""
    node = yield from kmalloc(SpNode())
    if node is None:
        return None
    policy = yield from kmalloc(Policy(None, count))
    if policy is None:
        yield change(file.kfree, node)
        return None
    return Range(node, 0, 0, policy, None)


def split_mended(n: Range, start: int, end: int, spare: Range) -> Generator[Step, Any, None]:
    """Trim the node, then insert the part behind it."""
    yield change(file.trim, n, n.start, start)
    yield change(file.insert_copy, spare, end, n.end, n.policy)


def split_order_mended(n: Range, start: int, end: int, spare: Range) -> Generator[Step, Any, None]:
    """Trim the node, then insert the part behind it with its bounds exchanged."""
    yield change(file.trim, n, n.start, start)
    yield change(file.insert_copy, spare, n.end, end, n.policy)


def split_as_merged(n: Range, start: int, end: int, spare: Range) -> Generator[Step, Any, None]:
    """Insert the part behind, its bounds exchanged, while the node still covers it; then trim."""
    yield change(file.insert_copy, spare, n.end, end, n.policy)
    yield change(file.trim, n, n.start, start)


def _replace(split: Split, count: int) -> Replace:
    """`shared_policy_replace` with a split and a count of its own, called as every design's is."""
    def replace(start: int, end: int, new: Range) -> Generator[Step, Any, int]:
        """Give pages [start, end) a policy."""
        return shared_policy_replace(start, end, new, split, count)
    return replace


retry_as_merged = Design("retry_as_merged", mpol_shared_policy_lookup, _replace(split_as_merged, UNSET),
                         origin="42288fe366c4, Linux v3.8")
retry_order_mended = Design("retry_order_mended", mpol_shared_policy_lookup, _replace(split_order_mended, UNSET),
                            origin="Linux v3.8.3")
retry_split_mended = Design("retry_split_mended", mpol_shared_policy_lookup, _replace(split_mended, UNSET),
                            origin="in Linux v3.13")
retry = Design("retry", mpol_shared_policy_lookup, _replace(split_mended, 1),
               origin="4ad099559b00, 2022")
