# SPDX-License-Identifier: GPL-2.0-only
"""The spinlock as it was up to v3.6, and since before git: simple, quick, and wrong in one place.

Its best case: a lookup is a few instructions under a spinlock and may be made anywhere. But a split needs memory, which
may sleep; so the lock is dropped, the tail allocated, and everything done again. What the tail is to hold is read
while nobody holds the lock, and used as it was then. KOSAKI Motohiro described the race in May and June 2012.
Linux v3.6 mm/mempolicy.c. That the tail gets a copy of the policy, and not a share in it, is told as it was after
KOSAKI's other patches of that June; both are read with no lock held.
"""
from __future__ import annotations

from collections.abc import Generator
from typing import Any

from numakit.locking import Name, Step, change, look, spin_lock, spin_unlock
from numakit.proposals import file
from numakit.proposals.design import Design
from numakit.proposals.file import LOCK, Pol, Range, Shared
from numakit.proposals.mbind import ENOMEM, carve, sp_alloc, sp_free


def mpol_shared_policy_lookup(sp: Shared, pgoff: int) -> Generator[Step, Any, Pol | None]:
    """The policy of a page, looked up under the spinlock."""
    if sp.empty_test and (yield look(file.root_is_null)):
        return None
    yield spin_lock(LOCK)
    pol: Pol | None = yield change(file.sp_lookup_get, pgoff)
    yield spin_unlock(LOCK)
    return pol


def shared_policy_replace(start: int, end: int, new: Range) -> Generator[Step, Any, int]:
    """Give pages [start, end) a policy; on a split drop the lock, allocate the tail, start again with it as it is."""
    tail = None
    while True:  # restart:
        yield spin_lock(LOCK)
        n = yield from carve(start, end)
        if n is None or tail is not None:
            break
        yield spin_unlock(LOCK)
        tail = yield from copied_tail(end, n.node)
        if tail is None:
            return ENOMEM
    if n is not None and tail is not None:
        yield change(file.trim, n, n.start, start)
        yield change(file.sp_insert, tail)
        tail = None
    yield change(file.sp_insert, new)
    yield spin_unlock(LOCK)
    if tail is not None:
        yield from sp_free(tail)
    return 0


def copied_tail(end: int, node: Name) -> Generator[Step, Any, Range | None]:
    """The part behind, made with no lock held: what it is to be is read from a node that may be gone."""
    n = yield look(file.read_node, node)
    tail = yield from sp_alloc(end, n.end, None)
    if tail is not None:
        yield change(file.copy_policy, tail.policy, n.policy)
    return tail


spinlock = Design("spinlock", mpol_shared_policy_lookup, shared_policy_replace,
                  origin="up to Linux v3.6")
