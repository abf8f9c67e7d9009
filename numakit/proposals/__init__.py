# SPDX-License-Identifier: GPL-2.0-only
"""The locking designs of the thread, one file for each proposal, in reading order: spinlock, mutex, mutex_and_spinlock,
drop_ptl, retry, range_lookup; and the cases that all are searched in."""
