# SPDX-License-Identifier: GPL-2.0-only
"""The scanner: whether it comes at all, which mappings it skips, which pages it marks, and how much it does at once.

Each gate is a function that answers with its reason. The order is task_numa_work()'s, then change_pte_range()'s.
"""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from numakit.checks import is_whole
from numakit.errors import BadRange
from numakit.hinting.misplaced import policy_at_fault, told
from numakit.hinting.page import Page
from numakit.hinting.rate_limit import RateLimit
from numakit.hinting.words import Answer
from numakit.kernel import Kernel
from numakit.machine import Machine
from numakit.mempolicy import Flag, Mempolicy
from numakit.placement import HUGE_ORDER

HPAGE_PAGES = 1 << HUGE_ORDER
"""Pages of 4 KiB in 2 MiB (HPAGE_SIZE on x86)."""

SCAN_SIZE_PAGES = 256 << (20 - 12)
"""What one scan may use up: 256 MiB, 65,536 pages. Linux v3.8 and v3.13 kernel/sched/fair.c, scan_size"""

V3_8_SCAN = "Linux v3.8 kernel/sched/fair.c, task_numa_work()"
V3_13_SCAN = "Linux v3.13 kernel/sched/fair.c, task_numa_work()"
MOF_GATE = "Linux v3.13 mm/mempolicy.c, vma_policy_mof()"
V3_8_MARK = "Linux v3.8 mm/mprotect.c, change_pte_range()"
V6_1_MARK = "Linux v6.1 mm/mprotect.c, change_pte_range()"


@dataclass(frozen=True, slots=True)
class Scanned:
    """What the scanner asks of a mapping. Raises BadRange.

    pages: its length; kind: shmem is tmpfs, shared anonymous memory and SysV; own: the policy of its *first* page, by
    the file's tree for shmem, by the mapping else; None for none; migratable: not VM_IO, VM_PFNMAP or VM_HUGETLB, nor
    a file whose pages must lie low.
    """

    pages: int
    kind: Literal["anon", "shmem", "file"] = "anon"
    shared: bool = False
    own: Mempolicy | None = None
    readable: bool = True
    writable: bool = True
    migratable: bool = True

    def __post_init__(self) -> None:
        if not is_whole(self.pages, 1) or self.kind not in ("anon", "shmem", "file"):
            raise BadRange(f"a mapping of {self.pages!r} pages, kind {self.kind!r}",
                           "1 page or more of anon, shmem or file would do", "mmap fails with EINVAL for length 0")


def may_scan(first_nid: int | None, nid: int, limit: RateLimit, now_ms: int, machine: Machine) -> Answer:
    """Whether the scanner works at all for a process, when its period is over.

    first_nid: where the scanner first met the process, None once it has been met on a second node (v3.8 asks no more
    then); nid: where the task runs now; limit: of that node. Raises InvalidNodes, BadRange.
    """
    kernel = machine.kernel
    machine.topology.checked(nid)
    if not kernel.hinting_faults:
        return Answer(False, f"{kernel.title} has no hinting faults", "they were merged for Linux v3.8-rc1")
    if machine.topology.nodes < 2:
        return Answer(False, "the machine has one node: balancing is off unless numa_balancing=enable",
                      "Linux v3.8 mm/mempolicy.c, check_numabalancing_enable()")
    if kernel.first_nid_gate and first_nid == nid:
        return Answer(False, f"the process has run on node {nid} alone so far", V3_8_SCAN)
    if kernel.scanner_heeds_rate_limit and limit.migrate_ratelimited(now_ms):
        return Answer(False, f"node {nid} has had its fill of pages in this window", V3_8_SCAN)
    return Answer(True, "the scanner walks the process's mappings", V3_8_SCAN)


def may_scan_mapping(vma: Scanned, task_policy: Mempolicy | None, nid: int, kernel: Kernel) -> Answer:
    """Whether the scanner enters a mapping, of a task on node `nid`: the first gate that skips it, or yes."""
    gates = (migratable(vma), has_mof(vma, task_policy, nid, kernel), large_enough(vma, kernel), usable(vma, kernel))
    return next((gate for gate in gates if not gate), Answer(True, "no gate skips this mapping", V3_8_SCAN))


def migratable(vma: Scanned) -> Answer:
    """Whether pages of this mapping can move at all (vma_migratable)."""
    return Answer(vma.migratable, f"the mapping's pages can{'' if vma.migratable else 'not'} be moved", V3_8_SCAN)


