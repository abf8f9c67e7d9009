# SPDX-License-Identifier: GPL-2.0-only
"""Which cells of the lessons are left out of the comparison: the reader's own machine, and no others."""
from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

LESSONS = sorted((Path(__file__).resolve().parent.parent / "notebooks").glob("*.ipynb"))
NOT_COMPARED = {"nbval-ignore-output", "nbval-skip"}
NOT_COMPARED_WORDS = ("NBVAL_IGNORE_OUTPUT", "NBVAL_SKIP", "PYTEST_VALIDATE_IGNORE_OUTPUT")
READ_THE_MACHINE = re.compile(r"from_sysfs\(|\b(?:platform|os|psutil)\.|\bsubprocess\b")

LISTED = {
    ("01_nodes_and_distance", "cell-46"): "from_sysfs(), the reader's own nodes",
}
"""(notebook, cell) -> what of the machine its output shows."""


def code_cells() -> dict[tuple[str, str], dict[str, Any]]:
    return {(path.stem, cell["id"]): cell for path in LESSONS
            for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"}


def tags(cell: dict[str, Any]) -> set[str]:
    return set(cell["metadata"].get("tags", ()))


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def test_only_the_listed_cells_are_left_out_of_the_comparison() -> None:
    assert {place for place, cell in code_cells().items() if tags(cell) & NOT_COMPARED} == set(LISTED)


def test_no_comment_in_a_cell_leaves_it_out_of_the_comparison() -> None:
    assert [place for place, cell in code_cells().items()
            if any(word in source(cell) for word in NOT_COMPARED_WORDS)] == []


def test_exactly_the_listed_cells_say_that_they_depend_on_the_machine() -> None:
    assert {place for place, cell in code_cells().items() if "machine-dependent" in tags(cell)} == set(LISTED)


def test_no_other_cell_reads_the_machine() -> None:
    assert {place for place, cell in code_cells().items()
            if READ_THE_MACHINE.search(source(cell))} == set(LISTED)


def test_a_listed_cell_runs_everywhere_because_it_catches_what_a_machine_without_nodes_raises() -> None:
    assert all("except ValueError" in source(code_cells()[place]) for place in LISTED)
