# SPDX-License-Identifier: GPL-2.0-only
"""Small worlds and the steps on them, for tests that count by hand; and what a search of them found, in short."""
from __future__ import annotations

from itertools import product

from numakit.locking import Heap, Outcome, Reductions, World, explore

EVERY = [Reductions(*chosen) for chosen in product([False, True], repeat=3)]
"""All combinations of what the explorer may leave out."""


def get(world, cell):
    return getattr(world, cell)


def put(world, cell, value):
    return world.having(**{cell: value})


def add(world, cell, by=1):
    """The world with a larger number in a cell."""
    return world.having(**{cell: getattr(world, cell) + by})


def free(world, name):
    return world.having(heap=world.heap.without(name))


def touch(world, name):
    return world.heap[name]


def told(world, *found):
    """Nothing but findings."""
    return Outcome(world, None, found)


def world(**cells):
    """Some cells, and the locks s, t (spinlocks) and m (a mutex) that nobody holds, and nothing allocated."""
    return World(**{"x": 0, "y": 0, "s": None, "t": None, "m": None, "heap": Heap()} | cells)


def ranks(result):
    """(switches, steps) of each finding."""
    return {name: finding.rank for name, finding in result.findings.items()}


def orders(result):
    """The schedule of each finding."""
    return {name: str(finding.order) for name, finding in result.findings.items()}


def ends(result, *cells):
    """What some cells hold in the worlds in which all that began have ended."""
    return {tuple(getattr(world, cell) for cell in cells) for world in result.outcomes}


def found_by_all(scene, reductions=EVERY):
    """What each reduction finds and where it ends; all the same is one."""
    results = [explore(scene, reductions=chosen) for chosen in reductions]
    assert all(result.complete for result in results)
    return {(tuple(sorted(ranks(result).items())), result.outcomes) for result in results}
