# SPDX-License-Identifier: GPL-2.0-only
"""Group d: sequences of mbind on one file, and what every page's policy and node are afterwards."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from numakit.machine import Machine
from numakit.mbind import mbind
from numakit.mempolicy import Flag, Mode
from numakit.nodemask import Nodemask
from numakit.placement import touch
from numakit.recordings.outcome import Compared, LeftOut, Outcome, errno_of
from numakit.recordings.reader import Record
from numakit.recordings.replay.words import modern, old, run_lengths, split_mode
from numakit.task import Task
from numakit.tmpfs import Inode, Mount
from numakit.vma import PAGE_SIZE, AddressSpace

FILE_PAGES = 32
NODE_0 = Nodemask.of(0)


@dataclass(frozen=True, slots=True)
class Call:
    """One mbind of a sequence: pages [first, first + pages) of the file."""

    first: int
    pages: int
    mode: int
    flags: Flag
    nodes: Nodemask


def replay(record: Record, machine: Machine) -> Outcome:
    """A modern record: a sequence through mappings of exactly each range."""
    if record["exp"] != "seq":
        return LeftOut("demos step through long-lived mappings: a later chapter")
    if record["via"] != "exact":
        return LeftOut("long-lived mappings are a later chapter")
    calls = [Call(first, pages, mode, Flag(flags), Nodemask(mask))
             for first, pages, mode, flags, mask, _, _ in record["calls"]]
    returns, file = _through_exact_mappings(calls, record["mount"], record["ino"], machine, Mode.BIND)
    policies = [modern(file.policy(page), machine.kernel) for page in range(FILE_PAGES)]
    observed = {"returns": [call[-1] for call in record["calls"]], "policy_runs": record["policy_runs"],
                "second_process_differs": record["second_process_differs"], "nodes": record["nodes"]}
    return Compared(observed, {"returns": [-r for r in returns], "policy_runs": run_lengths(policies),
                               "second_process_differs": 0,
                               "nodes": list(touch(file, machine, Task(record["cpu"])).nodes)})


def replay_v3_8(record: Record, machine: Machine) -> Outcome:
    """A record of v3.8, all of whose pages are then touched from CPU 0."""
    if record["via"] != "exact":
        return LeftOut("long-lived mappings are a later chapter")
    calls = [Call(first, pages, *split_mode(mode), Nodemask(mask)) for first, pages, mode, mask, _ in record["calls"]]
    returns, file = _through_exact_mappings(calls, record["mnt"], record["ino"], machine, Mode.INTERLEAVE)
    policies = [old(file.policy(page), machine.kernel) for page in range(FILE_PAGES)]
    model = {"errnos": returns, "own": policies, "fresh": policies, "nodes": list(touch(file, machine).nodes)}
    return Compared({"errnos": [call[-1] for call in record["calls"]]} | {n: record[n] for n in ("own", "fresh", "nodes")},
                    model)


def _through_exact_mappings(calls: Sequence[Call], options: str, ino: int, machine: Machine,
                            before_default: Mode) -> tuple[list[int], Inode]:
    """Each call through a new mapping of just its range; the errnos, and the file afterwards.

    Before default the prober set another policy on node 0, because a mapping without a policy would be skipped.
    """
    tmp = Mount.new(options=options, machine=machine).create("f", FILE_PAGES, i_ino=ino)
    returns = []
    for call in calls:
        space = AddressSpace().mmap(tmp["f"], call.pages, call.first)
        if call.mode == Mode.DEFAULT:
            space, tmp = mbind(space, tmp, space.newest.start, call.pages * PAGE_SIZE, before_default, NODE_0)
        error, done = errno_of(lambda s=space, t=tmp, c=call: mbind(  # type: ignore[misc]
            s, t, s.newest.start, c.pages * PAGE_SIZE, c.mode, c.nodes, c.flags))
        tmp = done[1] if done is not None else tmp
        returns.append(error)
    return returns, tmp["f"]
