# SPDX-License-Identifier: GPL-2.0-only
"""The points of a grid, in order, and what is asked of them before the first is run."""
from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence, Sized
from itertools import product
from math import prod
from typing import Any

from numakit.sweep.told import BadSweep

Point = dict[str, Any]
Grid = Mapping[str, Iterable[Any]] | Sequence[Mapping[str, Any]]

MAX_POINTS = 1_000_000
"""More are a slip of the hand: at a millisecond a point they are a quarter of an hour, and all stay in memory."""


def points(grid: Grid) -> list[Point]:
    """A mapping's combinations of values, the last name running fastest, or the dicts of a list. Raises BadSweep."""
    if isinstance(grid, Mapping):
        return _combinations({_name(name): _values(name, values) for name, values in grid.items()})
    if isinstance(grid, str) or not isinstance(grid, Sequence):
        raise BadSweep(f"a grid that is a {type(grid).__name__}", "a dict of lists or a list of dicts would do: "
                       "{'nodes': [2, 4]} or [{'nodes': 2}, {'nodes': 4}]", "a point is a dict of arguments by name")
    _check_number(len(grid))
    return [_point(number, point) for number, point in enumerate(grid)]


def _combinations(values: Mapping[str, Sequence[Any]]) -> list[Point]:
    _check_number(prod(map(len, values.values())) if values else 0)
    return [dict(zip(values, some, strict=True)) for some in product(*values.values())]


def _check_number(number: int) -> None:
    if not number:
        raise BadSweep("a grid without a point", "one name with one value or more would do, such as {'nodes': [2, 4]}",
                       "there is nothing to run")
    if number > MAX_POINTS:
        raise BadSweep(f"a grid of {number:,} points", f"up to {MAX_POINTS:,} would do",
                       "all of them are kept in memory, with their results")


def _values(name: str, values: Any) -> list[Any]:
    if isinstance(values, str | bytes | Mapping | set | frozenset) or not _has_length_and_order(values):
        raise BadSweep(f"{name!r} has the values {values!r}", f"a list would do: {{{name!r}: [...]}}",
                       "a name's values are tried one after the other, in an order that each run knows again")
    if not len(values):
        raise BadSweep(f"{name!r} has no value", f"one or more would do, or leave {name!r} out",
                       "all combinations with nothing are none: no point would be run")
    return list(values)


def _has_length_and_order(values: object) -> bool:
    return isinstance(values, Sized) and isinstance(values, Iterable)


def _name(name: object) -> str:
    if not isinstance(name, str) or not name.isidentifier():
        raise BadSweep(f"a grid with the name {name!r}", "a name such as 'nodes' would do",
                       "the scenario is called with arguments by name")
    return name


def _point(number: int, point: object) -> Point:
    if not isinstance(point, Mapping):
        raise BadSweep(f"point {number} of the grid is {point!r}", "a dict such as {'nodes': 2} would do",
                       "the scenario is called with arguments by name")
    return {_name(name): value for name, value in point.items()}


def check_arguments(scenario: Callable[..., object], some: Sequence[Point]) -> None:
    """Whether the scenario can be called with each point's names. Raises BadSweep."""
    if not callable(scenario):
        raise BadSweep(f"the scenario {scenario!r}", "a function of named arguments that returns a dict would do",
                       "it is called once at each point")
    try:
        signature = inspect.signature(scenario)
    except (ValueError, TypeError):   # some functions written in C don't say what they take
        return
    for names in dict.fromkeys(tuple(point) for point in some):
        try:
            signature.bind(**dict.fromkeys(names))
        except TypeError as error:
            raise BadSweep(f"points with the names {', '.join(names) or '(none)'}: {error}",
                           f"what the scenario takes would do: {signature}", "each point is one call of it") from None
