# SPDX-License-Identifier: GPL-2.0-only
"""The same model for a SPIN in a hurry: its moves are tables in C, which compile in no time however many they are.

A state is one word, in which each task and each cell has a field of bits; an option is what to add where some fields
have some numbers. So the C compiler reads data, and not thousands of statements.
"""
from __future__ import annotations

from collections import Counter
from itertools import accumulate

from benchmarks.spin_model import Model, Numbers

HEADER = "options.h"
WORD = 64
FINDS = """\
typedef unsigned long long Word;
typedef struct { Word key, change; } Option;
static Word change;  /* of the option found last */

static int finds(const Option *options, int count, Word key, int nth)
{
    int low = 0, high = count;
    while (low < high) {
        int middle = (low + high) / 2;
        if (options[middle].key < key) low = middle + 1; else high = middle;
    }
    low += nth;
    if (low >= count || options[low].key != key) return 0;
    change = options[low].change;
    return 1;
}
"""


def tables(model: Model) -> tuple[str, str]:
    """The model, and the header that it includes, in which each task has a table of its options. A_0 looks for A's
    first option in a state, A_1 for its second. Raises ValueError where a state takes more bits than a word has."""
    at = places(model)
    rows = {task: _rows(model, task, at) for task in model.steps}
    ways = {task: max(Counter(key for key, _ in rows[task]).values(), default=0) for task in rows}
    choices = [f"    :: atomic {{ c_expr {{ {task}_{nth} }} -> c_code {{ now.state += change; }} }}"
               for task in rows for nth in range(ways[task])]
    text = ["c_decl {", f'\\#include "{HEADER}"', "}", f'c_state "Word state" "Global" "{_word(model.first, at)}ull"',
            "active proctype tasks()", "{", "    do", *choices, "    od", "}"]
    header = [FINDS, *(line for task in rows for line in _table(model, task, at, rows[task], ways[task]))]
    return "\n".join(text) + "\n", "\n".join(header) + "\n"


def places(model: Model) -> Numbers:
    """At which bit of a word each task and each cell has its field."""
    widths = [most.bit_length() for most in model.most.values()]
    if sum(widths) > WORD:
        raise ValueError(f"a state of this model takes {sum(widths)} bits; up to {WORD} would do")
    return dict(zip(model.most, accumulate([0, *widths]), strict=False))


def _word(numbers: Numbers, at: Numbers) -> int:
    return sum(number << at[name] for name, number in numbers.items())


def _full(model: Model, name: str) -> int:
    """All bits of a field."""
    return (1 << model.most[name].bit_length()) - 1


def _rows(model: Model, task: str, at: Numbers) -> list[tuple[int, int]]:
    """A task's options in order: what the word must have in the fields they touch, and what to add to it."""
    keys = [(option, _word(option.guard, at)) for option in model.of(task)]
    return sorted((key, (_word({**option.guard, **option.sets}, at) - key) % (1 << WORD)) for option, key in keys)


def _table(model: Model, task: str, at: Numbers, rows: list[tuple[int, int]], ways: int) -> list[str]:
    """A task's options as C; for each of its places a mask of the fields that they touch; and names for the looks."""
    masks = [_full(model, task) << at[task]] * len(model.steps[task])
    for option in model.of(task):
        masks[option.guard[task]] = _word({name: _full(model, name) for name in option.guard}, at)
    place = f"now.state >> {at[task]} & {_full(model, task)}"
    return [f"static const Word masks_{task}[] = {{ {', '.join(f'{mask}ull' for mask in masks)} }};",
            f"static const Option options_{task}[] = {{",
            *(f"    {{ {key}ull, {add}ull }}," for key, add in rows), "};",
            *(f"#define {task}_{nth} finds(options_{task}, {len(rows)}, now.state & masks_{task}[{place}], {nth})"
              for nth in range(ways))]
