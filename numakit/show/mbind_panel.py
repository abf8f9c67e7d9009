# SPDX-License-Identifier: GPL-2.0-only
"""The panel of a file's range map: choose a story or write one, and step through its calls."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numakit.kernel import V3_8, V3_8_3, V3_8_MUTEX, V3_8_SPLIT_MENDED, V3_13, V6_1, V6_12, Kernel
from numakit.mempolicy import Mempolicy
from numakit.recordings.mbind_lookup import recorded_policies
from numakit.show.mbind_script import LONGEST, Call, parse_script
from numakit.show.panel import Panel, choice, entry, slider
from numakit.show.range_map import RangeMapPicture, range_map_picture

KERNELS = (V3_8, V3_8_3, V3_8_MUTEX, V3_8_SPLIT_MENDED, V3_13, V6_1, V6_12)

Lookup = Callable[[Kernel, str, Sequence[Call]], Mapping[int, Mempolicy | None] | None]
"""(kernel, mount options, calls) -> the policies recorded after just these calls, by page, or None."""


@dataclass(frozen=True, slots=True)
class Story:
    """Calls on a mount, as they were recorded on this kernel."""

    options: str
    script: str
    kernel: Kernel = V6_1


STORIES = {
    "A sets again what B replaced": Story("", "A 8-15 bind:3; B 8-15 bind:1; A 8-15 bind:3"),
    "A names the pages beside B's": Story("", "A 8-15 bind:1; B 8-15 interleave:0-3; A 16-23 bind:1"),
    "B undoes what it did": Story("", "A 8-15 bind:3; B 0-7 bind:1; B 0-7 default"),
    "default on the mount's policy": Story("mpol=bind:1", "A 0-31 default; A 0-31 local; A 0-31 default"),
    "default over an edge, on 3.8": Story("mpol=bind:1,2", "A 4-9 bind:1; A 8-18 default", V3_8_SPLIT_MENDED),
    "a mapping that grows, on 3.8": Story("mpol=local", "A 18-28 bind:2-3; A 0-23 bind:2-3; A 16-29 local",
                                          V3_8_MUTEX),
}
"""Sequences that real kernels were seen to go through; processes may have had other names there."""

OWN = "my own calls"
CALLS_TIP = "process, pages, policy; parted by semicolons: A 8-15 bind:3; B 0 local"


def range_map_panel(story: str = "A sets again what B replaced", done: int = 0, kernel: Kernel | None = None, *,
                    script: str = "", options: str = "", recorded: Lookup | None = None) -> Panel:
    """A file of 32 pages under mbind by several processes; choose a story, or write calls, and step through them.

    script: calls of one's own, 'A 8-15 bind:3; B 0 default', on a mount with `options`; recorded: looks recordings
    up, None for the kit's own. Raises ValueError.
    """
    look_up = recorded or recorded_policies

    def build(story: str, options: str, script: str, done: int, kernel: Kernel) -> RangeMapPicture:
        """The calls as far as they are done, beside their recording if there is one."""
        calls = parse_script(script)
        done = min(done, len(calls))
        return range_map_picture(calls, options, kernel, done, look_up(kernel, options, calls[:done]))

    start = Story(options, script, V6_1) if script else STORIES.get(story, STORIES[next(iter(STORIES))])
    controls = _controls(OWN if script else story, start, done, kernel or start.kernel)
    _follow(controls)
    return Panel(build, controls, name=f"mbind {story} {script} {options} {done}", step="done")


def _controls(story: str, start: Story, done: int, kernel: Kernel) -> dict[str, Any]:
    calls = len(parse_script(start.script))
    return {
        "story": choice("story", [*STORIES, OWN], story, "calls that were recorded, or your own"),
        "options": entry("mount -o", start.options, "options such as mpol=bind:1, or nothing"),
        "script": entry("calls", start.script, CALLS_TIP, width="430px"),
        "done": slider("calls done", 0, calls, done, "how much of the story is told"),
        "kernel": choice("kernel", [(k.title, k) for k in KERNELS], kernel, "whose rules hold"),
    }


def _follow(controls: Mapping[str, Any]) -> None:
    """Let a chosen story write the other controls, and an edited one be called one's own."""
    controls["story"].observe(lambda change: _tell(controls, change["new"]), names="value")
    for name in ("options", "script"):
        controls[name].observe(lambda change, name=name: _edited(controls, name), names="value")


def _tell(controls: Mapping[str, Any], story: str) -> None:
    if story in STORIES:
        controls["done"].value = 0
        for name in ("options", "script", "kernel"):
            controls[name].value = getattr(STORIES[story], name)


def _edited(controls: Mapping[str, Any], name: str) -> None:
    """Fit the slider to the script; one that does not read is told by the panel, and the slider stays."""
    try:
        controls["done"].max = min(max(len(parse_script(controls["script"].value)), 1), LONGEST)
    except ValueError:
        return
    story = STORIES.get(controls["story"].value)
    if story and controls[name].value != getattr(story, name):
        controls["story"].value = OWN
