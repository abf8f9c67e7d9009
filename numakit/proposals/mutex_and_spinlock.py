# SPDX-License-Identifier: GPL-2.0-only
"""Peter Zijlstra, 25 October 2012, posted again by David Rientjes on 3 December: both locks. Never merged.

Promised: a writer holds the mutex and may sleep in it; where it links or unlinks a node it takes the spinlock as well;
a lookup needs the spinlock alone, so a fault may make it. Tested-by Sasha Levin. Linus Torvalds would have only the
spinlock, David Rientjes then agreed that two locks were not worth it. The patch put the spinlock into sp_insert and
sp_delete; a trim happens under the mutex alone, and a reader may see it (our reading of it: inferred).
`mutex_and_spinlock_repaired` is ours: the same two locks, with all changes of a replace in one section of the spinlock.
"""
from __future__ import annotations

from collections.abc import Generator
from typing import Any

from numakit.locking import Step, change, look, mutex_lock, mutex_unlock, spin_lock, spin_unlock
from numakit.proposals import file
from numakit.proposals.design import Design
from numakit.proposals.file import LOCK, MUTEX, Range
from numakit.proposals.mbind import ENOMEM, carve, sp_alloc
from numakit.proposals.spinlock import mpol_shared_policy_lookup


def sp_insert(new: Range) -> Generator[Step, Any, None]:
    """Put a node into the tree, under the spinlock."""
    yield spin_lock(LOCK)
    yield change(file.sp_insert, new)
    yield spin_unlock(LOCK)


def sp_delete(n: Range, start: int, end: int) -> Generator[Step, Any, Range | None]:
    """Take a node out of the tree and free it, under the spinlock; the node behind it."""
    yield spin_lock(LOCK)
    following: Range | None = yield change(file.cut, n, start, end)
    yield spin_unlock(LOCK)
    return following


def shared_policy_replace(start: int, end: int, new: Range) -> Generator[Step, Any, int]:
    """Give pages [start, end) a policy under the mutex, each insert and each erase under the spinlock as well."""
    yield mutex_lock(MUTEX)
    n = yield look(file.sp_lookup, start, end)
    while n is not None and n.start < end:
        if n.start < start and n.end > end:
            tail = yield from sp_alloc(end, n.end, n.value)
            if tail is None:
                yield mutex_unlock(MUTEX)
                return ENOMEM
            yield change(file.trim, n, n.start, start)
            yield from sp_insert(tail)
            break
        if start <= n.start and n.end <= end:
            n = yield from sp_delete(n, start, end)
        else:
            n = yield change(file.cut, n, start, end)
    yield from sp_insert(new)
    yield mutex_unlock(MUTEX)
    return 0


def replace_in_one_section(start: int, end: int, new: Range) -> Generator[Step, Any, int]:
    """The same, repaired: the tail is allocated first, then all that a reader could see is done under the spinlock."""
    yield mutex_lock(MUTEX)
    n = yield look(file.sp_lookup, start, end)
    tail = None
    if n is not None and n.start < start and n.end > end:
        tail = yield from sp_alloc(end, n.end, n.value)
        if tail is None:
            yield mutex_unlock(MUTEX)
            return ENOMEM
    yield spin_lock(LOCK)
    n = yield from carve(start, end)
    if n is not None and tail is not None:
        yield change(file.trim, n, n.start, start)
        yield change(file.sp_insert, tail)
    yield change(file.sp_insert, new)
    yield spin_unlock(LOCK)
    yield mutex_unlock(MUTEX)
    return 0


mutex_and_spinlock = Design("mutex_and_spinlock", mpol_shared_policy_lookup, shared_policy_replace,
                            origin="Peter Zijlstra and David Rientjes, never merged")
mutex_and_spinlock_repaired = Design("mutex_and_spinlock_repaired", mpol_shared_policy_lookup, replace_in_one_section,
                                     origin="ours")
