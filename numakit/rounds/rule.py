# SPDX-License-Identifier: GPL-2.0-only
"""What the fault path asks of a policy, once for all pages under it."""
from __future__ import annotations

from typing import NamedTuple

import numpy as np

from numakit.hinting.misplaced import known_mode, looks_first_at, policy_at_fault
from numakit.machine import Machine
from numakit.mempolicy import Flag, Mempolicy
from numakit.rounds.arrays import Mask


class Rule(NamedTuple):
    """A policy on the fault path. policy: itself, the default as on node 0; moves: MPOL_F_MOF; follows: MPOL_F_MORON;
    looks_first_at, filter: as in `hinting.misplaced`; inside: bool[nodes], the policy's nodes, None for the default,
    whose node is the task's."""

    policy: Mempolicy
    moves: bool
    follows: bool
    looks_first_at: str
    filter: str
    inside: Mask | None


def rule(policy: Mempolicy | None, machine: Machine) -> Rule:
    """The rule of a policy in force. Raises KernelBug for a mode that may move pages and that the kernel lacks."""
    kernel = machine.kernel
    mine = policy_at_fault(policy, 0, kernel)
    moves = bool(mine.flags & Flag.MOF)
    first = looks_first_at(known_mode(mine, kernel), kernel) if moves else "nothing"
    inside = None if policy is None else np.isin(np.arange(machine.topology.nodes), list(policy.nodes))
    return Rule(mine, moves, bool(mine.flags & Flag.MORON), first, kernel.two_stage_filter, inside)
