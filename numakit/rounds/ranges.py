# SPDX-License-Identifier: GPL-2.0-only
"""A stretch of pages, cut where the policy in force changes."""
from __future__ import annotations

from collections.abc import Iterator

from numakit.mempolicy import Mempolicy
from numakit.rounds.scenario import Scenario


def policy_ranges(scenario: Scenario, low: int, high: int) -> Iterator[tuple[int, int, Mempolicy | None]]:
    """Pages low to high - 1 as (start, end, policy in force), holes of the tree included."""
    while low < high:
        own, _, end = scenario.tree.lookup_range(low)
        end = min(end, high)
        yield low, end, own if own is not None else scenario.task_policy
        low = end
