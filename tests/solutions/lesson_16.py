# SPDX-License-Identifier: GPL-2.0-only
"""Reference solutions of lesson 16."""
from numakit.locking import change, look, mutex_lock, mutex_unlock, spin_lock, spin_unlock
from numakit.proposals import Design
from numakit.proposals.file import (
    LOCK,
    MUTEX,
    cut,
    insert_copy,
    root_is_null,
    sp_delete,
    sp_insert,
    sp_lookup,
    sp_lookup_get,
    sp_next,
    trim,
)
from numakit.proposals.mbind import ENOMEM, carve, sp_alloc, sp_free
from numakit.proposals.retry import alloc_new


def my_lookup(sp, pgoff):
    yield spin_lock(LOCK)
    pol = yield change(sp_lookup_get, pgoff)
    yield spin_unlock(LOCK)
    return pol


def my_replace(start, end, new):
    spare = yield from alloc_new(1)
    if spare is None:
        return ENOMEM
    yield spin_lock(LOCK)
    n = yield from carve(start, end)
    if n is not None:
        yield change(trim, n, n.start, start)
        yield change(insert_copy, spare, end, n.end, n.policy)
        spare = None
    yield change(sp_insert, new)
    yield spin_unlock(LOCK)
    if spare is not None:
        yield from sp_free(spare)
    return 0


def with_a_mutex(start, end, new):
    """Another way than the loop: the mutex keeps setters apart, the spinlock the faults."""
    yield mutex_lock(MUTEX)
    n, tail = (yield look(sp_lookup, start, end)), None
    if n is not None and n.start < start and n.end > end:
        tail = yield from sp_alloc(end, n.end, n.value)
        if tail is None:
            yield mutex_unlock(MUTEX)
            return ENOMEM
    yield spin_lock(LOCK)
    n = yield from carve(start, end)
    if n is not None:
        yield change(trim, n, n.start, start)
        yield change(sp_insert, tail)
    yield change(sp_insert, new)
    yield spin_unlock(LOCK)
    yield mutex_unlock(MUTEX)
    return 0


def asks_if_empty(sp, pgoff):
    if (yield look(root_is_null)):
        return None
    return (yield from my_lookup(sp, pgoff))


def never_empty(start, end, new):
    """As the first one, with carve's loop written anew: the last range within is emptied, and deleted at the end."""
    spare = yield from alloc_new(1)
    if spare is None:
        return ENOMEM
    yield spin_lock(LOCK)
    old, n = None, (yield look(sp_lookup, start, end))
    while n is not None and n.start < end:
        if n.start < start and n.end > end:
            yield change(trim, n, n.start, start)
            yield change(insert_copy, spare, end, n.end, n.policy)
            spare, n = None, None
        elif start <= n.start and n.end <= end:
            if old is not None:
                yield change(sp_delete, old)
            old, n = n, (yield look(sp_next, n.node))
            yield change(trim, old, old.start, old.start)
        else:
            n = yield change(cut, n, start, end)
    yield change(sp_insert, new)
    if old is not None:
        yield change(sp_delete, old)
    yield spin_unlock(LOCK)
    if spare is not None:
        yield from sp_free(spare)
    return 0


SOLUTIONS = {
    "16-1": {"early": "sleep_in_atomic", "late": "sp_insert_bug", "none": "lookup_not_linearizable"},
    "16-2": Design("mine", my_lookup, my_replace),
    "16-3": Design("mine", my_lookup, with_a_mutex),
    "16-4": Design("mine", asks_if_empty, never_empty),
}
