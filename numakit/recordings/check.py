# SPDX-License-Identifier: GPL-2.0-only
"""Replays recordings on the model and counts what it reproduces: one observation is one record."""
from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from numakit.errors import BadRecording, KernelBug, LinuxError
from numakit.kernel import Kernel, nearest
from numakit.machine import Machine
from numakit.recordings.outcome import Compared, LeftOut, Outcome
from numakit.recordings.reader import Record, Recording
from numakit.recordings.replay import (
    balancing,
    errors,
    mount_option,
    moves,
    placement,
    private,
    remount,
    shared_policy,
    thp,
)
from numakit.recordings.replay.words import machine_of

One = Callable[[Record, Machine], Outcome]

MODERN: dict[str, One] = {"a": mount_option.replay, "b": placement.replay, "c": remount.replay,
                          "d": shared_policy.replay, "e": private.replay, "g": moves.replay, "h": errors.replay}
V3_8: dict[str, One] = {"a": mount_option.replay_v3_8, "b": placement.replay_v3_8, "d": shared_policy.replay_v3_8,
                        "f": balancing.replay_v3_8, "t": thp.replay_v3_8}
WHOLE: dict[tuple[str, bool], Callable[[Sequence[Record], Machine], Iterator[Outcome]]] = {
    ("c", True): remount.replay_v3_8, ("f", False): balancing.replay}
"""Groups whose records hang together: (letter, whether of v3.8)."""

NAMES = {"a": "mount option", "b": "placement", "c": "remount", "d": "mbind on a file", "e": "private, full nodes",
         "f": "hinting faults", "g": "moving pages", "h": "modes and masks", "t": "huge pages"}


@dataclass(frozen=True, slots=True)
class Row:
    """One group of one kernel. rules: the kernel whose rules the model used; differ: number of record -> how."""

    kernel: str
    group: str
    rules: str
    compared: int = 0
    reproduced: int = 0
    left_out: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    differ: dict[int, str] = field(default_factory=dict)

    @property
    def all_reproduced(self) -> bool:
        """Whether nothing that was compared differs."""
        return self.compared == self.reproduced


def check(recordings: Iterable[Recording], rules: Kernel | None = None) -> list[Row]:
    """A row for each recording; rules: None for those that header.kernel names, or the nearest. Raises BadRecording."""
    return [check_one(r, rules or nearest(r.kernel)) for r in recordings]


def check_one(recording: Recording, kernel: Kernel) -> Row:
    """One group, every record of it."""
    counted: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    differ = {}
    for number, outcome in enumerate(outcomes(recording, kernel)):
        if isinstance(outcome, LeftOut):
            reasons[outcome.reason] += 1
            continue
        counted["compared"] += 1
        counted["reproduced"] += outcome.reproduced
        if not outcome.reproduced:
            differ[number] = f"{_told(recording.records[number])}: {outcome.difference()}"
    return Row(recording.kernel, recording.group, kernel.name, counted["compared"], counted["reproduced"],
               reasons.total(), dict(reasons), differ)


def outcomes(recording: Recording, kernel: Kernel) -> Iterator[Outcome]:
    """What comes of each record, in order. Raises BadRecording for one that does not read, with its number."""
    machine = machine_of(recording, kernel)
    whole = WHOLE.get((recording.group, recording.is_v3_8))
    if whole is not None:
        found = whole(recording.records, machine)
        yield from (_outcome(recording, number, lambda: next(found)) for number in range(len(recording.records)))
        return
    replay = (V3_8 if recording.is_v3_8 else MODERN).get(recording.group)
    for number, record in enumerate(recording.records):
        if replay is None:
            yield LeftOut(f"{NAMES.get(recording.group, f'group {recording.group!r}')}: not modelled yet")
        else:
            yield _outcome(recording, number, partial(replay, record, machine))


def _outcome(recording: Recording, number: int, replay: Callable[[], Outcome]) -> Outcome:
    """One replay; a record that does not read is named, and a BUG() of the model is a difference."""
    try:
        return replay()
    except (KernelBug, LinuxError) as error:  # as under another kernel's rules than the record's own
        return Compared({"kernel": "went on"}, {"kernel": str(error)})
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise BadRecording(f"{recording.path}: record {number} does not read: {error!r}") from error


def _told(record: Record) -> str:
    """A record's own words, short: what was done, without what came of it."""
    shown = {k: v for k, v in record.items() if not isinstance(v, list) or k == "calls"}
    return ", ".join(f"{k} {v!r}" for k, v in shown.items())[:200]
