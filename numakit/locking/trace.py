# SPDX-License-Identifier: GPL-2.0-only
"""A schedule played step by step, without any reduction: what each task did, which locks it held, what broke."""
from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from numakit.errors import BadSchedule
from numakit.locking.found import Found
from numakit.locking.moves import Move, Moves, Stand, moves
from numakit.locking.program import Place, Program
from numakit.locking.result import Order, Turn
from numakit.locking.standing import At
from numakit.locking.steps import Step
from numakit.locking.world import World

if TYPE_CHECKING:
    from numakit.locking.scene import Scene


@dataclass(frozen=True, slots=True)
class Row:
    """One step of a schedule. waits: it could not be taken, the lock is another's; answer: what the task was told;
    held: the locks that the task holds after it; stack: where in the source the step stands, the innermost last."""

    turn: Turn
    step: Step
    stack: tuple[At, ...]
    world: World
    held: tuple[str, ...]
    answer: object = None
    waits: bool = False
    found: tuple[Found, ...] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """A schedule as played so far: a value; `then` gives the one after another step."""

    scene: Scene
    programs: tuple[Program, ...]
    world: World
    stands: tuple[int, ...]
    rows: tuple[Row, ...] = ()
    over: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The tasks."""
        return tuple(program.name for program in self.programs)

    @property
    def order(self) -> Order:
        """The schedule that leads here."""
        return Order(tuple(row.turn for row in self.rows))

    def place(self, name: str) -> Place:
        """Where a task stands."""
        t = self._index(name)
        return self.programs[t].places[self.stands[t]]

    def started(self, name: str) -> bool:
        """Whether a task has begun."""
        return self.stands[self._index(name)] != 0

    def ended(self, name: str) -> bool:
        """Whether a task has come to its end."""
        return self.place(name).step is None

    def next_moves(self, name: str) -> Moves:
        """What a task can do next; nothing where it has ended."""
        t = self._index(name)
        if self.ended(name):
            return Moves(self.stands[t], ())
        return moves(self.programs[t], Stand(self.stands[t]), self.world, self.scene.setting, local_steps=False)

    def can_move(self, name: str) -> bool:
        """Whether a task can take a step now."""
        return not self.over and bool(self.next_moves(name).ways)

    def then(self, turn: Turn) -> Trace:
        """The trace after one more step. Raises BadSchedule for a step that nobody can try."""
        t = self._index(turn.task)
        if self.over or self.ended(turn.task):
            what = "the path is over" if self.over else f"{turn.task} has ended"
            raise BadSchedule(f"step {len(self.rows) + 1} of the schedule is {turn.task}'s, but {what}")
        told = self.next_moves(turn.task)
        place = self.programs[t].places[told.place]
        assert place.step is not None
        if not told.ways and turn.how:
            raise BadSchedule(f"step {len(self.rows) + 1}, of {turn.task}, must wait: it can't go {turn.how!r}")
        if not told.ways:
            row = Row(turn, place.step, place.stack, self.world, _names(place), waits=True, found=told.found)
            return replace(self, rows=(*self.rows, row))
        way = self._way(told, turn)
        stands = (*self.stands[:t], way.stand.place, *self.stands[t + 1:])
        after = self.programs[t].places[way.stand.place]
        row = Row(turn, place.step, place.stack, way.world, _names(after), way.answer, found=way.found)
        return replace(self, world=way.world, stands=stands, rows=(*self.rows, row), over=way.ends)

    def found_here(self) -> tuple[Found, ...]:
        """What is broken by the last step, or in the state that it led to."""
        found = self.rows[-1].found if self.rows else ()
        if self.over:
            return found
        return found + self._at_end() + self._deadlock()

    def _index(self, name: str) -> int:
        if name not in self.names:
            raise BadSchedule(f"there is no task {name!r}; there are {', '.join(self.names)}")
        return self.names.index(name)

    def _way(self, told: Moves, turn: Turn) -> Move:
        for way in told.ways:
            if way.how == turn.how:
                return way
        known = ", ".join(repr(way.how) for way in told.ways)
        raise BadSchedule(f"step {len(self.rows) + 1}, of {turn.task}, can't go {turn.how!r}; {known} would do")

    def _at_end(self) -> tuple[Found, ...]:
        begun = [name for name in self.names if self.started(name)]
        if self.scene.at_end is None or not begun or not all(map(self.ended, begun)):
            return ()
        return self.scene.at_end(self.world)

    def _deadlock(self) -> tuple[Found, ...]:
        waits = {name: lock for name in self.names if self.started(name)
                 if (lock := self.next_moves(name).waits_for) is not None}
        for name in waits:
            chain = [name]
            while chain[-1] in waits and (owner := str(self.world.cells[waits[chain[-1]]])) not in chain:
                chain.append(owner)
            if chain[-1] in waits:
                words = [f"{one} waits for {waits[one]}, which {self.world.cells[waits[one]]} holds" for one in chain]
                return (Found("deadlock", "can never go on: " + ", ".join(words)),)
        return ()


def _names(place: Place) -> tuple[str, ...]:
    return tuple(lock.name for lock in place.held)


def begin(scene: Scene) -> Trace:
    """The trace of no step yet."""
    programs = scene.programs()
    return Trace(scene, programs, scene.world, (0,) * len(programs))


def replay(scene: Scene, order: Order) -> Trace:
    """The trace of a whole schedule. Raises BadSchedule for a step that nobody can try."""
    trace = begin(scene)
    for turn in order.turns:
        trace = trace.then(turn)
    return trace
