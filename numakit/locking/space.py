# SPDX-License-Identifier: GPL-2.0-only
"""A state as one whole number: each task's stand and each cell of the world is a field of it.

A move is remembered by the fields that it touched alone, as a difference to add: the same unlock serves thousands of
states, and other scenes with the same task as well. What a move touches is observed, not declared.
"""
from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass

from numakit.errors import ModelError
from numakit.locking.found import Found
from numakit.locking.guard import TRUSTED, Guard
from numakit.locking.moves import Move, Stand, moves
from numakit.locking.perform import Setting
from numakit.locking.program import Program
from numakit.locking.standing import home_of
from numakit.locking.steps import Task
from numakit.locking.world import World

WIDTH = 20
FIELD = (1 << WIDTH) - 1
TASKS = 8
"""A search has at most so many tasks."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way of a move: what to add to the state; finished: the task ends with it; odd: more is to be said of it
    than where it leads."""

    delta: int
    how: str
    found: tuple[Found, ...]
    ends: bool
    finished: bool
    odd: bool


@dataclass(frozen=True, slots=True)
class Known:
    """What a task can do in a state. cost: its steps; waits_for: the field of the lock that it must wait for; odd: it
    must wait, or the attempt breaks something."""

    ways: tuple[Way, ...]
    cost: int
    waits_for: int | None = None
    found: tuple[Found, ...] = ()
    odd: bool = False


NOTHING = Known((), 1)


class Table:
    """Values numbered in the order met."""

    __slots__ = ("values", "_numbers")

    def __init__(self) -> None:
        self.values: list[Hashable] = []
        self._numbers: dict[Hashable, int] = {}

    def number(self, value: Hashable) -> int:
        """The number of a value, a new one if it has none."""
        number = self._numbers.setdefault((value.__class__, value), len(self.values))
        if number == len(self.values):
            if number > FIELD:
                raise ModelError(f"more than {FIELD:,} values of one kind: the search is too large for this explorer")
            self.values.append(value)
        return number

    def known(self, value: Hashable) -> int | None:
        """The number of a value, None if it has not been met."""
        return self._numbers.get((value.__class__, value))


class Seat:
    """A task in its field of the state: where it has stood, and what it was seen to do. masks: for each stand the
    fields that its moves have touched; moves: by these fields; richer: for each stand those at the same place with
    more steps still to be charged, as (what to add to the state, how many more); owes: whether it has any; base: the
    first stand at the same place."""

    def __init__(self, program: Program, index: int):
        self.program, self.shift = program, WIDTH * index
        self.stands = Table()
        self.masks: list[int] = []
        self.moves: dict[int, Known] = {}
        self.richer: list[list[tuple[int, int]]] = []
        self.owes: list[bool] = []
        self.base: list[int] = []
        self.number(Stand())

    def number(self, stand: Stand) -> int:
        """The number of a stand."""
        number = self.stands.number(stand)
        if number == len(self.masks):
            self.masks.append(FIELD << self.shift)
            self.owes.append(bool(stand.pending))
            self.richer.append([])
            self.base.append(number)
            self._compare(number, stand)
        return number

    def _compare(self, new: int, stand: Stand) -> None:
        for number, other in enumerate(self.stands.values):
            assert isinstance(other, Stand)
            more = len(other.pending) - len(stand.pending)
            if other.place == stand.place:
                self.base[new] = min(self.base[new], number)
            if other.place == stand.place and more:
                poor, rich = (new, number) if more > 0 else (number, new)
                self.richer[poor].append((rich - poor << self.shift, abs(more)))

    def stand(self, state: int) -> Stand:
        """Where the task stands in a state."""
        stand = self.stands.values[state >> self.shift & FIELD]
        assert isinstance(stand, Stand)
        return stand

    def started(self, state: int) -> bool:
        """Whether the task has taken a step."""
        return state >> self.shift & FIELD != 0

    def ended(self, state: int) -> bool:
        """Whether the task has come to its end."""
        return self.program.places[self.stand(state).place].step is None


