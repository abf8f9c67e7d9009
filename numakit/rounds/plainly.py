# SPDX-License-Identifier: GPL-2.0-only
"""The rounds one page at a time, to be read: scan, touch, fault. `play` does the same in arrays, tested equal."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from numakit.errors import BadPattern
from numakit.hinting import Fault, Faulter, Page, RateLimit, do_numa_page, may_mark, mpol_misplaced
from numakit.rounds.arrays import Counts
from numakit.rounds.checks import checked_rounds
from numakit.rounds.history import History
from numakit.rounds.patterns import NOBODY
from numakit.rounds.scan import first_nid_at_start, scan
from numakit.rounds.scenario import Scenario
from numakit.rounds.start import node_at_start
from numakit.rounds.tally import Tally


@dataclass(slots=True)
class World:
    """What the rounds change: the pages, each node's window of the rate limit, and what v3.8's gate remembers."""

    pages: list[Page]
    limits: list[RateLimit]
    first_nid: int | None


def play_plainly(scenario: Scenario, rounds: int, keep_pages: bool = False) -> History:
    """What becomes of a scenario's pages in so many rounds: `play`, page by page. Raises BadRange, BadPattern."""
    tally = Tally.blank(checked_rounds(rounds), scenario, keep_pages)
    world = before(scenario)
    tally.start[:] = on_each_node(world, scenario)
    for round in range(rounds):
        tally.keep(round, nodes_of(world))
        try:
            play_round(scenario, round, world, tally)
        except BadPattern as error:
            error.history = tally.history(round, complete=False)
            raise
    tally.keep(rounds, nodes_of(world))
    return tally.history(rounds)


def before(scenario: Scenario) -> World:
    """The world before round 0: nothing marked, no fault taken, empty windows."""
    is_file = scenario.kind == "shmem"
    pages = [Page(node_at_start(scenario, p), p, scenario.i_ino, mapcount=scenario.mapcount, cached=is_file)
             for p in range(scenario.pages)]
    return World(pages, [RateLimit()] * scenario.machine.topology.nodes, first_nid_at_start(scenario))


def play_round(scenario: Scenario, round: int, world: World, tally: Tally) -> None:
    """One round: the scanner comes, then each page is touched, in order of pages, by the first task or by nobody."""
    nid, world.first_nid = scan(scenario, round, world.first_nid, world.limits.__getitem__)
    tally.scanned[round] = nid is not None
    if nid is not None:
        world.pages = [marked(page, scenario, nid) for page in world.pages]
    for p in range(scenario.pages):
        task = scenario.touching.first(round, p, scenario.setting)
        if task != NOBODY and world.pages[p].marked:
            touch(scenario, round, p, task, world, tally)
    tally.counts["pages"][round] = on_each_node(world, scenario)


def marked(page: Page, scenario: Scenario, nid: int) -> Page:
    """A page after a task on node `nid` scanned the mapping."""
    alone = len(scenario.tasks) == 1
    return page.mark() if may_mark(page, scenario.vma, nid, scenario.machine.kernel, alone) else page


def touch(scenario: Scenario, round: int, p: int, task: int, world: World, tally: Tally) -> None:
    """A touch of a marked page: a hinting fault, and what comes of it."""
    runner, now_ms, policy = scenario.tasks[task], scenario.now_ms(round, p), scenario.policy(p)
    who = Faulter(runner.node(round), task + 1, runner.prefers, round)
    target = mpol_misplaced(policy, world.pages[p], who, scenario.machine).target
    nid = who.nid if target is None else target
    full = scenario.machine.kernel.rate_limit and world.limits[nid].left(now_ms) == 0
    fault = do_numa_page(world.pages[p], policy, who, scenario.machine, now_ms, world.limits[nid])
    world.pages[p], world.limits[nid] = fault.page, fault.limit
    for name, node in counted(fault, who.nid, nid, full):
        tally.counts[name][round, node] += 1


def counted(fault: Fault, nid: int, target: int, full: bool) -> Iterator[tuple[str, int]]:
    """What a fault of a task on node `nid` adds to: (count, node). full: the target's window of the rate limit."""
    yield "faults", nid
    if fault.local:
        yield "local", nid
    if fault.moved:
        yield "migrations", target
    elif fault.migration is not None:
        yield "refused_by_limit" if full else "refused_otherwise", target


def nodes_of(world: World) -> list[int]:
    """Where each page lies."""
    return [page.node for page in world.pages]


def on_each_node(world: World, scenario: Scenario) -> Counts:
    """How many pages lie on each node: int64[nodes]."""
    return np.bincount(nodes_of(world), minlength=scenario.machine.topology.nodes)
