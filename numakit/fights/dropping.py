# SPDX-License-Identifier: GPL-2.0-only
"""Rounds with pages that are dropped in between and allocated anew, as one Side."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from numakit.checks import is_whole
from numakit.errors import BadRange
from numakit.fights.fight import NOWHERE, Nodes, Side
from numakit.fights.playing import round_names
from numakit.rounds import History, Scenario, play
from numakit.rounds.tally import COUNTS


def stretches(rounds: int, drop_after: Sequence[int]) -> list[int]:
    """How many rounds there are before the first drop, between two, and after the last. Raises BadRange."""
    if not is_whole(rounds, 1) or not all(is_whole(r, 0, rounds - 1) for r in drop_after):
        raise BadRange(f"{rounds!r} rounds, pages dropped after the rounds {drop_after!r}",
                       "1 round or more, and drops after any of them but the last, would do",
                       "a page can be dropped at any time; here it is between two rounds")
    edges = [0, *sorted({r + 1 for r in drop_after}), rounds]
    return [b - a for a, b in zip(edges, edges[1:], strict=False)]


def side_with_drops(title: str, scenario: Scenario, lengths: Sequence[int]) -> Side:
    """The rounds of each stretch; between two all pages are dropped, and touched anew by the first task.

    The windows of the rate limit, v3.8's first_nid and what pages remember of their faults begin anew with each.
    """
    histories = [play(scenario, rounds, keep_pages=True) for rounds in lengths]
    names: list[str] = []
    for at, rounds in enumerate(lengths):
        names += [*(["dropped", "touched anew"] if at else []), *round_names(rounds, sum(lengths[:at]))]
    return Side(title, _rows(histories), tuple(names), scenario.machine.topology.nodes, _joined(histories))


def _rows(histories: Sequence[History]) -> Nodes:
    """Where the pages lay: of each stretch, and a row without pages between two."""
    rows: list[Any] = [histories[0].nodes]
    for history in histories[1:]:
        rows += [np.full_like(rows[0][:1], NOWHERE), history.nodes]
    return np.concatenate(rows)


def _joined(histories: Sequence[History]) -> History:
    """One history of all stretches: a drop, and the touch after it, are rounds in which no fault is counted."""
    if len(histories) == 1:
        return histories[0]
    first, *later = histories
    joined: dict[str, Any] = {name: np.concatenate([getattr(first, name), *(_after_drop(h, name) for h in later)])
                              for name in COUNTS}
    scanned = np.concatenate([[False] * (2 if at else 0) + h.scanned.tolist() for at, h in enumerate(histories)])
    return replace(first, **joined, scanned=scanned.astype(np.bool_), nodes=None)


def _after_drop(history: History, name: str) -> Any:
    """One count of a stretch, with a row for the drop and one for the touch before it."""
    counts = getattr(history, name)
    drop = np.zeros((2, counts.shape[1]), counts.dtype)
    if name == "pages":
        drop[1] = history.start
    return np.concatenate([drop, counts])
