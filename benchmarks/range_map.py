# SPDX-License-Identifier: GPL-2.0-only
"""SharedPolicy beside a C++ std::map of ranges (range_map.cpp): the same changes and look-ups, the same answers."""
from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from shutil import which
from statistics import median

from benchmarks.timing import Row, in_turn, seconds
from numakit import Machine, Mempolicy, SharedPolicy, policy, ring4

SOURCE = Path(__file__).with_name("range_map.cpp")
MICRO = 1e6
NO_COMPILER = "the range map was not set beside a std::map: there is no C++ compiler here (g++)"

Change = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Work:
    """Changes (start, end, number of a policy or -1 for none), the first `warm` of them untimed; pages to look up."""

    warm: int
    changes: tuple[Change, ...]
    lookups: tuple[int, ...]

    def text(self) -> str:
        """What the C++ program reads."""
        lines = [f"{self.warm} {len(self.changes)} {len(self.lookups)}", *(f"{a} {b} {p}" for a, b, p in self.changes)]
        return "\n".join([*lines, *map(str, self.lookups)])


@dataclass(frozen=True, slots=True)
class Done:
    """What a run came to: seconds for a change and for a look-up; ranges left and a sum over the policies found."""

    replace: float
    lookup: float
    ranges: int
    found: int


def work(ranges: int = 1000, timed: int = 4000, seed: int = 1) -> Work:
    """Changes at random that keep a file at about so many ranges; one in sixteen takes the policy away.

    A change brings two borders and takes those inside it: with one border in 64 pages, one of 128 pages keeps them.
    """
    draw, pages = Random(seed), ranges * 64
    warm = 4 * ranges
    starts = [draw.randrange(pages) for _ in range(warm + timed)]
    changes = tuple((at, min(at + draw.randint(1, 255), pages), draw.choice([-1, *range(15)])) for at in starts)
    return Work(warm, changes, tuple(draw.randrange(pages) for _ in range(5 * timed)))


def policies() -> tuple[Mempolicy, ...]:
    """The fifteen policies that the numbers stand for: interleave over each set of four nodes."""
    machine = Machine(ring4())
    made = (policy(f"interleave:{','.join(str(n) for n in range(4) if mask >> n & 1)}", machine)
            for mask in range(1, 16))
    return tuple(p for p in made if p is not None)


def in_python(work: Work, named: Sequence[Mempolicy]) -> Done:
    """The work on a SharedPolicy."""
    changes = [(a, b, named[p] if p >= 0 else None) for a, b, p in work.changes]
    shared, found = changed(SharedPolicy(), changes[:work.warm]), list[Mempolicy | None]()
    timed, ends = changes[work.warm:], list[SharedPolicy]()
    replacing = seconds(lambda: ends.append(changed(shared, timed)))
    looking = seconds(lambda: found.extend(map(ends[0].lookup, work.lookups)))
    numbers = {p: number for number, p in enumerate(named, start=1)}
    return Done(replacing / len(timed), looking / len(work.lookups), len(ends[0]),
                sum(numbers[p] for p in found if p is not None))


def changed(shared: SharedPolicy, changes: Sequence[tuple[int, int, Mempolicy | None]]) -> SharedPolicy:
    """The map after all the changes."""
    for start, end, new in changes:
        shared = shared.replace(start, end, new)
    return shared


def compiled(folder: Path) -> Path | None:
    """The C++ program, made in `folder` with g++ -O2; None where there is no g++."""
    compiler, program = which("g++"), folder / "range_map"
    if compiler is None:
        return None
    subprocess.run([compiler, "-O2", "-std=c++17", "-o", program, SOURCE], check=True)
    return program


def in_cpp(work: Work, program: Path) -> Done:
    """The work on a std::map."""
    done = subprocess.run([program], input=work.text(), capture_output=True, text=True, check=True)
    replacing, looking, ranges, found = done.stdout.split()
    return Done(float(replacing), float(looking), int(ranges), int(found))


def rows(program: Path | None, todo: Work, times: int = 7) -> list[Row]:
    """Replace and lookup in microseconds, beside the std::map if its program is there."""
    named = policies()
    jobs = [lambda: in_python(todo, named)]
    if program:
        jobs.append(partial(in_cpp, todo, program))
    ours, *others = in_turn(*jobs, times=times)
    theirs = others[0] if others else ()
    if len({(done.ranges, done.found) for done in (*ours, *theirs)}) != 1:
        raise RuntimeError(f"SharedPolicy and the std::map do not agree: {ours[0]}, {theirs[:1]}")
    what = f"range map of one file, {ours[0].ranges} ranges"
    return [_row(f"{what}: replace", "at most 5x a std::map", [d.replace for d in ours], [d.replace for d in theirs]),
            _row(f"{what}: lookup", "at most 4x a std::map", [d.lookup for d in ours], [d.lookup for d in theirs])]


def _row(what: str, goal: str, ours: list[float], theirs: list[float]) -> Row:
    return Row(what, "us", median(ours) * MICRO, median(theirs) * MICRO if theirs else None, goal)
