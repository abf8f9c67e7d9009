# SPDX-License-Identifier: GPL-2.0-only
"""A table as a value: the words of a picture, as HTML, plain text or Markdown."""
from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape

Cell = str | int
LONG = re.compile(r"\S{40,}")
"""A word that would make a column so wide that the others have no room: it may be broken behind / and _."""


@dataclass(frozen=True, slots=True, repr=False)
class Table:
    """A header and rows of the same length; the first cell of a row names it. Raises ValueError for a ragged row."""

    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.header):
                raise ValueError(f"a row of {len(row)} cells under a header of {len(self.header)}: {row}")

    def html(self) -> str:
        """The table as HTML; headers say by their scope what they head."""
        caption = f"<caption>{escape(self.caption)}</caption>" if self.caption else ""
        sides = [_side(column) for column in zip(*self.rows, strict=True)] or [""] * len(self.header)
        named = zip(self.header, sides, strict=True)
        head = "".join(f'<th scope="col"{side}>{escape(name)}</th>' for name, side in named)
        body = "".join(f"<tr>{_html_row(row, sides)}</tr>" for row in self.rows)
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def text(self) -> str:
        """The table as plain text in columns."""
        grid = [self.header, *[tuple(map(str, row)) for row in self.rows]]
        widths = [max(map(len, column)) for column in zip(*grid, strict=True)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in grid]
        return "\n".join([self.caption, *lines] if self.caption else lines)

    def markdown(self) -> str:
        """The table as Markdown."""
        rows = [self.header, ("---",) * len(self.header), *self.rows]
        return "\n".join(f"| {' | '.join(_escaped(cell) for cell in row)} |" for row in rows)

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return self.html()


def _escaped(cell: Cell) -> str:
    return str(cell).replace("|", r"\|")


def _side(column: tuple[Cell, ...]) -> str:
    """How a column is aligned: words to the left, where JupyterLab would put them to the right, as it may numbers."""
    return ' style="text-align:left"' if any(re.search("[A-Za-z]", str(cell)) for cell in column) else ""


def _html_row(row: tuple[Cell, ...], sides: list[str]) -> str:
    first, *rest = (f"{side}>{LONG.sub(_breakable, escape(str(cell)))}" for cell, side in zip(row, sides, strict=True))
    return f'<th scope="row"{first}</th>' + "".join(f"<td{cell}</td>" for cell in rest)


def _breakable(word: re.Match[str]) -> str:
    return re.sub("([/_]+)", r"\1<wbr>", word[0])
