# SPDX-License-Identifier: GPL-2.0-only
"""Tasks that wait for each other in a circle: none of them can ever go on."""
from __future__ import annotations

from numakit.locking.found import Found
from numakit.locking.space import FIELD, Space


def waiting_circle(space: Space, state: int, task: int) -> tuple[int, ...]:
    """The circle of waiting tasks that a waiting task is part of or waits for; empty where there is none."""
    chain = [task]
    while True:
        owner = owner_waited_for(space, state, chain[-1])
        if owner is None:
            return ()
        if owner in chain:
            return tuple(chain[chain.index(owner):])
        chain.append(owner)


def owner_waited_for(space: Space, state: int, task: int) -> int | None:
    """Who owns the lock that a task waits for, None where it waits for none."""
    lock = space.known(state, task).waits_for
    if lock is None:
        return None
    owner = space.values_at(lock)[state >> lock & FIELD]
    return next(t for t, program in enumerate(space.programs) if program.name == owner)


def deadlock(space: Space, state: int, circle: tuple[int, ...]) -> Found:
    """The finding that a circle is, told from its last member."""
    words = []
    for task in reversed(circle):
        owner = owner_waited_for(space, state, task)
        assert owner is not None
        lock = space.programs[task].places[space.stand(state, task).place].step
        words.append(f"{space.programs[task].name} waits in {lock} for {space.programs[owner].name}")
    return Found("deadlock", "can never go on: " + ", ".join(words))
