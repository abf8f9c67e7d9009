# SPDX-License-Identifier: GPL-2.0-only
"""What a fault and a replace cost in each design, counted on traces in which nobody else runs."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from numakit.locking import Heap, Row, Scene, Trace, Turn, Unlock, begin
from numakit.locking.steps import Act, Allocation, Lock
from numakit.proposals.cases import Case
from numakit.proposals.design import Design
from numakit.proposals.designs import DESIGNS
from numakit.proposals.file import PTL

LOOKUPS = ("sp_lookup", "sp_lookup_get", "sp_lookup_range", "sp_lookup_range_get")


@dataclass(frozen=True, slots=True)
class Costs:
    """Counts on one trace. spinlocks, mutexes: how often the tree's were taken; ptl: how often the page table's was;
    drops: how often it was released before the answer was used; lookups, allocations: of nodes, of objects."""

    spinlocks: int
    mutexes: int
    ptl: int
    drops: int
    lookups: int
    allocations: int

    def __str__(self) -> str:
        return (f"{self.spinlocks:>10}{self.mutexes:>10}{self.ptl:>10}{self.drops:>11}{self.lookups:>10}"
                f"{self.allocations:>12}")


HEAD = f"{'sp->lock':>10}{'mutex':>10}{'PTL':>10}{'PTL drops':>11}{'look-ups':>10}{'allocations':>12}"


def counted(rows: tuple[Row, ...]) -> Costs:
    """The costs of some steps."""
    steps = [row.step for row in rows]
    locks = [step for step in steps if isinstance(step, Lock) and step.name != PTL]
    acts = [step.function.__name__ for step in steps if isinstance(step, Act)]
    use = next((n for n, step in enumerate(steps) if isinstance(step, Act) and step.function.__name__ == "used"), 0)
    return Costs(sum(not lock.sleeps for lock in locks), sum(lock.sleeps for lock in locks),
                 sum(isinstance(step, Lock) and step.name == PTL for step in steps),
                 sum(isinstance(step, Unlock) and step.name == PTL for step in steps[:use]),
                 sum(name in LOOKUPS for name in acts), sum(isinstance(step, Allocation) for step in steps))


def alone(trace: Trace, name: str) -> Trace:
    """A trace after one task has run to its end, or to a step at which its path ends."""
    while not trace.ended(name) and not trace.over:
        trace = trace.then(Turn(name))
    return trace


def fault_costs(design: Design) -> Costs:
    """A fault on a file with one range."""
    return counted(alone(begin(_scene(design, 2, (1, 2))), "F").rows)


def fault_elsewhere_costs(design: Design) -> Costs | None:
    """A fault on a page of another range than the table's first page has."""
    return _later(design, "F", 1, (1, 2))


def no_policy_costs(design: Design) -> Costs:
    """A fault on a file whose tree is empty: nobody has called mbind, and the mount gave no policy."""
    scene = _scene(design, 2, (1, 2))
    return counted(alone(begin(replace(scene, world=scene.world.having(tree=(), heap=Heap()))), "F").rows)


def split_costs(design: Design) -> Costs:
    """A replace in the middle of a range."""
    return counted(alone(begin(_scene(design, 2, (1, 2))), "A").rows)


def whole_costs(design: Design) -> Costs | None:
    """A replace of just one whole range: B sets again what A has set."""
    return _later(design, "B", 1, (1, 2))


def _later(design: Design, name: str, page: int, pages: tuple[int, int]) -> Costs | None:
    """The costs of a task that runs after A; None where A's path ends at a BUG()."""
    before = alone(begin(_scene(design, page, pages)), "A")
    return None if before.over else counted(alone(before, name).rows[len(before.rows):])


def _scene(design: Design, page: int, pages: tuple[int, int]) -> Scene:
    return Case("all", page, pages, pages, reclaim=False).scene(design)


KINDS: dict[str, Callable[[Design], Costs | None]] = {
    "a fault": fault_costs, "a fault on a page of another range": fault_elsewhere_costs,
    "a replace that splits a range": split_costs, "a replace of a whole range": whole_costs}


def costs_table() -> str:
    """A table for each kind of task: the costs of each design."""
    return "\n\n".join(_table(kind, cost) for kind, cost in KINDS.items())


def _table(kind: str, cost: Callable[[Design], Costs | None]) -> str:
    rows = [f"{design.name:27}{cost(design) or '         -  (BUG before)'}" for design in DESIGNS.values()]
    return "\n".join([f"{kind}, with nobody else running", f"{'':27}{HEAD}", *rows])
