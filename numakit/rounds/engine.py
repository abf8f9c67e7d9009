# SPDX-License-Identifier: GPL-2.0-only
"""One round in arrays, chunk by chunk: `plainly` for many pages at once.

A chunk is cut where the pattern's task or the policy in force changes; what is the same for all its pages is one
number then, and the rest are a few steps of numpy.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from numakit.hinting import Page, may_mark
from numakit.hinting.page import EARLY_SCANS
from numakit.pages import node_wanted_by_fault_path, policy_ranges
from numakit.rounds.arrays import FEW, Counts, Mask, Small, both, by_node, how_many, places_of, put
from numakit.rounds.patterns import Stretch, Tasks
from numakit.rounds.rule import Rule, rule
from numakit.rounds.scan import scan
from numakit.rounds.scenario import Scenario
from numakit.rounds.tally import Tally
from numakit.rounds.windows import Places
from numakit.rounds.world import NONE, World

Marks = Literal["none", "all", "away"]
"""Which pages a scan marks: none, all, or those that do not lie on the scanning task's node."""

Who = int | Tasks


@dataclass(slots=True, eq=False)
class Turn:
    """What is fixed for one round. number: its place; nid: of the task that scanned, None for nobody; marks: which
    pages that marked; nids: each task's node, early: whether v6.1's filter takes it for new; counts: rows of Tally."""

    number: int
    nid: int | None
    marks: Marks
    nids: Small
    early: Mask
    counts: dict[str, Counts]

    def nid_of(self, who: Who) -> Small | int:
        """The node of each task; `who` is without NOBODY, who has none."""
        if not isinstance(who, np.ndarray):
            return int(self.nids[who])
        first = self.nids[0]
        if who.dtype == first.dtype and (np.diff(self.nids) == 1).all():  # take costs 1.8 ns a page
            return who + first if first else who
        return self.nids.take(who.astype(np.intp), mode="clip")


@dataclass(slots=True, eq=False)
class Touches:
    """Touches of pages low to high - 1 under one policy. who, nid: the task and its node, of each page or of all; took:
    where a fault is taken, None for everywhere; away: where the page lies elsewhere; each: as `Stretch` has it."""

    low: int
    high: int
    who: Who
    nid: Small | int
    took: Mask | None
    away: Mask
    each: Counts | None


def play_round(scenario: Scenario, round: int, world: World, tally: Tally, chunk: int) -> None:
    """One round: what `plainly.play_round` does."""
    nid, world.first_nid = scan(scenario, round, world.first_nid, world.limit)
    tally.scanned[round] = nid is not None
    turn = _turn(scenario, round, nid, world, tally)
    if turn.marks != "none" or world.marked is not None:
        for low in range(0, scenario.pages, chunk):
            _chunk(scenario, world, turn, low, min(low + chunk, scenario.pages))
    turn.counts["pages"][:] = world.on_node


def _turn(scenario: Scenario, round: int, nid: int | None, world: World, tally: Tally) -> Turn:
    nids = world.nids if world.nids is not None else np.array(scenario.nids(round), world.node.dtype)
    early = world.without_preference | (round <= EARLY_SCANS)
    return Turn(round, nid, marks(scenario, nid), nids, early,
                {name: rows[round] for name, rows in tally.counts.items()})


def marks(scenario: Scenario, nid: int | None) -> Marks:
    """Which pages a scan by a task on node `nid` marks: asked of a page that lies there, and of one that does not."""
    if nid is None:
        return "none"
    vma, kernel, alone = scenario.vma, scenario.machine.kernel, len(scenario.tasks) == 1
    here, away = (bool(may_mark(Page(node, mapcount=scenario.mapcount, cached=scenario.kind == "shmem"), vma, nid,
                                kernel, alone)) for node in (nid, 1 - min(nid, 1)))
    return "all" if here else "away" if away else "none"


def _chunk(scenario: Scenario, world: World, turn: Turn, low: int, high: int) -> None:
    for stretch in scenario.touching.firsts(turn.number, low, high, scenario.setting):
        for start, end, policy in policy_ranges(scenario.tree, scenario.task_policy, stretch.low, stretch.high):
            touches = _touches(world, turn, start, end, stretch)
            if touches is not None:
                _count(turn, touches)
                if policy not in world.rules:
                    world.rules[policy] = rule(policy, scenario.machine)
                _fault(scenario, world, turn, touches, world.rules[policy])


def _touches(world: World, turn: Turn, low: int, high: int, stretch: Stretch) -> Touches | None:
    """The touches of a part of a stretch, None where no page takes a fault."""
    who, each = stretch.who, stretch.each
    if (low, high) != stretch[:2]:
        who, each = who[low - stretch.low:high - stretch.low] if isinstance(who, np.ndarray) else who, None
    took = _faults(world, turn, low, high, who)
    if took is not None and not took.any():
        return None
    nid = turn.nid_of(np.maximum(who, 0) if took is not None and isinstance(who, np.ndarray) else who)
    return Touches(low, high, who, nid, took, world.node[low:high] != nid, each if took is None else None)


