# SPDX-License-Identifier: GPL-2.0-only
"""What every room asks of a number before it reckons with it."""
from __future__ import annotations

from typing import TypeGuard


def is_whole(value: object, low: int = 0, end: int = 1 << 64) -> TypeGuard[int]:
    """Whether a value is a whole number from `low` to `end` - 1; True and False are none."""
    return isinstance(value, int) and not isinstance(value, bool) and low <= value < end
