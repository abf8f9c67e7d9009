# SPDX-License-Identifier: GPL-2.0-only
"""Finds the recording of one very placement, for the pictures that show it beside the model; and the recordings of a
group, and their mounts' policies, for whoever looks for another case."""
from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache

from numakit.kernel import Kernel, named
from numakit.machine import Machine
from numakit.mempolicy import Mempolicy, Mode
from numakit.mount_data import mpol_options
from numakit.mount_option import policy
from numakit.recordings.reader import Recording, own
from numakit.recordings.replay.words import machine_of

Case = tuple[str, Mempolicy | None, int, int, bool]
"""Kernel, the file's policy, i_ino, CPU, whether page i was touched from the i-th CPU after it."""


def recorded_placement(kernel: Kernel, option: str, i_ino: int, cpu: int, how: str = "mmap") -> tuple[int, ...] | None:
    """The nodes of pages 0, 1, 2 ... of a file recorded in this very case, or None where none was.

    option: 'interleave:0-3'; how: 'spread-cpus', or any other way, all of which put pages alike. For interleave a
    recording from another CPU will do. The rules must be a recorded kernel's own: with a switch flipped there is no
    such recording. Raises InvalidPolicy.
    """
    recordings = by_kernel("b")
    if kernel not in recordings:
        return None
    machine = machine_of(recordings[kernel], kernel)
    mine = policy(option, machine)
    cpus = [cpu, *range(machine.topology.nodes)] if mine is not None and mine.mode is Mode.INTERLEAVE else [cpu]
    cases = (_placements().get((kernel.name, mine, i_ino, c, how == "spread-cpus")) for c in cpus)
    return next((nodes for nodes in cases if nodes is not None), None)


@cache
def by_kernel(group: str) -> dict[Kernel, Recording]:
    """A group's recordings by the kernel whose rules they are held against."""
    return {named(r.kernel): r for r in own() if r.group == group}


def mount_policy(options: str, machine: Machine) -> Mempolicy | None:
    """The policy that a mount with these options gives to a new file. Raises InvalidPolicy, InvalidMount."""
    return policy((mpol_options(options)[-1:] or ["default"])[0], machine)


@lru_cache(1)
def _placements() -> dict[Case, tuple[int, ...]]:
    return {case: nodes for recording in by_kernel("b").values() for case, nodes in _cases(recording)}


def _cases(recording: Recording) -> Iterator[tuple[Case, tuple[int, ...]]]:
    """Each file of a placement group that begins at its page 0."""
    machine = machine_of(recording, named(recording.kernel))
    for record in recording.records:
        options = record.get("mpol", record.get("opt"))
        if "nodes" in record and options is not None and not record.get("first_index"):
            spread = record.get("how") == "spread-cpus"
            yield ((recording.kernel, mount_policy(options, machine), record["ino"], record["cpu"], spread),
                   tuple(record["nodes"]))
