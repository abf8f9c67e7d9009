# SPDX-License-Identifier: GPL-2.0-only
"""The locking designs of the thread, one file for each proposal, in reading order: spinlock, mutex, mutex_and_spinlock,
drop_ptl, retry, range_lookup; and the cases that all are searched in.

The names come when they are first asked for; the modules carry the designs' own names.
"""
from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {"DESIGNS": "designs", "design_named": "designs", "Design": "design", "PROPERTIES": "properties",
         "verdict": "summary", "Verdict": "summary", "review": "reviewing", "read_schedule": "schedule",
         "timeline": "tables", "costs_table": "costs", "Case": "cases"}
__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"numakit.proposals has no {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(f"numakit.proposals.{_HOME[name]}"), name)
