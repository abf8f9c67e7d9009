# SPDX-License-Identifier: GPL-2.0-only
"""The warning of December 2012 as a real kernel printed it, and the calls that Sasha Levin's had told of in October.

The recorded one is of v3.8.0 with the mutex of b22d127a39dd put back; it is data, as it came out of the kernel.
"""
from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import dropwhile

from numakit.errors import BadRecording
from numakit.recordings.reader import DATA

FRAME = re.compile(r" \[<[0-9a-f]+>\] (?P<unsure>\? )?(?P<function>[\w.]+)\+0x[0-9a-f]+/0x[0-9a-f]+")
HELD = re.compile(r" #\d+:\s+\((?P<lock>.+)\)\{.*\}, at: \[<[0-9a-f]+>\] (?P<function>[\w.]+)\+0x.*")

SASHA_LEVIN = ("__might_sleep", "mutex_lock_nested", "mpol_shared_policy_lookup", "shmem_get_policy", "get_vma_policy",
               "mpol_misplaced", "handle_pte_fault", "handle_mm_fault", "__do_page_fault", "do_page_fault",
               "do_async_page_fault")
"""The calls in his mail of 24 October 2012, innermost first: of 3.7.0-rc2-next-20121024, an older tree than rc1's."""


def recorded_splat(kernel: str = "3.8-mutex") -> tuple[str, ...]:
    """The lines that a recorded kernel printed, as they were. Raises BadRecording for a kernel that printed none."""
    path = DATA / kernel / "splat.txt"
    try:
        return tuple(path.read_text(encoding="utf-8").rstrip().splitlines())
    except OSError as error:
        raise BadRecording(f"{path}: can't be read: {error}") from error


def call_chain(lines: Iterable[str]) -> tuple[str, ...]:
    """The functions of a report's call trace, innermost first, without those that the kernel itself marks as doubtful
    by a question mark."""
    trace = dropwhile(lambda line: not line.startswith("Call Trace:"), lines)
    frames = (FRAME.fullmatch(line) for line in trace)
    return tuple(frame["function"] for frame in frames if frame and not frame["unsure"])


def locks_held(lines: Iterable[str]) -> dict[str, str]:
    """The locks of a report by the kernel's names for them, in the order in which they were taken, each with the
    function that took it."""
    found = (HELD.fullmatch(line) for line in lines)
    return {lock["lock"]: lock["function"] for lock in found if lock}
