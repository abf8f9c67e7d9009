# SPDX-License-Identifier: GPL-2.0-only
"""Where the pages lie before the first round: told, or put there by the first touch of one task."""
from __future__ import annotations

import numpy as np

from numakit import pages, placement
from numakit.mempolicy import INTERLEAVING, Mempolicy
from numakit.pages import Nodes
from numakit.rounds.scenario import Scenario


def first_toucher(scenario: Scenario) -> int:
    """The node of the task that touches all pages first, in round 0."""
    return scenario.tasks[scenario.start if isinstance(scenario.start, int) else 0].node(0)


def node_at_start(scenario: Scenario, page: int) -> int:
    """The node of one page before round 0."""
    if not isinstance(scenario.start, int | None):
        return int(np.asarray(scenario.start)[page])
    ilx = placement.shmem_ilx(page, scenario.i_ino, scenario.machine)
    return placement.node_of_new_page(scenario.policy(page), ilx, first_toucher(scenario), scenario.machine)


def nodes_at_start(scenario: Scenario, low: int, high: int) -> Nodes:
    """`node_at_start` of the pages low to high - 1."""
    if not isinstance(scenario.start, int | None):
        return np.asarray(scenario.start)[low:high].astype(np.int16)
    found, here = np.empty(high - low, np.int16), first_toucher(scenario)
    for start, end, policy in pages.policy_ranges(scenario.tree, scenario.task_policy, low, high):
        found[start - low:end - low] = _placed(policy, start, end, here, scenario)
    return found


def _placed(policy: Mempolicy | None, low: int, high: int, here: int, scenario: Scenario) -> Nodes | int:
    """The nodes of new pages under one policy; without an index they are all the same."""
    machine = scenario.machine
    if policy is None or policy.mode not in INTERLEAVING:
        return placement.node_of_new_page(policy, 0, here, machine)
    ilx = pages.shmem_ilx(np.arange(low, high, dtype=np.uint64), scenario.i_ino, machine)
    return pages.node_of_new_page(policy, ilx, here, machine)