class Library:
    """What was learned of cells and tasks, for one search or for many with the same setting and cells. guard: what a
    task may do."""

    def __init__(self, setting: Setting, merge: bool = True, local_steps: bool = True, guard: Guard = TRUSTED):
        self.setting, self.merge, self.local_steps, self.guard = setting, merge, local_steps, guard
        self._cells: dict[str, Table] = {}
        self._seats: dict[Hashable, Seat] = {}

    def cell(self, name: str) -> Table:
        """The values that a cell has had."""
        return self._cells.setdefault(name, Table())

    def seat(self, index: int, name: str, make: Callable[[], Task]) -> Seat:
        """The seat of a task; an equal task that was searched before has one already."""
        key = index, name, make
        try:
            if key not in self._seats:
                self._seats[key] = Seat(Program(name, make, self.merge, self.guard), index)
        except TypeError:
            raise ModelError(f"{home_of(make)}: {name} has an argument that is not immutable; a tuple would do"
                             ) from None
        return self._seats[key]

    def fits(self, world: World) -> bool:
        """Whether a world has the cells, in the order, of the worlds before."""
        return not self._cells or list(self._cells) == list(world.unnoted())


class Space:
    """The states of some tasks on a world, as numbers, and what each task can do in each."""

    def __init__(self, library: Library, seats: tuple[Seat, ...], world: World):
        self.library, self.seats = library, seats
        self.cells = {name: library.cell(name) for name in world.unnoted()}
        self.shift = {name: WIDTH * (TASKS + i) for i, name in enumerate(world.unnoted())}
        self._values = {self.shift[name]: table.values for name, table in self.cells.items()}
        self._index: dict[Hashable, int] = {seat.program.name: t for t, seat in enumerate(seats)}
        self.start = sum(self.cells[name].number(value) << self.shift[name]
                         for name, value in world.unnoted().items())

    def known(self, state: int, t: int) -> Known:
        """What task t can do in a state: nothing where it has ended."""
        seat = self.seats[t]
        known = seat.moves.get(state & seat.masks[state >> seat.shift & FIELD])
        return self._explored(state, seat) if known is None else known

    def owner(self, state: int, lock: int) -> int:
        """Which task owns the lock in a field."""
        owner = self._values[lock][state >> lock & FIELD]
        if owner not in self._index:
            name = next(name for name, shift in self.shift.items() if shift == lock)
            raise ModelError(f"{name} is owned by {owner!r}, who is none of the tasks; None would do to begin with")
        return self._index[owner]

    def base(self, state: int) -> int:
        """The state with the first stand at each task's place: what can come of both is the same."""
        return state + sum(seat.base[number] - number << seat.shift for seat in self.seats
                           for number in [state >> seat.shift & FIELD])

    def world(self, state: int) -> World:
        """The world of a state."""
        return World(**{name: table.values[state >> self.shift[name] & FIELD] for name, table in self.cells.items()})

    def _explored(self, state: int, seat: Seat) -> Known:
        world, here = self.world(state).watched(), seat.stand(state)
        number = state >> seat.shift & FIELD
        if seat.program.places[here.place].step is None:
            known = seat.moves[number << seat.shift] = NOTHING
            return known
        told = moves(seat.program, here, world, self.library.setting, self.library.local_steps)
        ways = tuple(self._way(world, seat, number, move) for move in told.ways)
        waits = None if told.waits_for is None else self.shift[told.waits_for]
        odd = waits is not None or bool(told.found)
        known = Known(ways, len(here.pending) + 1, waits, told.found, odd)
        for name in world.touched:
            seat.masks[number] |= FIELD << self.shift[name]
        seat.moves[state & seat.masks[number]] = known
        return known

    def _way(self, before: World, seat: Seat, stand: int, move: Move) -> Way:
        delta = seat.number(move.stand) - stand << seat.shift
        for name, table in self.cells.items():
            old, new = before.unnoted()[name], move.world.unnoted()[name]
            if new is not old:
                delta += table.number(new) - table.number(old) << self.shift[name]
        finished = not move.ends and seat.program.places[move.stand.place].step is None
        odd = bool(move.found) or move.ends or finished
        return Way(delta, move.how, move.found, move.ends, finished, odd)
