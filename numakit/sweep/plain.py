# SPDX-License-Identifier: GPL-2.0-only
"""Values as JSON holds them, and names by which a later run knows a value or a function again."""
from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from types import MethodType
from typing import Any

from numakit.sweep.told import BadSweep


def plain(value: object, place: str) -> Any:
    """The value in what JSON has; numbers and arrays of numpy as Python's. place: how to call it in an error.

    NaN and the infinities stay, as Python's json writes them. Raises BadSweep.
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        return {_key(key, place): plain(held, f"{place}[{key!r}]") for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [plain(held, f"{place}[{number}]") for number, held in enumerate(value)]
    if hasattr(value, "tolist"):
        return plain(value.tolist(), place)
    raise BadSweep(f"{place} is {_brief(value)}, a {type(value).__name__}",
                   "numbers, text, None, lists and dicts of these would do",
                   "a result is kept as a line of JSON, so that a later run can read it")


def _key(key: object, place: str) -> str:
    if not isinstance(key, str):
        raise BadSweep(f"{place} has the key {_brief(key)}", f"text would do, such as {str(key)!r}",
                       "in JSON, and as the name of a column, a key is text")
    return key


def _brief(value: object) -> str:
    said = repr(value)
    return said if len(said) <= 60 else f"{said[:57]}..."


def as_text(value: object) -> str:
    """A plain value on one line, the same text for equal values whatever the order of their keys."""
    return json.dumps(value, sort_keys=True)


def known_again(value: object, place: str) -> Any:
    """An argument as the file names it: plain, or by its repr. Raises BadSweep if that is not the same in each run."""
    try:
        return plain(value, place)
    except BadSweep:
        return {"repr": _same_in_each_run(repr(value), place)}


def _same_in_each_run(said: str, place: str) -> str:
    if " at 0x" in said or "<lambda>" in said:
        raise BadSweep(f"{place} calls itself {said}", "a value that JSON holds, a function with a name, or an object "
                       "whose repr is the same in each run would do", "a later run must know it again in the file")
    return said


def name_known_again(scenario: Callable[..., object]) -> str:
    """The scenario's name as the file has it. Raises BadSweep if a later run could not know it again."""
    return _same_in_each_run(name_of(scenario), "the scenario")


def name_of(scenario: Callable[..., object]) -> str:
    """How a scenario is called: its module and name; a partial's with what it holds, a method's with its object."""
    if isinstance(scenario, partial):
        held = [repr(v) for v in scenario.args] + [f"{k}={v!r}" for k, v in sorted(scenario.keywords.items())]
        return f"partial({', '.join([name_of(scenario.func), *held])})"
    if isinstance(scenario, MethodType):
        return f"{scenario.__self__!r}.{scenario.__name__}"
    name = getattr(scenario, "__qualname__", None)
    return f"{scenario.__module__}.{name}" if name else repr(scenario)
