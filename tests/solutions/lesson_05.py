# SPDX-License-Identifier: GPL-2.0-only
"""Reference solutions of lesson 05."""


def node_after(node, last, here):
    return here if last == here else node


def nodes_after(touches, node=0):
    nodes, last = [], None
    for here in touches:
        node, last = node_after(node, last, here), here
        nodes.append(node)
    return nodes


SOLUTIONS = {
    "05-1": "d",
    "05-2": nodes_after([1, 2, 2, 1, 1]),
    "05-3": node_after,
    "05-4": 32768 // 512 + 1,
    "05-5": {"C9": "twice", "policy": "local", "release": "newer", "tmpfs": "anon"},
}
