# SPDX-License-Identifier: GPL-2.0-only
"""Reference solutions of lesson 00."""

SOLUTIONS = {
    "00-1": [2, 3, 0, 1, 2, 3, 0, 1],
    "00-2": [12, 9, 6, 3],
}
