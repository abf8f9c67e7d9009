# SPDX-License-Identifier: GPL-2.0-only
"""Exercises of lesson 07: what a stale tail does, two schedules that break the old spinlock, stories, a repair."""
from __future__ import annotations

from collections.abc import Callable, Generator
from functools import cache
from typing import Any

from numakit.errors import ModelError
from numakit.learn.exercise import Match, Predict, is_empty
from numakit.learn.schedules import BreakIt, Repair
from numakit.learn.trial import attempt
from numakit.locking import Step, Trace, Turn, begin, change, spin_lock, spin_unlock
from numakit.proposals import file
from numakit.proposals.cases import cases, one_of_each_shape
from numakit.proposals.design import Design
from numakit.proposals.file import LOCK, PAGES, Range
from numakit.proposals.mbind import ENOMEM, carve, sp_alloc, sp_free
from numakit.proposals.schedule import read_schedule
from numakit.proposals.spinlock import mpol_shared_policy_lookup

STALE = "spinlock:middle:0:1-2:3-4:A6B15A9"
LATE = "spinlock:middle:0:1-2:3-4:B5A15B8"
FREED = "spinlock:all:0:0-5:1-2:B5A5B"


def policies_after(schedule: str) -> list[str]:
    """The policy of each page at the end of a schedule."""
    world = read_schedule(schedule).trace().world
    found = [file.sp_lookup(world, page, page + 1) for page in range(PAGES)]
    return [str(n.value) if n else "NULL" for n in found]


STORIES = {"a": (LATE, 0), "b": ("spinlock:middle:3:1-2:3-4:A6B15A9F9", 0), "c": (STALE, 0), "d": (FREED, 0),
           "e": (STALE, 1)}
"""A schedule, and which of the findings of its last step is told."""


def story(letter: str) -> str:
    """What happens at the end of a schedule, in the words of the finding."""
    schedule, which = STORIES[letter]
    trace = read_schedule(schedule).trace()
    return f"{trace.rows[-1].turn.task} {trace.found_here()[which].sentence}"


@cache
def told_by() -> dict[str, str]:
    """For each property the story of its violation."""
    found = {letter: read_schedule(text).trace().found_here()[which].name for letter, (text, which) in STORIES.items()}
    return {name: letter for letter, name in found.items()}


def swapped(one: str, other: str) -> dict[str, str]:
    """The right answer with the stories of two properties exchanged."""
    right = told_by()
    return right | {one: right[other], other: right[one]}


Rule = Callable[[Range, Range], object]


def checked_replace(start: int, end: int, new: Range, still_good: Rule) -> Generator[Step, Any, int]:
    """The old replace, mended: what was read of the range to be split is held against the tree again."""
    before, tail = None, None
    while True:  # restart:
        yield spin_lock(LOCK)
        now = yield from carve(start, end)
        if now is None or (before is not None and still_good(before, now)):
            break
        yield spin_unlock(LOCK)
        yield from thrown_away(tail)
        before = now
        tail = yield from sp_alloc(end, now.end, now.value)
        if tail is None:
            return ENOMEM
    tail = yield from put_in(now, start, tail)
    yield change(file.sp_insert, new)
    yield spin_unlock(LOCK)
    yield from thrown_away(tail)
    return 0


def checked_again(still_good: Rule) -> Design | None:
    """The old spinlock with that replace, by a learner's rule; None for no rule yet."""
    def replace(start: int, end: int, new: Range) -> Generator[Step, Any, int]:
        """The old replace, with the learner's rule."""
        return checked_replace(start, end, new, still_good)
    return None if nothing_yet(still_good) else Design("mine", mpol_shared_policy_lookup, replace)


def put_in(n: Range | None, start: int, tail: Range | None) -> Generator[Step, Any, Range | None]:
    """Trim the range that is split and put the tail behind it; gives back a tail for which there was no use."""
    if n is None or tail is None:
        return tail
    yield change(file.trim, n, n.start, start)
    yield change(file.sp_insert, tail)
    return None


def thrown_away(tail: Range | None) -> Generator[Step, Any, None]:
    """Free a tail, where there is one."""
    if tail is not None:
        yield from sp_free(tail)


def nothing_yet(still_good: Rule) -> bool:
    """Whether the rule says nothing even of one range held against itself."""
    one = Range(("O", 2), 0, PAGES, ("O", 1), "old")
    return is_empty(attempt(still_good, (one, one)))


def goes_round(design: Design) -> str:
    """Why a design is not searched: a setter that nobody disturbs does not come to its end. Else ""."""
    scenes = (case.scene(design) for case in one_of_each_shape(cases("all", empty_test=False)))
    try:
        round_ = any(endless(begin(scene), order) for scene in scenes for order in ("AB", "BA"))
    except ModelError:
        return ""   # the search meets it as well, and says more
    return "a setter that nobody disturbs goes round for ever: it never finds its tail good." if round_ else ""


def endless(trace: Trace, order: str) -> bool:
    """Whether one of some tasks that run one after the other does not come to its end."""
    for name in order:
        trace = undisturbed(trace, name)
        if not trace.ended(name) and not trace.over:
            return True
    return False


