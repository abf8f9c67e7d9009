# SPDX-License-Identifier: GPL-2.0-only
"""Group f: which pages the scanner marks, whether they move to the task, whether the lookup warns.

Counts and times vary from run to run, so words are compared: moved, stayed; scanned or not; warned or not.
"""
from __future__ import annotations

from collections.abc import Iterator, Sequence

from numakit.hinting.outcome import MOVED, STAYED, outcome
from numakit.hinting.page import Page
from numakit.hinting.scanner import Scanned
from numakit.machine import Machine
from numakit.process import mapcount
from numakit.recordings.outcome import Compared, Fields, LeftOut, Outcome
from numakit.recordings.reader import Record
from numakit.recordings.replay.ops import Scene, play, scene
from numakit.shared_policy import SharedPolicy
from numakit.vma import Vma

BASE_LINE = "base line"


def replay(records: Sequence[Record], machine: Machine) -> Iterator[Outcome]:
    """The modern records; the base line among them says what the process's other pages add to the counters."""
    base = next((r["numa_pte_updates"] for r in records if r.get("case", "").startswith(BASE_LINE)), None)
    for record in records:
        if record["exp"] != "balance":
            yield LeftOut("settings of the recorder, no observation")
        else:
            yield _balance(record, machine, base)


def _balance(record: Record, machine: Machine, base: int | None) -> Outcome:
    at = play(scene(machine, record), record["ops"])
    begun, ended = record["timeline"][0][1], record["timeline"][-1][1]
    observed: Fields = {}
    if not any(op[0] == "fork_uses" for op in record["ops"]):
        observed |= _moved(sum(a != b for a, b in zip(begun, ended, strict=True)), len(begun))
    if base is not None and not record["case"].startswith(BASE_LINE):
        observed |= _scanned(record["numa_pte_updates"] - base, len(begun))
    return _compared(observed, at)


def _moved(pages: int, of: int) -> Fields:
    """The word for a count of pages that moved, none for what lies between: that is not compared."""
    share = pages / of
    return {"pages": "moved"} if share >= MOVED else {"pages": "stayed"} if share <= STAYED else {}


def _scanned(updates: int, pages: int) -> Fields:
    """Scanned or not by the counter above the base line: clear from half the pages on, and below a quarter."""
    return {"scanned": True} if updates >= pages / 2 else {"scanned": False} if updates < pages / 4 else {}


def _compared(observed: Fields, at: Scene) -> Outcome:
    model = model_of(at)
    if not observed:
        return LeftOut("what was seen lies between moved and stayed, scanned and not, or two processes pulled")
    return Compared(observed, {name: model[name] for name in observed})


def replay_v3_8(record: Record, machine: Machine) -> Outcome:
    """A record of v3.8: also whether the kernel warned of a sleeping function."""
    at = play(scene(machine, record), record["ops"])
    if "mount_errno" in record:
        return Compared({"mount": record["mount_errno"]}, {"mount": at.errno})
    left = sum(max(0, b - a) for b, a in zip(record["before"], record["after"], strict=True))
    observed = _moved(left, record["pages"]) | {"scanned": record["pte_updates"] > 0,
                                                "warned": record["bug_sleeping"] > 0}
    return _compared(observed, at)


def model_of(at: Scene) -> Fields:
    """What the model says of the mapping `a` after the pages were used: moved or stayed, scanned, warned."""
    addresses = at.addresses("a")
    vma = at.process.space.find(addresses[0])
    tree = at.mount[vma.file].shared_policy if vma.file is not None else SharedPolicy()
    pages = [page for address in addresses if (page := page_at(at, address)) is not None]
    own = [vma.policy if vma.file is None else tree.lookup(vma.pgoff_of(address)) for address in addresses]
    came = outcome(scanned_as(vma, at), pages, own, at.process.task, at.mount.machine, at.used_from[0], tree)
    return {"pages": came.verdict, "scanned": came.scanned, "warned": came.warns}


def page_at(at: Scene, address: int) -> Page | None:
    """The page that the process has at an address, as the fault path sees it."""
    node = at.process.node(address, at.mount)
    vma = at.process.space.find(address)
    if node is None:
        return None
    if vma.file is None or address in at.process.own:
        return Page(node, vma.pgoff_of(address))
    count = mapcount((at.process, *at.others), vma.file, vma.pgoff_of(address))
    return Page(node, vma.pgoff_of(address), at.mount[vma.file].i_ino, mapcount=count, cached=True)


def scanned_as(vma: Vma, at: Scene) -> Scanned:
    """The mapping as the scanner sees it: its own policy is that of its first page, never the task's."""
    if vma.file is None:
        return Scanned(vma.pages, "anon", vma.shared, vma.policy)
    return Scanned(vma.pages, "shmem", vma.shared, at.mount[vma.file].policy(vma.pgoff))
