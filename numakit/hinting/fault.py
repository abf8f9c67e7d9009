# SPDX-License-Identifier: GPL-2.0-only
"""One hinting fault from beginning to end: do_numa_page(), and what it tells the scanner."""
from __future__ import annotations

from dataclasses import dataclass, replace

from numakit.errors import ModelError
from numakit.hinting.migrate import USUAL, Facts, Migration, migrate_misplaced_page
from numakit.hinting.misplaced import mpol_misplaced
from numakit.hinting.page import Faulter, Page
from numakit.hinting.rate_limit import RateLimit
from numakit.hinting.words import Answer, Decision
from numakit.kernel import Kernel
from numakit.machine import Machine
from numakit.mempolicy import Mempolicy
from numakit.shared_policy import SharedPolicy


@dataclass(frozen=True, slots=True)
class Fault:
    """What came of a hinting fault. page: as it is afterwards, its entry normal again; migration: None where the
    decision was to stay; limit: of the target node, as it is afterwards; local: whether the page lay on the running
    node as the fault came (NUMA_HINT_FAULTS_LOCAL)."""

    page: Page
    decision: Decision
    migration: Migration | None
    limit: RateLimit
    local: bool

    @property
    def moved(self) -> bool:
        """Whether the page lies elsewhere now."""
        return self.migration is not None and self.migration.moved.yes

    def __str__(self) -> str:
        if self.migration is None or self.moved:
            return str(self.decision)
        return f"{self.decision}; refused: {self.migration.moved.reason}"

    def __repr__(self) -> str:
        return f"<{self}>"


NO_LIMIT = RateLimit()


def do_numa_page(page: Page, policy: Mempolicy | None, who: Faulter, machine: Machine, now_ms: int = 0,
                 limit: RateLimit = NO_LIMIT, facts: Facts = USUAL) -> Fault:
    """What a touch of a marked page does: the entry becomes normal, the policy decides, the page may move.

    policy: in force at the page, None for the task's default; limit: the window of the node that the page may go
    to (with MORON the running node). Raises ModelError for a page that is not marked: a touch of it takes no fault.
    Linux v3.8 mm/memory.c, do_numa_page(); its do_pmd_numa_page() does the same for a whole table.
    """
    if not page.marked:
        raise ModelError(f"{page!r} takes no hinting fault: the scanner has not marked it")
    decision = mpol_misplaced(policy, page, who, machine)
    after = replace(page, marked=False, last=who.as_last if decision.noted else page.last)
    local = page.node == who.nid
    if decision.target is None:
        return Fault(after, decision, None, limit, local)
    migration = migrate_misplaced_page(after, decision.target, now_ms, limit, machine, facts)
    return Fault(migration.page, decision, migration, migration.limit, local)


def lookup_takes_lock(tree: SharedPolicy) -> bool:
    """Whether a fault on a mapping of a file with this tree takes the tree's lock: not where it is empty, but in a hole
    as well. Linux v3.8 mm/mempolicy.c, mpol_shared_policy_lookup()."""
    return len(tree) > 0


def lookup_warns(tree: SharedPolicy, kernel: Kernel) -> Answer:
    """Whether that look-up, under the page table's lock, makes a debug kernel warn: a mutex may sleep, a spinlock and
    a rwlock don't. v3.8-rc1 with CONFIG_DEBUG_ATOMIC_SLEEP."""
    source = "Linux v3.8-rc1 mm/mempolicy.c, mpol_shared_policy_lookup()"
    if not lookup_takes_lock(tree):
        return Answer(False, "the file's tree is empty: the look-up returns before it takes the lock", source)
    lock = kernel.shared_policy_lock
    sleeps = lock == "mutex" and kernel.hinting_faults
    return Answer(sleeps, f"the look-up takes a {lock} under the page table's lock, which "
                  f"{'may sleep' if lock == 'mutex' else 'does not sleep'}", source)
