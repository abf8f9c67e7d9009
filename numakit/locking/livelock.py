# SPDX-License-Identifier: GPL-2.0-only
"""Tasks that run for ever: a state from which a task that began can't come to its end, whoever runs when."""
from __future__ import annotations

from collections import defaultdict

from numakit.locking.explorer import Met, Search
from numakit.locking.found import Found
from numakit.locking.program import Program


def livelock(search: Search) -> None:
    """Add the finding `deadlock` to a search that is complete, where a task can go round for ever and not end.

    Only a task that was seen to come back to a place can: without such a one there is nothing to do.
    """
    round_and_round = [t for t in search.tasks if goes_round(search.space.seats[t].program)]
    if not round_and_round:
        return
    before = _before(search)
    for t in round_and_round:
        hopeless = search.first.keys() - _hopeful(search, before, t)
        doomed = [state for state in hopeless if search.space.seats[t].started(state)]
        met = min((_met(search, state, t) for state in doomed), key=lambda m: m.rank, default=None)
        best = search.met.get("deadlock")
        if met and (best is None or met.rank < best.rank):
            search.met["deadlock"] = met


def goes_round(program: Program) -> bool:
    """Whether a task was seen to come back to a place where it had been."""
    following = defaultdict(set)
    for place, follower in program.edges():
        following[place].add(follower)
    left = set(range(len(program.places)))
    while free := {place for place in left if not following[place] & left}:
        left -= free
    return bool(left)


def _before(search: Search) -> dict[int | None, set[int]]:
    """Each state's predecessors; those of None are the states in which a path ends."""
    before: dict[int | None, set[int]] = defaultdict(set)
    for state in search.first:
        for t in search.tasks:
            for way in search.space.known(state, t).ways:
                after = state + way.delta
                if after not in search.first and search.mirror:
                    after = search.mirror.image(after) or after
                before[None if way.ends else after].add(state)
    return before


def _hopeful(search: Search, before: dict[int | None, set[int]], t: int) -> set[int]:
    """The states from which task t can end, or the path does."""
    ahead = [*before[None], *(state for state in search.first if search.space.seats[t].ended(state))]
    hopeful = set(ahead)
    while ahead:
        new = before[ahead.pop()] - hopeful
        hopeful |= new
        ahead += new
    return hopeful


def _met(search: Search, state: int, t: int) -> Met:
    """The finding in a state."""
    last = next(u for u, seen in enumerate(search.seen) if seen.get(state, -1) >= 0)
    name = search.space.seats[t].program.name
    told = Found("deadlock", f"can never go on: {name} goes round for ever, whatever the others do")
    return Met(search.first[state], told, state, last, moving=False, endless=True)
