# SPDX-License-Identifier: GPL-2.0-only
"""What a search has learned of its tasks, as a model for another tool: the same states, reached by the same moves.

A state is a few small numbers: for each task the place where it stands, for each cell of the world which of its values
it has. A way of a task's move is an option: a guard on the numbers that the move touches, and what it sets some of them
to. A move that must wait, or that ends its path, has none. Such a model says nothing of what is right.
"""
from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from numakit.locking.explorer import Search
from numakit.locking.space import FIELD, Seat

Numbers = dict[str, int]
"""A number for each of some tasks and cells, by their names."""


@dataclass(frozen=True, slots=True)
class Option:
    """One way of a task's move. guard: the numbers at which it can be taken, the task's own among them; sets: those
    that it changes."""

    task: str
    guard: Numbers
    sets: Numbers


@dataclass(frozen=True, slots=True)
class Model:
    """The states of some tasks. steps: for each task what it does at each of its places; first: the numbers at the
    start; most: the greatest that each comes to, cells that never change left out; states: how many there are."""

    steps: dict[str, tuple[str, ...]]
    first: Numbers
    most: Numbers
    options: tuple[Option, ...]
    states: int

    @property
    def cells(self) -> tuple[str, ...]:
        """The cells that change."""
        return tuple(name for name in self.most if name not in self.steps)

    def of(self, task: str) -> list[Option]:
        """A task's options."""
        return [option for option in self.options if option.task == task]


def model_of(search: Search) -> Model:
    """The model of a complete search."""
    learned, reader = moves_learned(search), Reader(search)
    first, states = reader.numbers(search.space.start), set(map(reader.values, search.first))
    most = dict(zip(first, map(max, zip(*states, strict=True)), strict=True))
    most = {name: greatest for name, greatest in most.items() if greatest or name in reader.steps}
    options = tuple(option for (task, _, _), state in sorted(learned.items())
                    for option in reader.options(state, task, most))
    return Model(reader.steps, {name: first[name] for name in most}, most, options, len(states))


def moves_learned(search: Search) -> dict[tuple[int, int, int], int]:
    """For each task, each of its places, and what the fields that it touches there may be, a state which has them.

    Which fields these are is learned on the way; so all is asked again until nothing more is learned.
    """
    seats, before = search.space.seats, None
    while before != (touched := touched_by(search)):
        before, found = touched, {}
        for state in search.first:
            for task, seat in enumerate(seats):
                search.space.known(state, task)
                place = seat.stand(state).place
                found[task, place, state & touched[task, place]] = state
    return found


def touched_by(search: Search) -> dict[tuple[int, int], int]:
    """For each task and each of its places the fields of the cells that its moves were seen to touch."""
    touched: dict[tuple[int, int], int] = defaultdict(int)
    for task, seat in enumerate(search.space.seats):
        for stand, mask in enumerate(seat.masks):
            touched[task, place_of(seat, stand)] |= mask & ~(FIELD << seat.shift)
    return touched


def place_of(seat: Seat, stand: int) -> int:
    """The place of a stand. A stand also says what the task has still to pay for, which bears on no move."""
    return seat.stand(stand << seat.shift).place


class Reader:
    """Reads the states of a search, which are whole numbers with a field for each task and each cell."""

    def __init__(self, search: Search):
        self._space, self._touched = search.space, touched_by(search)
        self._cells = {re.sub(r"\W+", "_", name): shift for name, shift in search.space.shift.items()}
        self._stands: list[list[int]] = []
        self.steps: dict[str, tuple[str, ...]] = {}
        for seat in search.space.seats:
            places = [place_of(seat, stand) for stand in range(len(seat.masks))]
            in_order = sorted(set(places))
            self._stands.append([in_order.index(place) for place in places])
            self.steps[seat.program.name] = tuple(str(seat.program.places[place].step or "ended") for place in in_order)

    def numbers(self, state: int) -> Numbers:
        """A state as numbers; a task's places are counted from 0, in the order in which they were met."""
        shifts = (seat.shift for seat in self._space.seats)
        tasks = {task: stands[state >> shift & FIELD]
                 for task, stands, shift in zip(self.steps, self._stands, shifts, strict=True)}
        return tasks | {cell: state >> shift & FIELD for cell, shift in self._cells.items()}

    def values(self, state: int) -> tuple[int, ...]:
        """A state's numbers alone."""
        return tuple(self.numbers(state).values())

    def options(self, state: int, task: int, changing: Numbers) -> Iterator[Option]:
        """The ways of a task's move in a state: each once, also where the move may go that way for several reasons."""
        seat, now = self._space.seats[task], self.numbers(state)
        touched, me = self._touched[task, seat.stand(state).place], seat.program.name
        guard = {name: now[name] for name in changing if name == me or touched >> self._cells.get(name, 0) & FIELD}
        told: list[Numbers] = []
        for way in self._space.known(state, task).ways:
            after = self.numbers(state + way.delta)
            sets = {name: after[name] for name in guard if after[name] != now[name]}
            if not way.ends and sets not in told:
                told.append(sets)
                yield Option(me, guard, sets)
