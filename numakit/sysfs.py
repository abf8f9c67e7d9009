# SPDX-License-Identifier: GPL-2.0-only
"""The reader's own machine, as Linux shows it under /sys/devices/system/node."""
from __future__ import annotations

import re
from pathlib import Path

from numakit.errors import InvalidTopology
from numakit.nodelist import parse_regions
from numakit.nodemask import Nodemask
from numakit.topology import Topology

NODES = Path("/sys/devices/system/node")
MAX_CPUS = 1 << 16


def from_sysfs(folder: Path | str = NODES) -> Topology:
    """This machine's topology: distances, CPUs and memory of each node that is online.

    Nodes are numbered 0 to n-1 in the order of their ids, as the columns of `distance` are; a machine whose ids have
    gaps says so in its name. Raises InvalidTopology where the folder is missing or does not read as nodes.
    """
    folder = Path(folder)
    found = {int(p.name[4:]): p for p in folder.glob("node*") if re.fullmatch(r"node\d+", p.name)}
    if not found:
        raise InvalidTopology(f"there is no {folder}/node0 here", "one of the presets, such as ring4(), would do",
                              "Linux with CONFIG_NUMA shows a folder for each node there, other systems do not")
    try:
        return _topology([found[nid] for nid in sorted(found)], _name(sorted(found)))
    except (OSError, ValueError) as error:
        raise InvalidTopology(f"the nodes under {folder} do not read: {error}",
                              "one of the presets would do", "sysfs shows distance, cpulist and meminfo") from error


def _name(nids: list[int]) -> str:
    gapless = nids == list(range(len(nids)))
    return "this machine" if gapless else f"this machine (its nodes {Nodemask.of(*nids)}, numbered from 0 here)"


def _topology(nodes: list[Path], name: str) -> Topology:
    """The value, from each node's folder in the order of their ids."""
    distances = tuple(tuple(map(int, _text(p, "distance").split())) for p in nodes)
    cpus = tuple(_bits(parse_regions(_text(p, "cpulist"), MAX_CPUS)) for p in nodes)
    memory = Nodemask.of(*(i for i, p in enumerate(nodes) if _has_memory(p)))
    return Topology(name, distances, cpus, memory)


def _text(node: Path, name: str) -> str:
    return (node / name).read_text().strip()


def _has_memory(node: Path) -> bool:
    found = re.search(r"MemTotal:\s*(\d+) kB", _text(node, "meminfo"))
    return found is not None and int(found[1]) > 0


def _bits(mask: int) -> tuple[int, ...]:
    return tuple(i for i in range(mask.bit_length()) if mask >> i & 1)
