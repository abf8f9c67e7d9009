# SPDX-License-Identifier: GPL-2.0-only
"""Group c: what a remount does to files that are there, and to those that come after it."""
from __future__ import annotations

from collections.abc import Iterator, Sequence

from numakit.machine import Machine
from numakit.placement import touch
from numakit.recordings.outcome import Compared, Fields, Outcome, errno_of
from numakit.recordings.reader import Record
from numakit.recordings.replay.words import modern, mpol_part, old
from numakit.task import Task
from numakit.tmpfs import Inode, Mount

CPU = Task(0)


def replay(record: Record, machine: Machine) -> Outcome:
    """A modern record: a half-written, an untouched, a new and a truncated file around one remount."""
    pages = len(record["half_nodes"])
    tmp = Mount.new(options=record["from"], machine=machine)
    tmp = tmp.create("half", pages, i_ino=record["half_ino"]).create("untouched", pages, i_ino=record["untouched_ino"])
    half = touch(tmp["half"], machine, CPU, range(pages // 2))
    error, after = errno_of(lambda: tmp.remount(record["to"]))
    tmp = (after or tmp).create("new", pages, i_ino=record["new_ino"])
    files = {"half": touch(half, machine, CPU), "untouched": touch(tmp["untouched"], machine, CPU),
             "new": touch(tmp["new"], machine, CPU)}
    model = _told(files, machine) | {
        "half_policy_before": modern(half.policy(), machine.kernel), "remount": -error, "shown": tmp.shown(),
        "half_policy_after": modern(files["half"].policy(), machine.kernel), "pages_that_moved": 0,
        "truncated_policy": modern(half.truncate(1).policy(), machine.kernel)}
    del model["half_policy"]
    observed = {name: record[name] for name in model}
    return Compared(observed | {"shown": mpol_part(record["shown"])}, model)


def _told(files: dict[str, Inode], machine: Machine) -> Fields:
    """Policy and nodes of each file, under the records' names."""
    policies = {f"{name}_policy": modern(f.policy(), machine.kernel) for name, f in files.items()}
    return policies | {f"{name}_nodes": list(f.nodes) for name, f in files.items()}


def replay_v3_8(records: Sequence[Record], machine: Machine) -> Iterator[Outcome]:
    """v3.8's records: one mount, remounted again and again; the first file is made after the first remount."""
    tmp = Mount.new(machine=machine)
    for number, record in enumerate(records):
        error, after = errno_of(lambda tmp=tmp, record=record: tmp.remount(record["opt"]))  # type: ignore[misc]
        tmp = (after or tmp).create(f"file {number}", 1)
        model = {"errno": error, "shown": tmp.shown(),
                 "new_file": old(tmp[f"file {number}"].policy(), machine.kernel),
                 "first_file": old(tmp["file 0"].policy(), machine.kernel)}
        yield Compared({name: record[name] for name in model} | {"shown": mpol_part(record["shown"])}, model)
