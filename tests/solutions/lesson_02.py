# SPDX-License-Identifier: GPL-2.0-only
"""Reference solutions of lesson 02."""


def bind_node(nodes, order):
    for node in order:
        if node in nodes:
            return node


SOLUTIONS = {
    "02-1": bind_node,
    "02-2": [0, 2, 2, 0, 0, 0, 2, 2],
    "02-3": {"a": "file", "b": "file", "c": "task", "d": "mapping", "e": "nobody"},
    "02-4": "b",
    "02-5": [2, 3],
}
