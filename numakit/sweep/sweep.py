# SPDX-License-Identifier: GPL-2.0-only
"""sweep: a scenario at every point of a grid."""
from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from numakit.sweep.crew import Crew
from numakit.sweep.grid import Grid, check_arguments, points
from numakit.sweep.here import Here, Runs
from numakit.sweep.kept import Kept, Progress
from numakit.sweep.plain import name_of
from numakit.sweep.pool import Given, Pool
from numakit.sweep.record import Record
from numakit.sweep.table import Table


def sweep(scenario: Callable[..., Any], grid: Grid, executor: Given | None = None, *,
          file: str | os.PathLike[str] | None = None, progress: Progress | None = None) -> Table:
    """The scenario's results at every point of a grid; Ctrl-C gives those that are there. Raises BadSweep, OSError.

    scenario: a function of named arguments that returns a dict (or a value with as_row()) of what JSON holds; grid:
    {name: values} for all combinations, the last name running fastest, or a list of dicts; progress: called with
    (points ended, points) after each.

    executor: None runs one point after the other, here. Or any of concurrent.futures' kind, threads or processes; of
    a Dask client, `client.get_executor()`. Or a function that makes one (`ProcessPoolExecutor`): that one ends with the
    sweep. If a worker dies, its points are run again, in a new pool of processes; a point that takes its worker down
    twice while it runs alone is kept as failed. A point that raises is kept as failed too, and the others go on.

    file: lines of JSON, appended as each point ends. Called again with the same file, sweep runs only what has no
    result there yet. It knows scenario and grid by their names, not by their code.
    """
    some = points(grid)
    check_arguments(scenario, some)
    pool = None if executor is None else Pool(executor, scenario)
    with nullcontext() if file is None else Record(file, scenario, grid, some) as record:
        kept = Kept(some, record, progress)
        who: Runs = Crew(pool, scenario, some, kept.todo, kept.tell) if pool else Here(scenario, some, kept.todo)
        interrupted = _run(who, kept)
    return kept.table(name_of(scenario), interrupted)


def _run(who: Runs, kept: Kept) -> bool:
    """Run and keep each point. Whether it was interrupted; then what had ended by then is kept, too."""
    whole = False
    try:
        for index, outcome in who.outcomes():
            kept.keep(index, outcome)
        whole = True
    except KeyboardInterrupt:
        for index, outcome in who.finished():
            kept.take(index, outcome)   # told nobody: another error of theirs would lose the rest
    finally:
        who.close(wait=whole)
    return not whole
