# SPDX-License-Identifier: GPL-2.0-only
"""Hinting faults, one page at a time, to be read: scan, mark, fault, decide, move.

In reading order: `scanner` (and its `clock`) marks pages; `fault` is what a touch of a marked page does; `misplaced`
decides; `migrate` and its `rate_limit` may still refuse; `outcome` lets a task use a mapping for a while.
"""
from numakit.hinting.clock import ScanClock
from numakit.hinting.fault import Fault, do_numa_page, lookup_takes_lock, lookup_warns
from numakit.hinting.migrate import Facts, Migration, migrate_misplaced_page
from numakit.hinting.misplaced import mpol_misplaced, passes_filter, policy_at_fault, preferred_node_policy
from numakit.hinting.outcome import Outcome, outcome
from numakit.hinting.page import Faulter, Last, Page
from numakit.hinting.rate_limit import RATELIMIT_PAGES, RateLimit
from numakit.hinting.scanner import (
    SCAN_SIZE_PAGES,
    Scanned,
    budget_used,
    chunk_end,
    may_mark,
    may_scan,
    may_scan_mapping,
    pmd_is_marked,
)
from numakit.hinting.words import Answer, Decision

__all__ = [
    "RATELIMIT_PAGES", "SCAN_SIZE_PAGES", "Answer", "Decision", "Facts", "Fault", "Faulter", "Last", "Migration",
    "Outcome", "Page", "RateLimit", "ScanClock", "Scanned", "budget_used", "chunk_end", "do_numa_page",
    "lookup_takes_lock", "lookup_warns", "may_mark", "may_scan", "may_scan_mapping", "migrate_misplaced_page",
    "mpol_misplaced", "outcome", "passes_filter", "pmd_is_marked", "policy_at_fault", "preferred_node_policy",
]
