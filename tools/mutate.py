# SPDX-License-Identifier: GPL-2.0-only
"""Alters one stored output of a notebook: nbval must then fail on that cell, or it is not checking anything."""

from typing import Any

Tree = dict[str, Any]

UNCHECKED_TAGS = {"nbval-ignore-output", "nbval-skip"}
UNCHECKED_COMMENTS = ("NBVAL_IGNORE_OUTPUT", "NBVAL_SKIP", "PYTEST_VALIDATE_IGNORE_OUTPUT")


class NothingToAlter(ValueError):
    """The notebook stores no text that nbval would compare."""


def is_checked(cell: Tree) -> bool:
    """Whether nbval compares the outputs of this cell."""
    tags = set(cell.get("metadata", {}).get("tags", ()))
    return not tags & UNCHECKED_TAGS and not any(word in "".join(cell["source"]) for word in UNCHECKED_COMMENTS)


def altered_output(output: Tree) -> Tree | None:
    """The output with other text, or None if it has no plain text."""
    if output["output_type"] == "stream":
        return output | {"text": ["altered: ", *output["text"]]}
    data = output.get("data", {})
    if "text/plain" not in data:
        return None
    return output | {"data": data | {"text/plain": ["altered: ", *data["text/plain"]]}}


def altered_cell(cell: Tree) -> Tree | None:
    """The cell with the first of its texts altered, or None if it has none that is checked."""
    if cell["cell_type"] != "code" or not is_checked(cell):
        return None
    for place, output in enumerate(cell["outputs"]):
        other = altered_output(output)
        if other is not None:
            return cell | {"outputs": [*cell["outputs"][:place], other, *cell["outputs"][place + 1 :]]}
    return None


def altered(notebook: Tree) -> tuple[Tree, int]:
    """The notebook up to the first checked text, which is altered, and that cell's number among code cells, from 0.

    What comes after the cell is left out: it costs time and says nothing more. Raises NothingToAlter.
    """
    for place, cell in enumerate(notebook["cells"]):
        other = altered_cell(cell)
        if other is not None:
            before = notebook["cells"][:place]
            return notebook | {"cells": [*before, other]}, sum(c["cell_type"] == "code" for c in before)
    raise NothingToAlter("no code cell has a text/plain or stream output that nbval compares")
