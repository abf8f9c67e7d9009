# SPDX-License-Identifier: GPL-2.0-only
"""Reference solutions of lesson 09."""
from numakit.locking import change, mutex_lock, mutex_unlock, spin_lock, spin_unlock
from numakit.proposals import DESIGNS, Design
from numakit.proposals.file import LOCK, MUTEX, sp_insert, trim
from numakit.proposals.mbind import carve, sp_alloc


def my_replace(start, end, new):
    yield mutex_lock(MUTEX)
    yield spin_lock(LOCK)
    n = yield from carve(start, end)
    if n is not None:
        yield spin_unlock(LOCK)
        tail = yield from sp_alloc(end, n.end, n.value)
        yield spin_lock(LOCK)
        yield change(trim, n, n.start, start)
        yield change(sp_insert, tail)
    yield change(sp_insert, new)
    yield spin_unlock(LOCK)
    yield mutex_unlock(MUTEX)
    return 0


SOLUTIONS = {
    "09-1": {2, 3, 4},
    "09-2": "mutex_and_spinlock:middle:3:1-2:1-2:A7F9",
    "09-3": {"own": "lookup_not_linearizable", "one": "sleep_in_atomic", "bare": "sp_insert_bug"},
    "09-4": Design("mine", DESIGNS["mutex_and_spinlock"].lookup, my_replace),
}
