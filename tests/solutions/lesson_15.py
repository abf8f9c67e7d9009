# SPDX-License-Identifier: GPL-2.0-only
"""Reference solutions of lesson 15."""


def left(breaks, locks, must, most):
    return {name for name in breaks if not set(breaks[name]) & set(must) and locks[name] <= most}


SOLUTIONS = {
    "15-1": {"spinlock": "two setters", "mutex": "sleep", "mutex_and_spinlock": "reader", "drop_ptl": "released",
             "retry_as_merged": "one call", "range_lookup": "older"},
    "15-2": left,
    "15-3": {"v3.8's BUG()": "one call", "v3.8.3's BUG()": "calls in a row", "the old race": "search",
             "the warning": "one call", "the deadlock": "search", "the leak": "search"},
    "15-4": {"C1": "judgement", "C4": "never reached", "C6": "refuted", "C8": "shown", "C10": "shown",
             "C14": "never reached"},
}
