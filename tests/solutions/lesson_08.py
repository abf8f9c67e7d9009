# SPDX-License-Identifier: GPL-2.0-only
"""Reference solutions of lesson 08."""
SOLUTIONS = {
    "08-1": {"sp_insert_bug": "holds", "bad_ranges": "holds", "not_serializable": "holds",
             "lookup_not_linearizable": "holds", "superseded_at_use": "violated", "sleep_in_atomic": "violated"},
    "08-2": "mutex:middle:0:1-2:1-2:F6A4Ar",
    "08-3": {"lock taken twice": "retry", "searched twice": "retry", "written twice": "retry",
             "more memory": "neither", "may not be asked": "mutex"},
}
