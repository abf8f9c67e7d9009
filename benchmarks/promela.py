# SPDX-License-Identifier: GPL-2.0-only
"""A model in Promela, SPIN's language: a process for each task, which stands at a label; a variable for each cell.

    S1:  /* spin_lock(PTL) */
        if
        :: atomic { PTL == 0 -> PTL = 2; goto S2 }
        fi;

is a task at its place 1, which goes on to place 2 where the cell PTL has its value 0 (nobody owns the lock), and gives
it its value 2 (this task does).
"""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from benchmarks.spin_model import Model, Option


def promela(model: Model) -> str:
    """The model in plain Promela."""
    variables = [f"{_type(model.most[cell])} {cell} = {model.first[cell]};" for cell in model.cells]
    return "\n".join([*variables, *(line for task in model.steps for line in _process(model, task))]) + "\n"


def _type(most: int) -> str:
    return "byte" if most < 1 << 8 else "short" if most < 1 << 15 else "int"


def _process(model: Model, task: str) -> Iterator[str]:
    """A task: at each label it takes one of its options, or waits for one; where it has none it is at its end."""
    choices = defaultdict(list)
    for option in model.of(task):
        choices[option.guard[task]].append(_choice(option))
    yield f"\nactive proctype {task}()\n{{"
    for place, step in enumerate(model.steps[task]):
        yield f"S{place}:  /* {step} */"
        yield from ("    if", *choices[place], "    fi;") if place in choices else ("    false;",)
    yield "}"


def _choice(option: Option) -> str:
    """In one atomic step the guard, what is set, and the label to go on from."""
    tests = [f"{name} == {number}" for name, number in option.guard.items() if name != option.task]
    sets = [f"{name} = {number}" for name, number in option.sets.items() if name != option.task]
    place = option.sets.get(option.task, option.guard[option.task])
    return f"    :: atomic {{ {' && '.join(tests) or 'true'} -> {'; '.join([*sets, f'goto S{place}'])} }}"
