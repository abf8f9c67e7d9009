# SPDX-License-Identifier: GPL-2.0-only
"""One point: the scenario called, and what came of it in plain words that cross any border between processes."""
from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from traceback import TracebackException
from typing import Any

from numakit.sweep.grid import Point
from numakit.sweep.plain import plain
from numakit.sweep.told import BadSweep

Outcome = dict[str, Any]
"""{"result": a dict}, or {"failed": the error in one sentence, "traceback": where it was raised}."""


def run(scenario: Callable[..., object], point: Point, _call: str = "") -> Outcome:
    """What comes of one point; runs in the worker, so that no error and no result must be pickled as it is.

    _call: of no use here; Dask takes two calls with the same arguments for one.
    """
    try:
        return {"result": result(scenario(**point), point)}
    except (Exception, SystemExit) as error:
        return failure(error)


def result(value: Any, point: Point) -> dict[str, Any]:
    """What a scenario returned, as the file will have it. Raises BadSweep if that is no row of a table."""
    row = value.as_row() if hasattr(value, "as_row") else value
    if not isinstance(row, Mapping):
        raise BadSweep(f"the scenario returned {row!r}", "a dict of results by name would do, or a value with "
                       "as_row()", "each name becomes a column")
    told: dict[str, Any] = json.loads(json.dumps(plain(row, "the result")))
    for name in told.keys() & point.keys():
        if not _same(told[name], point[name]):
            raise BadSweep(f"the result's {name!r} is {told[name]!r} and the argument of that name {point[name]!r}",
                           "another name for the result would do", "both would be one column of the table")
    return told


def _same(told: object, argument: object) -> bool:
    try:
        return bool(told == json.loads(json.dumps(plain(argument, "the argument"))))
    except BadSweep:
        return False


def failure(error: BaseException) -> Outcome:
    """An error as an outcome."""
    told = TracebackException.from_exception(error)
    return {"failed": "".join(told.format_exception_only()).strip(), "traceback": "".join(told.format())}


def arguments(point: Point) -> str:
    """A point as one would type it: nodes=4, policy='local'."""
    return ", ".join(f"{name}={value!r}" for name, value in point.items())
