# SPDX-License-Identifier: GPL-2.0-only
"""The policy at a mapping's start decides for the scanner whether all of the mapping is looked at."""
from __future__ import annotations

from numakit.fights import recorded
from numakit.fights.bind import bound, sentence
from numakit.fights.fight import Fight
from numakit.fights.playing import counted, machine_of, side, why_not_scanned
from numakit.kernel import V6_1, Kernel
from numakit.machine import Machine
from numakit.mbind import make_policy
from numakit.mempolicy import Flag, Mempolicy, policy_text
from numakit.mount_option import policy_args
from numakit.task import Task
from numakit.topology import Topology

SOURCE = ("Linux v3.13 and v6.1 mm/mempolicy.c, vma_policy_mof(): it asks shmem_get_policy() at vm_start alone; v3.8 "
          "kernel/sched/fair.c, task_numa_work(), does not ask.")


def first_page(kernel: Kernel = V6_1, *, first: str | None = None, rest: str = "default",
               pages: int | None = None, rounds: int = 4, to: int = 1, topology: Topology | None = None) -> Fight:
    """What one page's policy does to all: a file under `rest`, and the same file whose page 0 is under `first`.

    The task touched it on node 0 and runs on node `to` since round 1. first: None for a policy that turns the fate of a
    file without one on this kernel; both in the mount option's words, and with =balancing.
    Raises InvalidPolicy where this kernel refuses one, BadRange.
    """
    machine = machine_of(kernel, topology)
    own, other = policy_with_flag(rest, machine), policy_with_flag(first or turning(kernel), machine)
    names = (policy_text(own), f"{policy_text(own)}, page 0 {policy_text(other)}")
    scenarios = (bound(machine, own, pages, rounds, to), bound(machine, own, pages, rounds, to, other))
    sides = tuple(side(f"{kernel.title}, {name}", s, rounds) for name, s in zip(names, scenarios, strict=True))
    told = {name: counted(of) for name, of in zip(names, sides, strict=True)}
    said = [sentence(name, told[name], why_not_scanned(s, rounds)) for name, s in zip(names, scenarios, strict=True)]
    return Fight("first_page", "One page's policy: what does it do to the whole mapping?", sides, " ".join(said), told,
                 f"{recorded.beside(recorded.FIRST_PAGE)}: group f, the task on node 1.", SOURCE)


def turning(kernel: Kernel) -> str:
    """A policy for page 0 that opens the gate where a file without a policy is not scanned, else one that shuts it."""
    shut = kernel.scan_needs_mof and not kernel.shmem_falls_back_to_task_policy
    return "bind=balancing:0-1" if shut and kernel.balancing_with else "bind:0-1"


def policy_with_flag(text: str, machine: Machine) -> Mempolicy | None:
    """A policy in words, =balancing too, which the mount option does not know: mbind alone can give it."""
    mode, nodes, flags = policy_args(text.replace("=balancing", "", 1), machine)
    asked = Flag.BALANCING if "=balancing" in text else Flag.NONE
    return make_policy(mode, nodes, flags | asked, machine, Task())
