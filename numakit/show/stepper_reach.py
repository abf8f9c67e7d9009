# SPDX-License-Identifier: GPL-2.0-only
"""How far a schedule can be shown: a learner's design may loop, fail, or yield what is no step."""
from __future__ import annotations

from dataclasses import dataclass, replace

from numakit.errors import BadSchedule, ModelError
from numakit.locking import Order, Trace
from numakit.proposals import file
from numakit.proposals.patch import explained
from numakit.proposals.schedule import Schedule
from numakit.show.drawing import Drawing, note_height
from numakit.show.schedule import WIDTH, SchedulePicture, schedule_picture
from numakit.show.table import Table


@dataclass(frozen=True, slots=True)
class NoPicture:
    """What is shown of a schedule no step of which can be: why that is so."""

    schedule: Schedule
    why: str

    def svg(self) -> str:
        """The sentence in a box."""
        drawing = Drawing(WIDTH, note_height(self.why, WIDTH - 48) + 48, "no picture", self.why)
        drawing.note(24, 24, WIDTH - 48, self.why, "bad")
        return str(drawing)

    def sentence(self) -> str:
        """Why there is no picture."""
        return self.why

    def table(self) -> Table:
        """The same as a table."""
        return Table(("step", "why it can't be shown"), ((0, self.why),), str(self.schedule))


def explanation(error: Exception) -> str:
    """Why a design can't be played or searched, for its author."""
    return f"{explained(error) if isinstance(error, ModelError) else f'{type(error).__name__}: {error}'}."


def as_far_as_it_goes(whole: Schedule, done: int) -> tuple[SchedulePicture | NoPicture, str]:
    """The picture of a schedule after `done` steps, or of as many of them as can be played, and why not more, "" where
    that is all. Raises BadSchedule."""
    try:
        return picture_after(whole, done), ""
    except BadSchedule:
        raise
    except Exception:   # a step of the learner's own may leave anything in the world
        return _as_far(whole, done)


def picture_after(whole: Schedule, done: int) -> SchedulePicture:
    """The picture of a schedule after `done` steps, from where one can look ahead. Raises as that does."""
    shown = replace(whole, order=Order(whole.order.turns[:done]))
    picture = schedule_picture(shown, len(whole.order) if done < len(whole.order) else 0)
    look_ahead(picture.trace)
    return picture


def look_ahead(trace: Trace) -> None:
    """Ask all that a picture of a trace asks: what is broken, the tree, and each task's next step. Raises ModelError,
    or whatever comes of a world that a learner's own step has left."""
    trace.found_here()
    file.seen_nodes(trace.world)
    for name in trace.names:
        trace.next_moves(name)


def _as_far(whole: Schedule, done: int) -> tuple[SchedulePicture | NoPicture, str]:
    """The picture of as many of `done` steps as can be played, where not all can, and why."""
    name, pictures = whole.design.name, list[SchedulePicture]()
    try:
        for steps in range(done + 1):
            pictures.append(picture_after(whole, steps))
    except Exception as error:
        if not pictures:
            why = f"no step of {name} can be shown. {explanation(error)}"
            return NoPicture(whole, why), why
        reach = f"up to step {len(pictures) - 1}" if len(pictures) > 1 else "before its first step"
        return pictures[-1], f"{name} can be shown {reach} only. {explanation(error)}"
    return pictures[-1], ""
