# SPDX-License-Identifier: GPL-2.0-only
"""Mel Gorman, 20 August 2012: "mempolicy: fix a race in shared_policy_replace()", b22d127a39dd, in v3.7.

Promised: the race of the spinlock version is gone, because a mutex may be held while memory is allocated; and sp_alloc
need not be written twice. It keeps that promise. Then hinting faults came (v3.8-rc1): they look a policy up with the
page-table lock held, and under a spinlock nobody may take a mutex. Sasha Levin, running trinity, had met that in
linux-next by 24 October 2012. v3.8-rc1 shipped with it; v3.8 went back to the spinlock. Linux v3.7.2 mm/mempolicy.c.
"""
from __future__ import annotations

from collections.abc import Generator
from typing import Any

from numakit.locking import Step, change, look, mutex_lock, mutex_unlock
from numakit.proposals import file
from numakit.proposals.design import Design
from numakit.proposals.file import MUTEX, Pol, Range, Shared
from numakit.proposals.mbind import ENOMEM, carve, sp_alloc


def mpol_shared_policy_lookup(sp: Shared, pgoff: int) -> Generator[Step, Any, Pol | None]:
    """The policy of a page, looked up under the mutex."""
    if sp.empty_test and (yield look(file.root_is_null)):
        return None
    yield mutex_lock(MUTEX)
    pol: Pol | None = yield change(file.sp_lookup_get, pgoff)
    yield mutex_unlock(MUTEX)
    return pol


def shared_policy_replace(start: int, end: int, new: Range) -> Generator[Step, Any, int]:
    """Give pages [start, end) a policy, all of it under the mutex; the tail of a split is allocated inside."""
    yield mutex_lock(MUTEX)
    n = yield from carve(start, end)
    if n is not None:
        tail = yield from sp_alloc(end, n.end, n.value)
        if tail is None:
            yield mutex_unlock(MUTEX)
            return ENOMEM
        yield change(file.trim, n, n.start, start)
        yield change(file.sp_insert, tail)
    yield change(file.sp_insert, new)
    yield mutex_unlock(MUTEX)
    return 0


mutex = Design("mutex", mpol_shared_policy_lookup, shared_policy_replace, origin="b22d127a39dd, Linux v3.7")
