# SPDX-License-Identifier: GPL-2.0-only
"""A state as one whole number: each cell of the world and each task's stand is a field of it.

A move is remembered by the fields that it touched alone, as a difference to add: the same unlock serves thousands of
states. What a move touches is observed, not declared.
"""
from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from numakit.errors import ModelError
from numakit.locking.found import Found
from numakit.locking.moves import Move, Stand, moves
from numakit.locking.perform import Setting
from numakit.locking.program import Program
from numakit.locking.world import World

WIDTH = 20
FIELD = (1 << WIDTH) - 1
TASKS = 8
"""A search has at most so many tasks."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way of a move: what to add to the state; finished: the task ends with it."""

    delta: int
    how: str
    found: tuple[Found, ...]
    ends: bool
    finished: bool


@dataclass(frozen=True, slots=True)
class Known:
    """What a task can do in a state. cost: its steps; waits_for: the field of the lock that it must wait for."""

    ways: tuple[Way, ...]
    cost: int
    waits_for: int | None
    found: tuple[Found, ...]


NOTHING = Known((), 1, None, ())


class Table:
    """Values numbered in the order met."""

    __slots__ = ("values", "_numbers")

    def __init__(self) -> None:
        self.values: list[Hashable] = []
        self._numbers: dict[Hashable, int] = {}

    def number(self, value: Hashable) -> int:
        """The number of a value, a new one if it has none."""
        number = self._numbers.setdefault(value, len(self.values))
        if number == len(self.values):
            if number > FIELD:
                raise ModelError(f"more than {FIELD:,} values of one kind: the search is too large for this explorer")
            self.values.append(value)
        return number

    def known(self, value: Hashable) -> int | None:
        """The number of a value, None if it has not been met."""
        return self._numbers.get(value)


class Space:
    """The states of some tasks on a world, as numbers, and what each task can do in each."""

    def __init__(self, programs: tuple[Program, ...], world: World, setting: Setting, local_steps: bool):
        self.programs, self.setting, self.local_steps = programs, setting, local_steps
        self.names = tuple(world.cells)
        self.tables = [Table() for _ in (*programs, *self.names)]
        self.shift = {name: WIDTH * (len(programs) + i) for i, name in enumerate(self.names)}
        self.start = sum(self.tables[len(programs) + i].number(value) << self.shift[name]
                         for i, (name, value) in enumerate(world.cells.items()))
        for t in range(len(programs)):
            self.tables[t].number(Stand())
        self._masks: list[list[int]] = [[] for _ in programs]
        self._known: list[dict[int, Known]] = [{} for _ in programs]

    def known(self, state: int, t: int) -> Known:
        """What task t can do in a state: nothing where it has ended."""
        stand, masks = state >> WIDTH * t & FIELD, self._masks[t]
        while len(masks) <= stand:
            masks.append(FIELD << WIDTH * t)
        known = self._known[t].get(state & masks[stand])
        return known or self._explored(state, t, stand)

    def values_at(self, shift: int) -> list[Hashable]:
        """The values of the field at a shift, by number."""
        return self.tables[shift // WIDTH].values

    def stand(self, state: int, t: int) -> Stand:
        """Where task t stands."""
        stand = self.tables[t].values[state >> WIDTH * t & FIELD]
        assert isinstance(stand, Stand)
        return stand

    def started(self, state: int, t: int) -> bool:
        """Whether task t has taken a step."""
        return state >> WIDTH * t & FIELD != 0

    def ended(self, state: int, t: int) -> bool:
        """Whether task t has come to its end."""
        return self.programs[t].places[self.stand(state, t).place].step is None

    def world(self, state: int) -> World:
        """The world of a state."""
        first = len(self.programs)
        return World(**{name: self.tables[first + i].values[state >> self.shift[name] & FIELD]
                        for i, name in enumerate(self.names)})

    def _explored(self, state: int, t: int, stand: int) -> Known:
        world = self.world(state).watched()
        here = self.stand(state, t)
        if self.programs[t].places[here.place].step is None:
            known = self._known[t][stand << WIDTH * t] = NOTHING
            return known
        told = moves(self.programs[t], here, world, self.setting, self.local_steps)
        ways = tuple(self._way(world, t, stand, move) for move in told.ways)
        waits = None if told.waits_for is None else self.shift[told.waits_for]
        known = Known(ways, len(here.pending) + 1, waits, told.found)
        for name in world.touched:
            self._masks[t][stand] |= FIELD << self.shift[name]
        self._known[t][state & self._masks[t][stand]] = known
        return known

    def _way(self, before: World, t: int, stand: int, move: Move) -> Way:
        delta = self.tables[t].number(move.stand) - stand << WIDTH * t
        first = len(self.programs)
        for i, name in enumerate(self.names):
            old, new = before.cells[name], move.world.cells[name]
            if new is not old:
                table = self.tables[first + i]
                delta += table.number(new) - table.number(old) << self.shift[name]
        finished = not move.ends and self.programs[t].places[move.stand.place].step is None
        return Way(delta, move.how, move.found, move.ends, finished)
