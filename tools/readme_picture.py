# SPDX-License-Identifier: GPL-2.0-only
"""Draws the README's picture anew: docs/placement.svg (`make picture`)."""
from __future__ import annotations

from pathlib import Path

from numakit.kernel import V6_1
from numakit.recordings.lookup import recorded_placement
from numakit.show.placement import placement_picture

PICTURE = Path(__file__).parent.parent / "docs" / "placement.svg"


def drawn() -> str:
    """The picture as SVG: inode 7 on Linux 6.1, the model beside the recording."""
    recorded = recorded_placement(V6_1, "interleave:0-3", i_ino=7, cpu=1)
    return placement_picture("interleave:0-3", 7, 1, V6_1, recorded=recorded).svg() + "\n"


if __name__ == "__main__":
    PICTURE.write_text(drawn())
