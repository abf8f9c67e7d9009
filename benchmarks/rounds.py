# SPDX-License-Identifier: GPL-2.0-only
"""Rounds of hinting faults: `play` beside C loops and beside its page-by-page twin, and what it takes of memory.

The same rounds are played by all, in turn, in one process, and what they count is compared after each of them.
"""
from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks import rounds_alone, rounds_loops
from benchmarks.rounds_scenarios import brisk, flat, hot, steady
from benchmarks.timing import Row, busy
from numakit import Topology
from numakit.rounds import History, Scenario, play_plainly, playing
from numakit.rounds.memory import free_memory

ROOT = Path(__file__).resolve().parent.parent
NANO, GIGA = 1e9, 1e9
WARM = 2
"""Rounds that are played before the clock starts: in the first all pages are on one node."""

NO_LOOPS = rounds_loops.NO_COMPILER
NO_ROOM = "1e8 pages were not played: too little memory is free here"
NO_PROC = "what rounds take of memory was not measured: there is no /proc/self/status here"
SPLIT_GOALS = {4: "at most 3x a C loop split for SIMD", 64: "at most 3x a C loop split for SIMD",
               1024: "at most 5x a C loop split for SIMD"}


def beside(scenario: Scenario, kinds: Sequence[rounds_loops.Kind], folder: Path | None, times: int) -> list[float]:
    """Medians in ns a page-round: ours, then each C loop's, if there are any. Raises RuntimeError where they differ."""
    loops = [rounds_loops.loop(kind, scenario, folder) for kind in kinds] if folder else []
    ours = playing(scenario, WARM + times)
    taken = [one_round(ours, loops, round) for round in range(WARM + times)]
    return [median(column) / scenario.pages * NANO for column in zip(*taken[WARM:], strict=True)]


def one_round(ours: Iterator[History], loops: Sequence[rounds_loops.Loop], round: int) -> list[float]:
    """One round by each, in seconds. Raises RuntimeError where they do not count the same."""
    histories = list[History]()
    taken = [busy(lambda: histories.append(next(ours))), *(busy(partial(loop.step, round)) for loop in loops)]
    for loop in loops:
        if wrong := loop.differences(histories[0]):
            raise RuntimeError(f"play and the {loop.kind} C loop do not agree in round {round}: {', '.join(wrong)}")
    return taken


def steady_rows(folder: Path | None, topology: Topology, pages: int, times: int) -> list[Row]:
    """A steady round beside both loops."""
    ours, *others = beside(steady(topology, pages), ("plain", "split"), folder, times)
    plain, split = others or (None, None)
    what = f"hinting round, steady, {pages:,} pages, {topology.nodes:,} nodes"
    goal = SPLIT_GOALS.get(topology.nodes)
    return [Row(f"{what}; other: plain C loop", "ns a page", ours, plain, "at most 1x a plain C loop"),
            Row(f"{what}; other: C loop split for SIMD", "ns a page", ours, split, goal)]


def hot_rows(folder: Path | None, topology: Topology, pages: int, times: int) -> list[Row]:
    """Rounds in which the rate limit is counted, beside the plain loop: where it refuses, and where it does not."""
    rows = list[Row]()
    for said, made in (("rate-limited", hot), ("limit counted, not met", brisk)):
        ours, *others = beside(made(topology, pages), ("plain",), folder, times)
        rows.append(Row(f"hinting round, {said}, {pages:,} pages, {topology.nodes:,} nodes; other: plain C loop",
                        "ns a page", ours, others[0] if others else None, "at most 1.5x a plain C loop"))
    return rows


def twin_rows(topology: Topology, pages: int, times: int, few: int = 2000) -> list[Row]:
    """A steady round beside the same page by page in Python, on few pages, whose cost does not depend on how many."""
    small, large = steady(topology, few), steady(topology, pages)
    ours, taken = playing(large, WARM + times), list[tuple[float, float]]()
    for _ in range(WARM + times):
        fast = busy(lambda: next(ours))
        # Three rounds less one: what the start takes is left out.
        slow = busy(lambda: play_plainly(small, 3)) - busy(lambda: play_plainly(small, 1))
        taken.append((fast / pages * NANO, slow / 2 / few * NANO))
    fast, slow = (median(column) for column in zip(*taken[WARM:], strict=True))
    return [Row(f"hinting round, steady, {pages:,} pages, {topology.nodes:,} nodes; other: page by page in Python",
                "ns a page", fast, slow, "at most 0.01x the per-page Python")]


def alone(name: str, nodes: int, pages: int, rounds: int, small: int = 0) -> rounds_alone.Taken:
    """What a scenario takes in a process of its own: see `rounds_alone.main`."""
    code = f"from benchmarks import rounds_alone; rounds_alone.main({name!r}, {nodes}, {pages}, {rounds}, {small})"
    done = subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, capture_output=True, text=True)
    return rounds_alone.Taken(*json.loads(done.stdout))


def memory_rows(pages: int = 20_000_000) -> Iterator[Row]:
    """Bytes a page where the most is kept of each: 127 nodes fit into one byte, 1,024 need two."""
    for nodes, goal in ((127, "at most 5 bytes"), (1024, "at most 8 bytes")):
        took = alone("greedy", nodes, pages, 2).memory / pages
        yield Row(f"rounds, peak memory of {pages:,} pages, {nodes:,} nodes", "bytes a page", took, goal=goal)


def size_rows(pages: int = 100_000_000, small: int = 1_000_000, rounds: int = 3) -> list[Row]:
    """The most pages that are asked for, in one process; and what a page costs there, beside a page of few."""
    found = alone("steady", 4, pages, rounds, small)
    what = f"hinting round, {pages:,} pages in one process, 4 nodes"
    return [Row(f"{what}: peak memory", "GB", found.memory / GIGA, goal="at most 0.5 GB"),
            Row(f"{what}; other: {small:,} pages", "ns a page", found.large * NANO, found.small * NANO,
                "at most 1.25x a page of few")]


def rows(folder: Path | None, times: int = 15) -> Iterator[Row]:
    """All rows; folder: of the compiled loops, None where there is no C compiler."""
    for topology in map(flat, (4, 64, 1024)):
        for pages in (1_000_000, 10_000_000):
            yield from steady_rows(folder, topology, pages, times if pages == 1_000_000 else 5)
        yield from hot_rows(folder, topology, 1_000_000, times)
    yield from twin_rows(flat(4), 1_000_000, 3)
    if has_proc():
        yield from memory_rows()
    if has_proc() and has_room():
        yield from size_rows()


def has_proc() -> bool:
    """Whether the peak of a process's memory can be read."""
    return Path("/proc/self/status").exists()


def has_room() -> bool:
    """Whether so much memory is free that 1e8 pages disturb nobody."""
    free = free_memory()
    return free is not None and free > 4 * GIGA


def left_out(folder: Path | None) -> list[str]:
    """What is not measured here, and why."""
    reasons = {NO_LOOPS: folder is None, NO_PROC: not has_proc(), NO_ROOM: has_proc() and not has_room()}
    return [why for why, is_so in reasons.items() if is_so]
