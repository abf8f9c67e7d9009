# SPDX-License-Identifier: GPL-2.0-only
"""All designs by name, in reading order."""
from __future__ import annotations

from numakit.errors import BadSchedule
from numakit.proposals.design import Design
from numakit.proposals.drop_ptl import (
    drop_ptl,
    drop_ptl_flag_ignored,
    drop_ptl_huge_path,
    drop_ptl_retake_checked,
    drop_ptl_retake_unchecked,
    drop_ptl_unpinned,
)
from numakit.proposals.mutex import mutex
from numakit.proposals.mutex_and_spinlock import mutex_and_spinlock, mutex_and_spinlock_repaired
from numakit.proposals.range_lookup import range_lookup, range_lookup_ignored, range_lookup_unreferenced
from numakit.proposals.retry import retry, retry_as_merged, retry_order_mended, retry_split_mended
from numakit.proposals.spinlock import spinlock

DESIGNS: dict[str, Design] = {design.name: design for design in (
    spinlock, mutex, mutex_and_spinlock, mutex_and_spinlock_repaired, drop_ptl, drop_ptl_huge_path,
    drop_ptl_retake_checked, drop_ptl_retake_unchecked, drop_ptl_flag_ignored, drop_ptl_unpinned, retry_as_merged,
    retry_order_mended, retry_split_mended, retry, range_lookup, range_lookup_ignored, range_lookup_unreferenced)}


def design_named(name: str) -> Design:
    """A design by its name. Raises BadSchedule for a name that is none."""
    if name not in DESIGNS:
        raise BadSchedule(f"{name!r} is no design; {', '.join(DESIGNS)} would do")
    return DESIGNS[name]
