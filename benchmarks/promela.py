# SPDX-License-Identifier: GPL-2.0-only
"""What a search has learned of its tasks, as a model for SPIN: with the same states, in Promela, SPIN's language.

A state is a few small numbers: for each task where it stands, for each cell of the world which of its values it has. A
task's move is an option: a guard on the numbers that the move touches, and what it sets them to. A move that must wait
or that ends its path has none. Such a model says nothing of what is right: SPIN goes through its states, as we do.
"""
from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from numakit.locking.explorer import Search
from numakit.locking.space import FIELD

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
    change left out; steps: what each task does next where it stands."""

    tasks: tuple[str, ...]
    first: Numbers
    most: Numbers
    options: tuple[Option, ...]
    steps: dict[tuple[str, int], str]


def model_of(search: Search) -> Model:
    """The model of a search that is complete."""
    space, shifts = search.space, shifts_of(search)
    most = {name: max(_number(state, shift) for state in search.first) for name, shift in shifts.items()}
    tasks = tuple(seat.program.name for seat in space.seats)
    shifts = {name: shift for name, shift in shifts.items() if most[name] or name in tasks}
    steps = {(seat.program.name, stand): str(seat.program.places[seat.stand(stand << seat.shift).place].step or "ended")
             for seat in space.seats for stand in range(len(seat.stands.values))}
    return Model(tasks, _numbers(space.start, shifts),
                 {name: most[name] for name in shifts}, tuple(options(search, shifts)), steps)


def shifts_of(search: Search) -> Numbers:
    """Where in a state's whole number each task and each cell has its field."""
    space = search.space
    names = {name: re.sub(r"\W+", "_", name) for name in space.shift}
    return {**{seat.program.name: seat.shift for seat in space.seats},
            **{names[cell]: shift for cell, shift in space.shift.items()}}


def options(search: Search, shifts: Numbers) -> Iterator[Option]:
    """Each move that was learned, once for each way in which it may go."""
    for (task, _), state in sorted(moved_from(search).items()):
        seat = search.space.seats[task]
        mask = seat.masks[_number(state, seat.shift)]
        guard = _numbers(state, {name: shift for name, shift in shifts.items() if mask >> shift & FIELD})
        for way in search.space.known(state, task).ways:
            after = _numbers(state + way.delta, shifts)
            if not way.ends:
                yield Option(seat.program.name, guard, {n: after[n] for n in guard if after[n] != guard[n]})


def moved_from(search: Search) -> dict[tuple[int, int], int]:
    """For each task and each set of numbers that its moves touch, a state which has them.

    What a stand's moves touch is learned on the way; so it is asked again until nothing more is learned.
    """
    before = None
    while before != (masks := [list(seat.masks) for seat in search.space.seats]):
        before, found = masks, {}
        for state in search.first:
            for task, seat in enumerate(search.space.seats):
                search.space.known(state, task)
                found[task, state & seat.masks[_number(state, seat.shift)]] = state
    return found


def _number(state: int, shift: int) -> int:
    return state >> shift & FIELD


def _numbers(state: int, shifts: Numbers) -> Numbers:
    return {name: _number(state, shift) for name, shift in shifts.items()}


def promela(model: Model) -> str:
    """The model in plain Promela: a process for each task, which stands at a label; a variable for each cell."""
    cells = [name for name in model.most if name not in model.tasks]
    variables = [f"{_type(model.most[cell])} {cell} = {model.first[cell]};" for cell in cells]
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
    for stand in range(model.most[task] + 1):
        yield f"S{stand}:  /* {model.steps[task, stand]} */"
        yield from ("    if", *choices[stand], "    fi;") if stand in choices else ("    false;",)
    yield "}"


def _choice(option: Option) -> str:
    """An option as Promela has it: in one atomic step the guard, what is set, and the label to go on from."""
    tests = [f"{name} == {number}" for name, number in option.guard.items() if name != option.task]
    sets = [f"{name} = {number}" for name, number in option.sets.items() if name != option.task]
    stand = option.sets.get(option.task, option.guard[option.task])
    return f"    :: atomic {{ {' && '.join(tests) or 'true'} -> {'; '.join([*sets, f'goto S{stand}'])} }}"
