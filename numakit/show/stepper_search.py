# SPDX-License-Identifier: GPL-2.0-only
"""The stepper's search: what it looks for, how far it is and what it came to, in words; and one of them at a time."""
from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from numakit.locking import Finding
from numakit.locking.result import plural
from numakit.proposals.cases import Case, one_of_each_shape
from numakit.proposals.cases import cases as all_cases
from numakit.proposals.properties import ALWAYS
from numakit.proposals.schedule import Schedule
from numakit.proposals.verdicts import Judgement, judging
from numakit.show.schedule import listed
from numakit.show.stepper_reach import explanation

ANY = "any of the properties"
FORWARD = 'step through it with "steps shown: one forward"'


@dataclass(frozen=True, slots=True)
class Quest:
    """A search for the shortest way to break a schedule's design in its scenario. wanted: which property, or ANY."""

    schedule: Schedule
    wanted: str = ANY

    def cases(self) -> list[Case]:
        """What is searched: of the scenario's cases one of each shape, with the schedule's switches."""
        case = self.schedule.case
        return one_of_each_shape(all_cases(case.scenario, case.reclaim, case.empty_test))

    def judging(self) -> Iterator[Judgement]:
        """The search in slices. Raises ModelError for a design that can't be searched."""
        return judging(self.schedule.design, self.cases())

    def found(self, told: Judgement) -> Schedule | None:
        """The shortest schedule for what is wanted; one for what no design is free of only if there is no other."""
        hit = self._hit(told)
        return Schedule(self.schedule.design, hit[0], hit[1].order) if hit else None

    def so_far(self, told: Judgement, here: bool = True) -> str:
        """How far the search is. here: the learner still looks at where it began."""
        what = "searching" if here else f"searching {self._design} {self._where}"
        return f"{what}: {plural(told.states, 'state')} in {told.cases} of {len(self.cases())} cases"

    def answer(self, told: Judgement, here: bool = True) -> str:
        """What the search came to at its end. here: the learner still looks at where it began, and is shown it."""
        found, hit = self.found(told), self._hit(told)
        if found is None or hit is None:
            return self._unbroken(told, here)
        see = FORWARD if here else f"you look at something else by now: paste {found} to see it"
        ranks = f"{plural(hit[1].switches, 'switch')}, {plural(hit[1].steps, 'step')}"
        if self.wanted == ANY and hit[1].name in ALWAYS:
            return f"{self._unbroken(told, here)}; its shortest way is {ranks}; {see}"
        way = f"shortest way to {hit[1].name}{'' if told.complete else ' so far'}"
        whose = "" if here else f"{self._design} {self._where}: "
        return f"{whose}{way}: {ranks}; {see} ({self._searched(told)})"

    def _hit(self, told: Judgement) -> tuple[Case, Finding] | None:
        hits = [hit for name, hit in told.findings.items() if self.wanted in (ANY, name)]
        return min(hits, key=lambda hit: (hit[1].name in ALWAYS, hit[1].rank), default=None)

    def _unbroken(self, told: Judgement, here: bool) -> str:
        """That nothing is violated, or nothing but what no design is free of."""
        verdict = f"can't be broken {'here' if here else self._where}:"
        if not told.complete:
            verdict = f"was not searched to the end{'' if here else f' {self._where}'}, it has too many states; so far"
        return f"{self._design} {verdict} {self._violated(told)} ({self._searched(told)})"

    def _violated(self, told: Judgement) -> str:
        if self.wanted != ANY:
            return f"{self.wanted} is violated in no interleaving"
        always = sorted(ALWAYS & told.findings.keys())
        but = f" but {listed(always)}, of which no design is free whose setters return" if always else ""
        return f"nothing is violated in any interleaving{but}"

    def _searched(self, told: Judgement) -> str:
        if told.complete:
            return f"{plural(told.states, 'state')} of {plural(told.cases, 'case')} searched, all of them"
        return f"{plural(told.states, 'state')} searched, {told.cases} of {len(self.cases())} cases to their end"

    @property
    def _design(self) -> str:
        return self.schedule.design.name

    @property
    def _where(self) -> str:
        return f"in scenario {self.schedule.case.scenario}"


def stopped(told: Judgement) -> str:
    """How far a search was that was ended before its end."""
    return f"stopped after {plural(told.states, 'state')}"


class OneSearch:
    """A search beside the page, one at a time: a newer one ends the older.

    shows: whether the learner still looks at a schedule; tell: is called with what is to be told; show: with what was
    found, if the learner still looks at where the search began.
    """

    def __init__(self, shows: Callable[[Schedule], bool], tell: Callable[[str], None],
                 show: Callable[[Schedule], None]) -> None:
        self._shows, self._tell, self._show = shows, tell, show
        self._quest: Quest | None = None        # the search that runs
        self._so_far: Judgement | None = None   # what it knows after its last slice

    @property
    def running(self) -> bool:
        """Whether a search runs."""
        return self._quest is not None

    def begin(self, quest: Quest) -> None:
        """Search, beside the page where a loop runs; else this waits for it."""
        before = f"the search before was {stopped(self._so_far)}; " if self._so_far else ""
        self._quest, self._so_far = quest, None
        going = self._going(quest, before)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            deque(going, maxlen=0)
        else:
            self._task = loop.create_task(_in_turns(going))

    def stop(self) -> None:
        """End the search that runs, if one does, and tell how far it was."""
        if self._so_far:
            self._tell(f"{stopped(self._so_far)}: nothing is shown by that")
        self._quest = self._so_far = None

    def _going(self, quest: Quest, before: str) -> Iterator[None]:
        """Search in slices, and tell after each of them how far it is, at the end what was found."""
        try:
            for told in self._slices(quest):
                self._so_far = told
                self._tell(before + quest.so_far(told, self._shows(quest.schedule)))
                yield
        except Exception as error:   # nobody waits for a search beside the page: what it raised would be lost
            self._end(quest, f"{quest.schedule.design.name} can't be searched. {explanation(error)}")
        else:
            self._ended(quest)

    def _slices(self, quest: Quest) -> Iterator[Judgement]:
        """What is known after each slice, as long as this is the search that runs. A cell may end it in the middle of a
        slice: what the page sends has a thread of its own."""
        for told in quest.judging():
            if self._quest is quest:
                yield told
            if self._quest is not quest:
                return

    def _ended(self, quest: Quest) -> None:
        """Tell what a search came to, and show what it found if the learner has not gone on to something else."""
        told, here = self._so_far, self._shows(quest.schedule)
        if self._quest is not quest or told is None:
            return
        self._end(quest, quest.answer(told, here))
        if here and (found := quest.found(told)):
            self._show(found)

    def _end(self, quest: Quest, words: str) -> None:
        """End a search with these words, unless another one runs by now."""
        if self._quest is quest:
            self._quest = self._so_far = None
            self._tell(words)


async def _in_turns(going: Iterator[None]) -> None:
    """Let a search go on, in turns with whatever else the loop has to do."""
    for _ in going:
        await asyncio.sleep(0)
