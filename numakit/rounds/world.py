# SPDX-License-Identifier: GPL-2.0-only
"""What the rounds change, in arrays: at most five bytes a page up to 128 nodes, seven beyond."""
from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from numakit.hinting import RateLimit
from numakit.mempolicy import Mempolicy
from numakit.rounds.arrays import Counts, Mask, Small, histogram
from numakit.rounds.patterns import task_dtype
from numakit.rounds.rule import Rule
from numakit.rounds.scan import first_nid_at_start
from numakit.rounds.scenario import Scenario
from numakit.rounds.start import nodes_at_start
from numakit.rounds.tally import node_dtype
from numakit.rounds.windows import Windows

NONE = -1


@dataclass(slots=True, eq=False)
class World:
    """What the rounds change. node, last_nid, last_task: of each page, NONE for no fault yet; marked: of each page.

    last_task, marked: None where nothing asks for them, as `needs_last_task` and `needs_marks` say; on_node: how many
    pages each node has: int64[nodes]; homeless: bool[nodes], those without memory, None where all have some; windows:
    of the rate limit, None where none can ever be full; first_nid: of v3.8's gate; nids: each task's node,
    None where one moves; without_preference: whether each task prefers no node; rules: of the policies met so far.
    """

    node: Small
    last_nid: Small
    last_task: Small | None
    marked: Mask | None
    on_node: Counts
    homeless: Mask | None
    windows: Windows | None
    first_nid: int | None
    nids: Small | None
    without_preference: Mask
    rules: dict[Mempolicy | None, Rule] = field(default_factory=dict)

    def limit(self, nid: int) -> RateLimit:
        """One node's window of the rate limit."""
        return RateLimit() if self.windows is None else self.windows.limit(nid)


def needs_last_task(scenario: Scenario) -> bool:
    """Whether pages must remember the task too: where a task may meet its own fault from another node again."""
    return scenario.machine.kernel.two_stage_filter == "early faults pass" and any(t.moves for t in scenario.tasks)


def needs_marks(scenario: Scenario) -> bool:
    """Whether marks must be kept: where every page is touched in every round, none is left after it."""
    return not scenario.touching.touches_all


def before(scenario: Scenario, chunk: int) -> World:
    """The world before round 0: nothing marked, no fault taken, empty windows."""
    count, pages = scenario.machine.topology.nodes, scenario.pages
    node = np.empty(pages, node_dtype(count))
    on_node = np.zeros(count, np.int64)
    for low in range(0, pages, chunk):
        part = node[low:low + chunk]
        part[:] = nodes_at_start(scenario, low, min(low + chunk, pages))
        on_node += histogram(part, count)
    last_task = np.full(pages, NONE, task_dtype(len(scenario.tasks))) if needs_last_task(scenario) else None
    marked = np.zeros(pages, np.bool_) if needs_marks(scenario) else None
    nids = None if any(task.moves for task in scenario.tasks) else np.array(scenario.nids(0), node.dtype)
    homeless = ~np.isin(np.arange(count), list(scenario.machine.memory))
    return World(node, np.full(pages, NONE, node.dtype), last_task, marked, on_node,
                 homeless if homeless.any() else None, _windows(scenario), first_nid_at_start(scenario),
                 nids, np.array([task.prefers is None for task in scenario.tasks]))


def _windows(scenario: Scenario) -> Windows | None:
    windows = Windows.closed(scenario.machine.topology.nodes, scenario.pages, scenario.round_ms)
    return windows if scenario.machine.kernel.rate_limit and windows.can_fill else None
