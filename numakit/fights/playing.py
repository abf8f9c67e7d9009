# SPDX-License-Identifier: GPL-2.0-only
"""What the fights share: a scenario played as a Side, why nothing was scanned, and numbers in words."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from numakit.checks import is_whole
from numakit.errors import BadRange, InvalidNodes
from numakit.fights.fight import Side
from numakit.hinting import RateLimit, may_scan, may_scan_mapping
from numakit.hinting.scanner import HPAGE_PAGES
from numakit.kernel import Kernel
from numakit.machine import Machine
from numakit.rounds import Pattern, Runner, Scenario, play
from numakit.topology import Topology, recorded4

T = TypeVar("T")
Touches = Pattern | Callable[[int, NDArray[np.int64]], Any]
"""Which task touches a page first: what `Scenario.pattern` takes."""

FEW_PAGES = 48
"""As many as can be told apart in a picture."""


def machine_of(kernel: Kernel, topology: Topology | None) -> Machine:
    """The machine of a fight; by default the four nodes of the recordings."""
    return Machine(topology or recorded4(), kernel)


def enough_pages(kernel: Kernel, pages: int | None) -> int:
    """So many pages as were asked for, else a few, or the 512 below which v3.8 does not scan a mapping."""
    if pages is not None:
        return pages
    return HPAGE_PAGES if kernel.small_vma_gate else FEW_PAGES


def side(title: str, scenario: Scenario, rounds: int) -> Side:
    """A scenario played for so many rounds, as one side of a fight. Raises BadRange, NotEnoughMemory."""
    history = play(scenario, rounds, keep_pages=True)
    nodes: Any = history.nodes
    return Side(title, nodes, round_names(history.rounds), scenario.machine.topology.nodes, history)


def round_names(rounds: int, first: int = 0) -> tuple[str, ...]:
    """The steps of a side that was played."""
    return tuple(f"round {r}" for r in range(first, first + rounds))


def why_not_scanned(scenario: Scenario, rounds: int) -> str:
    """The first gate that keeps the scanner off in the last of so many rounds; "" where none does."""
    machine, first = scenario.machine, scenario.tasks[0].node(0)
    nids = scenario.nids(rounds - 1)
    elsewhere = next((nid for nid in nids if nid != first), first)
    gates = (may_scan(first, elsewhere, RateLimit(), 0, machine),
             may_scan_mapping(scenario.vma, scenario.task_policy, elsewhere, machine.kernel))
    return next((gate.reason for gate in gates if not gate), "")


def nothing_moves(scenario: Scenario, rounds: int) -> str:
    """That nothing moves, and which gate keeps the scanner off; "" where none does."""
    why = why_not_scanned(scenario, rounds)
    return f"Nothing moves: {why}." if why else ""


def switched(kernel: Kernel, title: str, **switches: Any) -> tuple[Kernel, str]:
    """A kernel with switches set as a side wants them, and its title: "(our switch)" where no release is so."""
    changed = replace(kernel, **switches)
    return changed, f"{kernel.title}, {title}" + ("" if changed == kernel else " (our switch)")


def leaver(to: int, rounds: int) -> Runner:
    """A task that runs on node 0 in round 0, and on node `to` from round 1 on."""
    return Runner((0, *[to] * (rounds - 1 if is_whole(rounds, 2) else 1)))


def at_least_one(files: Iterable[T]) -> tuple[T, ...]:
    """What is to be told of each file. Raises BadRange for none."""
    taken = tuple(files)
    if not taken:
        raise BadRange("no file is to be looked at", "one or more would do", "a mount without files has no pages")
    return taken


def cpu_on(nid: int, machine: Machine) -> int:
    """A CPU of a node. Raises InvalidNodes where it has none."""
    cpus = machine.topology.cpus[machine.topology.checked(nid)]
    if not cpus:
        raise InvalidNodes(f"node {nid} has no CPU", "a node with CPUs would do", "a task runs on a CPU")
    return cpus[0]


def faults(side: Side) -> int:
    """The hinting faults of a side that was played."""
    return int(side.history.faults.sum()) if side.history is not None else 0


def refused(side: Side) -> int:
    """How many moves the rate limit refused on a side that was played."""
    return int(side.history.refused_by_limit.sum()) if side.history is not None else 0


def moves(side: Side) -> int:
    """All moves of a side."""
    return int(side.moves.sum())


def counted(side: Side) -> dict[str, Any]:
    """The pages of a side that was played, its moves, and its hinting faults."""
    return {"pages": side.nodes.shape[1], "moves": moves(side), "faults": faults(side)}


def some(number: int, word: str) -> str:
    """A number with its word: 1 page, 1,024 pages."""
    return f"{number:,} {word}" + ("" if number == 1 else "s")


def listed(words: Sequence[object]) -> str:
    """Words in a sentence: "2, 4 and 5", "none"."""
    told = [str(word) for word in words]
    return " and ".join([", ".join(told[:-1]), told[-1]] if len(told) > 1 else told) or "none"
