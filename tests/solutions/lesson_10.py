# SPDX-License-Identifier: GPL-2.0-only
"""Reference solutions of lesson 10."""
from numakit.locking import change, look, spin_lock, spin_unlock
from numakit.proposals import DESIGNS, Design
from numakit.proposals.drop_ptl import locked_entry, numa_migrate_prep
from numakit.proposals.fault import PRESENT, pte, put_page, set_pte
from numakit.proposals.file import PTL


def my_fault(lookup, sp, pgoff):
    entry = yield from locked_entry()
    if entry is None:
        return
    yield from numa_migrate_prep(lookup, sp, pgoff)
    yield spin_lock(PTL)
    if (yield look(pte)) == entry:
        yield change(set_pte, PRESENT, entry)
    yield spin_unlock(PTL)
    yield change(put_page)


SOLUTIONS = {
    "10-1": "nothing",
    "10-2": "drop_ptl_retake_unchecked:middle:3:1-2:1-2:F5Z3F8",
    "10-3": {"huge": "sleep_in_atomic", "flag": "bad_unlock", "again": "stale_pte", "pin": "freed_page"},
    "10-4": Design("mine", DESIGNS["drop_ptl"].lookup, DESIGNS["drop_ptl"].replace, my_fault),
}
