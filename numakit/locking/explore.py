# SPDX-License-Identifier: GPL-2.0-only
"""Search all interleavings of some tasks and tell what was found, with the shortest schedules."""
from __future__ import annotations

from collections.abc import Callable, Collection

from numakit.errors import ModelError
from numakit.locking.explorer import ALL, Met, Reductions, Search
from numakit.locking.livelock import livelock
from numakit.locking.result import Finding, Order, Result, Turn
from numakit.locking.scene import Scene
from numakit.locking.space import TASKS, WIDTH
from numakit.locking.trace import replay

MAX_STATES = 2_000_000
"""Where a search stops if it is not told otherwise: some 1 GB."""
Progress = Callable[[int, int], bool]


def explore(scene: Scene, *, judged: Collection[str] | None = None, reductions: Reductions = ALL,
            max_states: int = MAX_STATES, stop: Progress | None = None) -> Result:
    """Search all interleavings of a scene's tasks, each of which may also never start.

    judged: the properties asked for, None for all; what breaks another and would end the path is then no finding but a
    fault of the model, and raises ModelError. stop(states, transitions): asked now and then; true ends the search.
    """
    search = Search(scene.programs(reductions.merge), scene.world, scene.setting, reductions, scene.at_end)
    ended = search.run(lambda s: s.states > max_states or bool(stop and stop(s.states, s.transitions)))
    if ended:
        livelock(search)
    why = "" if ended else "stopped at the bound" if search.states > max_states else "stopped by request"
    findings = {name: _finding(search, scene, met) for name, met in search.met.items() if _asked(search, met, judged)}
    first = len(search.space.programs)
    outcomes = frozenset(search.space.world(cells << WIDTH * first) for cells in search.outcomes)
    return Result(findings, search.states, search.transitions, tuple(scene.tasks), why, outcomes)


def _asked(search: Search, met: Met, judged: Collection[str] | None) -> bool:
    """Whether a property was asked for. Raises ModelError where it was not, and its violation ends a path."""
    if judged is None or met.found.name in judged:
        return True
    if met.way and met.way.ends:
        program = search.space.programs[met.task]
        place = program.places[search.space.stand(met.state, met.task).place]
        raise ModelError(f"{place.line}: {program.name} {met.found.sentence} ({met.found.name})")
    return False


def _finding(search: Search, scene: Scene, met: Met) -> Finding:
    """A finding with its schedule, which a plain replay has confirmed."""
    order = order_of(search, met)
    trace = replay(scene, order)
    told = next((f for f in trace.found_here() if f.name == met.found.name), met.found if met.endless else None)
    if told is None:
        raise ModelError(f"the schedule {order} does not lead to {met.found.name} when it is replayed: a task's "
                         "steps depend on more than their answers")
    return Finding(told.name, told.sentence, order)


def order_of(search: Search, met: Met) -> Order:
    """The schedule that led to a finding, step by step."""
    space, state, last = search.space, met.state, met.task
    runs: list[list[Turn]] = []
    if met.moving:
        runs.append(_turns(search, state, last, met.way.how if met.way else ""))
        last = search.last[state * TASKS + last]
    while state != space.start:
        before = search.came[state * TASKS + last][1]
        how = next(way.how for way in space.known(before, last).ways if before + way.delta == state)
        runs.append(_turns(search, before, last, how))
        state, last = before, search.last[before * TASKS + last]
    turns = [turn for run in reversed(runs) for turn in run]
    for task in met.extra:
        turns = _lingering(turns, space.programs[task].name, space.stand(met.state, task).pending)
    return Order(tuple(turns))


def _turns(search: Search, state: int, task: int, how: str) -> list[Turn]:
    """A move as turns: the local steps that it pays for, and its own."""
    name = search.space.programs[task].name
    return [Turn(name, h) for h in (*search.space.stand(state, task).pending, how)]


def _lingering(turns: list[Turn], name: str, pending: tuple[str, ...]) -> list[Turn]:
    """Turns with a task's uncharged local steps right behind its last one."""
    at = max(i for i, turn in enumerate(turns) if turn.task == name) + 1
    return [*turns[:at], *(Turn(name, how) for how in pending), *turns[at:]]