def _faults(world: World, turn: Turn, low: int, high: int, who: Who) -> Mask | None:
    """Which pages take a hinting fault, None for all. Their marks, if those are kept, are gone then."""
    if world.marked is None:
        return None if turn.marks == "all" else world.node[low:high] != turn.nid
    marked, touched = world.marked[low:high], np.greater_equal(who, 0)
    if turn.marks == "all":
        marked[:] = True
    elif turn.marks == "away":
        marked |= world.node[low:high] != turn.nid
    took: Mask = marked & touched
    marked &= ~touched
    return took


def _count(turn: Turn, touches: Touches) -> None:
    """Faults, and those of pages that lie on the task's node, by that node."""
    size, bins, nid, took = touches.high - touches.low, len(turn.counts["faults"]), touches.nid, touches.took
    if touches.each is None:
        faults = by_node(nid, took, size, bins)
    else:
        faults = np.zeros(bins, np.int64)
        np.add.at(faults, turn.nids, touches.each)
    missed = both(took, touches.away)
    if how_many(missed, size) * 2 <= size:  # the fewer of the two are counted
        local = faults - by_node(nid, missed, size, bins)
    else:
        local = by_node(nid, both(took, ~touches.away), size, bins)
    turn.counts["faults"] += faults
    turn.counts["local"] += local


def _fault(scenario: Scenario, world: World, turn: Turn, touches: Touches, rule: Rule) -> None:
    """What comes of the faults: `hinting.do_numa_page`."""
    if not rule.moves:
        return
    if rule.follows:
        _move(world, turn, touches.low, _follow(world, turn, touches, rule), touches.nid)
        return
    node = world.node[touches.low:touches.high]
    wanted = _wanted(scenario, rule, touches, node)
    _move(world, turn, touches.low, both(touches.took, wanted != node), wanted)


def _follow(world: World, turn: Turn, touches: Touches, rule: Rule) -> Mask:
    """With MORON: which pages follow the task. Those that the two-stage filter is asked about remember the task."""
    here = slice(touches.low, touches.high)
    asked = both(touches.took, _open(world.node[here], touches, rule))
    goes = _passes(world, turn, touches, rule)
    goes &= touches.away
    if asked is not None:
        goes &= asked
    put(world.last_nid[here], asked, touches.nid)
    if world.last_task is not None:
        put(world.last_task[here], asked, touches.who)
    return goes


def _open(node: Small, touches: Touches, rule: Rule) -> Mask | None:
    """Where `hinting.misplaced.lies_well` does not say "stay" before MORON is reached; None for everywhere."""
    if rule.looks_first_at == "nothing":
        return None
    if rule.inside is None:  # the task's default names the node that the task runs on
        return touches.away
    if rule.looks_first_at == "page":
        return ~rule.inside[node]
    return np.broadcast_to(rule.inside[touches.nid], node.shape)


def _passes(world: World, turn: Turn, touches: Touches, rule: Rule) -> Mask:
    """The two-stage filter: `hinting.misplaced.passes_filter`."""
    last = world.last_nid[touches.low:touches.high]
    if rule.filter == "none":
        return np.ones(len(last), np.bool_)
    passed: Mask = last == touches.nid
    if rule.filter != "last_nid":
        passed |= last == NONE
    if rule.filter == "early faults pass" and world.last_task is not None:
        same = world.last_task[touches.low:touches.high] == touches.who
        passed |= same if turn.early.all() else same & turn.early.take(touches.who, mode="clip")
    return passed


def _wanted(scenario: Scenario, rule: Rule, touches: Touches, node: Small) -> Small:
    """Without MORON: where the policy itself wants the pages."""
    index = np.arange(touches.low, touches.high, dtype=np.uint64)
    wanted = node_wanted_by_fault_path(rule.policy, index, scenario.i_ino, node, touches.nid, scenario.machine)
    return wanted.astype(node.dtype)


def _move(world: World, turn: Turn, low: int, goes: Mask | None, target: Small | int) -> None:
    """migrate_misplaced_page() for the pages that go. Where few do, only they are looked at."""
    if goes is None or not goes.any():
        return
    node = world.node[low:low + len(goes)]
    if not _are_few(goes, world):
        _migrate(world, turn, node, goes, target, range(low, low + len(goes)))
        return
    places = places_of(goes)
    few, wanted = node.take(places), target.take(places) if isinstance(target, np.ndarray) else target
    _migrate(world, turn, few, np.ones(len(places), np.bool_), wanted, places + low)
    node[places] = few


def _are_few(goes: Mask, world: World) -> bool:
    """Whether it pays to list the pages that go: sooner where many nodes are counted or windows want the list too."""
    listed_anyway = len(world.on_node) > FEW or world.windows is not None
    return how_many(goes, 0) * (4 if listed_anyway else 64) <= len(goes)


def _migrate(world: World, turn: Turn, node: Small, goes: Mask, target: Small | int, places: Places) -> None:
    """The rate limit, then whether the target has memory at all; `node` of the pages `places` is changed."""
    size, bins = len(goes), len(world.on_node)
    came = by_node(target, goes, size, bins)
    if world.windows is not None:
        refused = world.windows.admit(goes, target, came, places, turn.number)
        turn.counts["refused_by_limit"] += refused
        came -= refused
    if world.homeless is not None:
        turn.counts["refused_otherwise"] += np.where(world.homeless, came, 0)
        goes &= ~world.homeless[target]
        came[world.homeless] = 0
    turn.counts["migrations"] += came
    world.on_node += came - by_node(node, goes, size, bins)
    put(node, goes, target)
