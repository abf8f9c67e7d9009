# SPDX-License-Identifier: GPL-2.0-only
"""What becomes of a mapping's pages while a task uses them for seconds: scanned or not, moved or not, and why."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from numakit.errors import BadRange
from numakit.hinting.fault import Fault, do_numa_page, lookup_warns
from numakit.hinting.page import Faulter, Page
from numakit.hinting.rate_limit import RateLimit
from numakit.hinting.scanner import Scanned, may_mark, may_scan, may_scan_mapping
from numakit.hinting.words import Answer
from numakit.machine import Machine
from numakit.mempolicy import INTERLEAVING, Mempolicy
from numakit.shared_policy import SharedPolicy
from numakit.task import Task

ROUNDS = 3
"""Scans that are enough: where the second fault in a row moves a page, the third finds it where it stays."""

MOVED, STAYED = 0.8, 0.1
"""Shares of pages from which on, and up to which, a recording counts as moved, or as stayed: its README."""

EMPTY = SharedPolicy()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a mapping fared. scan: the first gate that kept the scanner off, or yes; before, after: its pages; faults:
    each page's last hinting fault, None for a page that took none; warns: whether a debug kernel warned."""

    scan: Answer
    before: tuple[Page, ...]
    after: tuple[Page, ...]
    faults: tuple[Fault | None, ...]
    warns: bool

    @property
    def scanned(self) -> bool:
        """Whether any page was marked, as the kernel's counter numa_pte_updates tells."""
        return any(self.faults)

    @property
    def nodes(self) -> tuple[int, ...]:
        """Where the pages lie in the end."""
        return tuple(page.node for page in self.after)

    @property
    def moved(self) -> int:
        """How many pages lie on another node than before."""
        return sum(a.node != b.node for a, b in zip(self.before, self.after, strict=True))

    @property
    def verdict(self) -> str:
        """'moved' (80 % of the pages or more), 'stayed' (10 % or fewer) or 'in part'."""
        share = self.moved / len(self.after)
        return "moved" if share >= MOVED else "stayed" if share <= STAYED else "in part"

    @property
    def reason(self) -> str:
        """Why, in a sentence: of the scan where it came to nothing, else of the first page's last fault that tells."""
        told = [fault for fault in self.faults if fault is not None]
        return str(told[0].decision.reason) if told else self.scan.reason

    def __repr__(self) -> str:
        return f"<{'scanned' if self.scanned else 'not scanned'}, {self.verdict}: {self.reason}>"


def outcome(vma: Scanned, pages: Sequence[Page], own: Sequence[Mempolicy | None], task: Task, machine: Machine,
            first_nid: int | None = None, tree: SharedPolicy = EMPTY) -> Outcome:
    """What becomes of a mapping's pages while one task touches all of them over and over on its CPU.

    own: for each page the policy of the file or the mapping, None for none (the task's then); first_nid: where the
    process ran before, as in `may_scan`; tree: the file's, for the warning. Rate limits and full nodes are left out:
    a few seconds of a small mapping meet neither. Raises BadRange, InvalidNodes.
    """
    if len(pages) != len(own) or not pages:
        raise BadRange(f"{len(pages)} pages and {len(own)} policies", "one policy, or None, for each page would do",
                       "the kernel asks for the policy at each page's address")
    nid = machine.node_of_cpu(task.cpu)
    scan = may_scan(first_nid, nid, RateLimit(), 0, machine)
    scan = scan and may_scan_mapping(vma, task.policy, nid, machine.kernel)
    if not scan:
        return Outcome(scan, tuple(pages), tuple(pages), (None,) * len(pages), False)
    after, faults = _use_all(pages, own, task.policy, vma, nid, machine)
    refused = [may_mark(page, vma, nid, machine.kernel) for page, fault in zip(pages, faults, strict=True) if not fault]
    warns = any(faults) and vma.kind == "shmem" and bool(lookup_warns(tree, machine.kernel))
    return Outcome(refused[0] if not any(faults) else scan, tuple(pages), after, faults, warns)


def _use_all(pages: Sequence[Page], own: Sequence[Mempolicy | None], task_policy: Mempolicy | None, vma: Scanned,
             nid: int, machine: Machine) -> tuple[tuple[Page, ...], tuple[Fault | None, ...]]:
    """Every page after it was used, and its fault; of pages that fare alike one is reckoned."""
    known: dict[tuple[Page, Mempolicy | None], tuple[Page, Fault | None]] = {}
    done = []
    for page, mine in zip(pages, own, strict=True):
        policy = mine if mine is not None else task_policy
        alike = _alike(page, policy), policy
        if alike not in known:
            known[alike] = _use(*alike, vma, nid, machine)
        done.append(known[alike])
    after = tuple(replace(page, node=end.node, last=end.last) for page, (end, _) in zip(pages, done, strict=True))
    return after, tuple(fault and replace(fault, page=page) for page, (_, fault) in zip(after, done, strict=True))


def _alike(page: Page, policy: Mempolicy | None) -> Page:
    """The page that stands for all that fare alike: its place in the file counts for interleave alone."""
    return page if policy is not None and policy.mode in INTERLEAVING else replace(page, index=0)


def _use(page: Page, policy: Mempolicy | None, vma: Scanned, nid: int, machine: Machine) -> tuple[Page, Fault | None]:
    """One page over a few scans by one task on node `nid`: how it ends, and the fault that moved it, or its last."""
    told: Fault | None = None
    for scans in range(ROUNDS):
        if not may_mark(page, vma, nid, machine.kernel):
            break
        fault = do_numa_page(page.mark(), policy, Faulter(nid, numa_scan_seq=scans), machine)
        told = told if told and told.moved else fault
        if fault.page == page:
            break
        page = fault.page
    return page, told
