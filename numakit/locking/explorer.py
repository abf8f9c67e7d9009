# SPDX-License-Identifier: GPL-2.0-only
"""Every interleaving of some tasks, in the order of context switches, then of steps; docs/explorer.md tells how.

A node of the search is a state and the task that ran last. Going on with that task costs nothing, another one costs a
switch; so nodes are settled layer by layer (switches), and in each layer by steps. The first way to a violation that
is met is then the shortest.
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from numakit.errors import ModelError
from numakit.locking.circle import deadlock, waiting_circle
from numakit.locking.found import Found, PathEnds
from numakit.locking.mirror import Mirror
from numakit.locking.perform import Judge
from numakit.locking.space import FIELD, TASKS, WIDTH, Known, Space, Way
from numakit.locking.world import World

LOOK_UP = 2048
"""After so many moves the search asks whether it should stop."""
STEPS = 32
"""A rank is one number: switches above this many bits, steps below."""
OTHERS = -1
Node = tuple[int, int, int, int]
"""A state, the task that is to move from it, the one that moved last, and the state before (see Search.seen)."""
Buckets = dict[int, list[Node]]
"""Nodes by their steps."""


@dataclass(frozen=True, slots=True)
class Met:
    """Where a property was first violated. task: who moved last; moving: by a step from `state`, else in it; extra:
    tasks whose local steps, not yet charged, belong to it; endless: no task waits, but one goes round for ever."""

    rank: int
    found: Found
    state: int
    task: int
    moving: bool = True
    way: Way | None = None
    extra: tuple[int, ...] = ()
    endless: bool = False

    @property
    def switches_and_steps(self) -> tuple[int, int]:
        """The rank, told apart."""
        return self.rank >> STEPS, self.rank & (1 << STEPS) - 1


class Search:
    """One search through all states of some tasks; `run` goes through them and can be stopped and run on.

    seen: for each task the states from which it has moved; the value is the state before, where the same task had
    moved last, else ~t for the task t that had. first: the states met, each with its least
    rank, times TASKS, and who moved into it at that rank.
    """

    def __init__(self, space: Space, at_end: Judge | None = None, twins: tuple[str, str] | None = None):
        self.space, self.tasks = space, range(len(space.seats))
        self.mirror = Mirror(space, *twins) if twins else None
        self.met: dict[str, Met] = {}
        self.first: dict[int, int] = {}
        self.seen: list[dict[int, int]] = [{} for _ in self.tasks]
        self.outcomes: dict[int, tuple[Found, ...]] = {}
        self.transitions = self.switches = 0
        self._at_end = at_end
        self._charged: dict[int, int] = {}               # state and task that moves, if it owes steps -> rank
        self._now: Buckets = {0: [(space.start, t, t, space.start) for t in self.tasks]}
        self._later: Buckets = {}

    @property
    def states(self) -> int:
        """How many states were met so far."""
        return len(self.first)

    def run(self, stop: Callable[[Search], bool] | None = None) -> bool:
        """Search on to the end, or until stop(self) is true, asked now and then; whether the end was reached."""
        asked = self.transitions
        while self._now or self._later:
            if not self._now:
                self._now, self._later, self.switches = self._later, {}, self.switches + 1
            self._bucket(steps := min(self._now), self._now.pop(steps))
            if stop and self.transitions > asked + LOOK_UP:
                asked = self.transitions
                if stop(self):
                    return False
        return True

    def _bucket(self, steps: int, bucket: list[Node]) -> None:
        """Settle the nodes that so many steps lead to; what they lead to goes into the buckets of more steps.

        The explorer's whole time is spent here, so that this function is longer than others, and calls less.
        """
        seen, first, known_to = self.seen, self.first, self.space.known
        seats, rank = self.space.seats, (self.switches << STEPS) + steps
        others = [[t for t in self.tasks if t != last] for last in self.tasks]
        now, later = self._now, []
        for state, task, last, before in bucket:
            if task == OTHERS:
                bucket += [(state, t, last, ~last) for t in others[last] if state not in seen[t]]
                continue
            if state in seen[task]:
                continue
            seat, stand = seats[task], state >> WIDTH * task & FIELD
            if before >= 0 and (self.mirror or seat.richer[stand]) and self._needless(state, task, steps, stand):
                continue
            if seat.owes[stand]:
                self._charged[state * TASKS + task] = rank
            seen[task][state] = before
            if state not in first:
                first[state] = rank * TASKS + task
                later.append((state, OTHERS, task, before))
            known = seat.moves.get(state & seat.masks[stand]) or known_to(state, task)
            if known.odd:
                self._attempted(state, task, last, steps, known)
            self.transitions += len(known.ways)
            cost = steps + known.cost
            ahead = now[cost] if cost in now else now.setdefault(cost, [])
            for way in known.ways:
                if not (way.odd and self._odd(state, task, cost, way)):
                    ahead.append((state + way.delta, task, task, state))
        if later:
            self._later.setdefault(steps, []).extend(later)

    def _needless(self, state: int, task: int, steps: int, stand: int) -> bool:
        """Whether nothing new can come of a node: its mirror image is settled, or the same but for local steps of the
        task not charged yet, and so much earlier that even with them it is no dearer."""
        if self.mirror and self._mirrored(state, task):
            return True
        rank = (self.switches << STEPS) + steps
        for delta, more in self.space.seats[task].richer[stand]:
            charged = self._charged.get((state + delta) * TASKS + task)
            if charged is not None and max(charged, self.first[state + delta] // TASKS) + more <= rank:
                return True
        return False

    def _mirrored(self, state: int, task: int) -> bool:
        """Whether the mirror image of a node was settled."""
        assert self.mirror is not None
        image = self.mirror.image(state)
        return image is not None and image in self.seen[self.mirror.tasks[task]]

    def _attempted(self, state: int, task: int, last: int, steps: int, known: Known) -> None:
        """Note what a task's attempt breaks, and whether its waiting closes a circle."""
        rank = (self.switches << STEPS) + steps
        for found in known.found:
            self._meet(Met(rank + known.cost, found, state, task))
        if known.waits_for is not None and last == task:
            self._blocked(state, task, rank)

    def _odd(self, state: int, task: int, steps: int, way: Way) -> bool:
        """Note what a move breaks, and judge where it ends a task; whether the path ends with it."""
        rank = (self.switches << STEPS) + steps
        for found in way.found:
            self._meet(Met(rank, found, state, task, way=way))
        if way.finished:
            self._finished(state, task, rank, way)
        return way.ends

    def _meet(self, met: Met) -> None:
        best = self.met.get(met.found.name)
        if best is None or met.rank < best.rank:
            self.met[met.found.name] = met

    def _blocked(self, state: int, task: int, rank: int) -> None:
        """Look whether a task that must wait closes a circle of such."""
        circle = waiting_circle(self.space, state, task)
        if circle:
            pending = sum(len(self.space.seats[t].stand(state).pending) for t in circle)
            found = deadlock(self.space, state, circle)
            self._meet(Met(rank + pending, found, state, task, moving=False, extra=circle))

    def _finished(self, before: int, task: int, rank: int, way: Way) -> None:
        """Judge a state in which all tasks that began have ended."""
        space, state = self.space, before + way.delta
        if any(seat.started(state) and not seat.ended(state) for seat in space.seats):
            return
        cells = state >> WIDTH * TASKS
        if cells not in self.outcomes:
            self.outcomes[cells] = self._judged(space.world(state))
        for found in self.outcomes[cells]:
            self._meet(Met(rank, found, before, task, way=way))

    def _judged(self, world: World) -> tuple[Found, ...]:
        try:
            return self._at_end(world) if self._at_end else ()
        except PathEnds as error:
            raise ModelError(f"what judges the end fails: it {error.found.sentence}; it may only read what is there"
                             ) from error
