# SPDX-License-Identifier: GPL-2.0-only
"""Who scans in a round: asked once for the process, not for each page, so both twins share it."""
from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from numakit.hinting import RateLimit, may_scan, may_scan_mapping
from numakit.rounds.scenario import Scenario


class Scan(NamedTuple):
    """How a round's scan goes. nid: of the task that scans the mapping, None where nobody does; first_nid: what the
    process's gate remembers afterwards, as `hinting.may_scan` takes it."""

    nid: int | None
    first_nid: int | None


def first_nid_at_start(scenario: Scenario) -> int:
    """Where the scanner first met the process: the node of the first task in round 0."""
    return scenario.tasks[0].node(0)


def scan(scenario: Scenario, round: int, first_nid: int | None, limit: Callable[[int], RateLimit]) -> Scan:
    """The tasks are asked in order; the first that may scan does so for all. limit: of a node's window.

    A task on another node than the first opens v3.8's gate for good. A round is a whole scan of the mapping: the
    budget of 65,536 pages is left out.
    """
    machine, now_ms = scenario.machine, round * scenario.round_ms
    for task in scenario.tasks:
        nid = task.node(round)
        first_nid = first_nid if first_nid == nid else None
        if may_scan(first_nid, nid, limit(nid), now_ms, machine):
            entered = may_scan_mapping(scenario.vma, scenario.task_policy, nid, machine.kernel)
            return Scan(nid if entered else None, first_nid)
    return Scan(None, first_nid)
