# SPDX-License-Identifier: GPL-2.0-only
"""Reference solutions of lesson 14."""


def my_rule(page, i_ino, nodes, knows):
    return not knows and i_ino % len(nodes) != 0


SOLUTIONS = {
    "14-1": {4, 5, 7, 8},
    "14-2": my_rule,
    "14-3": [0, 6, 12, 6],
    "14-4": {"3.8 default": "follow", "3.8 local": "pay", "3.13 default": "alone", "6.12.117 default": "follow"},
}
