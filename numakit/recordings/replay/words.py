# SPDX-License-Identifier: GPL-2.0-only
"""The recordings' figures and the model's words, each turned into the other."""
from __future__ import annotations

import re
from collections.abc import Iterable

from numakit.errors import BadRecording
from numakit.kernel import Kernel
from numakit.machine import Machine
from numakit.mempolicy import Flag, Mempolicy, Mode, read_back
from numakit.nodelist import parse_regions
from numakit.nodemask import Nodemask
from numakit.recordings.reader import Recording
from numakit.topology import Topology, from_distances

FLAG_BITS = int(Flag.STATIC | Flag.RELATIVE | Flag.BALANCING)


def machine_of(recording: Recording, kernel: Kernel) -> Machine:
    """The machine that a recording was made on, under a kernel's rules. Raises BadRecording."""
    try:
        return Machine(_topology(recording), kernel)
    except (KeyError, ValueError, TypeError) as error:
        raise BadRecording(f"{recording.path}: the header's nodes don't read: {error!r}") from error


def _topology(recording: Recording) -> Topology:
    """The nodes as the header has them: v3.8's as a table, the modern ones' as lines read from sysfs."""
    header, name = recording.header, f"the machine of {recording.kernel}"
    if "distances" in header:
        return from_distances(name, header["distances"], header["cpus_per_node"])
    count = sum(re.fullmatch(r"distance\d+", field) is not None for field in header)
    distances = tuple(tuple(map(int, header[f"distance{n}"].split())) for n in range(count))
    cpus = tuple(tuple(Nodemask(parse_regions(header[f"cpus{n}"]))) for n in range(count))
    return Topology(name, distances, cpus, Nodemask(parse_regions(header["has_memory"])))


def mpol_part(shown: str) -> str:
    """The policy in a line of /proc/mounts: 'rw,relatime,mpol=bind:0,2' gives 'mpol=bind:0,2'; '' for none."""
    found = re.search(r"(?:^|,)(mpol=.*)$", shown)
    return found[1] if found else ""


def modern(policy: Mempolicy | None, kernel: Kernel) -> list[int]:
    """A policy as the modern prober writes it: [mode, flags, mask]."""
    return list(read_back(policy, kernel))


def old(policy: Mempolicy | None, kernel: Kernel) -> list[int]:
    """A policy as v3.8's prober writes it: [mode with its flags, mask]."""
    mode, flags, mask = read_back(policy, kernel)
    return [mode | flags, mask]


def split_mode(mode: int) -> tuple[int, Flag]:
    """A mode with its flags in the high bits, taken apart; bits that are no flag stay with the mode."""
    return mode & ~FLAG_BITS, Flag(mode & FLAG_BITS)


def run_lengths(policies: Iterable[list[int]]) -> list[list[int]]:
    """Equal policies in a row, counted: [pages, *policy] each."""
    found: list[list[int]] = []
    for policy in policies:
        if found and found[-1][1:] == policy:
            found[-1][0] += 1
        else:
            found.append([1, *policy])
    return found


DEFAULT = (int(Mode.DEFAULT), Flag.NONE, Nodemask())
