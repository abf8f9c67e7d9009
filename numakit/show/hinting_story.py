# SPDX-License-Identifier: GPL-2.0-only
"""A mapping under NUMA balancing, step by step: the scanner comes, a task touches every page, and so on."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from numakit.errors import BadRange
from numakit.hinting import (
    Answer,
    Fault,
    Faulter,
    Page,
    RateLimit,
    Scanned,
    do_numa_page,
    may_mark,
    may_scan,
    may_scan_mapping,
)
from numakit.machine import Machine
from numakit.mbind import make_policy
from numakit.mempolicy import Flag, Mempolicy
from numakit.mount_option import policy
from numakit.placement import node_of_new_page, shmem_ilx
from numakit.task import Task

PAGES = 8
FIRST_NID, INO, LONGEST = 0, 2, 6
"""Where the task runs as it uses the pages first; the file's inode number; the most rounds of scan and touch."""

ROUND_MS, TOUCH_MS = 1000, 10
"""From scan to scan, and from a scan to the touches after it, in ms."""

BALANCING = "=balancing"


@dataclass(frozen=True, slots=True)
class Setting:
    """A mapping and its users. kind: 'shmem' (a tmpfs file) or 'anon'; option: the pages' policy, in the option's
    words, or such as 'bind=balancing:0-1', which mbind alone can set; size: pages of the mapping, of which eight are
    told; processes: how many map the pages; busy: pages that others move to a node at the start of each of its windows.
    """

    machine: Machine
    kind: str = "shmem"
    option: str = "default"
    size: int = 512
    processes: int = 1
    busy: int = 0

    @property
    def policy(self) -> Mempolicy | None:
        """The pages' own policy, None for default. Raises InvalidPolicy where this kernel refuses it."""
        if BALANCING not in self.option:
            return policy(self.option, self.machine)
        plain = policy(self.option.replace(BALANCING, ""), self.machine)
        assert plain is not None
        return make_policy(plain.mode, plain.nodes, Flag.BALANCING, self.machine, Task())

    @property
    def scanned(self) -> Scanned:
        """The mapping as the scanner sees it."""
        kind = "shmem" if self.kind == "shmem" else "anon"
        return Scanned(self.size, kind, shared=kind == "shmem", own=self.policy)  # type: ignore[arg-type]

    def first_pages(self) -> tuple[Page, ...]:
        """The pages as the task on node 0 has touched them for the first time."""
        shmem, own = self.kind == "shmem", self.policy
        at = [shmem_ilx(p, INO, self.machine) if shmem else p for p in range(PAGES)]
        return tuple(Page(node_of_new_page(own, at[p], FIRST_NID, self.machine), p, INO if shmem else 0,
                          mapcount=self.processes, cached=shmem) for p in range(PAGES))


@dataclass(frozen=True, slots=True)
class Step:
    """One step and what stands after it. doing: 'scan' or 'touch'; nid: the task's node; gate: what kept the scanner
    off all pages, or yes; answers: for each page whether it was marked; faults: each page's hinting fault, or None;
    limits: by target node; now_ms: the time; first_nid: as `may_scan` takes it.
    """

    doing: str
    nid: int
    pages: tuple[Page, ...]
    now_ms: int = 0
    first_nid: int | None = FIRST_NID
    gate: Answer = Answer(True, "", "")
    answers: tuple[Answer, ...] = ()
    faults: tuple[Fault | None, ...] = ()
    limits: Mapping[int, RateLimit] | None = None

    def limit(self, nid: int) -> RateLimit:
        """What a node has taken in its window."""
        return (self.limits or {}).get(nid, RateLimit())

    @property
    def marked(self) -> int:
        """How many entries are NUMA entries now."""
        return sum(page.marked for page in self.pages)

    @property
    def moved(self) -> int:
        """How many pages this step moved."""
        return sum(fault is not None and fault.moved for fault in self.faults)


def steps(setting: Setting, touches: Sequence[int]) -> tuple[Step, ...]:
    """What stands before the first step and after each: for each node a scan, then a touch of every page from there.

    touches: the node that the task runs on, round by round. Raises BadRange, InvalidNodes, InvalidPolicy.
    """
    if not 1 <= len(touches) <= LONGEST:
        raise BadRange(f"{len(touches)} rounds", f"1 to {LONGEST} can be told", "the scanner comes again and again")
    told = [Step("first touch", FIRST_NID, setting.first_pages())]
    for turn, nid in enumerate(touches):
        told.append(scan(told[-1], nid, (turn + 1) * ROUND_MS, setting))
        told.append(touch(told[-1], turn, setting))
    return tuple(told)


def scan(before: Step, nid: int, now_ms: int, setting: Setting) -> Step:
    """The scanner's turn, the task being on node `nid`: no mark, or a mark on each page that may have one."""
    machine = setting.machine
    gate = may_scan(before.first_nid, nid, before.limit(nid), now_ms, machine)
    gate = gate and may_scan_mapping(setting.scanned, None, nid, machine.kernel)
    first = before.first_nid if before.first_nid == nid else None
    after = replace(before, doing="scan", nid=nid, now_ms=now_ms, first_nid=first, gate=gate, answers=(), faults=())
    if not gate:
        return after
    answers = tuple(may_mark(page, setting.scanned, nid, machine.kernel) for page in before.pages)
    pages = tuple(p.mark() if yes else p for p, yes in zip(before.pages, answers, strict=True))
    return replace(after, pages=pages, answers=answers)


def touch(before: Step, turn: int, setting: Setting) -> Step:
    """The task touches one page after the other; each that is marked takes a hinting fault."""
    now, limits = before.now_ms + TOUCH_MS, dict(before.limits or {})
    pages, faults = list(before.pages), [None] * PAGES  # type: list[Page], list[Fault | None]
    who, limit = Faulter(before.nid, numa_scan_seq=turn), _window(before.limit(before.nid), now, setting)
    for at, page in enumerate(pages):
        if page.marked:
            fault = do_numa_page(page, setting.policy, who, setting.machine, now, limit)
            pages[at], faults[at], limit = fault.page, fault, fault.limit
    if setting.machine.kernel.rate_limit:
        limits[before.nid] = limit
    return replace(before, doing="touch", now_ms=now, pages=tuple(pages), faults=tuple(faults), answers=(),
                   limits=limits)


def _window(limit: RateLimit, now_ms: int, setting: Setting) -> RateLimit:
    """The target's window, in which others were first where it has just begun."""
    window = limit.at(now_ms)
    return replace(window, pages=setting.busy) if window.pages == 0 else window
