# SPDX-License-Identifier: GPL-2.0-only
"""Reference solutions of lesson 06."""


def warns(ranges, pages, mapcount, left):
    return ranges > 0 and pages >= 512 and mapcount == 1 and left


SOLUTIONS = {
    "06-1": {"forbids": "page_table_lock", "took it": "handle_mm_fault", "may sleep": "mutex_lock_nested",
             "wants the policy": "mpol_shared_policy_lookup"},
    "06-2": ["warned", "silent", "warned", "silent", "silent", "silent"],
    "06-3": warns,
    "06-4": "mutex:middle:0:1-2:1-2:A3F7",
}
