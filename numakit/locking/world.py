# SPDX-License-Identifier: GPL-2.0-only
"""The shared world of a search: named cells, each with an immutable value; a change gives the next world."""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from numakit.errors import ModelError

Value = Any
"""What a cell holds: anything immutable and hashable."""


class World:
    """All that tasks share, at one moment. `world.tree` reads a cell, `world.having(tree=t)` is the world after.

    Raises ModelError for a cell that there is not, for a write, for a value that can't be hashed, and for a cell that
    would have the name of a method.
    """

    __slots__ = ("_cells", "_touched")
    _cells: dict[str, Value]
    _touched: set[str] | None

    def __init__(self, **cells: Value):
        for name, value in cells.items():
            _hashable(name, value)
            if hasattr(type(self), name):
                raise ModelError(f"{name!r} can't be a cell: a World has something of that name; another would do")
        object.__setattr__(self, "_cells", cells)
        object.__setattr__(self, "_touched", None)

    def watched(self) -> World:
        """The same world, which notes the cells that are read or written, in itself and in all worlds after it."""
        return _made(self._cells, set())

    @property
    def touched(self) -> frozenset[str]:
        """The cells read or written since `watched()`."""
        return frozenset(self._touched or ())

    @property
    def cells(self) -> Mapping[str, Value]:
        """All cells by name."""
        self._note_all()
        return self._cells

    def unnoted(self) -> Mapping[str, Value]:
        """All cells by name, for the explorer itself: that they are read is not noted."""
        return self._cells

    def follows(self, other: World) -> bool:
        """Whether this world was made from another by `having`, or is it."""
        return self._touched is other._touched and self._cells.keys() == other._cells.keys()

    def _note_all(self) -> None:
        if self._touched is not None:
            self._touched.update(self._cells)

    def __getattr__(self, name: str) -> Value:
        if name not in self._cells:
            raise ModelError(f"the world has no {name!r}; it has {', '.join(self._cells)}")
        if self._touched is not None:
            self._touched.add(name)
        return self._cells[name]

    def having(self, **changed: Value) -> World:
        """The world with other values in some of its cells. Raises ModelError for a cell that there is not."""
        for name, value in changed.items():
            if name not in self._cells:
                raise ModelError(f"the world has no {name!r}; it has {', '.join(self._cells)}")
            _hashable(name, value)
        if self._touched is not None:
            self._touched.update(changed)
        return _made({**self._cells, **changed}, self._touched)

    def __setattr__(self, name: str, value: Value) -> None:
        raise ModelError(f"the world is a value: {name} can't be set in it; yield change(...) gives a new one")

    def __iter__(self) -> Iterator[str]:
        self._note_all()
        return iter(self._cells)

    def __eq__(self, other: object) -> bool:
        self._note_all()
        return isinstance(other, World) and self._cells == other._cells

    def __hash__(self) -> int:
        self._note_all()
        return hash(tuple(self._cells.items()))

    def __repr__(self) -> str:
        self._note_all()
        return f"<{', '.join(f'{name} {value}' for name, value in self._cells.items())}>"


def _made(cells: dict[str, Value], touched: set[str] | None) -> World:
    made = object.__new__(World)
    object.__setattr__(made, "_cells", cells)
    object.__setattr__(made, "_touched", touched)
    return made


def _hashable(name: str, value: Value) -> None:
    try:
        hash(value)
    except TypeError:
        raise ModelError(f"{name} can't hold {value!r}: a cell's value is immutable; a tuple would do") from None
