# SPDX-License-Identifier: GPL-2.0-only
"""A function's own source with an arrow for each task that stands in it."""
from __future__ import annotations

import inspect
import linecache
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from numakit.locking.standing import At

TYPES = re.compile(r"\s*# type: ignore.*")


@dataclass(frozen=True, slots=True)
class SourceView:
    """Lines of one function. first: the number of the first line; arrows: the tasks that stand at a line."""

    function: str
    first: int
    lines: tuple[str, ...]
    arrows: Mapping[int, str]


def frame_in(stack: tuple[At, ...], files: Collection[str]) -> At | None:
    """The innermost line of a stack that is in one of the files, else the innermost one; None for no stack."""
    return next((at for at in reversed(stack) if at.file in files), stack[-1] if stack else None)


def source_view(at: At, stacks: Mapping[str, tuple[At, ...]]) -> SourceView:
    """The function that a line is in, with an arrow for each task whose stack goes through it."""
    lines = inspect.getblock(linecache.getlines(at.file)[at.first - 1:])
    arrows: dict[int, str] = {}
    for name, stack in stacks.items():
        for other in stack:
            if (other.file, other.first) == (at.file, at.first):
                arrows[other.line] = arrows.get(other.line, "") + name
    return SourceView(at.function, at.first, tuple(_without_docstring(lines, at.first, arrows)), arrows)


def _without_docstring(lines: list[str], first: int, arrows: Mapping[int, str]) -> list[str]:
    """The lines; those of the docstring are empty: the picture leaves empty lines out."""
    text = "".join(lines)
    start = text.find('"""')
    end = text.find('"""', start + 3) + 3
    if 0 <= start < end:
        quoted = text[start:end]
        text = text[:start] + "\n" * quoted.count("\n") + text[end:]
    return [TYPES.sub("", line).rstrip() for line in _plain_head(text).splitlines()]


def _plain_head(text: str) -> str:
    """The text with no annotations in the line of its def."""
    head, colon, body = text.partition(":\n")
    names = re.sub(r"\)\s*->.*$", ")", re.sub(r": [^,)=\[]+(\[[^\]]*\])*", "", head), flags=re.DOTALL)
    return names + colon + body
