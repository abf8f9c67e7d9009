# SPDX-License-Identifier: GPL-2.0-only
"""Reference solutions of lesson 07."""
from numakit.learn.lesson_07 import checked_again


def still_good(before, now):
    return before.end == now.end and before.policy == now.policy


SOLUTIONS = {
    "07-1": ["old", "A", "old", "old", "old"],
    "07-2": "spinlock:middle:0:1-2:3-4:B5A15B8",
    "07-3": {"sp_insert_bug": "a", "lookup_not_linearizable": "b", "bad_ranges": "c", "use_after_free": "d",
             "not_serializable": "e"},
    "07-4": "spinlock:all:0:0-5:1-2:B5A5B",
    "07-5": checked_again(still_good),
}
