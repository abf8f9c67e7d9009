# SPDX-License-Identifier: GPL-2.0-only
"""History: what happened in each round, in read-only arrays."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numakit.errors import ModelError
from numakit.rounds.arrays import Counts


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class History:
    """What happened, round by round: arrays int64[rounds, nodes] unless said.

    pages: on each node after the round; faults: hinting faults, by the node of the task that took them; local: those
    of them whose page lay there; migrations: by target; refused_by_limit: by the target whose window was full;
    refused_otherwise: by target, for want of memory there; start: int64[nodes]; scanned: bool[rounds]; nodes:
    int[rounds + 1, pages] of nodes, the start first, where `keep_pages` asked for it, else None; complete: False where
    the play was interrupted; page_count: how many pages there are.
    """

    pages: Counts
    faults: Counts
    local: Counts
    migrations: Counts
    refused_by_limit: Counts
    refused_otherwise: Counts
    start: Counts
    scanned: NDArray[np.bool_]
    nodes: NDArray[np.signedinteger[Any]] | None = None
    complete: bool = True

    @property
    def rounds(self) -> int:
        """How many rounds were played to their end."""
        return len(self.scanned)

    @property
    def page_count(self) -> int:
        """How many pages there are."""
        return int(self.start.sum())

    @property
    def moves(self) -> Counts:
        """How many pages moved in each round: int64[rounds]."""
        moves: Counts = self.migrations.sum(axis=1)
        return moves

    @property
    def disputed(self) -> Counts:
        """How many pages will move in some later round of this history: int64[rounds]. Raises ModelError."""
        if self.nodes is None:
            raise ModelError("which pages moved is not known: play with keep_pages=True")
        last = np.zeros(self.nodes.shape[1], np.int64)
        for round in range(self.rounds):
            last[self.nodes[round] != self.nodes[round + 1]] = round
        ends = np.bincount(last, minlength=self.rounds)
        left: Counts = self.nodes.shape[1] - np.cumsum(ends)[:self.rounds]
        return left

    def table(self) -> list[dict[str, int]]:
        """A row for each round, for a table: sums over the nodes, then the pages on each node."""
        sums = {"faults": self.faults, "local": self.local, "moves": self.migrations,
                "refused by limit": self.refused_by_limit, "refused otherwise": self.refused_otherwise}
        return [{"round": r, "scanned": int(self.scanned[r])} | {name: int(of[r].sum()) for name, of in sums.items()}
                | {f"node {n}": int(pages) for n, pages in enumerate(self.pages[r])} for r in range(self.rounds)]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, History):
            return NotImplemented
        mine, theirs = ([getattr(h, name) for name in History.__slots__] for h in (self, other))
        return all(np.array_equal(a, b) for a, b in zip(mine, theirs, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        page_rounds = self.page_count * self.rounds
        moves, nodes = int(self.moves.sum()), len(self.start)
        share = f", {100 * moves / page_rounds:.0f} % of page-rounds" if page_rounds else ""
        cut = "" if self.complete else "; interrupted: the rounds after are missing"
        return (f"<{self.rounds} rounds of {self.page_count} pages on {nodes} nodes: {moves} moves{share}; "
                f"{_local_share(self)}; {int(self.refused_by_limit.sum())} refused by the rate limit{cut}>")


def _local_share(history: History) -> str:
    faults = int(history.faults.sum())
    return f"{faults} faults" + (f", {100 * int(history.local.sum()) / faults:.0f} % of them local" if faults else "")
