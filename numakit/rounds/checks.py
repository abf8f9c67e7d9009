# SPDX-License-Identifier: GPL-2.0-only
"""What is asked of the numbers that a play is given."""
from __future__ import annotations

from numakit.checks import is_whole
from numakit.errors import BadRange


def checked_rounds(rounds: int) -> int:
    """How many rounds to play, if that is 1 or more. Raises BadRange."""
    if not is_whole(rounds, 1, 1 << 32):
        raise BadRange(f"{rounds!r} rounds to play", "1 or more would do", "a round is one scan of the whole mapping")
    return rounds


def checked_chunk(chunk: int) -> int:
    """How many pages go in one step, if that is 1 or more. Raises BadRange."""
    if not is_whole(chunk, 1, 1 << 40):
        raise BadRange(f"a chunk of {chunk!r} pages", "1 or more would do; 65,536 fit a cache",
                       "the chunk is of the model and changes no result")
    return chunk
