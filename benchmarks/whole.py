# SPDX-License-Identifier: GPL-2.0-only
"""What a reader waits for: one picture from the choice to the drawing, and the largest machine's fallback lists."""
from __future__ import annotations

from benchmarks.timing import Row, medians
from numakit import V6_1, Topology, nodes1024
from numakit.recordings.lookup import recorded_placement
from numakit.show.placement import placement_picture
from numakit.topology import fallback_lists

MILLI = 1e3


def picture(i_ino: int) -> str:
    """What a turn of the slider asks for: the model, the recording, the picture, its sentence and its table."""
    recorded = recorded_placement(V6_1, "interleave:0-3", i_ino, cpu=1)
    shown = placement_picture("interleave:0-3", i_ino, 1, V6_1, recorded=recorded)
    return shown.svg() + shown.sentence() + shown.table().html()


def picture_rows(times: int = 21) -> list[Row]:
    """The picture in milliseconds, once the recordings have been read."""
    picture(7)
    took, = medians(lambda: picture(7), times=times)
    return [Row("placement picture, built and drawn", "ms", took * MILLI, goal="at most 20 ms")]


def fallback_rows(topology: Topology | None = None, times: int = 3) -> list[Row]:
    """All fallback lists of one machine in seconds: of 1,024 nodes, if none is given."""
    topology = topology or nodes1024()
    took, = medians(lambda: fallback_lists(topology, "add one"), times=times)
    return [Row(f"fallback lists of {topology.nodes:,} nodes", "s", took)]
