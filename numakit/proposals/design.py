# SPDX-License-Identifier: GPL-2.0-only
"""A design: how a lookup and a replace take their locks, and how a fault asks."""
from __future__ import annotations

from dataclasses import dataclass

from numakit.proposals.fault import FaultTask, Lookup, do_numa_page
from numakit.proposals.mbind import Replace


@dataclass(frozen=True, slots=True)
class Design:
    """One locking design of the thread, or of a learner. lookup, replace: generators that yield steps; fault: the
    hinting fault that calls the lookup; origin: whose it is, and where it was."""

    name: str
    lookup: Lookup
    replace: Replace
    fault: FaultTask = do_numa_page
    origin: str = ""

    def __repr__(self) -> str:
        return f"<design {self.name}>"
