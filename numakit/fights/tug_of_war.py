# SPDX-License-Identifier: GPL-2.0-only
"""Two tasks pull the pages of one file, with and without the two-stage filter."""
from __future__ import annotations

from typing import Any, Literal

from numakit.fights.fight import Fight, Side
from numakit.fights.playing import (
    Touches,
    enough_pages,
    faults,
    machine_of,
    moves,
    nothing_moves,
    side,
    some,
    switched,
)
from numakit.kernel import V3_8, Kernel
from numakit.rounds import Random, Runner, Scenario
from numakit.topology import Topology

SOURCE = ("Linux v3.8 mm/mempolicy.c, mpol_misplaced(), last_nid; v3.13, last_cpupid; v6.1 kernel/sched/fair.c, "
          "should_numa_migrate_memory(). A release without the filter there is not.")

RANDOM = Random()


def tug_of_war(kernel: Kernel = V3_8, *, nodes: tuple[int, int] = (1, 2), pages: int | None = None, rounds: int = 24,
               pattern: Touches = RANDOM, kind: Literal["shmem", "anon"] = "shmem", round_ms: int = 1000,
               seed: int = 0, topology: Topology | None = None) -> Fight:
    """How often pages move between the nodes of two threads that touch them at random, or by another pattern.

    Two sides: `Kernel.two_stage_filter` "none", and the kernel's own. kind: shmem for a tmpfs file without a policy,
    which not every release scans; anon for anonymous memory. Raises BadRange, InvalidNodes.
    """
    setups = [switched(kernel, "no two-stage filter", two_stage_filter="none"),
              (kernel, f"{kernel.title}, its filter ({kernel.two_stage_filter})")]
    tasks, size = tuple(Runner((nid,)) for nid in nodes), enough_pages(kernel, pages)
    scenarios = [Scenario(machine_of(each, topology), size, tasks, pattern, kind, kind == "shmem", round_ms=round_ms,
                          seed=seed) for each, _ in setups]
    sides = tuple(side(title, s, rounds) for (_, title), s in zip(setups, scenarios, strict=True))
    told = {name: _counted(each) for name, each in zip(("without", "with"), sides, strict=True)}
    return Fight("tug_of_war", f"Two tasks, one {'file' if kind == 'shmem' else 'memory'}: who gets the page?", sides,
                 _sentence(scenarios[1], told, rounds), told, "", SOURCE)


def _counted(of: Side) -> dict[str, Any]:
    """moves; share: of page-rounds; faults; local: share of the faults whose page lay on the task's node."""
    rounds, pages = of.moved.shape
    taken = faults(of)
    local = int(of.history.local.sum()) if of.history is not None else 0
    return {"moves": moves(of), "share": moves(of) / (rounds * pages) if rounds else 0.0, "faults": taken,
            "local": local / taken if taken else 0.0, "most moves of a page": int(of.moves_of_page.max())}


def _sentence(scenario: Scenario, told: dict[str, dict[str, Any]], rounds: int) -> str:
    without, with_ = told["without"], told["with"]
    return nothing_moves(scenario, rounds) or (
            f"Without the filter {some(without['moves'], 'move')}, {without['share'] * 100:.0f} % of page-rounds, and "
            f"{without['local'] * 100:.0f} % of {some(without['faults'], 'hinting fault')} local; with it "
            f"{some(with_['moves'], 'move')}, {with_['share'] * 100:.0f} %, and {with_['local'] * 100:.0f} % of "
            f"{some(with_['faults'], 'fault')}.")
