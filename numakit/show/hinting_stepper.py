# SPDX-License-Identifier: GPL-2.0-only
"""The panel of hinting faults: choose the memory, its policy and users, and step through scans and touches."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numakit.errors import BadRange
from numakit.kernel import V3_8, V3_13, V6_1, V6_12, Kernel
from numakit.show.hinting import HintingPicture, hinting_picture
from numakit.show.hinting_story import LONGEST, PAGES
from numakit.show.panel import Panel, choice, entry, slider

KERNELS = (V3_8, V3_13, V6_1, V6_12)
POLICIES = ("default", "local", "prefer:1", "bind:0-1", "bind:2", "interleave:0-3", "bind=balancing:0-1",
            "bind=balancing:0,2")
MEMORY = (("a tmpfs file", "shmem"), ("anonymous", "anon"))
SIZES = (("2 MiB", 512), ("1 MiB", 256))
OTHERS = (("move nothing", 0), ("move 32,765 pages there first", 32765))
TOUCHES_TIP = "the node that the task is on, round by round: 1,1,2"


def hinting_panel(touches: str = "1,1", option: str = "default", kernel: Kernel = V3_8, done: int = 0, *,
                  kind: str = "shmem", size: int = 512, processes: int = 1, busy: int = 0, page: int = 0) -> Panel:
    """Eight pages under NUMA balancing; choose what they are and from where they are touched, and step to and fro.

    Arguments as in `hinting_picture`, but touches are a text, '1,2,1'. Raises ValueError.
    """

    def build(touches: str, done: int, page: int, option: str, kernel: Kernel, kind: str, size: int, processes: int,
              busy: int) -> HintingPicture:
        """The story as far as it is told."""
        nodes = nodes_of(touches)
        return hinting_picture(nodes, option, kernel, kind=kind, size=size, processes=processes, busy=busy,
                               done=min(done, 2 * len(nodes)), page=page)

    controls = {
        "touches": entry("touches from nodes", touches, TOUCHES_TIP),
        "done": slider("steps done", 0, 2 * len(nodes_of(touches)), done, "how much of the story is told"),
        "page": slider("page", 0, PAGES - 1, page, "whose decision is told"),
        "option": choice("policy", POLICIES, option, "of the pages; the balancing ones are set by mbind"),
        "kernel": choice("kernel", [(k.title, k) for k in KERNELS], kernel, "whose rules hold"),
        "kind": choice("memory", MEMORY, kind, "what the pages belong to"),
        "size": choice("mapping", SIZES, size, "how long the mapping is"),
        "processes": slider("processes", 1, 3, processes, "how many have the pages mapped"),
        "busy": choice("other tasks", OTHERS, busy, "what others move to the same node in the same 100 ms"),
    }
    controls["touches"].observe(lambda change: _fit(controls), names="value")
    return Panel(build, controls, name=f"hinting {touches} {option} {kernel.name} {done} {kind}", step="done")


def nodes_of(text: str) -> tuple[int, ...]:
    """The nodes of a text such as '1,2,1'. Raises BadRange for what are no numbers, none, or too many."""
    parts = text.replace(",", " ").split()
    if not 1 <= len(parts) <= LONGEST or not all(part.isascii() and part.isdigit() for part in parts):
        raise BadRange(f"{text!r} are no touches", f"1 to {LONGEST} nodes such as '1,2,1' would do",
                       "a task runs on one node at a time")
    return tuple(map(int, parts))


def _fit(controls: Mapping[str, Any]) -> None:
    """Let the slider end where the story does; touches that do not read are told by the panel, and it stays."""
    try:
        controls["done"].max = 2 * len(nodes_of(controls["touches"].value))
    except BadRange:
        return
