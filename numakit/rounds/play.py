# SPDX-License-Identifier: GPL-2.0-only
"""play: a scenario over many rounds, in arrays; what is done is kept where it is cut short."""
from __future__ import annotations

from collections.abc import Callable, Iterator

from numakit.errors import BadPattern
from numakit.rounds.checks import checked_chunk, checked_rounds
from numakit.rounds.engine import play_round
from numakit.rounds.history import History
from numakit.rounds.memory import CHUNK, check_memory, keep_scratch
from numakit.rounds.scenario import Scenario
from numakit.rounds.tally import Tally
from numakit.rounds.world import World, before


def play(scenario: Scenario, rounds: int, keep_pages: bool = False, chunk: int = CHUNK,
         progress: Callable[[int, int], object] | None = None) -> History:
    """What becomes of a scenario's pages in so many rounds; an interruption gives the rounds that were finished.

    keep_pages: keep each page's node after each round; chunk: pages in one step, which changes no result; progress:
    called with (rounds done, rounds) after each. Raises BadRange, NotEnoughMemory; BadPattern, KernelBug.
    """
    world, tally = _begin(scenario, rounds, keep_pages, chunk)
    done = 0
    try:
        for done in _advance(scenario, rounds, world, tally, chunk):
            if progress is not None:
                progress(done, rounds)
    except KeyboardInterrupt:
        pass
    return tally.history(done, complete=done == rounds)


def playing(scenario: Scenario, rounds: int, keep_pages: bool = False, chunk: int = CHUNK) -> Iterator[History]:
    """The history so far, after each round of `play`: for those who want to look, or to stop. Raises as that does."""
    world, tally = _begin(scenario, rounds, keep_pages, chunk)
    return map(tally.history, _advance(scenario, rounds, world, tally, chunk))


def _begin(scenario: Scenario, rounds: int, keep_pages: bool, chunk: int) -> tuple[World, Tally]:
    """The pages at the start, and room for the counts. Raises BadRange, NotEnoughMemory."""
    check_memory(scenario, checked_rounds(rounds), keep_pages, checked_chunk(chunk))
    keep_scratch(min(chunk, scenario.pages))
    world, tally = before(scenario, chunk), Tally.blank(rounds, scenario, keep_pages)
    tally.start[:] = world.on_node
    tally.keep(0, world.node)
    return world, tally


def _advance(scenario: Scenario, rounds: int, world: World, tally: Tally, chunk: int) -> Iterator[int]:
    """Round after round; gives how many are done."""
    for round in range(rounds):
        try:
            play_round(scenario, round, world, tally, chunk)
        except BadPattern as error:
            error.history = tally.history(round, complete=False)
            raise
        tally.keep(round + 1, world.node)
        yield round + 1
