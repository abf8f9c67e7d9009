# SPDX-License-Identifier: GPL-2.0-only
"""A task's next move: one step that others can see, with the notes that belong to it and the local steps behind it.

A local step is one that no other task can see: here an allocation by a task that may sleep. Done at once, it needs no
branching. Its cost is charged with the task's next visible step, so that the fewest steps come out as without this.
"""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from numakit.locking.found import Found
from numakit.locking.perform import Attempt, Done, Setting, ends_holding, perform
from numakit.locking.program import START, Program
from numakit.locking.steps import Allocation, Note
from numakit.locking.world import World

PENDING = 16
"""After so many local steps in a row the next is taken for one that others see: a task may allocate for ever."""


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a task stands between moves. place: in its program; pending: how the local steps went that it has taken
    since its last visible step and that are not charged yet."""

    place: int = START
    pending: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Move:
    """One way in which a move may go. how: letter of the visible step; answer: what the task is told by it; found:
    properties broken on the way."""

    world: World
    stand: Stand
    how: str
    answer: object
    found: tuple[Found, ...]
    ends: bool = False


@dataclass(frozen=True, slots=True)
class Moves:
    """All ways of a task's next move; none where it must wait for a lock. place: of the visible step."""

    place: int
    ways: tuple[Move, ...]
    waits_for: str | None = None
    found: tuple[Found, ...] = ()


def moves(program: Program, stand: Stand, world: World, setting: Setting, local_steps: bool) -> Moves:
    """The next move of a task that has not ended."""
    place, begun = stand.place, world
    noted: tuple[Found, ...] = ()
    while isinstance(program.places[place].step, Note):
        done = _only(perform(program.name, program.places[place], begun, setting))
        noted += done.found
        if done.ends:
            return Moves(place, (Move(done.world, Stand(place), "", None, noted, ends=True),))
        begun, place = done.world, program.after(place, done.answer)
    attempt = perform(program.name, program.places[place], begun, setting)
    ways = tuple(way for done in attempt.ways for way in _settled(program, place, done, noted, setting, local_steps))
    return Moves(place, ways, attempt.waits_for, attempt.found)


def _only(attempt: Attempt) -> Done:
    return attempt.ways[0]


def _settled(program: Program, place: int, done: Done, noted: tuple[Found, ...], setting: Setting,
             local_steps: bool) -> Iterator[Move]:
    """The moves that a step done this way leads to: one, or one for each way of the local steps behind it."""
    found = noted + done.found
    if done.ends:
        yield Move(done.world, Stand(place), done.how, None, found, ends=True)
        return
    after, world, more, ends = _with_notes(program, program.after(place, done.answer), done.world, setting)
    if ends:
        yield Move(world, Stand(after), done.how, done.answer, found + more, ends=True)
        return
    holding = ends_holding(program.places[after])
    if holding:
        yield Move(world, Stand(after), done.how, done.answer, (*found, *more, holding), ends=True)
        return
    for stand, later in _local(program, Stand(after), world, setting) if local_steps else [(Stand(after), world)]:
        yield Move(later, stand, done.how, done.answer, found + more)


def _with_notes(program: Program, place: int, world: World, setting: Setting
                ) -> tuple[int, World, tuple[Found, ...], bool]:
    """A place after the notes that belong to the step before it, and whether the path ends with one of them."""
    found: tuple[Found, ...] = ()
    while isinstance(step := program.places[place].step, Note) and not step.with_next:
        done = _only(perform(program.name, program.places[place], world, setting))
        found += done.found
        if done.ends:
            return place, world, found, True
        world, place = done.world, program.after(place, done.answer)
    return place, world, found, False


def _local(program: Program, stand: Stand, world: World, setting: Setting) -> Iterator[tuple[Stand, World]]:
    """Where the local steps from here on may lead; the place itself where the next step is not local."""
    ways = _if_local(program, stand.place, world, setting) if len(stand.pending) < PENDING else ()
    if not ways:
        yield stand, world
    for done in ways:
        after = Stand(program.after(stand.place, done.answer), (*stand.pending, done.how))
        yield from _local(program, after, done.world, setting)


def _if_local(program: Program, place: int, world: World, setting: Setting) -> tuple[Done, ...]:
    """How the next step may go, if nobody else can see it: not if it breaks a rule, nor if the task ends with it."""
    here = program.places[place]
    if not isinstance(here.step, Allocation) or here.spinlocks:
        return ()
    ways = perform(program.name, here, world, setting).ways
    nexts = [program.places[program.after(place, done.answer)].step for done in ways]
    seen = any(step is None or isinstance(step, Note) and not step.with_next for step in nexts)
    return () if seen else ways