def has_mof(vma: Scanned, task_policy: Mempolicy | None, nid: int, kernel: Kernel) -> Answer:
    """Whether the policy at the mapping's start has MOF. v3.8 does not ask: its faults on other mappings are in vain.

    An anonymous mapping without a policy falls back to the task; a shmem one did not until 2026.
    """
    if not kernel.scan_needs_mof:
        return Answer(True, f"{kernel.title} does not ask for MPOL_F_MOF here", V3_8_SCAN)
    if vma.own is None and vma.kind == "shmem" and not kernel.shmem_falls_back_to_task_policy:
        return Answer(False, "the file has no policy at the mapping's start, which counts as one without MPOL_F_MOF",
                      MOF_GATE)
    mine = policy_at_fault(vma.own if vma.own is not None else task_policy, nid, kernel)
    has = bool(mine.flags & Flag.MOF)
    return Answer(has, f"{told(mine)}, in force at the mapping's start, {'has' if has else 'lacks'} MPOL_F_MOF",
                  MOF_GATE)


def large_enough(vma: Scanned, kernel: Kernel) -> Answer:
    """Whether the mapping has 2 MiB; v3.8 only."""
    if not kernel.small_vma_gate:
        return Answer(True, f"{kernel.title} does not ask for the size", V3_13_SCAN)
    return Answer(vma.pages >= HPAGE_PAGES, f"{vma.pages} pages are {'' if vma.pages >= HPAGE_PAGES else 'not '}"
                  f"the {HPAGE_PAGES} of 2 MiB", V3_8_SCAN)


def usable(vma: Scanned, kernel: Kernel) -> Answer:
    """Whether the mapping can be touched, and, a file's, written: text of libraries is rather left where it is."""
    text = vma.kind != "anon" and vma.readable and not vma.writable
    if not kernel.scan_skips_read_only_files or not (text or not (vma.readable or vma.writable)):
        return Answer(True, "nothing is wrong with the mapping's access", V3_13_SCAN)
    return Answer(False, "a file that can only be read" if text else "no access is allowed", V3_13_SCAN)


def may_mark(page: Page, vma: Scanned, nid: int, kernel: Kernel, alone: bool = True) -> Answer:
    """Whether a page's entry becomes a NUMA entry. nid: the running node; alone: no other task has this address space.

    Not modelled: pages without a struct page, KSM pages, dirty pages of files on disc (v6.1 skips them), pinned ones.
    """
    if page.marked:
        return Answer(False, "the entry is a NUMA entry already", V3_8_MARK)
    if kernel.mapcount_check and page.mapcount != 1:
        return Answer(False, f"{page.mapcount} page-table entries map the page, not one", V3_8_MARK)
    if not vma.shared and not _cow_allows(page, kernel):
        return Answer(False, "something else holds the page too, and the mapping is private", V6_1_MARK)
    if not vma.shared and alone and page.node == nid and not kernel.local_private_pages_marked:
        return Answer(False, f"the page is on node {nid} already, and nobody else has this mapping", V6_1_MARK)
    return Answer(True, f"a page of the mapping that {page.mapcount} page-table "
                  f"{'entry maps' if page.mapcount == 1 else 'entries map'}", V3_8_MARK)


def _cow_allows(page: Page, kernel: Kernel) -> bool:
    """The switch `cow_marks`: the page cache's hold on a file's own page is a reference, not a mapping."""
    if kernel.cow_marks == "sole reference":
        return page.mapcount + page.cached == 1
    return kernel.cow_marks == "all" or page.mapcount == 1


def pmd_is_marked(nodes: Iterable[int]) -> bool:
    """Whether v3.8 marks a whole page table (512 entries) too: all its pages that were looked at lie on one node.

    Also where it marked none of them: two processes on the same pages take a fault for each table, which finds
    nothing to do. Linux v3.8 mm/mprotect.c, change_pte_range(), all_same_node.
    """
    return len(set(nodes)) <= 1


def chunk_end(start: int, pages: int, vma_end: int) -> int:
    """Where a scan's next chunk ends, in pages: rounded up to 2 MiB, but not beyond the mapping. Raises BadRange."""
    if not is_whole(start) or not is_whole(pages, 1) or not is_whole(vma_end, start + 1):
        raise BadRange(f"a chunk of {pages!r} pages from page {start!r} in a mapping up to {vma_end!r}",
                       "a page of the mapping and 1 page or more would do", "the scanner stops when its budget is gone")
    return min(-(-(start + pages) // HPAGE_PAGES) * HPAGE_PAGES, vma_end)


def budget_used(length: int, updated: int, empty: int, kernel: Kernel, updated_before: int = 0) -> int:
    """What a chunk of `length` pages takes from the scan's 65,536. Raises BadRange.

    updated: entries that became NUMA entries (a huge page counts 512); empty: empty and swapped-out ones in page
    tables that exist, which v3.8 counts as well; updated_before: in earlier chunks of the same scan: v3.13 goes on
    for free until it has marked something.
    """
    counts = (length, updated, empty, updated_before)
    if not all(is_whole(n) for n in counts) or updated + empty > length:
        raise BadRange(f"{updated!r} marked and {empty!r} empty entries of {length!r}, {updated_before!r} before",
                       "no more than there are, and none below 0, would do", "each page has one entry")
    if kernel.scan_budget == "entries":
        return updated + empty
    return length if updated + updated_before else 0
