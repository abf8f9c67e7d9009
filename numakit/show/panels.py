# SPDX-License-Identifier: GPL-2.0-only
"""The panels: each is a picture with controls. They need ipywidgets; the pictures alone don't."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from numakit.kernel import ALL, V3_8, V6_1, V6_12, Kernel
from numakit.machine import Machine
from numakit.placement import HUGE_ORDER
from numakit.recordings.lookup import recorded_placement
from numakit.show.mount import MountPicture, mount_picture
from numakit.show.panel import Panel, choice, entry, slider
from numakit.show.placement import PlacementPicture, as_recorded, placement_picture
from numakit.show.topology import TopologyPicture, topology_picture
from numakit.topology import PRESETS, Topology

OPTIONS = ("interleave:0-3", "interleave:0-2", "interleave:0,2", "interleave=relative:0-1", "default", "local",
           "prefer:2", "bind:1,3", "bind:0-2", "bind=relative:0,2", "weighted interleave:0-2")
"""Mount options to choose from, all of them recorded; kernels before v6.9 refuse the last, and the panel says so."""

RULES = (("later kernels: points are added", V6_1), ("Linux 3.8: points are set", V3_8))
TOUCHES = (("all from that CPU", False), ("each page from the next CPU", True))
SIZES = (("4 KiB", 0), ("2 MiB", HUGE_ORDER))

Lookup = Callable[[Kernel, str, int, int, str], Sequence[int] | None]
"""(kernel, option, i_ino, cpu, how) -> the nodes recorded in that very case, or None."""


def topology_panel(machine: str = "ring of 4", nid: int = 1,
                   topologies: Mapping[str, Callable[[], Topology]] = PRESETS) -> Panel:
    """Nodes, distances and one node's fallback order; choose the machine, the node and the kernel's rule."""

    def build(machine: str, nid: int, rule: Kernel) -> TopologyPicture:
        """The machine as one node sees it."""
        return topology_picture(Machine(topologies[machine](), rule), nid)

    controls = {
        "machine": choice("machine", list(topologies), machine, "whose distances are shown"),
        "nid": slider("node", 0, topologies[machine]().nodes - 1, nid, "whose fallback order is shown"),
        "rule": choice("rule", RULES, tooltip="how nodes at equal distance are told apart"),
    }
    _keep_within(controls["machine"], controls["nid"], lambda name: topologies[name]().nodes - 1)
    return Panel(build, controls, name=f"topology {machine} {nid}", step="nid")


def _keep_within(control: Any, follower: Any, last: Callable[[Any], int]) -> None:
    """Let a slider end where the other control's value says, before the panel is drawn anew."""
    control.observe(lambda change: setattr(follower, "max", last(change["new"])), names="value")


def placement_panel(option: str = "interleave:0-3", i_ino: int = 7, cpu: int = 1, kernel: Kernel = V6_1, *,
                    spread: bool = False, order: int = 0, options: Sequence[str] = OPTIONS, typed: bool = False,
                    recorded: Lookup | None = None) -> Panel:
    """Where a file's pages land; choose the policy, the inode, the CPU, how it is touched, page size and kernel.

    typed: a line of text for the policy instead of a list; recorded: looks recordings up, None for the kit's own.
    """
    look_up = recorded or recorded_placement

    def build(option: str, i_ino: int, cpu: int, spread: bool, order: int, kernel: Kernel) -> PlacementPicture:
        """The pages, beside their recording if there is one."""
        seen = look_up(kernel, option, i_ino, cpu, "spread-cpus" if spread else "mmap") if order == 0 else None
        return placement_picture(option, i_ino, cpu, kernel, spread=spread, order=order, recorded=seen)

    offered = options if option in options else (option, *options)
    controls = {
        "option": entry("mpol=", option, POLICY_TIP) if typed else choice("mpol=", offered, option, POLICY_TIP),
        "i_ino": slider("inode", 1, max(64, i_ino), i_ino, "the file's inode number, i_ino"),
        "cpu": slider("CPU", 0, len(as_recorded(kernel).cpus) - 1, cpu, "the CPU that touches page 0"),
        "spread": choice("touched", TOUCHES, spread, "from where the pages are touched first"),
        "order": choice("page size", SIZES, order, "the size of the pages that tmpfs allocates"),
        "kernel": kernel_choice(kernel),
    }
    return Panel(build, controls, name=f"placement {option} {i_ino} {cpu} {kernel.name} {spread} {order}", step="i_ino")


def mount_panel(first: str = "mpol=interleave:0-3", then: str = "mpol=bind:1", last: str = "mpol=local",
                kernel: Kernel = V6_12, steps: int = 6) -> Panel:
    """A mount with its files over two remounts; choose the options, the kernel and how many steps are done."""

    def build(first: str, then: str, last: str, kernel: Kernel, steps: int) -> MountPicture:
        """The story as far as it is told."""
        story = (("mount", first), ("create", "a"), ("remount", then), ("create", "b"), ("remount", last),
                 ("create", "c"))
        return mount_picture(story[:steps], Machine(as_recorded(kernel), kernel))

    controls = {
        "first": entry("mount -o", first, MOUNT_TIP), "then": entry("remount -o", then, MOUNT_TIP),
        "last": entry("remount again -o", last, MOUNT_TIP), "kernel": kernel_choice(kernel),
        "steps": slider("steps done", 1, 6, steps, "how much of the story is told"),
    }
    return Panel(build, controls, name=f"mount {first} {then} {last} {kernel.name}", step="steps")


POLICY_TIP = "the mount's policy: mode[=flag][:nodes]"
MOUNT_TIP = "options such as mpol=bind:1, or nothing"


def kernel_choice(kernel: Kernel) -> Any:
    """A list of all kernels that the kit knows, by their titles."""
    return choice("kernel", [(k.title, k) for k in ALL], kernel, "whose rules hold")
