# SPDX-License-Identifier: GPL-2.0-only
"""How much memory a play needs, and whether that is free: asked before anything is allocated."""
from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np

from numakit.errors import NotEnoughMemory
from numakit.rounds.patterns import task_dtype
from numakit.rounds.scenario import Scenario
from numakit.rounds.tally import COUNTS, node_dtype
from numakit.rounds.world import needs_last_task, needs_marks

CHUNK = 1 << 18
"""Pages in one step of `play`: what stays in the cache."""

SCRATCH_A_PAGE, SCRATCH = 96, 8 << 20
"""Bytes for the arrays of a chunk, on the safe side: for each page in it, and besides."""

MEMINFO = Path("/proc/meminfo")


def memory_needed(scenario: Scenario, rounds: int, keep_pages: bool = False, chunk: int = CHUNK) -> int:
    """The bytes that `play` allocates: state, kept pages, counts and scratch; a `start` that was given is apart."""
    nodes = scenario.machine.topology.nodes
    kept = (rounds + 1) * node_dtype(nodes).itemsize if keep_pages else 0
    counts = rounds * (len(COUNTS) * nodes * 8 + 1)
    scratch = SCRATCH + SCRATCH_A_PAGE * min(chunk, scenario.pages)
    return scenario.pages * (bytes_a_page(scenario) + kept) + counts + scratch


def bytes_a_page(scenario: Scenario) -> int:
    """The bytes of state for each page: at most 5 up to 128 nodes, 7 beyond."""
    task = task_dtype(len(scenario.tasks)).itemsize if needs_last_task(scenario) else 0
    return 2 * node_dtype(scenario.machine.topology.nodes).itemsize + task + needs_marks(scenario)


def free_memory(meminfo: Path = MEMINFO) -> int | None:
    """The bytes that can be allocated without swapping, by Linux's MemAvailable, else by sysconf; None if unknown."""
    try:
        found = re.search(r"^MemAvailable:\s+(\d+) kB", meminfo.read_text(), re.MULTILINE)
        if found:
            return int(found[1]) << 10
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        return None


def check_memory(scenario: Scenario, rounds: int, keep_pages: bool, chunk: int) -> None:
    """Raises NotEnoughMemory where less is free than `play` would need."""
    needed, free = memory_needed(scenario, rounds, keep_pages, chunk), free_memory()
    if free is None or needed <= free:
        return
    bare = memory_needed(scenario, rounds, False, chunk)
    would_do = f"{max(0, int(scenario.pages * free / needed)):,} pages"
    if keep_pages and bare <= free:
        would_do += f", or keep_pages=False ({told(bare)}),"
    raise NotEnoughMemory(f"{rounds:,} rounds of {scenario.pages:,} pages need {told(needed)}, and {told(free)} are "
                          f"free; {would_do} would do; Linux lets a program allocate more and kills it when it uses it")


def keep_scratch(chunk: int) -> None:
    """Let the C library keep what a chunk's arrays give back, in place of fetching it anew for each of them.

    glibc maps large blocks one by one, until a larger one than its threshold was freed (mallopt(3),
    M_MMAP_THRESHOLD): so one block is taken and freed. Else most of a round is page faults.
    """
    np.empty(min(SCRATCH_A_PAGE * chunk, 24 << 20), np.uint8)


def told(size: int) -> str:
    """Bytes for a reader: '1.2 GB'."""
    return f"{size / 1e9:,.1f} GB" if size >= 1e8 else f"{size / 1e6:,.1f} MB"
