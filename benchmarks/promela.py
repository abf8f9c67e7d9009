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


def model_of(search: Search) -> Model:
    """The model of a complete search."""
    space, learned = search.space, moves_learned(search)
    reader, touched = Reader(search), touched_by(search)
    first, states = reader.numbers(space.start), {tuple(reader.numbers(state).values()) for state in search.first}
    most = {name: greatest for name, greatest in zip(first, map(max, zip(*states)), strict=True)
            if greatest or name in reader.places}
    options = (option for (task, place, _), state in sorted(learned.items())
               for option in reader.options(state, task, touched[task, place], most))
    steps = {seat.program.name: tuple(str(seat.program.places[place].step) for place in reader.places[seat.program.name])
             for seat in space.seats}
    return Model(tuple(reader.places), {name: first[name] for name in most}, most, tuple(options), steps, len(states))


def moves_learned(search: Search) -> dict[tuple[int, int, int], int]:
    """For each task, place, and fields that its moves touch there, a state which has them.

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
    """For each task and each of its places the fields of cells that its moves were seen to touch."""
    touched: dict[tuple[int, int], int] = defaultdict(int)
    for task, seat in enumerate(search.space.seats):
        for stand, mask in enumerate(seat.masks):
            touched[task, place_of(seat, stand)] |= mask & ~(FIELD << seat.shift)
    return touched


def place_of(seat: Seat, stand: int) -> int:
    """The place of a stand, which also says what the task still has to pay for: that SPIN need not know."""
    return seat.stand(stand << seat.shift).place


class Reader:
    """Reads the states of a search, which are whole numbers with a field for each task and each cell."""

    def __init__(self, search: Search):
        self.space = search.space
        self.cells = {re.sub(r"\W+", "_", name): shift for name, shift in self.space.shift.items()}
        self.places = {seat.program.name: sorted({place_of(seat, stand) for stand in range(len(seat.masks))})
                       for seat in self.space.seats}
        self._stands = [[places.index(place_of(seat, stand)) for stand in range(len(seat.masks))]
                        for seat, places in zip(self.space.seats, self.places.values(), strict=True)]

    def numbers(self, state: int) -> Numbers:
        """A state as numbers; a task's places are counted in order."""
        stands = {seat.program.name: numbers[state >> seat.shift & FIELD]
                  for seat, numbers in zip(self.space.seats, self._stands, strict=True)}
        return stands | {cell: state >> shift & FIELD for cell, shift in self.cells.items()}

    def options(self, state: int, task: int, touched: int, names: Numbers) -> Iterator[Option]:
        """The ways of a task's move in a state, as options on the fields touched."""
        me, now = self.space.seats[task].program.name, self.numbers(state)
        guard = {name: now[name] for name in names if name == me or touched >> self.cells.get(name, 0) & FIELD}
        told: list[Numbers] = []
        for way in self.space.known(state, task).ways:
            after = self.numbers(state + way.delta)
            sets = {name: after[name] for name in guard if after[name] != now[name]}
            if not way.ends and sets not in told:
                told.append(sets)
                yield Option(me, guard, sets)


def promela(model: Model) -> str:
    """The model in plain Promela: a process for each task, which stands at a label; a variable for each cell."""
    variables = [f"{_type(most)} {cell} = {model.first[cell]};" for cell, most in model.most.items()
                 if cell not in model.tasks]
    return "\n".join([*variables, *(line for task in model.tasks for line in _process(model, task))]) + "\n"


def _type(most: int) -> str:
    return "byte" if most < 1 << 8 else "short" if most < 1 << 15 else "int"


def _process(model: Model, task: str) -> Iterator[str]:
    """A task: at each label it takes one of its options, or waits; where it has none it has ended, or its path has."""
    choices = defaultdict(list)
    for option in model.options:
        if option.task == task:
            choices[option.guard[task]].append(_choice(option))
    yield f"\nactive proctype {task}()\n{{"
    for place, step in enumerate(model.steps[task][:model.most[task] + 1]):
        yield f"S{place}:  /* {step} */"
        yield from ("    if", *choices[place], "    fi;") if place in choices else ("    false;",)
    yield "}"


def _choice(option: Option) -> str:
    """An option as Promela has it: in one atomic step the guard, what is set, and the label to go on from."""
    tests = [f"{name} == {number}" for name, number in option.guard.items() if name != option.task]
    sets = [f"{name} = {number}" for name, number in option.sets.items() if name != option.task]
    place = option.sets.get(option.task, option.guard[option.task])
    return f"    :: atomic {{ {' && '.join(tests) or 'true'} -> {'; '.join([*sets, f'goto S{place}'])} }}"
