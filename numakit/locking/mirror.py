# SPDX-License-Identifier: GPL-2.0-only
"""Two tasks that do the same are twins: exchange their names, and a state becomes its mirror image."""
from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any

from numakit.errors import ModelError
from numakit.locking.heap import Heap
from numakit.locking.moves import Stand
from numakit.locking.program import START
from numakit.locking.space import FIELD, WIDTH, Space


def exchanged(value: Any, names: dict[str, str]) -> Any:
    """A value with two names exchanged wherever they stand in it: in tuples, sets, heaps and dataclasses."""
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, tuple):
        return tuple(exchanged(part, names) for part in value)
    if isinstance(value, frozenset):
        return frozenset(exchanged(part, names) for part in value)
    if isinstance(value, Heap):
        return Heap({exchanged(name, names): exchanged(value[name], names) for name in value})
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: exchanged(getattr(value, f.name), names) for f in fields(value)})
    return value


class Mirror:
    """The mirror images of a search's states. Raises ModelError where the world tells the twins apart at its start."""

    def __init__(self, space: Space, one: str, other: str):
        names = [seat.program.name for seat in space.seats]
        self._space, self._names = space, {one: other, other: one}
        self.tasks = [names.index(self._names.get(name, name)) for name in names]
        self._images: dict[tuple[int, int], int] = {}
        self._fields = [*range(len(names)), *(shift // WIDTH for shift in space.shift.values())]
        self._tables = dict(zip(space.shift.values(), space.cells.values(), strict=True))
        if self.image(space.start) != space.start:
            raise ModelError(f"{one} and {other} are no twins: the world tells them apart before they begin")

    def image(self, state: int) -> int | None:
        """The mirror image of a state, None where a part of it has not been met."""
        image = 0
        for field in self._fields:
            number = state >> WIDTH * field & FIELD
            there = self.tasks[field] if field < len(self.tasks) else field
            other = self._images.get((field, number), -1)
            if other < 0:
                found = self._searched(field, there, number)
                if found is None:
                    return None
                other = self._images[field, number] = found
            image |= other << WIDTH * there
        return image

    def _searched(self, field: int, there: int, number: int) -> int | None:
        if field < len(self.tasks):
            stand = self._stand(field, there, number)
            return None if stand is None else self._space.seats[there].stands.known(stand)
        table = self._tables[WIDTH * field]
        return table.known(exchanged(table.values[number], self._names))

    def _stand(self, task: int, there: int, number: int) -> Stand | None:
        seat, other = self._space.seats[task], self._space.seats[there].program
        stand = seat.stand(number << seat.shift)
        if stand.place == START:
            return stand
        key = seat.program.places[stand.place].key
        place = None if key is None else other.place_of(exchanged(key, self._names))
        return None if place is None else Stand(place, stand.pending)
