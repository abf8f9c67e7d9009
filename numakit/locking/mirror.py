# SPDX-License-Identifier: GPL-2.0-only
"""Two tasks that do the same are twins: exchange their names, and a state becomes its mirror image."""
from __future__ import annotations

from collections.abc import Hashable
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
        index = {program.name: t for t, program in enumerate(space.programs)}
        self._space, self._names = space, {one: other, other: one}
        self.tasks = [index[self._names.get(program.name, program.name)] for program in space.programs]
        self._images: dict[tuple[int, int], int] = {}
        if self.image(space.start) != space.start:
            raise ModelError(f"{one} and {other} are no twins: the world tells them apart before they begin")

    def image(self, state: int) -> int | None:
        """The mirror image of a state, None where a part of it has not been met."""
        image = 0
        for field in range(len(self._space.tables)):
            number = state >> WIDTH * field & FIELD
            there = self.tasks[field] if field < len(self.tasks) else field
            other = self._images.get((field, number))
            if other is None:
                other = self._searched(field, there, number)
                if other is None:
                    return None
                self._images[field, number] = other
            image |= other << WIDTH * there
        return image

    def _searched(self, field: int, there: int, number: int) -> int | None:
        value: Hashable = self._space.tables[field].values[number]
        if not isinstance(value, Stand):
            return self._space.tables[there].known(exchanged(value, self._names))
        stand = self._stand(value, field, there)
        return None if stand is None else self._space.tables[there].known(stand)

    def _stand(self, stand: Stand, task: int, there: int) -> Stand | None:
        if stand.place == START:
            return stand
        key = self._space.programs[task].places[stand.place].key
        place = None if key is None else self._space.programs[there].place_of(exchanged(key, self._names))
        return None if place is None else Stand(place, stand.pending)
