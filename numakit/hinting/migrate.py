# SPDX-License-Identifier: GPL-2.0-only
"""migrate_misplaced_page(): what can refuse to move a page that mpol_misplaced() wants elsewhere."""
from __future__ import annotations

from dataclasses import dataclass, replace

from numakit.hinting.page import Page
from numakit.hinting.rate_limit import RATELIMIT_PAGES, RateLimit
from numakit.hinting.words import Answer
from numakit.machine import Machine

SOURCE = "Linux v3.8 mm/migrate.c, migrate_misplaced_page()"


@dataclass(frozen=True, slots=True)
class Migration:
    """How a move went. moved: with the reason; page, limit: as they are afterwards."""

    moved: Answer
    page: Page
    limit: RateLimit

    def __repr__(self) -> str:
        return f"<moved: {self.moved}>"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the model is told and does not work out: how full the target is, and what else holds the page.

    room: some zone of the target has more free than its high watermark and the page; copied: migrate_pages() itself
    succeeds (tried once, asynchronously, nothing reclaimed for it); executable: a page of a file mapped to be run.
    """

    room: bool = True
    copied: bool = True
    executable: bool = False


USUAL = Facts()


def migrate_misplaced_page(page: Page, target: int, now_ms: int, limit: RateLimit, machine: Machine,
                           facts: Facts = USUAL) -> Migration:
    """The page moved to `target`, or refused. limit: the target node's. Raises BadRange, InvalidNodes.

    The kernel's order: shared page-table entries, the rate limit, room, the copy. So a move that fails after the rate
    limit has been charged all the same. The page takes its `last` along.
    """
    machine.topology.checked(target)
    shared = refused_as_shared(page, machine, facts.executable)
    if shared:
        return Migration(Answer(False, shared.reason, shared.source), page, limit)
    if machine.kernel.rate_limit:
        allowed, limit = limit.charge(now_ms, page.pages)
        if not allowed:
            return Migration(Answer(False, f"more than {RATELIMIT_PAGES} pages came to node {target} in this window of "
                                    "100 ms", SOURCE), page, limit)
    if target not in machine.memory or not facts.room:
        return Migration(Answer(False, f"node {target} has no zone with room above its high watermark", SOURCE),
                         page, limit)
    if not facts.copied:
        return Migration(Answer(False, "migrate_pages() could not move it", SOURCE), page, limit)
    return Migration(Answer(True, f"from node {page.node} to node {target}", SOURCE), replace(page, node=target), limit)


def refused_as_shared(page: Page, machine: Machine, executable: bool) -> Answer:
    """Whether the page is mapped more than once where that forbids a move: in v3.13 for executable files alone."""
    checked = machine.kernel.mapcount_check or executable
    refused = checked and page.mapcount != 1
    return Answer(refused, f"{page.mapcount} page-table entries map the page", SOURCE)
