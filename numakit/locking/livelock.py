# SPDX-License-Identifier: GPL-2.0-only
"""Tasks that run for ever: a state from which a task that began can't come to its end, whoever runs when."""
from __future__ import annotations

from collections import defaultdict

from numakit.locking.circle import waiting_circle
from numakit.locking.explorer import Met, Search
from numakit.locking.found import Found
from numakit.locking.program import Program
from numakit.locking.space import TASKS


def livelock(search: Search) -> None:
    """Add the finding `deadlock` to a search that is complete, where a task can go round for ever and not end.

    Only a task that was seen to come back to a place can: without such a one there is nothing to do. Where tasks come
    to wait in a circle, the search has found that already.
    """
    round_and_round = [t for t in search.tasks if goes_round(search.space.seats[t].program)]
    if not round_and_round:
        return
    before = _before(search)
    for t in round_and_round:
        hopeful = _hopeful(search, before, t)
        doomed = [state for state in search.first
                  if search.space.seats[t].started(state) and search.space.base(state) not in hopeful]
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
    """Each place of all tasks with its world, and its predecessors; those of None are where a path ends or a circle of
    waiting tasks is closed. Local steps not charged yet make no difference here."""
    space, before = search.space, defaultdict[int | None, set[int]](set)
    for state in search.first:
        for t in search.tasks:
            known = space.known(state, t)
            if known.waits_for is not None and waiting_circle(space, state, t):
                before[None].add(space.base(state))
            for way in known.ways:
                before[None if way.ends else _known(search, state + way.delta)].add(space.base(state))
    return before


def _known(search: Search, state: int) -> int:
    """The state, or its mirror image if that was searched instead."""
    image = search.mirror.image(state) if search.mirror and state not in search.first else None
    return search.space.base(state if image is None else image)


def _hopeful(search: Search, before: dict[int | None, set[int]], t: int) -> set[int]:
    """From where task t can end, or the path does."""
    ended = {search.space.base(state) for state in search.first if search.space.seats[t].ended(state)}
    hopeful = ended | before[None]
    ahead = list(hopeful)
    while ahead:
        new = before.get(ahead.pop(), set()) - hopeful
        hopeful |= new
        ahead += new
    return hopeful


def _met(search: Search, state: int, t: int) -> Met:
    """The finding in a state, with the local steps that led there and are not charged yet."""
    rank, last = divmod(search.first[state], TASKS)
    owing = tuple(u for u in search.tasks if search.space.seats[u].stand(state).pending)
    owed = sum(len(search.space.seats[u].stand(state).pending) for u in owing)
    name = search.space.seats[t].program.name
    told = Found("deadlock", f"can never go on: {name} goes round for ever, whatever the others do")
    return Met(rank + owed, told, state, last, moving=False, extra=owing, endless=True)
