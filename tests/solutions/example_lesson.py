# SPDX-License-Identifier: GPL-2.0-only
"""One exercise of each kind, as a lesson_NN.py of numakit.learn holds them, and below their reference solutions.

The "model" is two lines long here: files in tmpfs interleave by (page + i_ino) modulo the number of nodes.
"""
from collections.abc import Iterator

from numakit.learn.exercise import Choose, Match, Predict, Where, WriteRule


def node_of(page: int, i_ino: int, nodes: int = 4) -> int:
    return (page + i_ino) % nodes


def without_bias(page: int, i_ino: int) -> int:
    return page % 4


def small_files() -> Iterator[tuple[object, ...]]:
    return ((page, i_ino) for i_ino in range(4) for page in range(4))


EXERCISES = (
    Predict(
        number="99-1",
        question="On which node does each of the four pages of file 7 land?",
        each="page",
        expected=lambda: [node_of(page, 7) for page in range(4)],
        plausible={
            lambda: [without_bias(page, 7) for page in range(4)]: "So would file 0. What does i_ino add?",
            Where(lambda nodes: isinstance(nodes, tuple) and 4 in nodes, (4, 0, 1, 2)): "Four nodes: 0 to 3.",
        },
        hints=("Not every file begins on node 0.", "Look at i_ino: it is 7.", "Page 0: (0 + 7) % 4 = 3."),
        why="Each file begins one node further than the file before it.",
    ),
    Choose(
        number="99-2",
        question="What does a remount change?",
        options={"a": "the policy of files made later", "b": "the policy of all files"},
        expected=lambda: "a",
        plausible={"b": "The old file's tree was made when the file was."},
        hints=("Look at an old file.", "Look at the panel after the remount.", "The old file's row is as it was."),
    ),
    WriteRule(
        number="99-3",
        question="Write the rule: the node of a page of a file on four nodes.",
        expected=lambda page, i_ino: node_of(page, i_ino),
        cases=small_files,
        plausible={without_bias: "This is where the fault path wants the page."},
        hints=("Two numbers decide.", "Look at file 1.", "Page 0 of file 1 is on node 1: (0 + 1) % 4."),
    ),
    Match(
        number="99-4",
        question="Which evidence decides which claim?",
        expected=lambda: {"C9": "count", "C14": "nodes"},
        evidence={"count": "page_mapcount of a file's page, mapped once and twice", "nodes": "two columns of nodes"},
        plausible={lambda: {"C9": "nodes", "C14": "count"}: "Just the other way round."},
        hints=("Which claim is about placement?", "Look at C14's verb.", "C14 compares two columns of nodes."),
    ),
)

SOLUTIONS: dict[str, object] = {
    "99-1": [3, 0, 1, 2],
    "99-2": "a",
    "99-3": lambda page, i_ino: (page + i_ino) % 4,
    "99-4": {"C9": "count", "C14": "nodes"},
}