LONG = 60
"""Steps within which a setter that nobody disturbs has ended."""


def undisturbed(trace: Trace, name: str) -> Trace:
    """A trace after a task has run to its end, or for a long while."""
    for _ in range(LONG):
        if not trace.can_move(name) or trace.over:
            break
        trace = trace.then(Turn(name))
    return trace


def end_and_policy(before: Range, now: Range) -> bool:
    """The rule: the tail is what would be made now."""
    return (before.end, before.policy) == (now.end, now.policy)


def mended() -> Design:
    """The old spinlock with that rule."""
    design = checked_again(end_and_policy)
    assert design is not None
    return design


EXERCISES = (
    Predict(
        number="07-1",
        question="A sets page 1, B sets page 3. The schedule is A6B15A9: A has let go of the lock and has read what "
                 "its tail is to hold; B does all of its call; A goes on to its end. Which policy does each of the "
                 "five pages have then: 'old', 'A' or 'B'?",
        each="page",
        expected=lambda: policies_after(STALE),
        hints=(
            "What does the tail hold that A puts in? When was that read?",
            "A's tail is [2, 5) old, as the tree was before B. Which pages of it had B changed?",
            "A's tail [2, 5) old lies over B's [3, 4), and a look-up takes the lowest range that has the page.",
        ),
        plausible={
            lambda: policies_after("spinlock:middle:0:1-2:3-4:A15B15"):
                "That is what should be there, and is there where one call comes after the other. But A's tail is "
                "older than B's call.",
            lambda: policies_after("spinlock:middle:0:1-2:3-4:B15"): "A goes on to its end: page 1 becomes A's.",
        },
        why="B's call returned 0, and its policy is nowhere to be seen: A wrote an old answer over it.",
    ),
    BreakIt(
        number="07-2",
        question="Be the scheduler: give a schedule of the spinlock in which sp_insert hits BUG().",
        design="spinlock",
        breaks="sp_insert_bug",
        expected=lambda: LATE,
        hints=(
            "In 07-1 A read early and wrote late. What if a task reads late, when the other has already cut the range?",
            "Let B drop the lock, and not read yet. Let A do all of its call. Now B reads the end of a range that has "
            "become short.",
            "A sets [1, 2), B sets [3, 4). B takes 5 steps, the last of which is the unlock; then all of A; then B "
            "goes on. What will its tail be?",
        ),
        plausible={
            STALE: "That is the schedule of 07-1: the tail is too long. For BUG() let the one that waits read later, "
                   "after the other has cut the range.",
        },
        why="The end was read of a range that had become [0, 1): the tail is [4, 1), and there is no place for it.",
    ),
    Match(
        number="07-3",
        question="Five stories, as the model tells them. Which property does each break?",
        evidence={letter: f"story {letter}" for letter in STORIES},
        expected=told_by,
        hints=(
            "Who is in the story: a setter that writes, a fault that asks, or both setters when all is over?",
            "F is the fault. Only one property speaks of a look-up's answer.",
            "bad_ranges looks at the tree as a setter unlocks; not_serializable at the pages when all have ended; "
            "use_after_free at one read.",
        ),
        plausible={
            lambda: swapped("bad_ranges", "not_serializable"):
                "One of the two is about the ranges in the tree, the other about what the pages have at the end.",
            lambda: swapped("lookup_not_linearizable", "not_serializable"):
                "One of the two is about what a fault was told, the other about what is left when all have ended.",
            lambda: swapped("sp_insert_bug", "bad_ranges"): "BUG() stops a setter before it can leave anything.",
        },
        why="Two of the five are of one and the same schedule: the tree is in disorder, and so are the pages.",
    ),
    BreakIt(
        number="07-4",
        question="Give a schedule of the spinlock in which a setter reads a range that is freed.",
        design="spinlock",
        breaks="use_after_free",
        expected=lambda: FREED,
        hints=(
            "A range is freed when a call covers all of it. Which range does the reader of lesson 07 read?",
            "It reads the range that it must split, here [0, 5). So the other must set pages 0 to 4, all of them: "
            "choose the scenario all.",
            "In scenario all, A sets [0, 5) and B sets [1, 2). B goes up to its unlock, five steps; then A goes until "
            "it has cut [0, 5) out; then B.",
        ),
        plausible={
            LATE: "Here B reads a range that was cut, but is still there. Somebody must delete it.",
        },
        why="In middle nobody may set pages 0 and 4, so the range that is split is never deleted: it holds there.",
    ),
    Repair(
        number="07-5",
        question="Mend the spinlock: say when a tail that was made from `before` may be put in, where the range to be "
                 "split is `now`.",
        expected=mended,
        scenarios=("all",),
        empty_test=False,
        accepts=goes_round,
        wanted="checked_again(still_good), where still_good returns True or False",
        hints=(
            "A tail is made of two things that were read of the range: its end, and its policy. May either differ?",
            "The start of the range does not matter to the part behind. Compare ends; is that enough?",
            "The same end and the same policy: return (before.end, before.policy) == (now.end, now.policy).",
        ),
        why="Where the tree has changed, the tail is thrown away, and all is done again with what the tree holds now.",
    ),
)
