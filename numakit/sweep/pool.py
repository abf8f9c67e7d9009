# SPDX-License-Identifier: GPL-2.0-only
"""The executor of a sweep: the user's, or one of ours that can be made anew when its workers die."""
from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from typing import Any

from numakit.sweep.told import BadSweep

MANY = 1_000
"""Points handed out at once where it costs nothing: a cluster of so many workers is kept busy."""

Given = Executor | Callable[[], Executor]


class Pool:
    """executor: what takes points now. Raises BadSweep if the scenario can't go to its workers."""

    def __init__(self, given: Given, scenario: object):
        self.own = not isinstance(given, Executor)
        self.make = _another_like(given) if isinstance(given, Executor) else given
        self.executor = given if isinstance(given, Executor) else _made(given)
        if self.has_processes:
            _check_pickle(scenario)

    @property
    def has_processes(self) -> bool:
        """Whether its workers are processes, of which one that dies breaks the pool."""
        return isinstance(self.executor, _process_pool())

    @property
    def at_once(self) -> int:
        """Points that it has at one time: few where each of them would be suspect after a worker's death."""
        workers: int = getattr(self.executor, "_max_workers", None) or os.cpu_count() or 1
        return 2 * workers if self.has_processes else MANY

    def renew(self) -> bool:
        """A new executor instead of the broken one; False where we don't know how to make one."""
        if self.make is None:
            return False
        self.close(wait=False)
        self.executor, self.own = _made(self.make), True
        return True

    def close(self, wait: bool) -> None:
        """End what is ours; the user's goes on. wait: until no point runs."""
        if self.own:
            self.executor.shutdown(wait=wait, cancel_futures=True)


def _check_pickle(scenario: object) -> None:
    try:
        pickle.dumps(scenario)
    except (pickle.PickleError, AttributeError, TypeError) as error:
        raise BadSweep(f"the scenario {scenario!r} can't go to another process ({error})",
                       "a function at the top of a module would do, or an executor of threads",
                       "a process is sent the function's name and looks it up") from None


def _made(make: Callable[[], Executor]) -> Executor:
    executor = make() if callable(make) else None
    if executor is None or not isinstance(executor, Executor):
        raise BadSweep(f"the executor {make!r}", "an executor of concurrent.futures' kind, a function that makes "
                       "one, or None would do; of a Dask client, client.get_executor()",
                       "points are handed to its submit()")
    return executor


def _process_pool() -> Any:
    """ProcessPoolExecutor, for isinstance; nothing where it was never asked for: a browser could not even import it."""
    module = sys.modules.get("concurrent.futures.process")
    return module.ProcessPoolExecutor if module else ()


def _another_like(executor: Any) -> Callable[[], Executor] | None:
    """How to make a second pool of processes like the user's; its settings have no public names."""
    if type(executor) is not _process_pool():
        return None
    names = ("max_workers", "mp_context", "initializer", "initargs", "max_tasks_per_child")
    settings = {name: getattr(executor, f"_{name}") for name in names if hasattr(executor, f"_{name}")}
    return partial(_process_pool(), **settings)
