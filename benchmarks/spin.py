# SPDX-License-Identifier: GPL-2.0-only
"""The search beside SPIN's verifier, which goes through the same states (spin_model.py, promela.py).

SPIN is told all moves, which our search has to find out by running the tasks; what it takes to write its model is not
counted, what it takes to generate, to compile and to run its verifier is. There are two models: plain Promela, whose
thousands of statements take long to compile, and tables in C. The compiler optimises nothing: that takes longer than it
saves. SPIN only goes through the states; our search also settles them in the order of switches and steps.
"""
from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from shutil import which
from statistics import median
from time import perf_counter

from benchmarks.promela import promela
from benchmarks.promela_tables import HEADER, tables
from benchmarks.spin_model import Model, model_of
from benchmarks.timing import Row, in_turn, seconds
from numakit.locking import Call, Scene, explore
from numakit.locking.explore import searched
from numakit.locking.space import Library
from numakit.proposals.cases import Case
from numakit.proposals.mbind import mbind
from numakit.proposals.retry import retry

MICRO = 1e6
NO_SPIN = "the explorer was not set beside SPIN: spin or gcc is not here"
MODEL = "model.pml"
FORMS = ("plain Promela", "tables in C")
COMPILE = ("gcc", "-w", "-O0", "-DSAFETY", "-DNOREDUCE", "-o", "pan", "pan.c")
RUN = ("./pan", "-E", "-m10000", "-w22")
"""-E: that a task waits for ever is no error here; -m: no path is as long; -w: room for some million states."""
STORED = re.compile(r"(\d+) states, stored")


@dataclass(frozen=True, slots=True)
class Took:
    """What going through all states took. whole: seconds from nothing to the end; search: seconds of going through the
    states alone, where all moves are known."""

    states: int
    whole: float
    search: float


def one_case() -> Scene:
    """One of the cases of a verdict: two setters, a fault, a zapper."""
    return Case("middle", 2, (1, 3), (2, 4)).scene(retry)


def three_setters() -> Scene:
    """The same with a setter more."""
    scene = one_case()
    return replace(scene, tasks={**scene.tasks, "C": Call(mbind, ("C", 1, 4, retry.replace))})


def in_python(scene: Scene, library: Library) -> Took:
    """The whole search from nothing; and the search alone with a library that knows all moves."""
    whole = seconds(lambda: explore(scene))
    began = perf_counter()
    search, _ = searched(scene, library)
    return Took(search.states, whole, perf_counter() - began)


def has_spin() -> bool:
    """Whether SPIN and the compiler that it needs are here."""
    return bool(which("spin") and which("gcc"))


def in_spin(sources: dict[str, str], folder: Path) -> Took:
    """SPIN's way through a model: files by their names, written into `folder`."""
    for name, text in sources.items():
        (folder / name).write_text(text, encoding="utf-8")
    began = perf_counter()
    _run("spin", "-a", MODEL, folder=folder)
    _run(*COMPILE, folder=folder)
    compiled = perf_counter()
    told = STORED.search(said := _run(*RUN, folder=folder))
    ended = perf_counter()
    if not told or "errors: 0" not in said:
        raise RuntimeError(f"SPIN did not go through the model: {said}")
    return Took(int(told[1]), ended - began, ended - compiled)


def _run(*command: str, folder: Path) -> str:
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def sources(model: Model) -> list[dict[str, str]]:
    """The files of each of SPIN's models: in plain Promela, and with tables in C."""
    text, header = tables(model)
    return [{MODEL: promela(model)}, {MODEL: text, HEADER: header}]


def rows(scene: Scene, what: str, folder: Path, times: int = 3) -> list[Row]:
    """One scene beside both of SPIN's models, if it is here. Raises RuntimeError where their states are not ours."""
    library = Library(scene.setting)
    model = model_of(searched(scene, library)[0])
    theirs = [partial(in_spin, files, folder) for files in sources(model)] if has_spin() else []
    ours, *others = in_turn(partial(in_python, scene, library), *theirs, times=times)
    if wrong := {took.states for runs in others for took in runs} - {model.states}:
        raise RuntimeError(f"{what} has {model.states} states; SPIN went through {wrong}")
    return _rows(f"explorer, {what}, {ours[0].states:,} states", ours, *others)


def _rows(what: str, ours: tuple[Took, ...], *theirs: tuple[Took, ...]) -> list[Row]:
    whole, search, states = median(t.whole for t in ours), median(t.search for t in ours), ours[0].states
    beside = [Row(f"{what}; other: SPIN, {form}", "s", whole, median(t.whole for t in runs), "at most 1x SPIN")
              for form, runs in zip(FORMS, theirs, strict=False)]
    other = median(t.search for t in theirs[-1]) / states * MICRO if theirs else None
    return [*beside, Row(f"{what}, from nothing", "us a state", whole / states * MICRO, goal="at most 5 us"),
            Row(f"{what}, search alone; other: SPIN's, tables", "us a state", search / states * MICRO, other,
                "at most 5 us")]
