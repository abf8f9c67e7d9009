# SPDX-License-Identifier: GPL-2.0-only
"""The C loops that rounds are measured against (rounds_loops.c): compiled, loaded, and stepped round by round."""
from __future__ import annotations

import ctypes
import subprocess
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from numakit.hinting.rate_limit import MIGRATE_INTERVAL_MS, RATELIMIT_PAGES
from numakit.rounds import History, Scenario

SOURCE = Path(__file__).with_name("rounds_loops.c")
NO_COMPILER = "rounds were not set beside loops in C: there is no C compiler here (gcc)"
FLAGS = {"plain": ("-O3",), "split": ("-O3", "-march=native")}
COUNTS = {"on": "pages", "faults": "faults", "local": "local", "moved": "migrations", "refused": "refused_by_limit"}

Kind = Literal["plain", "split"]


class World(ctypes.Structure):
    """What the C code calls World."""

    _fields_ = [*((name, ctypes.c_int64) for name in ("pages", "nodes", "tasks", "round_ms", "limited")),
                ("seed", ctypes.c_uint64),
                *((name, ctypes.c_void_p) for name in ("nid", "node", "last", "end", "charged", *COUNTS))]


@dataclass(frozen=True, slots=True)
class Loop:
    """A world in arrays, and the C function that plays one round of it."""

    kind: Kind
    function: Any
    world: World
    arrays: dict[str, NDArray[Any]]

    def step(self, round: int) -> None:
        """Play this round; they come in order, from 0."""
        self.function(ctypes.byref(self.world), ctypes.c_int64(round))

    def differences(self, history: History) -> list[str]:
        """The counts in which the last round of a history is another than the round just played."""
        found = [name for name, ours in COUNTS.items()
                 if not np.array_equal(self.arrays[name], getattr(history, ours)[-1])]
        if history.nodes is not None and not np.array_equal(history.nodes[history.rounds], self.arrays["node"]):
            found.append("node")
        return found


def compiled(folder: Path) -> Path | None:
    """The loops, made in `folder` with gcc, for nodes of one and of two bytes; None where there is no gcc."""
    compiler = which("gcc")
    if compiler is None:
        return None
    for kind, flags in FLAGS.items():
        for size in (8, 16):
            subprocess.run([compiler, *flags, "-shared", "-fPIC", f"-DNODE=int{size}_t", "-o",
                            folder / f"{kind}{size}.so", SOURCE], check=True)
    return folder


def loop(kind: Kind, scenario: Scenario, folder: Path) -> Loop:
    """The loop of this kind before round 0 of a scenario: default policy, any task, all pages on the first's node."""
    nodes = scenario.machine.topology.nodes
    size = 8 if nodes <= 127 else 16
    library = ctypes.CDLL(str(folder / f"{kind}{size}.so"))
    arrays = _arrays(scenario, np.dtype(f"int{size}"))
    world = World(scenario.pages, nodes, len(scenario.tasks), scenario.round_ms, limited(scenario), scenario.seed,
                  *(array.ctypes.data for array in arrays.values()))
    return Loop(kind, getattr(library, f"{kind}_round"), world, arrays)


def limited(scenario: Scenario) -> bool:
    """Whether so many pages are touched in a window that it can ever be full."""
    return scenario.pages * (MIGRATE_INTERVAL_MS + 1) // scenario.round_ms + 2 > RATELIMIT_PAGES


def _arrays(scenario: Scenario, dtype: np.dtype[Any]) -> dict[str, NDArray[Any]]:
    nodes, nids = scenario.machine.topology.nodes, scenario.nids(0)
    counts = {name: np.zeros(nodes, np.int64) for name in ("end", "charged", *COUNTS)}
    counts["on"][nids[0]] = scenario.pages
    return {"nid": np.array(nids, dtype), "node": np.full(scenario.pages, nids[0], dtype),
            "last": np.full(scenario.pages, -1, dtype), **counts}
