# SPDX-License-Identifier: GPL-2.0-only
"""Group h: which modes, flags and masks set_mempolicy and mbind take, and what reads back."""
from __future__ import annotations

from numakit.machine import Machine
from numakit.mbind import mbind, set_mempolicy
from numakit.mempolicy import Flag, Mempolicy
from numakit.nodemask import Nodemask
from numakit.recordings.outcome import Compared, Fields, LeftOut, Outcome, errno_of
from numakit.recordings.reader import Record
from numakit.recordings.replay.words import modern, split_mode
from numakit.task import Task
from numakit.tmpfs import Mount
from numakit.vma import AddressSpace


def replay(record: Record, machine: Machine) -> Outcome:
    """A modern record: one mode and mask by both calls."""
    if record["exp"] != "setpol":
        return LeftOut("single odd calls, told as C, are not compared")
    mode, flags = split_mode(record["mode"])
    nodes = Nodemask(record["mask"])
    error, task = errno_of(lambda: set_mempolicy(Task(), mode, nodes, flags, machine))
    model: Fields = {"set_mempolicy": -error}
    if task is not None:
        model["reads_back"] = modern(task.policy, machine.kernel)
    error, policy = _bound(mode, nodes, flags, machine)
    model["mbind"] = -error
    if not error:
        model["mbind_reads_back"] = modern(policy, machine.kernel)
    returns = {name: record[name] for name in ("set_mempolicy", "mbind")}
    read = {name: record[name] for name in ("reads_back", "mbind_reads_back") if name in record}
    return Compared(returns | read, model)


def _bound(mode: int, nodes: Nodemask, flags: Flag, machine: Machine) -> tuple[int, Mempolicy | None]:
    """mbind on an anonymous mapping: its errno, and the mapping's policy."""
    space, nowhere = AddressSpace().mmap(pages=4), Mount.new(machine=machine)
    vma = space.newest
    error, done = errno_of(lambda: mbind(space, nowhere, vma.start, vma.end - vma.start, mode, nodes, flags))
    return error, done[0].find(vma.start).policy if done is not None else None
