# SPDX-License-Identifier: GPL-2.0-only
"""What a search has learned of its tasks, as a model for SPIN: with the same states, in Promela, SPIN's language.

A state is a few small numbers: for each task the place where it stands, for each cell of the world which of its values
it has. A task's move is an option: a guard on the numbers that the move touches, and what it sets some of them to. A
move that must wait, or that ends its path, has none. Such a model says nothing of what is right: SPIN goes through all
its states, no more.
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
    """All that SPIN is told. first: the numbers at the start; most: the greatest that each comes to, cells that never
    change left out; steps: what each task does at each of its places; states: how many there are."""

    tasks: tuple[str, ...]
    first: Numbers
    most: Numbers
    options: tuple[Option, ...]
    steps: dict[str, tuple[str, ...]]
    states: int


class Reader:
    """Reads the states of a complete search, which are whole numbers with a field for each task and each cell.

    Steps that a task still has to pay for are no part of what it can do, so that SPIN need not know them: a state is
    read without them.
    """

    def __init__(self, search: Search):
        self.search, self.seats = search, search.space.seats
        self.cells = {re.sub(r"\W+", "_", name): shift for name, shift in search.space.shift.items()}
        self.places = {seat.program.name: sorted({place_of(seat, n) for n in range(len(seat.stands.values))})
                       for seat in self.seats}

    def numbers(self, state: int) -> Numbers:
        """A state's numbers; the places of each task are counted from 0."""
        stands = {name: self.places[name].index(place_of(seat, state >> seat.shift & FIELD))
                  for name, seat in zip(self.places, self.seats, strict=True)}
        return stands | {name: state >> shift & FIELD for name, shift in self.cells.items()}

    def unpaid(self, state: int) -> int:
        """A state with places in place of stands."""
        return state + sum(place_of(seat, stand) - stand << seat.shift for seat in self.seats
                           if (stand := state >> seat.shift & FIELD))

    def touched(self) -> dict[tuple[int, int], int]:
        """For each task and each of its places the fields of the cells that its moves were seen to touch."""
        masks: dict[tuple[int, int], int] = defaultdict(int)
        for task, seat in enumerate(self.seats):
            for stand, mask in enumerate(seat.masks):
                masks[task, place_of(seat, stand)] |= mask & ~(FIELD << seat.shift)
        return masks
