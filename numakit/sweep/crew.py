# SPDX-License-Identifier: GPL-2.0-only
"""Points handed to an executor, some at a time.

When workers die, the points that were with them are run again, one by one, to learn which of them does it.
"""
from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future
from queue import SimpleQueue
from uuid import uuid4

from numakit.sweep.grid import Point
from numakit.sweep.here import Ended, Scenario
from numakit.sweep.point import Outcome, arguments, failure, run
from numakit.sweep.pool import Pool

TRIES = 2
"""How often a point may take its worker down while it runs alone."""
BARREN = 10
"""Pools that may die one after the other without one point that ended."""


class Crew:
    """The points that wait, the suspects to be run alone, those that run, and the pool. stopped: it takes no more."""

    def __init__(self, pool: Pool, scenario: Scenario, points: Sequence[Point], todo: Iterable[int],
                 tell: Callable[[str], None]):
        self.pool, self.scenario, self.points, self.tell = pool, scenario, points, tell
        self.waiting, self.suspects = deque(todo), deque[int]()
        self.running: dict[Future[Outcome], int] = {}
        self.ended: SimpleQueue[Future[Outcome]] = SimpleQueue()   # concurrent.futures.wait would miss cancelled ones
        self.deaths: Counter[int] = Counter()
        self.barren, self.stopped, self.one_is_suspect = 0, False, False

    def outcomes(self) -> Iterator[Ended]:
        """Each point as it ends. Raises KeyboardInterrupt where a worker was interrupted."""
        while self._hand_out():
            ended = [self.ended.get()]
            if _broken(ended[0]):   # the others' end is near
                ended += [self.ended.get() for _ in range(len(self.running) - 1)]
            yield from self._taken(ended)
            if any(map(_interrupted, ended)):
                raise KeyboardInterrupt
            if any(map(_broken, ended)):
                lost = sorted(self.running.values())
                self.running.clear()
                yield from self._bury(lost, alone=len(lost) == 1)
                self._renew()
            elif _took_its_worker_along(ended[0]):
                yield from self._bury([self.running.pop(ended[0])], alone=self.one_is_suspect)

    def finished(self) -> Iterator[Ended]:
        """Those that have ended and were not given yet."""
        yield from self._taken([future for future in self.running if future.done()])

    def close(self, wait: bool) -> None:
        """Call back what has not begun, end our own pool. wait: until none of its points runs."""
        for future in self.running:
            future.cancel()
        self.pool.close(wait)

    def _taken(self, futures: Iterable[Future[Outcome]]) -> Iterator[Ended]:
        """A point leaves `running` only after it was taken: an interruption between the two loses none."""
        for future in futures:
            if future.cancelled():
                self.waiting.appendleft(self.running.pop(future))
                self._stop("the executor was shut down")
            elif not (_broken(future) or _interrupted(future) or _took_its_worker_along(future)):
                self.barren = 0
                yield self.running[future], _outcome(future)
                del self.running[future]

    def _hand_out(self) -> bool:
        """Fill the executor up: with one suspect alone, else with those that wait. Whether any point runs."""
        while not self.stopped and (source := self.suspects or self.waiting) and self._has_room():
            try:
                self._submit(source[0])
                self.one_is_suspect = source is self.suspects
                source.popleft()
            except BrokenExecutor:
                if self.running:   # they will tell
                    break
                self._renew()
            except RuntimeError as error:
                self._stop(str(error))
        return bool(self.running)

    def _has_room(self) -> bool:
        alone = self.suspects or self.one_is_suspect
        return not self.running if alone else len(self.running) < self.pool.at_once

    def _submit(self, index: int) -> None:
        future = self.pool.executor.submit(run, self.scenario, self.points[index], uuid4().hex)
        self.running[future] = index
        future.add_done_callback(self.ended.put)

    def _bury(self, lost: Sequence[int], alone: bool) -> Iterator[Ended]:
        """A worker is dead: run again what it took along, and give up on a point that does it alone."""
        if alone:
            yield from self._bury_one(lost[0])
        else:
            self.suspects.extend(lost)
            points = f"{len(lost)} point{'s were' if len(lost) > 1 else ' was'}"
            self.tell(f"a worker died, and {points} with the workers: {self._told(lost)}; run again, one by one")

    def _bury_one(self, index: int) -> Iterator[Ended]:
        self.deaths[index] += 1
        if self.deaths[index] < TRIES:
            self.suspects.appendleft(index)
            self.tell(f"a worker died at the point {self._told([index])}; run again")
        else:
            self.tell(f"a worker died again at the point {self._told([index])}; kept as failed")
            yield index, {"failed": f"its worker died, {TRIES} times while it ran alone", "traceback": ""}

    def _told(self, some: Sequence[int]) -> str:
        return ", ".join(f"({arguments(self.points[index])})" for index in some[:3]) + ", ..." * (len(some) > 3)

    def _renew(self) -> None:
        self.barren += 1
        if self.barren >= BARREN:
            self._stop(f"{BARREN} pools of workers died before a point ended: are the scenario and its arguments in a "
                       "module that a new process can import? What is typed in a notebook is not, where processes "
                       "start afresh")
        elif not self.pool.renew():
            self._stop("the executor is broken, and another like it can't be made from here: sweep again with a new "
                       "one, and the same file")

    def _stop(self, why: str) -> None:
        if not self.stopped:
            self.tell(f"{why}; the points that are left were not run")
        self.stopped = True


def _broken(future: Future[Outcome]) -> bool:
    return not future.cancelled() and isinstance(future.exception(), BrokenExecutor)


def _took_its_worker_along(future: Future[Outcome]) -> bool:
    """Dask starts its workers anew, and after some deaths gives up on all the points that were with them."""
    return not future.cancelled() and type(future.exception()).__name__ == "KilledWorker"


def _interrupted(future: Future[Outcome]) -> bool:
    return not future.cancelled() and isinstance(future.exception(), KeyboardInterrupt)


def _outcome(future: Future[Outcome]) -> Outcome:
    """What came back, or what kept the point from getting there or back."""
    error = future.exception()
    return failure(error) if error else future.result()
