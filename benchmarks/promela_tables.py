# SPDX-License-Identifier: GPL-2.0-only
"""The same model for a SPIN in a hurry: its moves are tables in C, which compile in no time however many they are.

A state is one number of 64 bits, each task and each cell a field of it; an option is what to add where some fields have
some numbers. So the C compiler reads data and not thousands of statements.
"""
from __future__ import annotations

from benchmarks.promela import Model, Numbers, Option

SEARCH = """\
typedef unsigned long long Word;
typedef struct { Word key, change; } Option;
static Word change;  /* of the option found last */

static int finds(const Option *low, int count, Word key, int nth)
{
    const Option *end = low + count, *high = end;
    while (low < high) {
        const Option *middle = low + (high - low) / 2;
        if (middle->key < key) low = middle + 1; else high = middle;
    }
    low += nth;
    if (low >= end || low->key != key) return 0;
    change = low->change;
    return 1;
}
"""
HEADER = "options.h"
WORD = 64


@dataclass(frozen=True, slots=True)
class Fields:
    """Where in a word each number has its bits."""
