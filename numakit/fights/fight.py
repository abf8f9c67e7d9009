# SPDX-License-Identifier: GPL-2.0-only
"""Fight: two rules or tasks that want the same pages on different nodes, and how it goes, as values to be drawn."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numakit.errors import BadRange
from numakit.folding import folded
from numakit.rounds import History

Nodes = NDArray[np.signedinteger[Any]]
Counts = NDArray[np.int64]
NOWHERE = -1
"""In place of a node: the page is not there."""
NOTHING: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Side:
    """One way in which a fight goes. title: what is the case on this side; nodes: int[steps + 1, pages], where each
    page lies at first and after each step, NOWHERE where it is not there; steps: what is done in each, in a few words;
    history: the counters, where the steps are rounds; node_count: nodes of the machine; moving: False where a row
    is not the same pages as the one before but copies of them; files: the i_ino of each file, where the pages are those
    of several, as many of each, one file after the other. Raises BadRange."""

    title: str
    nodes: Nodes
    steps: tuple[str, ...]
    node_count: int
    history: History | None = None
    moving: bool = True
    files: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        nodes = np.asarray(self.nodes)
        if nodes.ndim != 2 or len(nodes) != len(self.steps) + 1 or not nodes.shape[1]:
            raise BadRange(f"nodes of the shape {nodes.shape} for {len(self.steps)} steps",
                           "one row more than steps, and a column for each page, would do",
                           "a page is on some node before the first step")
        if nodes.min() < NOWHERE or nodes.max() >= self.node_count:
            raise BadRange(f"nodes from {nodes.min()} to {nodes.max()}", f"{NOWHERE} to {self.node_count - 1} would do",
                           "the kernel knows the nodes that the firmware names")
        if self.files and nodes.shape[1] % len(self.files):
            raise BadRange(f"{nodes.shape[1]} pages of {len(self.files)} files", "as many pages of each would do",
                           "a page is of one file")
        fixed = np.array(nodes)
        fixed.flags.writeable = False
        object.__setattr__(self, "nodes", fixed)

    @property
    def moved(self) -> NDArray[np.bool_]:
        """Which page lay on a node before each step, and on another after it: bool[steps, pages]."""
        before, after = self.nodes[:-1], self.nodes[1:]
        moved: NDArray[np.bool_] = (before != after) & (before != NOWHERE) & (after != NOWHERE)
        return moved

    @property
    def moves(self) -> NDArray[np.int64]:
        """How many pages moved in each step: int64[steps]."""
        counts: Counts = np.count_nonzero(self.moved, axis=1)
        return counts

    @property
    def moves_of_page(self) -> NDArray[np.int64]:
        """How often each page moved: int64[pages]."""
        counts: Counts = np.count_nonzero(self.moved, axis=0)
        return counts

    @property
    def disputed(self) -> NDArray[np.int64]:
        """How many pages still move in a later step: int64[steps + 1], the state before the first step included."""
        later = np.logical_or.accumulate(self.moved[::-1], axis=0)[::-1]
        return np.append(np.count_nonzero(later, axis=1), 0).astype(np.int64)

    @property
    def share(self) -> NDArray[np.int64]:
        """How many pages each node has before the first step and after each: int64[steps + 1, nodes]."""
        return np.stack([np.bincount(row[row != NOWHERE], minlength=self.node_count) for row in self.nodes])

    def __repr__(self) -> str:
        steps, pages = self.moved.shape
        return f"<{self.title}: {pages} pages, {steps} steps, {int(self.moves.sum())} moves>"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Fight:
    """A fight told. name: its short name; question: the title of its picture; sides: one or two, beside each other;
    sentence: what comes of it, with numbers that are computed; told: these and other numbers, by name; recorded: what
    a real kernel was seen to do, in words, "" for nothing; source: files, releases, commits."""

    name: str
    question: str
    sides: tuple[Side, ...]
    sentence: str
    told: Mapping[str, object] = field(default_factory=lambda: NOTHING)
    recorded: str = ""
    source: str = ""

    def __repr__(self) -> str:
        recorded = f" Recorded: {self.recorded}" if self.recorded else ""
        return folded(f"{self.question} {self.sentence}{recorded}")
