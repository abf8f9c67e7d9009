# SPDX-License-Identifier: GPL-2.0-only
"""Two processes' mbind on one file, in turn, each with MPOL_MF_MOVE for the node that it runs on."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np

from numakit.checks import is_whole
from numakit.errors import BadRange
from numakit.fights import recorded
from numakit.fights.fight import Fight, Side
from numakit.fights.playing import cpu_on, listed, machine_of, moves, some
from numakit.kernel import V6_1, Kernel
from numakit.machine import Machine
from numakit.mempolicy import Mode, policy_text
from numakit.moving import MF, mbind
from numakit.nodemask import Nodemask
from numakit.process import Process, addresses, write
from numakit.task import Task
from numakit.tmpfs import Mount
from numakit.topology import Topology
from numakit.vma import AddressSpace

SOURCE = ("Linux v6.1 mm/mempolicy.c, do_mbind(), mbind_range(), queue_pages_pte_range(), migrate_page_add(), "
          "new_page(); v6.8, alloc_migration_target_by_mpol(). Where the pages go when a mapping that has the policy "
          "already is skipped is inferred: before v6.7 a destination is asked of the file, since then of the call.")

Touched = Literal["both", "halves"]


@dataclass(frozen=True, slots=True)
class Ring:
    """Where the two stand. processes: both, each mapping the whole file; policies: the file's after each call, in
    words; rows: where its pages lay."""

    mount: Mount
    processes: tuple[Process, ...]
    policies: tuple[str, ...] = ()
    rows: tuple[tuple[int | None, ...], ...] = ()


def two_mbinds(kernel: Kernel = V6_1, *, nodes: tuple[int, int] = (0, 1), pages: int = 24, turns: int = 4,
               touched: Touched = "both", topology: Topology | None = None) -> Fight:
    """What comes of so many calls in turn, mbind(BIND to the caller's node): with MPOL_MF_MOVE, and with MOVE_ALL.

    touched: whether both processes have all pages mapped, or each a half. The first touches before the second.
    Raises InvalidNodes, BadRange.
    """
    _check(turns, touched)
    machine = machine_of(kernel, topology)
    rings = {mf: _calls(_ring(machine, nodes, pages, touched), nodes, turns, mf) for mf in (MF.MOVE, MF.MOVE_ALL)}
    steps = tuple(f"{'AB'[turn % 2]}: bind:{nodes[turn % 2]}" for turn in range(turns))
    sides = tuple(Side(f"{kernel.title}, MPOL_MF_{mf.name}", np.array(ring.rows, np.int16), steps,
                       machine.topology.nodes) for mf, ring in rings.items())
    told = {side.title.rpartition("_MF_")[2]: _counted(side, ring) for side, ring in
            zip(sides, rings.values(), strict=True)}
    return Fight("two_mbinds", "Two processes bind one file, each to its own node: whose is it?", sides,
                 " ".join(_sentence(name, one) for name, one in told.items()), told,
                 _recorded(), SOURCE)


def _check(turns: int, touched: str) -> None:
    """Raises BadRange."""
    if not is_whole(turns) or touched not in get_args(Touched):
        raise BadRange(f"{turns!r} calls, pages touched by {touched!r}", "0 or more, and 'both' or 'halves', would do",
                       "a process calls mbind as often as it likes")


def _ring(machine: Machine, nodes: tuple[int, int], pages: int, touched: Touched) -> Ring:
    """A file without a policy, mapped whole by a process on each of the nodes, and touched."""
    mount = Mount.new("/tmp", "", machine).create("f", pages)
    space = AddressSpace().mmap(mount["f"])
    half = pages // 2
    parts = (range(pages), range(pages)) if touched == "both" else (range(half), range(half, pages))
    processes = []
    for nid, part in zip(nodes, parts, strict=True):
        process, mount = write(Process(Task(cpu_on(nid, machine)), space), mount, addresses(space.newest, part))
        processes.append(process)
    return Ring(mount, tuple(processes), rows=(mount["f"].nodes,))


def _calls(ring: Ring, nodes: tuple[int, int], turns: int, mf: MF) -> Ring:
    """The two in turn, A first."""
    for turn in range(turns):
        ring = _call(ring, turn % 2, nodes[turn % 2], mf)
    return ring


def _call(ring: Ring, who: int, nid: int, mf: MF) -> Ring:
    """One process binds the whole file to a node, and moves what it may."""
    process, other = ring.processes[who], ring.processes[1 - who]
    vma = process.space.newest
    moved = mbind(process, ring.mount, vma.start, vma.end - vma.start, Mode.BIND, Nodemask.of(nid), mf=mf,
                  others=(other,))
    both = (moved.process, other) if who == 0 else (other, moved.process)
    file = moved.mount["f"]
    return replace(ring, mount=moved.mount, processes=both, policies=(*ring.policies, policy_text(file.policy())),
                   rows=(*ring.rows, file.nodes))


def _counted(of: Side, ring: Ring) -> dict[str, Any]:
    """moves; in each call: pages moved; off: pages off the caller's node before each; policies: the file's after each
    call; in vain: calls after which the file's policy is not the caller's."""
    wanted = [step.partition(": ")[2] for step in of.steps]
    off = tuple(int(np.count_nonzero(row != int(mine.partition(":")[2]))) for row, mine in
                zip(of.nodes, wanted, strict=False))
    vain = sum(policy != mine for policy, mine in zip(ring.policies, wanted, strict=True))
    return {"moves": moves(of), "in each call": tuple(of.moves.tolist()), "off": off, "policies": ring.policies,
            "in vain": vain}


def _recorded() -> str:
    """What one of two processes moved, and what became of a policy that another mapping had replaced."""
    return (f"an mbind of pages that another process maps too moved {recorded.beside(recorded.TWO_PROCESSES)}: group "
            f"g; mappings A, B and A again bound the same pages, whose policy was then "
            f"{listed(recorded.POLICY_AGAIN)}: group d, \"A cannot set again what B replaced\". 6.1.192 and 6.12.117 "
            "alike.")


def _sentence(name: str, told: dict[str, Any]) -> str:
    """What the calls moved and what the policy came to, summed up: call by call the picture and `told` have it."""
    if not told["policies"]:
        return f"With MPOL_MF_{name} nobody calls mbind."
    moved = f"{some(told['moves'], 'move')}, {_in_calls(told['in each call'])}," if told["moves"] else "no move"
    vain = f"{some(told['in vain'], 'call')} left it as the other process had set it"
    return (f"In {some(len(told['policies']), 'call')} with MPOL_MF_{name} mbind makes {moved} and finds pages off the "
            f"caller's node {_in_calls(told['off'])}. The file's policy is {told['policies'][-1]} in the end; "
            f"{vain if told['in vain'] else 'each call set its own'}.")


def _in_calls(pages: Sequence[int]) -> str:
    """In which calls there were any, counted from 1: "in calls 2 and 4"."""
    calls = [call for call, count in enumerate(pages, 1) if count]
    return f"in call{'s' if len(calls) > 1 else ''} {listed(calls)}" if calls else "in no call"
