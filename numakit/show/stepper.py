# SPDX-License-Identifier: GPL-2.0-only
"""The stepper: be the scheduler of a design, step any task that can run, undo, and play the shortest counterexample."""
from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from html import escape
from typing import Any

import ipywidgets as widgets

from numakit.errors import BadSchedule
from numakit.locking import Order, Trace, Turn
from numakit.locking.steps import Allocation
from numakit.proposals.cases import SCENARIOS, Case, ranges, spoken
from numakit.proposals.design import Design
from numakit.proposals.designs import DESIGNS, design_named
from numakit.proposals.file import PAGES
from numakit.proposals.properties import PROPERTIES
from numakit.proposals.schedule import Schedule, read_schedule
from numakit.show.panel import Panel, Shown, button, choice, entry, slider
from numakit.show.stepper_reach import as_far_as_it_goes, explanation, look_ahead
from numakit.show.stepper_search import ANY, OneSearch, Quest

TASKS = {"F": "the fault", "A": "setter A", "B": "setter B", "Z": "the zapper"}
HOWS = (("as an allocation should", ""), ("it reclaims memory first", "r"), ("memory is out", "x"))
CASE = ("design", "scenario", "page", "a", "b")


class Stepper(Panel):
    """The panel of a schedule. Its text says all: the other controls and the buttons write that text.

    own: a learner's design, to be chosen like the thread's.
    """

    def __init__(self, schedule: Schedule, own: Design | None = None):
        self._own = {own.name: own} if own else {}
        self._writing = False
        self._searches = OneSearch(self._shows, lambda words: self._tell(search=words),
                                   lambda schedule: self.show(schedule, done=0))
        self._lines = {"refused": "", "search": ""}
        self.status, self.saving = widgets.HTML(), widgets.HTML()
        super().__init__(self._shown_by, self._made_controls(schedule), name=f"stepper {schedule}", step="done",
                         actions=[*self._buttons(), self.saving, self.status])
        for name in CASE:
            self.controls[name].observe(self._case_chosen, names="value")
        self.controls["schedule"].observe(self._pasted, names="value")

    def read(self) -> Schedule:
        """The schedule in the panel's text. Raises BadSchedule."""
        return read_schedule(self.controls["schedule"].value, self._own)

    def played(self) -> Schedule:
        """The schedule as far as it is shown. Raises BadSchedule."""
        whole = self.read()
        return replace(whole, order=Order(whole.order.turns[:self.controls["done"].value]))

    def move(self, task: str) -> None:
        """Let a task take a step behind the steps shown; the ones that stood behind are dropped. Raises BadSchedule,
        and ModelError for a step of the learner's own that can't be played."""
        schedule = self.played()
        trace = schedule.trace()
        how = self.controls["how"].value if _allocates(trace, task) else ""
        longer = trace.then(Turn(task, how))
        look_ahead(longer)
        self.show(replace(schedule, order=longer.order))

    def undo(self) -> None:
        """Take back the last step shown."""
        schedule = self.played()
        self.show(replace(schedule, order=Order(schedule.order.turns[:-1])))

    def reset(self) -> None:
        """Go back to where nobody has begun."""
        self.show(replace(self.read(), order=Order()))

    def show(self, schedule: Schedule, done: int | None = None) -> None:
        """Show a schedule, up to a step."""
        case, steps = schedule.case, len(schedule.order)
        self._writing = True
        try:
            self.controls["done"].max = max(steps, self.controls["done"].value)
            self.set(schedule=str(schedule), done=steps if done is None else done, design=schedule.design.name,
                     scenario=case.scenario, page=case.page, a=case.a, b=case.b)
            self.controls["done"].max = steps
        finally:
            self._writing = False

    def search(self) -> None:
        """Search the scenario's cases for the shortest schedule that breaks what is looked for, and show it. A search
        that still runs is ended. Raises BadSchedule where there is no schedule to begin with.

        Where a loop runs (in a notebook) it goes on beside it, and `stop` ends it; else this waits for it.
        """
        self._searches.begin(Quest(self.read(), self.controls["wanted"].value))

    def stop(self) -> None:
        """End a search that runs, and tell how far it was."""
        self._searches.stop()

    def close(self) -> None:
        """Close all widgets of the panel, and end its search."""
        self.stop()
        super().close()

    def _shows(self, schedule: Schedule) -> bool:
        """Whether this is the schedule in the panel's text."""
        return bool(self.controls["schedule"].value == str(schedule))

    def _shown_by(self, schedule: str, done: int, **_: Any) -> Shown:
        self._tell(refused="")
        picture, why = as_far_as_it_goes(read_schedule(schedule, self._own), done)
        self._tell(refused=why)
        return picture

    def _made_controls(self, schedule: Schedule) -> dict[str, Any]:
        case, every = schedule.case, [(spoken(pages), pages) for pages in ranges("all")]
        return {
            "design": choice("design", [*self._own, *DESIGNS], schedule.design.name, "whose locks"),
            "scenario": choice("scenario", SCENARIOS, case.scenario, "which pages may be set; middle has the zapper"),
            "page": slider("fault on page", 0, PAGES - 1, case.page, "the page of the hinting fault"),
            "a": choice("A sets pages", every, case.a, "what setter A sets"),
            "b": choice("B sets pages", every, case.b, "what setter B sets"),
            "how": choice("an allocation goes", HOWS, "", "how the next allocation goes"),
            "wanted": choice("look for", (ANY, *PROPERTIES), ANY, "what the search shall break"),
            "schedule": entry("schedule", str(schedule), "all of it: copy it, or paste one and press Enter",
                              width="42em"),
            "done": slider("steps shown", 0, len(schedule.order), len(schedule.order), "how much of it is played")}

    def _buttons(self) -> list[Any]:
        steps = [button(f"Step {task}", f"let {told} take a step", self._guarded(self.move, task))
                 for task, told in TASKS.items()]
        return [*steps, button("Undo", "take the last step back", self._guarded(self.undo)),
                button("Reset", "nobody has begun", self._guarded(self.reset)),
                button("Find the shortest", "search all interleavings of the scenario", self._guarded(self.search)),
                button("Stop", "end the search", self.stop)]

    def _guarded(self, act: Any, *args: Any) -> Any:
        """An act whose refusal is told and not raised."""
        def guarded() -> None:
            """Do it, and tell why where that can't be done."""
            self._forget()
            try:
                act(*args)
            except BadSchedule as error:
                self._tell(refused=str(error))
            except Exception as error:   # of a learner's own design: ModelError, or what its steps left in the world
                self._tell(refused=explanation(error))
        return guarded

    def _redraw(self, change: Any = None) -> None:
        super()._redraw(change)
        coded = b64encode(self.shown.svg().encode()).decode()
        self.saving.value = (f'<a download="schedule.svg" style="text-decoration:underline" '
                             f'href="data:image/svg+xml;base64,{coded}">Save the picture</a>')

    def _forget(self) -> None:
        """Take away what was told, but for how far a search is that runs."""
        self._tell(refused="")
        if not self._searches.running:
            self._tell(search="")

    def _tell(self, **lines: str) -> None:
        """Tell what was refused, or how a search goes: each in a line of its own under the buttons."""
        self._lines |= lines
        text = "<br>".join(escape(line) for line in self._lines.values() if line)
        self.status.value = f'<span role="log" aria-live="polite">{text}</span>'

    def _case_chosen(self, change: Any) -> None:
        if self._writing:
            return
        self._forget()
        chosen = {name: self.controls[name].value for name in CASE}
        design = self._own.get(chosen["design"]) or design_named(chosen["design"])
        case = Case(chosen["scenario"], chosen["page"], chosen["a"], chosen["b"])
        self.show(Schedule(design, case))

    def _pasted(self, change: Any) -> None:
        if self._writing:
            return
        self._forget()
        try:
            self.show(self.read())
        except BadSchedule:
            return   # the panel has told it, and the picture still shows the last schedule that worked


def _allocates(trace: Trace, task: str) -> bool:
    """Whether a task's next step is an allocation."""
    if task not in trace.names or trace.ended(task):
        return False
    told = trace.next_moves(task)
    return isinstance(trace.programs[trace.names.index(task)].places[told.place].step, Allocation)


def stepper_panel(schedule: str = "mutex:middle:0:1-2:1-2:", own: Design | None = None) -> Stepper:
    """A schedule step by step; be the scheduler. schedule: as `python -m numakit.proposals verdicts --json` prints it,
    with an empty order to begin with; own: a design of one's own. Raises BadSchedule."""
    return Stepper(read_schedule(schedule, {own.name: own} if own else {}), own)
