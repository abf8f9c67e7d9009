# SPDX-License-Identifier: GPL-2.0-only
"""A program of its own for rounds of hinting faults (rounds.cpp): compiled, fed with a scenario, read."""
from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numakit import Kernel, Machine, Mempolicy
from numakit.mempolicy import Flag
from numakit.rounds import (
    NOBODY,
    OwnPart,
    Phases,
    PingPong,
    Random,
    RoundRobin,
    Runner,
    Scenario,
    SharedPart,
    Zipf,
)

SOURCE = Path(__file__).with_name("rounds.cpp")
NO_COMPILER = "rounds were not set beside a program of its own: there is no C++ compiler here (g++)"
FILTERS = ("none", "last_nid", "last_cpupid", "early faults pass")
COW_MARKS = ("all", "sole reference", "mapped once")
Nodes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Told:
    """What the program said: counters int64[rounds, nodes], as History has them; nodes: int64[rounds, pages], if asked
    for; checksums: of each round's nodes, uint64[rounds]."""

    scanned: NDArray[np.bool_]
    checksums: NDArray[np.uint64]
    pages: Nodes
    faults: Nodes
    local: Nodes
    migrations: Nodes
    refused_by_limit: Nodes
    refused_otherwise: Nodes
    nodes: Nodes | None


def compiled(folder: Path) -> Path | None:
    """The program, made in `folder` with g++ -O2; None where there is no g++."""
    compiler, program = which("g++"), folder / "rounds"
    if compiler is None:
        return None
    subprocess.run([compiler, "-O2", "-std=c++17", "-o", program, SOURCE], check=True)
    return program


def told(scenario: Scenario, rounds: int, program: Path, with_pages: bool = True) -> Told:
    """The program plays a scenario; with_pages: and says where each page is after each round."""
    done = subprocess.run([program], input=text(scenario, rounds, with_pages), capture_output=True, text=True,
                          check=True)
    lines, step = [line.split() for line in done.stdout.splitlines()], 7 + with_pages
    heads, *counts = (np.array(lines[at::step], np.int64 if at else np.uint64) for at in range(step))
    return Told(heads[:, 0].astype(bool), heads[:, 1], *counts, *([] if with_pages else [None]))


def checksum(nodes: NDArray[Any]) -> int:
    """The program's checksum of where the pages are: each node + 1 times a scrambled number of its page, summed up."""
    page = np.arange(len(nodes), dtype=np.uint64)
    page ^= page >> 30
    page *= 0xBF58476D1CE4E5B9
    page ^= page >> 27
    page *= 0x94D049BB133111EB
    page ^= page >> 31
    return int((page * (nodes + 1).astype(np.uint64)).sum())


def text(scenario: Scenario, rounds: int, with_pages: bool = True) -> str:
    """What the program reads: numbers in the order of its read_scenario()."""
    machine = scenario.machine
    parts = [switches(machine.kernel), [*numbers(scenario, rounds), int(with_pages)], *lists(machine),
             policies(scenario), *map(runner, scenario.tasks), [*pattern(scenario, rounds)], start(scenario)]
    return "\n".join(" ".join(map(str, part)) for part in parts) + "\n"


def switches(kernel: Kernel) -> list[int]:
    """The kernel's rules as numbers."""
    return [*map(int, (
        kernel.first_nid_gate, kernel.small_vma_gate, kernel.scanner_heeds_rate_limit, kernel.scan_needs_mof,
        kernel.shmem_falls_back_to_task_policy, kernel.mapcount_check, kernel.local_private_pages_marked,
        COW_MARKS.index(kernel.cow_marks), FILTERS.index(kernel.two_stage_filter),
        kernel.preferred_checks_node_first, kernel.rate_limit, kernel.ilx_known_to_fault_path,
        kernel.interleave_index_bits, "bind" in kernel.balancing_with, "prefer (many)" in kernel.balancing_with))]


def numbers(scenario: Scenario, rounds: int) -> list[int]:
    """What is a number in a scenario."""
    return [scenario.machine.topology.nodes, scenario.pages, rounds, scenario.round_ms, scenario.seed,
            int(scenario.kind == "shmem"), int(scenario.shared), scenario.i_ino, scenario.mapcount]


def lists(machine: Machine) -> Iterator[list[int]]:
    """Each node's fallback list with its length, then all weights."""
    nodes = range(machine.topology.nodes)
    yield from (counted(machine.fallback(n)) for n in nodes)
    yield [machine.weight(n) for n in nodes]


def counted(some: Iterable[int]) -> list[int]:
    """A list behind its length."""
    listed = list(some)
    return [len(listed), *listed]


def policies(scenario: Scenario) -> list[int]:
    """All policies, which of them is the task's, and the ranges of the tree."""
    tree, task = scenario.tree.nodes, scenario.task_policy
    named = [*(node.policy for node in tree), *([task] if task else [])]
    ranges = [n for at, node in enumerate(tree) for n in (node.start, node.end, at)]
    return [len(named), *(n for p in named for n in policy(p)), len(named) - 1 if task else NOBODY,
            len(tree), *ranges, len(scenario.tasks)]


def policy(given: Mempolicy) -> list[int]:
    """Mode, the two marks, nodes."""
    return [int(given.mode), int(Flag.MOF in given.flags), int(Flag.MORON in given.flags), *counted(given.nodes)]


def runner(task: Runner) -> list[int]:
    """Stay, preferred node, nodes."""
    return [task.stay, NOBODY if task.prefers is None else task.prefers, *counted(task.nodes)]


def pattern(scenario: Scenario, rounds: int) -> tuple[float, ...]:
    """The pattern's number, its whole parameter, its exponent; of a function all it says."""
    known = {OwnPart: 0, SharedPart: 1, PingPong: 2, Random: 3, RoundRobin: 4, Zipf: 5, Phases: 6}
    match scenario.pattern:
        case SharedPart(share):
            return 1, round(share * 65536), 0
        case Zipf(s):
            return 5, 0, s
        case Phases(length):
            return 6, length, 0
        case OwnPart() | PingPong() | Random() | RoundRobin():
            return known[type(scenario.pattern)], 0, 0
        case function:
            pages = np.arange(scenario.pages)
            return 7, 0, 0, *(int(task) for r in range(rounds) for task in function(r, pages))


def start(scenario: Scenario) -> list[int]:
    """Which task touches all pages first, or NOBODY and the node of each page."""
    given = scenario.start
    if given is None or isinstance(given, int):
        return [given or 0]
    return [NOBODY, *np.asarray(given).tolist()]
