# SPDX-License-Identifier: GPL-2.0-only
"""One step of one task on one world: what may come of it, and which rules of locking it breaks."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from numakit.errors import ModelError
from numakit.locking.found import Found, PathEnds
from numakit.locking.heap import Heap
from numakit.locking.program import Place
from numakit.locking.steps import Act, Allocation, Lock, Note, Outcome, Step, Unlock
from numakit.locking.world import World

FAILS, RECLAIMS = "x", "r"
"""How an allocation went, in a schedule: it failed, it reclaimed memory first; nothing where it just succeeded."""


Rule = Callable[[str, Step, World], tuple[Found, ...]]
"""rule(task, step, world after it): the properties that a step breaks."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What holds for all steps. fails: any allocation may fail; reclaims: the lock that reclaim takes and releases,
    None for none; rules: asked after each unlock and each act. Allocations need a cell `heap` in the world."""

    fails: bool = False
    reclaims: str | None = None
    rules: tuple[Rule, ...] = ()


USUAL = Setting()


@dataclass(frozen=True, slots=True)
class Done:
    """One way in which a step may go. how: '' or the letter of an allocation's way; ends: the path ends with it."""

    world: World
    answer: object = None
    found: tuple[Found, ...] = ()
    how: str = ""
    ends: bool = False


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a task's next step comes to. ways: none where it must wait, for the lock `waits_for`; found: what is broken
    by the attempt itself."""

    ways: tuple[Done, ...]
    waits_for: str | None = None
    found: tuple[Found, ...] = ()


def perform(me: str, place: Place, world: World, setting: Setting) -> Attempt:
    """What the next step of task `me` comes to in a world. Raises ModelError for a step that breaks the model."""
    try:
        return _performed(me, place, world, setting)
    except ModelError as error:
        here = "" if str(error).startswith(place.line) else f"{place.line}: "
        raise ModelError(f"{here}{error}") from error


def _performed(me: str, place: Place, world: World, setting: Setting) -> Attempt:
    step = place.step
    if isinstance(step, Lock):
        return _lock(me, place, step, world)
    if isinstance(step, Unlock):
        return Attempt((_ruled(me, step, _unlock(me, step, world), setting),))
    if isinstance(step, Allocation):
        return _allocate(me, place, step, world, setting)
    if step is None:
        raise ModelError(f"{me} ends with a note_next, behind which no step comes; a note would do")
    return Attempt((_ruled(me, step, _act(place, step, world), setting),))


def _ruled(me: str, step: Step, done: Done, setting: Setting) -> Done:
    """What a step did, with all that the setting's rules say to it."""
    if done.ends or not setting.rules:
        return done
    try:
        return replace(done, found=done.found + tuple(f for rule in setting.rules for f in rule(me, step, done.world)))
    except PathEnds as error:
        raise ModelError(f"a rule fails: {error.found.sentence}; a rule reads what is there") from error


def _lock(me: str, place: Place, lock: Lock, world: World) -> Attempt:
    owner = getattr(world, lock.name)
    found = _sleeps(place, f"{lock}") if lock.sleeps else ()
    if owner == me:
        twice = _ends(world, "bad_unlock", f"calls {lock}, which it holds already")
        return Attempt((replace(twice, found=found + twice.found),))
    if found and owner is not None:
        found += (Found("would_block_in_atomic", f"calls {lock} while {owner} owns it: it would sleep holding "
                        f"{_locks(place)}, a spinlock"),)
    if owner is not None:
        return Attempt((), lock.name, found)
    return Attempt((Done(world.having(**{lock.name: me}), None, found),))


def _sleeps(place: Place, call: str) -> tuple[Found, ...]:
    """sleep_in_atomic, if the task holds a spinlock as it makes a call that may sleep."""
    if not place.spinlocks:
        return ()
    return (Found("sleep_in_atomic", f"calls {call}, which may sleep, while it holds {_locks(place)}, a spinlock"),)


def _locks(place: Place) -> str:
    return " and ".join(lock.name for lock in place.spinlocks)


def _unlock(me: str, lock: Unlock, world: World) -> Done:
    owner = getattr(world, lock.name)
    if owner != me:
        whose = f"{owner} holds" if owner is not None else "nobody holds"
        return _ends(world, "bad_unlock", f"calls {lock}, which {whose}")
    return Done(world.having(**{lock.name: None}))


def _allocate(me: str, place: Place, step: Allocation, world: World, setting: Setting) -> Attempt:
    found = _sleeps(place, "kmalloc(GFP_KERNEL)")
    name, heap = (me, place.allocated + 1), world.heap
    if not isinstance(heap, Heap):
        raise ModelError(f"the world's cell 'heap' holds {heap!r}; a Heap would do, for what is allocated")
    after = world.having(heap=heap.having(name, step.value))
    ways = [Done(after, (name, None), found)]
    if setting.reclaims is not None:
        ways.append(Done(after, (name, setting.reclaims), found, RECLAIMS))
    if setting.fails:
        ways.append(Done(world, (None, None), found, FAILS))
    return Attempt(tuple(ways))


def _act(place: Place, step: Act | Note, world: World) -> Done:
    """Apply the function of a step. Raises ModelError, with the task's line, where it fails or gives no world."""
    try:
        result = step.function(world, *step.args)
    except PathEnds as end:
        return Done(world, found=(end.found,), ends=True)
    except Exception as error:
        raise ModelError(f"{place.line}: {step} fails with {type(error).__name__}: {error}") from error
    if isinstance(step, Act) and not step.changes and not isinstance(result, Outcome):
        return Done(world, result)
    told = result if isinstance(result, Outcome) else Outcome(result)
    if not isinstance(told.world, World) or not told.world.follows(world):
        raise ModelError(f"{place.line}: {step} gives {result!r}; a change gives world.having(...), or an Outcome with "
                         "it")
    return Done(told.world, told.answer, told.found)


def _ends(world: World, name: str, sentence: str) -> Done:
    return Done(world, found=(Found(name, sentence),), ends=True)


def ends_holding(place: Place) -> Found | None:
    """bad_unlock, if a task ends at a place while it holds a lock."""
    if place.step is not None or not place.held:
        return None
    return Found("bad_unlock", f"ends while it holds {' and '.join(lock.name for lock in place.held)}")


Judge = Callable[[World], tuple[Found, ...]]
"""What is judged where all tasks that began have ended."""

