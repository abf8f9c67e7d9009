# SPDX-License-Identifier: GPL-2.0-only
"""Reference solutions of lesson 11."""
from numakit.locking import change
from numakit.proposals import Design, file
from numakit.proposals.retry import UNSET, mpol_shared_policy_lookup, shared_policy_replace


def my_split(n, start, end, spare):
    yield change(file.trim, n, n.start, start)
    yield change(file.insert_copy, spare, end, n.end, n.policy)


def my_replace(start, end, new):
    return shared_policy_replace(start, end, new, my_split, UNSET)


def my_replace_with_count(start, end, new):
    return shared_policy_replace(start, end, new, my_split, 1)


SOLUTIONS = {
    # a: [1, 3) B ends with page 2; b: [1, 4) B lies round it; c: [0, 3) old ends with it; d: [0, 4) old lies round it.
    "11-1": {"a": "unused", "b": "B", "c": "unused", "d": "old"},
    "11-2": Design("mine", mpol_shared_policy_lookup, my_replace),
    "11-3": "d",
    # A drops the lock to allocate, B does all of its mbind of the same page, A comes back and needs no spare.
    "11-4": "retry_split_mended:middle:2:1-2:1-2:A5B13A9",
    "11-5": Design("mine", mpol_shared_policy_lookup, my_replace_with_count),
}
