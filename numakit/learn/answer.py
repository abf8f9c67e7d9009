# SPDX-License-Identifier: GPL-2.0-only
"""Reading what a learner hands in: lists, arrays, node sets and texts in one plain form, compared by value."""
from __future__ import annotations

import math
import re
import reprlib
from collections.abc import Mapping

from numakit.errors import InvalidNodes
from numakit.nodemask import Nodemask

_short = reprlib.Repr()
_short.maxtuple = _short.maxdict = _short.maxset = 8
_short.maxstring = _short.maxother = 60


def plain(value: object) -> object:
    """The value in Python's plainest form: sequences and arrays as tuples, sets of nodes as frozensets."""
    if callable(tolist := getattr(value, "tolist", None)) and not isinstance(value, type):
        value = tolist()
    if isinstance(value, Mapping):
        return {plain(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, range)):
        return tuple(plain(v) for v in value)
    if isinstance(value, (set, frozenset, Nodemask)):
        return frozenset(plain(v) for v in value)
    return value


def tidied(value: object) -> object:
    """The model's own value in the form in which answers are compared with it."""
    return read(value, plain(value))


def read(value: object, like: object) -> object:
    """The answer in the form of `like`, as far as it can be: "3 0 1 2" as four numbers where a list is due."""
    came = plain(value)
    match came, like:
        case str(), _:
            return _from_text(came, like)
        case _, str() if type(came).__module__.partition(".")[0] == "numakit":
            return tidy(str(came))   # a value of ours says itself as text
        case tuple(), frozenset() if all(isinstance(part, (int, str)) for part in came):
            return frozenset(came)
        case tuple(), tuple():
            likes = like if len(like) == len(came) else like[:1] * len(came)
            return tuple(map(read, came, likes)) if likes else came
        case dict(), dict():
            return {tidy(str(key)): read(part, next(iter(like.values()), None)) for key, part in came.items()}
    return came


def _from_text(text: str, like: object) -> object:
    """The value that a text stands for, or the text itself where it stands for none."""
    try:
        match like:
            case str():
                return tidy(text)
            case bool():
                return {"true": True, "yes": True, "false": False, "no": False}[tidy(text)]
            case int() | float():
                return type(like)(text)
            case tuple():
                return read(_words(text, bool(like) and isinstance(like[0], str)), like)
            case frozenset():
                return frozenset(Nodemask.parse(text.strip("{} ")))
    except (ValueError, KeyError):
        return text
    return like if tidy(text) == tidy(str(like)) else text


def _words(text: str, are_texts: bool) -> tuple[str, ...]:
    """The parts of a list written as text; a comma inside "bind:0,2" parts nothing."""
    parts = re.split(r"[\s;]+|,\s+" if are_texts else r"[\s,;]+", text.strip("[]() \t\n"))
    return tuple(part for part in parts if part)


def tidy(text: str) -> str:
    """A text without what does not count: case, spare spaces, "mpol=", and whether nodes stand as 0,1,2 or as 0-2."""
    text = " ".join(text.split()).casefold().removeprefix("mpol=")
    head, colon, nodes = text.rpartition(":")
    if not colon or not re.fullmatch(r"[\d,-]+", nodes):
        return text
    try:
        return f"{head}:{Nodemask.parse(nodes)}"
    except InvalidNodes:
        return text


def kind(value: object) -> str:
    """What sort of answer a plain value is, in words."""
    match value:
        case bool():
            return "a yes or no (True or False)"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case tuple():
            return "a list"
        case frozenset():
            return "a set"
        case dict():
            return "a dictionary"
    return "a function" if callable(value) else f"a value of type {type(value).__name__}"


def same(one: object, other: object) -> bool:
    """Whether two plain values are equal; True is no 1 here, and floats may differ in the tenth digit."""
    if kind(one) != kind(other):
        return False
    match one, other:
        case tuple(), tuple():
            return len(one) == len(other) and all(map(same, one, other))
        case dict(), dict():
            return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
        case float(), int() | float():
            return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
    return one == other


def say(value: object) -> str:
    """A value for a sentence: short, lists in brackets, the same in every run (no addresses in memory)."""
    value = plain(value)
    text = _short.repr(list(value) if isinstance(value, tuple) else value)
    return re.sub(r" at 0x[0-9a-fA-F]+", "", text)
