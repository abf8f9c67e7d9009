# SPDX-License-Identifier: GPL-2.0-only
"""The file of a sweep: lines of JSON, a header and then one for each point as it ends; it is only ever appended to."""
from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from numakit.sweep.grid import Grid, Point, points
from numakit.sweep.lock import claim, give_back
from numakit.sweep.plain import as_text, known_again, name_known_again
from numakit.sweep.point import Outcome
from numakit.sweep.told import BadSweep

FORMAT = "numakit sweep"
CUT_SHORT = b"   <- cut short here; the point was run again"
"""Ends a half-written line, which stays, so that later runs know it."""


class Record:
    """A sweep's file, open and locked. outcomes: what earlier runs came to; notes: what was odd in it."""

    def __init__(self, path: str | os.PathLike[str], scenario: Callable[..., object], grid: Grid,
                 some: Sequence[Point]):
        self.path = os.fspath(path)
        self.named = [{k: known_again(v, f"the argument {k!r}") for k, v in point.items()} for point in some]
        self.header = _header(scenario, grid, self.named)
        self.outcomes: dict[int, Outcome] = {}
        self.notes: list[str] = []
        self.fd, self.key = claim(self.path)
        self.synced = time.monotonic()
        try:
            self._begin()
        except BaseException:
            self.close()
            raise

    def _begin(self) -> None:
        """Read what is there; begin the file where there is nothing."""
        *lines, tail = _all(self.fd).split(b"\n")
        readable = [(n, line) for n, line in enumerate(lines, 1) if not line.endswith(CUT_SHORT)]
        for number, line in readable[:1]:
            self._check_header(number, line)
        for number, line in readable[1:]:
            self._read(number, line)
        if tail:
            self._end_half_line(len(lines) + 1, tail, begun=bool(readable))
        if not readable:
            self._append(json.dumps(self.header).encode())
            os.fsync(self.fd)

    def _check_header(self, number: int, line: bytes) -> None:
        try:
            told = json.loads(line)
            version, scenario, there = told[FORMAT], told["scenario"], points(told["grid"])
        except (ValueError, KeyError, TypeError):
            raise self._foreign() from None
        if version != 1:
            raise BadSweep(f"{self.path} is a sweep's file of format {version!r}", "format 1 would do",
                           "a newer numakit wrote it; it is left as it is")
        if scenario != self.header["scenario"]:
            raise self._another(f"a sweep of {scenario}", f"not of {self.header['scenario']}")
        if as_text(there) != as_text(self.named):
            raise self._another(f"a sweep of {scenario} on another grid, of {len(there):,} points",
                                f"this one has {len(self.named):,}")

    def _read(self, number: int, line: bytes) -> None:
        """Take a point's line. A result stays, whatever a later line says."""
        try:
            told = json.loads(line)
            index, outcome = told["point"], {k: told[k] for k in ("result", "failed", "traceback") if k in told}
            good = (type(index) is int and index >= 0 and as_text(told["args"]) == as_text(self.named[index])
                    and isinstance(outcome.get("result", {}), dict) and len(outcome) == 1 + ("failed" in outcome))
        except (ValueError, KeyError, TypeError, IndexError):
            good = False
        if not good:
            raise BadSweep(f"line {number} of {self.path} can't be read as a point of this sweep",
                           "mend or remove that line, or name another file", "the file is left as it is")
        if "result" not in self.outcomes.get(index, {}):
            self.outcomes[index] = outcome

    def _end_half_line(self, number: int, tail: bytes, begun: bool) -> None:
        """What was being written when a run was killed stays, with a mark. Raises BadSweep if it can't be ours."""
        if not begun and not json.dumps(self.header).encode().startswith(tail):
            raise self._foreign()
        self.notes.append(f"line {number} of {self.path} was cut short when an earlier run ended; "
                          "what it was to say is run again")
        self._append(CUT_SHORT)

    def write(self, index: int, outcome: Outcome) -> None:
        """Append a point's outcome: with the system at once, on the disk within a second."""
        self._append(json.dumps({"point": index, "args": self.named[index], **outcome}).encode())
        if time.monotonic() - self.synced > 1:
            os.fsync(self.fd)
            self.synced = time.monotonic()

    def _append(self, line: bytes) -> None:
        left = line + b"\n"
        while left:
            left = left[os.write(self.fd, left):]

    def __enter__(self) -> Record:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the file go."""
        give_back(self.fd, self.key)

    def _foreign(self) -> BadSweep:
        return BadSweep(f"{self.path} is there and does not begin as a sweep's file",
                        "name a file that is not there yet, or one that a sweep began", "it is left as it is")

    def _another(self, came: str, why: str) -> BadSweep:
        return BadSweep(f"{self.path} holds {came}", "name another file, or sweep the same again",
                        f"{why}; it is left as it is")


def _header(scenario: Callable[..., object], grid: Grid, named: list[Point]) -> dict[str, Any]:
    """What is swept; a mapping stays one, so that the line is short and says the same to the eye."""
    told: Any = named
    if isinstance(grid, Mapping):
        told = {name: [known_again(value, name) for value in values] for name, values in grid.items()}
    return {FORMAT: 1, "scenario": name_known_again(scenario), "grid": told}


def _all(fd: int) -> bytes:
    with os.fdopen(fd, "rb", closefd=False) as file:   # a second descriptor, closed, would take the lock with it
        return file.read()
