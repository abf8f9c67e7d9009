# SPDX-License-Identifier: GPL-2.0-only
"""Small steps of numpy that the rounds are made of, each chosen for its speed on chunks that stay in the cache.

Measured: indexing by a mask of bools costs 3 to 5 ns a page, `take` at `places_of` one or less; a comparison and a
count 0.1, a bincount 1.5.
"""
from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Mask = NDArray[np.bool_]
Small = NDArray[np.signedinteger[Any]]
"""Nodes or tasks in the smallest type that holds them."""

FEW = 6
"""Up to so many bins a comparison for each is faster than one bincount."""

MANY = 1 << 14
"""From so many values on it pays to look at some of them at once."""


def how_many(mask: Mask | None, size: int) -> int:
    """How many are True; None stands for all of `size`."""
    return size if mask is None else int(np.count_nonzero(mask))


def places_of(mask: Mask) -> NDArray[np.intp]:
    """Where it is True. Where few are, that is faster in two steps: which eights hold some, and where in those."""
    if len(mask) < MANY or len(mask) % 8 or not mask.flags.c_contiguous:
        return np.flatnonzero(mask)
    eights = mask.view(np.uint64)
    some = np.flatnonzero(eights != 0)
    if len(some) * 4 > len(eights):
        return np.flatnonzero(mask)
    inside = np.flatnonzero(eights.take(some).view(np.bool_))
    return some.take(inside >> 3) * 8 + (inside & 7)


def both(a: Mask | None, b: Mask | None) -> Mask | None:
    """Where both are True; None stands for everywhere."""
    if a is None or b is None:
        return b if a is None else a
    return a & b


def at(values: Any, places: slice) -> Any:
    """The values at these places; one value stands for all and stays."""
    return values[places] if isinstance(values, np.ndarray) else values


def histogram(values: Small, bins: int) -> Counts:
    """How often each of 0 to bins - 1 occurs: int64[bins]."""
    size = len(values)
    if bins <= FEW:
        return _by_comparing(values, size, bins)
    if size < MANY:
        return np.bincount(values, minlength=bins)
    if in_runs(values):
        return _by_runs(values, bins)
    return _by_pairs(values, bins) if values.itemsize == 1 and size % 2 == 0 else np.bincount(values, minlength=bins)


def _by_comparing(values: Small, taken: int, bins: int) -> Counts:
    """The same by a comparison for each bin; the last has what is left of the values taken. -1 is in no bin."""
    counts = [np.count_nonzero(values == bin) for bin in range(bins - 1)]
    return np.array([*counts, taken - sum(counts)], np.int64)


SAMPLE, LONG_RUN = 1 << 10, 32
"""Values that are looked at to see whether they come in runs; how long a run is that bincount stumbles over."""


def in_runs(values: Small) -> bool:
    """Whether values seem to come in long runs, as pages of one owner do: by the first of them."""
    sample = values[:SAMPLE]
    return int(np.count_nonzero(sample[1:] != sample[:-1])) * LONG_RUN < len(sample)


def run_starts(values: Small) -> NDArray[np.intp]:
    """Where a value differs from the one before it; the first too."""
    return np.flatnonzero(np.append(True, values[1:] != values[:-1]))


def _by_runs(values: Small, bins: int) -> Counts:
    """The same for values that come in runs, where each increment of a bincount must wait for the one before."""
    starts, counts = run_starts(values), np.zeros(bins, np.int64)
    np.add.at(counts, values[starts], np.diff(starts, append=len(values)))
    return counts


def first_of_each(values: Small | int, mask: Mask, wanted: Mask) -> NDArray[np.intp]:
    """Where under the mask each of the values `wanted` comes first: at the head if all do, else at a start of a run."""
    if not isinstance(values, np.ndarray):
        return np.array([mask.argmax()])
    for head in () if in_runs(values) else (SAMPLE, 16 * SAMPLE):
        first = _first_of_each(values, np.flatnonzero(mask[:head]), len(wanted))[wanted]
        if (first >= 0).all():
            return first
    begins = np.append(True, (values[1:] != values[:-1]) | ~mask[:-1])
    return _first_of_each(values, np.flatnonzero(mask & begins), len(wanted))[wanted]


def _first_of_each(values: Small, places: NDArray[np.intp], bins: int) -> NDArray[np.intp]:
    first = np.full(bins, -1, np.intp)
    first[values[places[::-1]]] = places[::-1]  # of several the last written stands: the first
    return first


def _by_pairs(values: Small, bins: int) -> Counts:
    """The same for values of one byte, below 128: two neighbours make one number, half as many are counted."""
    bits = (bins - 1).bit_length()
    two = np.ascontiguousarray(values).view(np.uint16)
    pair = two >> np.uint16(8 - bits)
    pair &= np.uint16((1 << bits) - 1 << bits)
    pair |= two & np.uint16(0xFF)
    square = np.bincount(pair, minlength=1 << 2 * bits).reshape(1 << bits, -1)
    counts: Counts = (square.sum(0) + square.sum(1))[:bins]
    return counts


def by_node(values: Small | int, mask: Mask | None, size: int, bins: int) -> Counts:
    """How often each node occurs among the values that the mask takes; one value stands for `size` of them."""
    if not isinstance(values, np.ndarray):
        counts = np.zeros(bins, np.int64)
        counts[values] = how_many(mask, size)
        return counts
    taken = how_many(mask, size)
    if mask is None or taken == size:
        return histogram(values, bins)
    if bins <= FEW:
        return _by_comparing(values | (mask.view(np.int8) - 1), taken, bins)  # -1 where the mask is False
    if taken * 2 <= size:
        return histogram(values.take(places_of(mask)), bins)
    return histogram(values, bins) - histogram(values.take(places_of(~mask)), bins)


def put(into: Small, mask: Mask | None, values: Small | int) -> None:
    """Write values where the mask is True. Bits that differ are flipped: five times faster than np.copyto."""
    if mask is None:
        into[:] = values
        return
    flips = np.bitwise_xor(into, into.dtype.type(values) if isinstance(values, int) else values)
    flips &= ones(mask, into.dtype)
    into ^= flips


def ones(mask: Mask, dtype: np.dtype[Any]) -> Small:
    """All bits where the mask is True, none elsewhere: 0 and -1."""
    return np.negative(mask.view(np.int8) if dtype.itemsize == 1 else mask.astype(dtype))
