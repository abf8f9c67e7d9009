# SPDX-License-Identifier: GPL-2.0-only
"""The counts while they are written, round by round; a History is a read-only view of the rounds that are finished."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from numakit.rounds.arrays import Counts
from numakit.rounds.history import History
from numakit.rounds.scenario import Scenario

COUNTS = ("pages", "faults", "local", "migrations", "refused_by_limit", "refused_otherwise")


@dataclass(slots=True, eq=False)
class Tally:
    """Room for all rounds: the fields of History."""

    start: Counts
    counts: dict[str, Counts]
    scanned: NDArray[np.bool_]
    nodes: NDArray[np.signedinteger[Any]] | None

    @classmethod
    def blank(cls, rounds: int, scenario: Scenario, keep_pages: bool) -> Tally:
        """Zeros for so many rounds."""
        count = scenario.machine.topology.nodes
        counts = {name: np.zeros((rounds, count), np.int64) for name in COUNTS}
        nodes = np.empty((rounds + 1, scenario.pages), node_dtype(count)) if keep_pages else None
        return cls(np.zeros(count, np.int64), counts, np.zeros(rounds, np.bool_), nodes)

    def keep(self, row: int, node: ArrayLike) -> None:
        """Where each page lies after so many rounds, if that is to be kept."""
        if self.nodes is not None:
            self.nodes[row] = node

    def history(self, rounds: int, complete: bool = True) -> History:
        """The first rounds as they are."""
        counts = {name: _view(array[:rounds]) for name, array in self.counts.items()}
        nodes = None if self.nodes is None else _view(self.nodes[:rounds + 1])
        return History(**counts, start=_view(self.start), scanned=_view(self.scanned[:rounds]), nodes=nodes,
                       complete=complete)


def node_dtype(nodes: int) -> np.dtype[np.signedinteger[Any]]:
    """The smallest type that holds every node, and -1 for none."""
    return np.dtype(np.int8 if nodes <= 128 else np.int16)


def _view(array: NDArray[Any]) -> NDArray[Any]:
    view = array.view()
    view.flags.writeable = False
    return view
