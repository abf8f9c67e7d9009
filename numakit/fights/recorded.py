# SPDX-License-Identifier: GPL-2.0-only
"""What real kernels were seen to do that a fight stands beside: counts, each counted again from the recordings by a
test (tests/fights/test_fight_recorded.py). The recordings themselves are read in a room above this one.
"""
from __future__ import annotations

from collections.abc import Mapping

Counts = Mapping[str, tuple[int, int]]
"""Kernel, or kernel and case -> (pages, of so many)."""

AFTER_MOVE: Counts = {"6.1.192": (120, 192), "6.12.117": (0, 192)}
"""Group g, fight: pages that lay, after MPOL_MF_MOVE to interleave:0-2, where a fault did not put them afterwards."""

COPIES: Counts = {"6.1.192": (48, 96), "6.12.117": (0, 96)}
"""Group e, cow: private copies on another node than their page, under mpol=interleave and interleave:0,2."""

TWO_PROCESSES: Counts = {"bind:3 MOVE": (0, 24), "bind:2 MOVE|STRICT": (0, 24), "bind:3 MOVE_ALL": (18, 24),
                         "bind:2 MOVE_ALL|STRICT": (24, 24)}
"""Group g, fight_two_processes: pages that an mbind moved which another process maps too; 6.1.192 as 6.12.117."""

POLICY_AGAIN = ("bind:3", "bind:1", "bind:1")
"""Group d, "A cannot set again what B replaced": the pages' policy after bind:3, bind:1 and bind:3 through the mappings
A, B and A; 6.1.192 as 6.12.117."""

DEFAULT_TMPFS: Counts = {"3.8-mutex": (1022, 1024), "3.8-split-mended": (1022, 1024), "6.1.192": (0, 32),
                         "6.12.117": (32, 32)}
"""Group f: pages of a file without a policy that left node 0 for the task's node 1."""

LOCAL_TMPFS: Counts = {"3.8-mutex": (0, 1024), "3.8-split-mended": (0, 1024), "6.1.192": (0, 32),
                       "6.12.117": (0, 32)}
"""Group f: the same with mpol=local."""

LOCAL_FAULTS: Mapping[str, int] = {"3.8-mutex": 24_576, "3.8-split-mended": 19_456}
"""Group f: the hinting faults that v3.8 took meanwhile with mpol=local."""

INTERLEAVE_FAULTS: Mapping[str, tuple[int, int]] = {"3.8-mutex": (12_288, 0), "3.8-split-mended": (10_240, 0)}
"""Group f: hinting faults on a file of mpol=interleave, and pages that they moved."""

BIND: Counts = {"6.1.192, bind:0-1": (0, 32), "6.1.192, bind=balancing:0-1": (32, 32),
                "6.1.192, bind=balancing:0,2": (0, 32), "6.12.117, bind:0-1": (0, 32),
                "6.12.117, bind=balancing:0-1": (32, 32), "6.12.117, bind=balancing:0,2": (0, 32)}
"""Group f: pages of a tmpfs file that moved to the task on node 1."""

FIRST_PAGE: Counts = {"6.1.192, default": (0, 32), "6.1.192, page 0 bind=balancing:0-1": (32, 32),
                      "6.1.192, page 0 bind:0-1": (0, 32), "6.12.117, default": (32, 32),
                      "6.12.117, page 0 bind=balancing:0-1": (32, 32), "6.12.117, page 0 bind:0-1": (0, 32)}
"""Group f: the same where the file's first page alone has a policy of its own."""


def beside(counts: Counts) -> str:
    """Counts in words: "120 of 192 (6.1.192), 0 of 192 (6.12.117)"."""
    return ", ".join(f"{pages:,} of {of:,} ({case})" for case, (pages, of) in counts.items())
