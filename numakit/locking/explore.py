# SPDX-License-Identifier: GPL-2.0-only
"""Search all interleavings of some tasks and tell what was found, with the shortest schedules."""
from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from numakit.errors import ModelError
from numakit.locking.explorer import Met, Search
from numakit.locking.livelock import livelock
from numakit.locking.result import Finding, Order, Result, Turn
from numakit.locking.scene import Scene
from numakit.locking.space import TASKS, WIDTH, Library
from numakit.locking.trace import replay

MAX_STATES = 2_000_000
"""Where a search stops if it is not told otherwise."""
Progress = Callable[[int, int], bool]


@dataclass(frozen=True, slots=True)
class Reductions:
    """What the explorer leaves out because it can't matter. merge: histories at the same line with the same locals are
    one; local_steps: no branching before them; twins: of equal tasks, a state's mirror image is not searched again
    (measured: fewer states, but no time gained)."""

    merge: bool = True
    local_steps: bool = True
    twins: bool = False


USUAL = Reductions()
ALL = Reductions(twins=True)
PLAIN = Reductions(merge=False, local_steps=False, twins=False)


def explore(scene: Scene, *, judged: Collection[str] | None = None, reductions: Reductions = USUAL,
            max_states: int = MAX_STATES, stop: Progress | None = None) -> Result:
    """Search all interleavings of a scene's tasks, each of which may also never start.

    judged: the properties asked for, None for all; what breaks another and would end the path is then no finding but a
    fault of the model, and raises ModelError. stop(states, transitions): asked now and then; true ends the search.
    """
    library = Library(scene.setting, reductions.merge, reductions.local_steps, scene.guard)
    search, why = searched(scene, library, reductions.twins, max_states, stop)
    findings = {name: finding(scene, search, met) for name, met in search.met.items() if _asked(search, met, judged)}
    outcomes = frozenset(search.space.world(cells << WIDTH * TASKS) for cells in search.outcomes)
    return Result(findings, search.states, search.transitions, tuple(scene.tasks), why, outcomes)


def searched(scene: Scene, library: Library, twins: bool = False, max_states: int = MAX_STATES,
             stop: Progress | None = None) -> tuple[Search, str]:
    """A scene's search, run to its end or until it is stopped; and why it was stopped, empty where it was not."""
    search = Search(scene.space(library), scene.at_end, scene.twins if twins else None)
    if search.run(lambda s: s.states > max_states or bool(stop and stop(s.states, s.transitions))):
        livelock(search)
        return search, ""
    return search, "stopped at the bound" if search.states > max_states else "stopped by request"


def _asked(search: Search, met: Met, judged: Collection[str] | None) -> bool:
    """Whether a property was asked for. Raises ModelError where it was not, and its violation ends a path."""
    if judged is None or met.found.name in judged:
        return True
    if met.way and met.way.ends and met.found == met.way.found[-1]:
        seat = search.space.seats[met.task]
        place = seat.program.places[seat.stand(met.state).place]
        raise ModelError(f"{place.line}: {seat.program.name} {met.found.sentence} ({met.found.name})")
    return False


def finding(scene: Scene, search: Search, met: Met) -> Finding:
    """A finding with its schedule, after a plain replay has shown it too. Raises ModelError where that does not."""
    order = order_of(search, met)
    found = next((f for f in replay(scene, order).found_here() if f.name == met.found.name), None)
    if found is None and not met.endless:   # that a task goes round for ever, no replay can show
        raise ModelError(f"the schedule {order} does not lead to {met.found.name} when it is replayed: a task's steps "
                         "depend on more than their answers")
    return Finding(met.found.name, (found or met.found).sentence, order)


def order_of(search: Search, met: Met) -> Order:
    """The schedule that led to a finding, step by step."""
    space, state, task = search.space, met.state, met.task
    runs = [_turns(search, state, task, met.way.how if met.way else "")] if met.moving else []
    while state != space.start:
        before = search.seen[task][state]
        if before < 0:
            task = ~before
            before = search.seen[task][state]
        how = next(way.how for way in space.known(before, task).ways if before + way.delta == state)
        runs.append(_turns(search, before, task, how))
        state = before
    turns = [turn for run in reversed(runs) for turn in run]
    for task in met.extra:
        turns = _lingering(turns, space.seats[task].program.name, space.seats[task].stand(met.state).pending)
    return Order(tuple(turns))


def _turns(search: Search, state: int, task: int, how: str) -> list[Turn]:
    """A move as turns: the local steps that it pays for, and its own."""
    seat = search.space.seats[task]
    return [Turn(seat.program.name, h) for h in (*seat.stand(state).pending, how)]


def _lingering(turns: list[Turn], name: str, pending: tuple[str, ...]) -> list[Turn]:
    """Turns with a task's uncharged local steps right behind its last one."""
    at = max(i for i, turn in enumerate(turns) if turn.task == name) + 1
    return [*turns[:at], *(Turn(name, how) for how in pending), *turns[at:]]
