# SPDX-License-Identifier: GPL-2.0-only
"""Tasks that wait for each other in a circle: none of them can ever go on."""
from __future__ import annotations

from numakit.locking.found import Found
from numakit.locking.space import Space


def waiting_circle(space: Space, state: int, task: int) -> tuple[int, ...]:
    """The circle of waiting tasks that a waiting task is part of or waits for; empty where there is none."""
    chain = [task]
    while (owner := owner_waited_for(space, state, chain[-1])) is not None:
        if owner in chain:
            return tuple(chain[chain.index(owner):])
        chain.append(owner)
    return ()


def owner_waited_for(space: Space, state: int, task: int) -> int | None:
    """Who owns the lock that a task waits for, None where it waits for none."""
    lock = space.known(state, task).waits_for
    return None if lock is None else space.owner(state, lock)


def deadlock(space: Space, state: int, circle: tuple[int, ...]) -> Found:
    """The finding that a circle is, told from its last member."""
    words = []
    for task in reversed(circle):
        owner = owner_waited_for(space, state, task)
        assert owner is not None
        seat = space.seats[task]
        lock = seat.program.places[seat.stand(state).place].step
        words.append(f"{seat.program.name} waits in {lock} for {space.seats[owner].program.name}")
    return Found("deadlock", "can never go on: " + ", ".join(words))
