# SPDX-License-Identifier: GPL-2.0-only
"""A scenario played in a process of its own: what it takes of memory, and of time."""
from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.rounds_scenarios import MADE, flat
from benchmarks.timing import busy
from numakit.rounds import History, play, playing

STATUS = Path("/proc/self/status")
SMALL_ROUNDS = 10
"""Rounds of few pages for each of many."""


class Taken(NamedTuple):
    """memory: bytes beyond what the process had; large, small: seconds a page-round, of many pages and of few."""

    memory: int
    large: float
    small: float


def peak() -> int:
    """The most memory that this process has had, in bytes: VmHWM."""
    found = re.search(r"^VmHWM:\s+(\d+) kB", STATUS.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise RuntimeError(f"{STATUS} does not say VmHWM")
    return int(found[1]) << 10


def main(name: str, nodes: int, pages: int, rounds: int, small: int = 0) -> None:
    """Plays the scenario, in turn with one of `small` pages, if any; prints Taken as JSON."""
    topology = flat(nodes)
    play(MADE[name](topology, 1000), 2)  # what is loaded and kept by then is not counted
    before = peak()
    many = playing(MADE[name](topology, pages), rounds + 1)
    few = playing(MADE[name](topology, small), rounds * SMALL_ROUNDS + 1) if small else repeat(None)
    for play_of in (many, few):
        next(play_of)  # in the first round all pages are on one node
    taken = [(a_round(many, pages), median(a_round(few, small or 1) for _ in range(SMALL_ROUNDS)))
             for _ in range(rounds)]
    large, little = map(median, zip(*taken, strict=True))
    print(json.dumps(Taken(peak() - before, large, little)))


def a_round(play: Iterator[History | None], pages: int) -> float:
    """Seconds a page for the next round."""
    return busy(lambda: next(play)) / pages
