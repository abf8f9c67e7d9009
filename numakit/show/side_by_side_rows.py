# SPDX-License-Identifier: GPL-2.0-only
"""The rows of the designs side by side: properties by what it costs to break them, what is counted, and their words."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from numakit.locking.result import plural
from numakit.proposals.costs import Costs, fault_costs, fault_elsewhere_costs, split_costs, whole_costs
from numakit.proposals.design import Design
from numakit.proposals.verdicts import Row

LATE = ("superseded_at_use", "superseded_before_lock")
GROUPS: dict[str, tuple[str, ...]] = {
    "the kernel stops or hangs": ("sleep_in_atomic", "would_block_in_atomic", "deadlock", "sp_insert_bug",
                                  "bad_unlock"),
    "memory is wrong": ("use_after_free", "freed_page", "stale_pte", "leak"),
    "answers are wrong": ("bad_ranges", "not_serializable", "lookup_not_linearizable", "outside_range"),
    "answers are late": LATE,
}
"""The properties, by what it costs to break them: the worst first."""
BUG = "BUG() before"
"""A cell of a cost that nobody comes to, since a setter before has stopped."""


@dataclass(frozen=True, slots=True)
class Cost:
    """One thing that is counted: name, and how a design's cell says it; a BUG() ends what it would be counted on."""

    name: str
    words: Callable[[Design], str]


def cell_words(row: Row) -> str:
    """A verdict in a word or two: holds, or by how few switches it is violated."""
    if row.switches is None:
        return row.verdict
    return plural(row.switches, "switch") if row.switches else "no switch"


def locks_taken(costs: Costs) -> int:
    """How often a lock of the tree is taken."""
    return costs.spinlocks + costs.mutexes


def _locks(costs: Costs | None) -> str:
    if costs is None:
        return BUG
    counts = ((costs.mutexes, "mutex"), (costs.spinlocks, "spin"))
    return " + ".join(f"{count} {word}" for count, word in counts if count)


def _page_table(costs: Costs | None) -> str:
    if costs is None:
        return BUG
    return f"{costs.ptl}, let go" if costs.drops else str(costs.ptl)


def _split(design: Design) -> str:
    """A split's locks. Where no replace can come after one, it has ended in a BUG()."""
    return _locks(split_costs(design)) + (", BUG()" if whole_costs(design) is None else "")


def _allocations(costs: Costs | None) -> str:
    return BUG if costs is None else str(costs.allocations)


COSTS = (
    Cost("fault: tree's locks", lambda design: _locks(fault_costs(design))),
    Cost("fault: page-table lock", lambda design: _page_table(fault_costs(design))),
    Cost("… of another range's page", lambda design: _page_table(fault_elsewhere_costs(design))),
    Cost("split: tree's locks", _split),
    Cost("allocations at a split", lambda design: _allocations(split_costs(design))),
    Cost("whole range: tree's locks", lambda design: _locks(whole_costs(design))),
    Cost("allocations for a whole range", lambda design: _allocations(whole_costs(design))),
)
