# SPDX-License-Identifier: GPL-2.0-only
"""BIND with and without MPOL_F_NUMA_BALANCING on a file whose task has gone to another node."""
from __future__ import annotations

from typing import Any

from numakit.errors import InvalidPolicy
from numakit.fights import recorded
from numakit.fights.fight import Fight
from numakit.fights.playing import counted, enough_pages, leaver, machine_of, side, some, why_not_scanned
from numakit.kernel import V6_12, Kernel
from numakit.machine import Machine
from numakit.mbind import make_policy
from numakit.mempolicy import Flag, Mempolicy, Mode, policy_text
from numakit.nodemask import Nodemask
from numakit.rounds import Scenario
from numakit.shared_policy import SharedPolicy
from numakit.task import Task
from numakit.tmpfs import FIRST_INO
from numakit.topology import Topology

SOURCE = ("Linux v6.1 mm/mempolicy.c, mpol_misplaced() and sanitize_mpol_flags() (bda420b98505, v5.12); "
          "kernel/sched/fair.c, task_numa_work() with vma_policy_mof().")


def bind(kernel: Kernel = V6_12, *, nodes: tuple[int, ...] = (0, 1), to: int = 1, pages: int | None = None,
         rounds: int = 4, topology: Topology | None = None) -> Fight:
    """Whether a file bound to `nodes` follows a task that touched it on node 0 and runs on node `to` since round 1.

    Two sides: without the flag and with it; one where this kernel has no such flag. Raises InvalidPolicy, BadRange.
    """
    machine = machine_of(kernel, topology)
    taken, refusal = _policies(machine, Nodemask.of(*nodes))
    scenarios = {policy_text(own): bound(machine, own, pages, rounds, to) for own in taken}
    sides = tuple(side(f"{kernel.title}, {name}", s, rounds) for name, s in scenarios.items())
    told = {name: counted(of) for name, of in zip(scenarios, sides, strict=True)}
    said = [sentence(name, told[name], why_not_scanned(s, rounds)) for name, s in scenarios.items()]
    return Fight("bind", "A bound file: does it follow its task within its nodes?", sides, " ".join(said) + refusal,
                 told, f"{recorded.beside(recorded.BIND)}: group f, the task on node 1.", SOURCE)


def _policies(machine: Machine, nodes: Nodemask) -> tuple[list[Mempolicy | None], str]:
    """BIND without the flag and with it, and what is to be said where the flag is refused."""
    taken = [make_policy(Mode.BIND, nodes, Flag.NONE, machine, Task())]
    try:
        return [*taken, make_policy(Mode.BIND, nodes, Flag.BALANCING, machine, Task())], ""
    except InvalidPolicy as error:
        return taken, f" With MPOL_F_NUMA_BALANCING mbind fails with {error.errno_name} there."


def bound(machine: Machine, own: Mempolicy | None, pages: int | None, rounds: int, to: int,
          first: Mempolicy | None = None) -> Scenario:
    """A file under a policy, its first page perhaps under another; the task touches it on node 0, then runs on `to`."""
    size = enough_pages(machine.kernel, pages)
    tree = SharedPolicy().replace(0, size, own)
    tree = tree if first is None else tree.replace(0, 1, first)
    return Scenario(machine, size, (leaver(to, rounds),), tree=tree, i_ino=FIRST_INO)


def sentence(name: str, told: dict[str, Any], why: str) -> str:
    """What became of a file, and of none of its pages, where a gate kept the scanner off."""
    if why:
        return f"Under {name} no page is scanned, and none moves: {why}."
    return (f"Under {name} {some(told['faults'], 'hinting fault')} move {told['moves']:,} of "
            f"{some(told['pages'], 'page')}.")
