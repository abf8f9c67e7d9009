# SPDX-License-Identifier: GPL-2.0-only
"""Long sentences in lines of their own, where a page would break them within a word."""
from __future__ import annotations

from textwrap import fill

COLUMNS = 96
"""So many letters of plain text stand side by side in a cell's output, in a window 1,280 pixels wide."""


def folded(text: str, indent: int = 0) -> str:
    """The text in lines of at most COLUMNS letters, broken between words. indent: of all lines but the first."""
    return fill(text, COLUMNS, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False)
