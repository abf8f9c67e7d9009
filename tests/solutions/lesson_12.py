# SPDX-License-Identifier: GPL-2.0-only
"""Reference solutions of lesson 12."""


def valid_for(ranges, page):
    for start, end in ranges:
        if start <= page < end:
            return start, end
    before = [end for start, end in ranges if end <= page]
    behind = [start for start, end in ranges if start > page]
    return max(before, default=0), min(behind, default=8)


def lookups(ranges, pages=512):
    edges = {0, *(edge for bounds in ranges for edge in bounds if 0 < edge < pages)}
    return len(edges)


SOLUTIONS = {
    # F has its answer and not yet the lock; A replaces it and returns.
    "12-1": "range_lookup:middle:1:1-2:1-2:F5A10F5",
    # A makes a range of its own; F asks twice; B takes that range out.
    "12-2": "range_lookup_unreferenced:middle:1:1-2:1-2:A10F12B5F5",
    "12-3": lookups([(64, 128), (128, 192), (320, 384)]),
    "12-4": valid_for,
    "12-5": {"hoist": "during", "no range": "before", "no reference": "both"},
}
