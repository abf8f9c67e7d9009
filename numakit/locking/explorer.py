# SPDX-License-Identifier: GPL-2.0-only
"""Every interleaving of some tasks, in the order of context switches, then of steps; docs/explorer.md tells how.

A node of the search is a state and the task that ran last. Going on with that task costs nothing, another one costs a
switch; so nodes are settled layer by layer (switches), and in each layer by steps. The first way to a violation that
is met is then the shortest.
"""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from numakit.locking.circle import deadlock, waiting_circle
from numakit.locking.found import Found
from numakit.locking.mirror import Mirror
from numakit.locking.perform import Judge, Setting
from numakit.locking.program import Program
from numakit.locking.space import TASKS, WIDTH, Space, Way
from numakit.locking.world import World

LOOK_UP = 8192
"""After so many moves the search asks whether it should stop."""
STEPS = 32
"""A rank is one number: switches above this many bits, steps below."""
OTHERS = -1


@dataclass(frozen=True, slots=True)
class Reductions:
    """What the explorer leaves out because it can't matter. merge: histories at the same line with the same locals are
    one; local_steps: no branching before them; twins: two equal tasks, the mirror image of a known state is known."""

    merge: bool = True
    local_steps: bool = True
    twins: tuple[str, str] | None = None


ALL = Reductions()
PLAIN = Reductions(merge=False, local_steps=False)


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


class Search:
    """One search through all states of some tasks; `run` goes through them and can be stopped and run on."""

    def __init__(self, programs: Sequence[Program], world: World, setting: Setting, reductions: Reductions,
                 at_end: Judge | None = None):
        self.space = Space(tuple(programs), world, setting, reductions.local_steps)
        self.mirror = Mirror(self.space, *reductions.twins) if reductions.twins else None
        self.met: dict[str, Met] = {}
        self.first: set[int] = set()
        self.last: dict[int, int] = {}                   # a state and who moves from it -> who had moved before
        self.came: dict[int, tuple[int, int]] = {}       # a state and who moved into it -> rank, state before
        self.outcomes: dict[int, tuple[Found, ...]] = {}
        self.transitions = self.switches = 0
        self._at_end = at_end
        self._now = {0: [(self.space.start, t, t) for t in range(len(programs))]}
        self._later: dict[int, list[tuple[int, int, int]]] = {}

    @property
    def states(self) -> int:
        """How many states were met so far."""
        return len(self.first)

    def run(self, stop: Callable[[Search], bool] | None = None) -> bool:
        """Search on to the end, or until stop(self) is true, asked now and then; whether the end was reached."""
        asked = 0
        while self._now or self._later:
            if not self._now:
                self._now, self._later, self.switches = self._later, {}, self.switches + 1
            steps = min(self._now)
            items = self._now.pop(steps)
            while items:
                self._settle(*items.pop(), steps)
                if stop and len(self.last) > asked + LOOK_UP:
                    asked = len(self.last)
                    if stop(self):
                        self._now[steps] = items
                        return False
        return True

    def _settle(self, state: int, task: int, last: int, steps: int) -> None:
        """Go on from a state: with a task, or with all but the one that moved last."""
        if task != OTHERS:
            if state not in self.first and not (self.mirror and self.mirror.image(state) in self.first):
                self.first.add(state)
                if state != self.space.start:
                    self._later.setdefault(steps, []).append((state, OTHERS, task))
            self._move(state, task, last, steps)
            return
        for other in range(len(self.space.programs)):
            if other != last:
                self._move(state, other, last, steps)

    def _move(self, state: int, task: int, last: int, steps: int) -> None:
        pair = state * TASKS + task
        if pair in self.last:
            return
        self.last[pair] = last
        known = self.space.known(state, task)
        rank = (self.switches << STEPS) + steps + known.cost
        for found in known.found:
            self._meet(Met(rank, found, state, task))
        if known.waits_for is not None and last == task:
            self._blocked(state, task, rank - known.cost)
        for way in known.ways:
            self._follow(state, task, way, rank, steps + known.cost)

    def _follow(self, state: int, task: int, way: Way, rank: int, steps: int) -> None:
        self.transitions += 1
        for found in way.found:
            self._meet(Met(rank, found, state, task, way=way))
        if way.ends:
            return
        after = state + way.delta
        pair = after * TASKS + task
        came = self.came.get(pair)
        if came is not None and came[0] <= rank or self.mirror and self._mirrored(after, task, rank):
            return
        self.came[pair] = rank, state
        if way.finished:
            self._finished(after, task, rank)
        if steps in self._now:
            self._now[steps].append((after, task, task))
        else:
            self._now[steps] = [(after, task, task)]

    def _mirrored(self, state: int, task: int, rank: int) -> bool:
        """Whether the mirror image of a node was met at no higher rank."""
        assert self.mirror is not None
        image = self.mirror.image(state)
        came = None if image is None else self.came.get(image * TASKS + self.mirror.tasks[task])
        return came is not None and came[0] <= rank

    def _meet(self, met: Met) -> None:
        best = self.met.get(met.found.name)
        if best is None or met.rank < best.rank:
            self.met[met.found.name] = met

    def _blocked(self, state: int, task: int, rank: int) -> None:
        """Look whether a task that must wait closes a circle of such."""
        circle = waiting_circle(self.space, state, task)
        if circle:
            pending = sum(len(self.space.stand(state, t).pending) for t in circle)
            found = deadlock(self.space, state, circle)
            self._meet(Met(rank + pending, found, state, task, moving=False, extra=circle))

    def _finished(self, state: int, task: int, rank: int) -> None:
        """Judge a state in which all tasks that began have ended."""
        space = self.space
        if any(space.started(state, t) and not space.ended(state, t) for t in range(len(space.programs))):
            return
        cells = state >> WIDTH * len(space.programs)
        if cells not in self.outcomes:
            self.outcomes[cells] = self._at_end(space.world(state)) if self._at_end else ()
        for found in self.outcomes[cells]:
            self._meet(Met(rank, found, state, task, moving=False))
