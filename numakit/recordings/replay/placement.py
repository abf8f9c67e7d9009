# SPDX-License-Identifier: GPL-2.0-only
"""Group b: the node of every page of a new file."""
from __future__ import annotations

from numakit.errors import BadRecording
from numakit.machine import Machine
from numakit.mount_option import policy
from numakit.placement import HUGE_ORDER, touch, touch_huge
from numakit.recordings.outcome import Compared, Outcome, errno_of
from numakit.recordings.reader import Record
from numakit.recordings.replay.words import old
from numakit.task import Task
from numakit.tmpfs import Inode, Mount

HUGE_MOUNT = "mpol=interleave,huge=always"
"""How the 2 MiB files were mounted; the records don't repeat it."""

BORDER = 4
"""Pages looked at on each side of the border between the first two 2 MiB pages."""


def replay(record: Record, machine: Machine) -> Outcome:
    """A modern record, by its kind."""
    kinds = {"place": _place, "memfd": _memfd, "huge": _huge}
    if record["exp"] not in kinds:
        raise BadRecording(f"{record['exp']!r} is no kind of placement record ({', '.join(kinds)} are)")
    return kinds[record["exp"]](record, machine)


def _place(record: Record, machine: Machine) -> Outcome:
    """A file on a mount with a policy; a refused mount is an observation too."""
    error, tmp = errno_of(lambda: Mount.new(options=record["mpol"], machine=machine))
    if tmp is None or "mount" in record:
        return Compared({"mount": record.get("mount", 0)}, {"mount": -error})
    file = tmp.create("f", len(record["nodes"]), i_ino=record["ino"])["f"]
    return Compared({"nodes": record["nodes"]}, {"nodes": list(_touched(file, record, machine).nodes)})


def _touched(file: Inode, record: Record, machine: Machine) -> Inode:
    """The file after it was touched as the record says: which CPU, which order."""
    cpu, cpus = record["cpu"], machine.topology.nodes
    if record["how"] == "spread-cpus":
        for page in range(file.pages):
            file = touch(file, machine, Task((cpu + page) % cpus), [page])
        return file
    return touch(file, machine, Task(cpu), record.get("order"))


def _memfd(record: Record, machine: Machine) -> Outcome:
    """A memfd: a tmpfs file on the kernel's own mount, which has no policy; the task may have one."""
    task = Task(record["cpu"], policy(record["task"], machine))
    file = Mount.new(machine=machine).create("memfd", len(record["nodes"]), i_ino=record["ino"])["memfd"]
    return Compared({"nodes": record["nodes"]}, {"nodes": list(touch(file, machine, task).nodes)})


def _huge(record: Record, machine: Machine) -> Outcome:
    """Pages of 2 MiB: the node of each, and of the small pages around a border."""
    size = 1 << HUGE_ORDER
    tmp = Mount.new(options=HUGE_MOUNT, machine=machine)
    file = tmp.create("f", size * len(record["nodes_per_2M"]), i_ino=record["ino"])["f"]
    nodes = touch_huge(file, machine).nodes
    fields = ("nodes_per_2M", "nodes_around_2M_border")
    return Compared({name: record[name] for name in fields},
                    dict(zip(fields, (list(nodes[::size]), list(nodes[size - BORDER:size + BORDER])), strict=True)))


def replay_v3_8(record: Record, machine: Machine) -> Outcome:
    """A record of v3.8: the file's policy, and its pages from `first_index` on."""
    tmp, first = Mount.new(options=record["opt"], machine=machine), record["first_index"]
    file = tmp.create("f", first + len(record["nodes"]), i_ino=record["ino"])["f"]
    nodes = touch(file, machine, Task(record["cpu"])).nodes[first:]
    return Compared({"policy": [record["pol"], record["mask"]], "nodes": record["nodes"]},
                    {"policy": old(file.policy(), machine.kernel), "nodes": list(nodes)})
