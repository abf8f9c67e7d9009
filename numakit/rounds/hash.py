# SPDX-License-Identifier: GPL-2.0-only
"""Chance without memory: 16 bits for each (seed, round, page), the same for any size of chunk and for either twin.

A counter is scrambled by splitmix64's finaliser (Steele, Lea and Flood, 2014). Four pages share one scrambled word.
"""
from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

STEP, FIRST, SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
WORD = (1 << 64) - 1

Words = NDArray[np.uint64]
Bits = NDArray[np.uint16]


def scramble(word: int) -> int:
    """64 bits in, 64 bits out that look like chance."""
    word = (word ^ word >> 30) * FIRST & WORD
    word = (word ^ word >> 27) * SECOND & WORD
    return word ^ word >> 31


def key(seed: int, round: int) -> int:
    """Where the counter of a round begins: 64 bits."""
    return scramble(scramble(seed) + round * STEP & WORD)


def chance(seed: int, round: int, page: int) -> int:
    """The 16 bits of one page in one round, 0 to 65,535."""
    return scramble(key(seed, round) + (page >> 2) * STEP & WORD) >> 16 * (page & 3) & 0xFFFF


def chances(seed: int, round: int, low: int, high: int) -> Bits:
    """`chance` of the pages low to high - 1: uint16[high - low]."""
    words = counter(((high + 3) >> 2) - (low >> 2)) + np.uint64(key(seed, round) + (low >> 2) * STEP & WORD)
    return scrambled(words)[low & 3:][:high - low]


def chances_of_words(seed: int, round: int, words: NDArray[np.int64]) -> Bits:
    """`chance` of the pages 4 w to 4 w + 3 for each word w: uint16[4 * len(words)]."""
    return scrambled(words.astype(np.uint64) * np.uint64(STEP) + np.uint64(key(seed, round)))


@lru_cache(4)
def counter(count: int) -> Words:
    """The first steps of the counter, read-only."""
    words = np.arange(count, dtype=np.uint64) * np.uint64(STEP)
    words.flags.writeable = False
    return words


def scrambled(words: Words) -> Bits:
    """`scramble` of each word, in place: the four times 16 bits of each, low bits first."""
    shifted = np.empty_like(words)
    for shift, factor in ((30, FIRST), (27, SECOND)):
        words ^= np.right_shift(words, np.uint64(shift), out=shifted)
        words *= np.uint64(factor)
    words ^= np.right_shift(words, np.uint64(31), out=shifted)
    return words.astype("<u8", copy=False).view("<u2")
