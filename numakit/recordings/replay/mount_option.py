# SPDX-License-Identifier: GPL-2.0-only
"""Group a: one option string each: does the mount take it, what is shown, what policy does a new file get."""
from __future__ import annotations

from numakit.machine import Machine
from numakit.recordings.outcome import Compared, Fields, Outcome, errno_of
from numakit.recordings.reader import Record
from numakit.recordings.replay.words import modern, mpol_part, old
from numakit.tmpfs import Mount

MOUNTED_BEFORE = "mpol=interleave:1,3"
"""What each modern record's remount finds in place."""


def replay(record: Record, machine: Machine) -> Outcome:
    """A modern record: the mount, then a remount with the same string over another policy."""
    error, tmp = errno_of(lambda: Mount.new(options=record["opt"], machine=machine))
    before = Mount.new(options=MOUNTED_BEFORE, machine=machine)
    again, after = errno_of(lambda: before.remount(record["opt"]))
    observed: Fields = {"mount": record["mount"], "remount": record["remount"],
                        "after_remount": mpol_part(record["after_remount"])}
    model: Fields = {"mount": -error, "remount": -again, "after_remount": (after or before).shown()}
    if record["mount"] == 0:
        observed |= {"shown": mpol_part(record["shown"]), "file_policy": record["file_policy"]}
    if tmp is not None:
        file = tmp.create("f", 1)["f"]
        model |= {"shown": tmp.shown(), "file_policy": modern(file.policy(), machine.kernel)}
    return Compared(observed, model)


def replay_v3_8(record: Record, machine: Machine) -> Outcome:
    """A record of v3.8: the mount alone."""
    error, tmp = errno_of(lambda: Mount.new(options=record["opt"], machine=machine))
    observed: Fields = {"errno": record["errno"], "shown": mpol_part(record["shown"])}
    model: Fields = {"errno": error, "shown": tmp.shown() if tmp is not None else ""}
    if record["errno"] == 0:
        observed["policy"] = [record["pol"], record["mask"]]
    if tmp is not None:
        model["policy"] = old(tmp.create("f", 1)["f"].policy(), machine.kernel)
    return Compared(observed, model)
