# SPDX-License-Identifier: GPL-2.0-only
"""Finds the recording of one very sequence of mbind calls through long-lived mappings of a file."""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from numakit.kernel import Kernel, named
from numakit.machine import Machine
from numakit.mbind import make_policy
from numakit.mempolicy import Flag, Mempolicy, Mode
from numakit.mount_option import policy_args
from numakit.nodemask import Nodemask
from numakit.recordings.lookup import by_kernel, mount_policy
from numakit.recordings.reader import Record, Recording, own
from numakit.recordings.replay.words import machine_of, split_mode
from numakit.task import Task

Made = tuple[int, int, int, Mempolicy | None]
"""A call: which process (numbered as they first appear), first page, pages, policy."""

Key = tuple[str, Mempolicy | None, tuple[Made, ...]]
Seen = dict[int, Mempolicy | None]
"""What get_mempolicy said afterwards, for each page that was asked about."""

FIRST_MAPPING = "A"


def recorded_policies(kernel: Kernel, options: str, calls: Sequence[tuple[str, int, int, str]]) -> Seen | None:
    """The policies that a real kernel showed after just these calls, by page; None where they were not recorded.

    options: the mount's; calls: (process, first page, pages, policy), each process through one mapping of the whole
    32-page file. The rules must be a recorded kernel's own. Raises InvalidPolicy, InvalidMount.
    """
    recordings = by_kernel("d")
    if kernel not in recordings:
        return None
    machine = machine_of(recordings[kernel], kernel)
    made = [(who, first, pages, _made(machine, *policy_args(text, machine))) for who, first, pages, text in calls]
    return _sequences().get((kernel.name, mount_policy(options, machine), numbered(made)))


def recorded_through(kernel: Kernel, through: str) -> Seen:
    """What a shared mapping showed after mbind(pages 4 to 11, bind:3) through another mapping of a file without policy.

    through: 'MAP_PRIVATE' or 'MAP_SHARED read-only'. Empty where that was not recorded.
    """
    recordings = (r for r in own() if r.group == "e" and named(r.kernel) == kernel)
    found = (record for r in recordings for record in r.records
             if (record.get("exp"), record.get("through"), record.get("mpol")) == ("mbind_other", through, ""))
    return next((_pages_of(record, "shared_page") for record in found), {})


def numbered(calls: Sequence[tuple[str, int, int, Mempolicy | None]]) -> tuple[Made, ...]:
    """The calls with processes counted as they first appear: their names say nothing."""
    names = list(dict.fromkeys(who for who, *_ in calls))
    return tuple((names.index(who), first, pages, value) for who, first, pages, value in calls)


@lru_cache(1)
def _sequences() -> dict[Key, Seen]:
    return {key: seen for recording in by_kernel("d").values() for key, seen in _keyed(recording)}


def _keyed(recording: Recording) -> Iterator[tuple[Key, Seen]]:
    """Every sequence of a group that can be looked up; one of step by step is as many as it has steps."""
    machine = machine_of(recording, named(recording.kernel))
    for record in recording.records:
        if record.get("via") == "long":
            yield from _v3_8(record, machine) if recording.is_v3_8 else _modern(record, machine)
        elif record.get("exp") == "demo":
            yield from _demo(record, machine)


def _modern(record: Record, machine: Machine) -> Iterator[tuple[Key, Seen]]:
    """One of 6.1 and later: off -1 is the long-lived mapping, off 0 a process that maps the file anew for a call."""
    if any(off > 0 or code for *_, off, code in record["calls"]):
        return
    made = [(FIRST_MAPPING if off < 0 else f"new {number}", first, pages, _made(machine, mode, Nodemask(mask), flags))
            for number, (first, pages, mode, flags, mask, off, _) in enumerate(record["calls"])]
    policies = [_shown(triple) for count, *triple in record["policy_runs"] for _ in range(count)]
    yield _key(machine, record["mount"], made), dict(enumerate(policies))


def _v3_8(record: Record, machine: Machine) -> Iterator[tuple[Key, Seen]]:
    """One of v3.8. Two calls with `local` are left out: there v3.8 compares memory that nobody has set."""
    if any(code for *_, code in record["calls"]):
        return
    made = [(FIRST_MAPPING, first, pages, _made(machine, mode, Nodemask(mask), flags))
            for first, pages, (mode, flags), mask in
            ((first, pages, split_mode(mode), mask) for first, pages, mode, mask, _ in record["calls"])]
    if sum(value is not None and value.mode is Mode.LOCAL for *_, value in made) < 2:
        policies = [_shown([*split_mode(mode), mask]) for mode, mask in record["own"]]
        yield _key(machine, record["mnt"], made), dict(enumerate(policies))


def _demo(record: Record, machine: Machine) -> Iterator[tuple[Key, Seen]]:
    """One of several mappings, told step by step: a few pages were asked about after each."""
    options = next(op[1] for op in record["ops"] if op[0] == "mount")
    made: list[tuple[str, int, int, Mempolicy | None]] = []
    for step in record["steps"]:
        for _, who, first, pages, mode, flags, mask, _ in step["ops"]:
            made.append((who, first, pages, _made(machine, mode, Nodemask(mask), flags)))
        yield _key(machine, options, made), _pages_of(step, "page")


def _pages_of(record: Record, prefix: str) -> Seen:
    """The policies under the names page0, page8 ... of a record."""
    return {int(name.removeprefix(prefix)): _shown(triple) for name, triple in record.items()
            if name.startswith(prefix)}


def _key(machine: Machine, options: str, calls: Sequence[tuple[str, int, int, Mempolicy | None]]) -> Key:
    return machine.kernel.name, mount_policy(options, machine), numbered(calls)


def _made(machine: Machine, mode: int, nodes: Nodemask, flags: int) -> Mempolicy | None:
    return make_policy(mode, nodes, Flag(flags), machine, Task())


def _shown(triple: Sequence[Any]) -> Mempolicy | None:
    """A policy as it was read back: mode, flags, mask."""
    mode, flags, mask = triple
    if not mask and mode == Mode.PREFERRED:
        mode = Mode.LOCAL
    nodes = Nodemask(mask)
    return None if mode == Mode.DEFAULT else Mempolicy(Mode(mode), nodes, Flag(flags), nodes)
