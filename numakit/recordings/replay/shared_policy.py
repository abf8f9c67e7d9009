# SPDX-License-Identifier: GPL-2.0-only
"""Group d: sequences of mbind on one file, and what every page's policy and node are afterwards."""
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from numakit.machine import Machine
from numakit.mbind import mbind
from numakit.mempolicy import Flag, Mode
from numakit.nodemask import Nodemask
from numakit.placement import touch
from numakit.recordings.outcome import Compared, Fields, Outcome, errno_of
from numakit.recordings.reader import Record
from numakit.recordings.replay.moves import replay_demo
from numakit.recordings.replay.words import modern, old, run_lengths, split_mode
from numakit.task import Task
from numakit.tmpfs import Inode, Mount
from numakit.vma import PAGE_SIZE, AddressSpace

FILE_PAGES = 32
NODE_0 = Nodemask.of(0)


@dataclass(frozen=True, slots=True)
class Call:
    """One mbind of a sequence: pages [first, first + pages) of the file. off: see `_through_long_mapping`."""

    first: int
    pages: int
    mode: int
    flags: Flag
    nodes: Nodemask
    off: int = -1
    unset: int = 0


def replay(record: Record, machine: Machine) -> Outcome:
    """A modern record: a sequence, through mappings of exactly each range or through one of the whole file."""
    if record["exp"] != "seq":
        return replay_demo(record, machine)
    calls = [Call(first, pages, mode, Flag(flags), Nodemask(mask), off)
             for first, pages, mode, flags, mask, off, _ in record["calls"]]
    through = _through_exact_mappings(Mode.BIND) if record["via"] == "exact" else _through_long_mapping
    returns, file = through(calls, record["mount"], record["ino"], machine)
    policies = [modern(file.policy(page), machine.kernel) for page in range(FILE_PAGES)]
    observed = {"returns": [call[-1] for call in record["calls"]], "policy_runs": record["policy_runs"],
                "second_process_differs": record["second_process_differs"], "nodes": record["nodes"]}
    return Compared(observed, {"returns": [-r for r in returns], "policy_runs": run_lengths(policies),
                               "second_process_differs": 0,
                               "nodes": list(touch(file, machine, Task(record["cpu"])).nodes)})


def replay_v3_8(record: Record, machine: Machine) -> Outcome:
    """A record of v3.8, all of whose pages are then touched from CPU 0.

    Whether v3.8 takes the `local` of two calls for the same is chance: any choice may explain the record, and there
    alone. Calls of one choice hold the same number in `Call.unset`.
    """
    calls = [Call(first, pages, *split_mode(mode), Nodemask(mask)) for first, pages, mode, mask, _ in record["calls"]]
    through = _through_exact_mappings(Mode.INTERLEAVE) if record["via"] == "exact" else _through_long_mapping
    observed = {name: record[name] for name in ("own", "fresh", "nodes")}
    observed["errnos"] = [call[-1] for call in record["calls"]]
    chosen = _choices(calls) if record["via"] != "exact" else [calls]
    compared = (Compared(observed, _model_of_v3_8(through(c, record["mnt"], record["ino"], machine), machine))
                for c in chosen)
    first = next(compared)
    return first if first.reproduced else next((c for c in compared if c.reproduced), first)


def _model_of_v3_8(done: tuple[list[int], Inode], machine: Machine) -> Fields:
    returns, file = done
    policies = [old(file.policy(page), machine.kernel) for page in range(FILE_PAGES)]
    return {"errnos": returns, "own": policies, "fresh": policies, "nodes": list(touch(file, machine).nodes)}


def _choices(calls: Sequence[Call]) -> Iterator[list[Call]]:
    """The calls in every way in which their `local` policies may be equal or not; all equal first."""
    places = [i for i, call in enumerate(calls) if not call.nodes and call.mode in (Mode.PREFERRED, Mode.LOCAL)]
    for numbers in _partitions(len(places)):
        unset = dict(zip(places, numbers, strict=True))
        yield [replace(call, unset=unset.get(i, 0)) for i, call in enumerate(calls)]


def _partitions(count: int) -> Iterator[tuple[int, ...]]:
    """Every way to part `count` things into groups, as the number of each one's group."""
    if not count:
        yield ()
        return
    for head in _partitions(count - 1):
        yield from ((*head, group) for group in range(max(head, default=-1) + 2))


Through = Callable[[Sequence[Call], str, int, Machine], tuple[list[int], Inode]]
"""Does a sequence of calls on a new file; gives the errnos, and the file afterwards."""


def _through_exact_mappings(before_default: Mode) -> Through:
    """Each call through a new mapping of just its range.

    Before default the prober set another policy on node 0, because a mapping without a policy would be skipped.
    """

    def through(calls: Sequence[Call], options: str, ino: int, machine: Machine) -> tuple[list[int], Inode]:
        """The calls on a new file: their errnos, and the file."""
        tmp, returns = _file_on(options, ino, machine), []
        for call in calls:
            space = AddressSpace().mmap(tmp["f"], call.pages, call.first)
            if call.mode == Mode.DEFAULT:
                space, tmp = mbind(space, tmp, space.newest.start, call.pages * PAGE_SIZE, before_default, NODE_0)
            error, _, tmp = _done(call, space, tmp, call.first)
            returns.append(error)
        return returns, tmp["f"]

    return through


def _through_long_mapping(calls: Sequence[Call], options: str, ino: int, machine: Machine) -> tuple[list[int], Inode]:
    """Each call through one mapping of the whole file, or, with off >= 0, through a new one of pages off to the end."""
    tmp, returns = _file_on(options, ino, machine), []
    whole = AddressSpace().mmap(tmp["f"], at=FIRST)
    for call in calls:
        if call.off < 0:
            error, whole, tmp = _done(call, whole, tmp, 0)
        else:
            error, _, tmp = _done(call, AddressSpace().mmap(tmp["f"], pgoff=call.off, at=FIRST), tmp, call.off)
        returns.append(error)
    return returns, tmp["f"]


FIRST = 1 << 30
"""Where the mappings begin; any address would do."""


def _done(call: Call, space: AddressSpace, tmp: Mount, mapped_from: int) -> tuple[int, AddressSpace, Mount]:
    """One mbind through a mapping that begins at file page `mapped_from`: errno, mappings, mount."""
    start = space.vmas[0].start + (call.first - mapped_from) * PAGE_SIZE
    error, done = errno_of(lambda: mbind(space, tmp, start, call.pages * PAGE_SIZE, call.mode, call.nodes, call.flags,
                                        unset=call.unset))
    return (error, space, tmp) if done is None else (error, *done)


def _file_on(options: str, ino: int, machine: Machine) -> Mount:
    """A mount with one new file of 32 pages."""
    return Mount.new(options=options, machine=machine).create("f", FILE_PAGES, i_ino=ino)
