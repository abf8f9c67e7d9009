# SPDX-License-Identifier: GPL-2.0-only
"""What the rate limit hides: a big file whose parts change hands, with the limit and without."""
from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from numakit.checks import is_whole
from numakit.fights.fight import Fight, Side
from numakit.fights.playing import Touches, faults, machine_of, moves, nothing_moves, refused, side, some, switched
from numakit.hinting import RATELIMIT_PAGES
from numakit.kernel import V3_8, Kernel
from numakit.rounds import Phases, Runner, Scenario
from numakit.topology import Topology

SOURCE = ("Linux v3.8 mm/migrate.c, migrate_misplaced_page(), numamigrate_update_ratelimit(), migrate_ratelimited(); "
          "removed by efaffc5e40ae (2018; v4.20 UNVERIFIED).")

EVERY_FOURTH = Phases(4)


def rate_limited(kernel: Kernel = V3_8, *, pages: int = 100_000, nodes: tuple[int, int] = (1, 2), rounds: int = 16,
                 round_ms: int = 100, pattern: Touches = EVERY_FOURTH, kind: Literal["shmem", "anon"] = "shmem",
                 topology: Topology | None = None) -> Fight:
    """How many moves `Kernel.rate_limit` refuses where more pages want to a node than its window of 100 ms takes.

    Two sides: without the limit (which v3.8's scanner then has nothing to heed of), and with it. The pages lie on node
    0 at first. A round scans the whole mapping; v3.8 takes 65,536 pages at once, so that its rounds of a bigger one
    would be longer. Raises BadRange, InvalidNodes, NotEnoughMemory.
    """
    setups = [switched(kernel, "no rate limit", rate_limit=False), switched(kernel, "rate limit", rate_limit=True)]
    setups[0] = (_heedless(setups[0][0]), setups[0][1])
    scenarios = [Scenario(machine_of(each, topology), pages, tuple(Runner((nid,)) for nid in nodes), pattern, kind,
                          kind == "shmem", start=_on_node_0(pages), round_ms=round_ms) for each, _ in setups]
    sides = tuple(side(title, s, rounds) for (_, title), s in zip(setups, scenarios, strict=True))
    told = {name: _counted(each) for name, each in zip(("without", "with"), sides, strict=True)}
    return Fight("rate_limited", f"{some(pages, 'page')} change hands: what does the rate limit hide?", sides,
                 _sentence(scenarios[1], told, rounds), told, "", SOURCE)


def _on_node_0(pages: int) -> NDArray[np.int8]:
    """Where the pages lie at first; for what is no number of pages the Scenario has the words."""
    return np.zeros(pages if is_whole(pages) else 0, np.int8)


def _heedless(kernel: Kernel) -> Kernel:
    """The kernel whose scanner asks no limit, as there is none."""
    return switched(kernel, "", scanner_heeds_rate_limit=False)[0]


def _counted(of: Side) -> dict[str, Any]:
    """moves; refused: by the limit; faults; scans: rounds in which the mapping was scanned; most: moves to one node in
    one round."""
    history: Any = of.history
    return {"moves": moves(of), "refused": refused(of), "faults": faults(of), "scans": int(history.scanned.sum()),
            "most": int(history.migrations.max(initial=0))}


def _sentence(scenario: Scenario, told: dict[str, dict[str, Any]], rounds: int) -> str:
    free, limited = told["without"], told["with"]
    return nothing_moves(scenario, rounds) or (
            f"Without the limit {some(free['moves'], 'move')} in {some(rounds, 'round')} of {scenario.round_ms} ms, up "
            f"to {free['most']:,} to one node in a round. With it (no more once {RATELIMIT_PAGES:,} are exceeded in "
            f"100 ms) {some(limited['moves'], 'move')}; {limited['refused']:,} more were wanted and refused"
            f"{_unseen(free['scans'] - limited['scans'])}.")


def _unseen(missed: int) -> str:
    """The rounds that were not scanned since v3.8's scanner keeps off a node that has had its fill."""
    return f", and in {some(missed, 'round')} nobody scanned: what wanted to move then is not known" if missed else ""
