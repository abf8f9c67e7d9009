# SPDX-License-Identifier: GPL-2.0-only
"""Allocated objects by name. A freed object is gone for good: names are not used twice, so each late touch is seen."""
from __future__ import annotations

from collections.abc import Iterator

from numakit.errors import ModelError
from numakit.locking.found import PathEnds

Name = tuple[str, int]
"""An object's name: who allocated it, and as which of his."""


class Heap:
    """What is allocated at one moment, as a value. Raises PathEnds('use_after_free') for an object that is freed."""

    __slots__ = ("_objects", "_hash")

    def __init__(self, objects: dict[Name, object] | None = None):
        self._objects = objects or {}
        try:
            self._hash = hash(frozenset(self._objects.items()))
        except TypeError:
            raise ModelError(f"{list(self._objects.values())[-1]!r} can't be allocated: an object's value is "
                             "immutable; a tuple would do") from None

    def __getitem__(self, name: Name) -> object:
        try:
            return self._objects[name]
        except KeyError:
            raise PathEnds("use_after_free", f"touches {called(name)}, which is freed") from None

    def having(self, name: Name, value: object) -> Heap:
        """The heap with an object of that name, new or changed."""
        return Heap({**self._objects, name: value})

    def changed(self, name: Name, value: object) -> Heap:
        """The heap after a live object was written."""
        self[name]
        return self.having(name, value)

    def without(self, name: Name) -> Heap:
        """The heap after a live object was freed."""
        self[name]
        return Heap({other: value for other, value in self._objects.items() if other != name})

    def __iter__(self) -> Iterator[Name]:
        return iter(sorted(self._objects))

    def __len__(self) -> int:
        return len(self._objects)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Heap) and self._objects == other._objects

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"<{', '.join(f'{called(name)} {self._objects[name]}' for name in self) or 'nothing allocated'}>"


def called(name: Name) -> str:
    """An object's name for eyes: A1 is the first that A allocated."""
    return f"{name[0]}{name[1]}"
