# SPDX-License-Identifier: GPL-2.0-only
"""Exercises of lesson 10: what a fault may touch without the lock, callers that slip, the check that is missing."""
from __future__ import annotations

from functools import cache

from numakit.errors import ModelError
from numakit.learn.exercise import Choose, Match
from numakit.learn.schedules import BreakIt, Repair
from numakit.locking import Row, Trace, Turn, begin
from numakit.locking.steps import Act
from numakit.proposals.cases import Case
from numakit.proposals.design import Design
from numakit.proposals.designs import DESIGNS, design_named
from numakit.proposals.drop_ptl import drop_ptl_retake_checked, drop_ptl_retake_unchecked
from numakit.proposals.file import PTL
from numakit.proposals.schedule import Schedule
from numakit.proposals.verdicts import judge

CASE = Case("middle", 1, (1, 2), (1, 2))
AS_POSTED = {
    "sleep_in_atomic": "a mutex is taken with a spinlock held",
    "freed_page": "a page is touched that has been freed",
    "stale_pte": "an entry is written from what it was before the lock was released",
    "nothing": "none of these three",
}
MATTERS = {
    "sleep_in_atomic": "a mutex is taken with a spinlock held",
    "bad_unlock": "a lock is released that is not held",
    "stale_pte": "an entry is written from what it was before the lock was released",
    "freed_page": "a page is touched that has been freed",
}
CALLERS = {"huge": "drop_ptl_huge_path", "flag": "drop_ptl_flag_ignored", "again": "drop_ptl_retake_unchecked",
           "pin": "drop_ptl_unpinned"}
MOST_STEPS = 100
"""A fault of lesson 10 takes some 15 steps."""


@cache
def found_in(name: str) -> frozenset[str]:
    """What all interleavings of one case violate in a design."""
    return frozenset(judge(design_named(name), [CASE]).findings)


def as_posted() -> str:
    """The one of the three properties that the patch as posted violates, or `nothing`."""
    return next((name for name in AS_POSTED if name in found_in("drop_ptl")), "nothing")


@cache
def written_over() -> str:
    """The shortest schedule in which an entry is written although it has changed."""
    design = DESIGNS["drop_ptl_retake_unchecked"]
    return str(Schedule(design, CASE, judge(design, [CASE]).findings["stale_pte"][1].order))


def slips() -> dict[str, str]:
    """For each caller the rule that it breaks."""
    return {key: next(rule for rule in MATTERS if rule in found_in(name)) for key, name in CALLERS.items()}


def swapped(one: str, other: str) -> dict[str, str]:
    """The right answer with the rules of two callers exchanged."""
    right = slips()
    return right | {one: right[other], other: right[one]}


def writes_behind_the_answer(design: Design) -> str:
    """A refusal of what is no repair of this caller: it must ask without the lock, and write the entry afterwards."""
    if design.fault is drop_ptl_retake_unchecked.fault:
        return "it is the caller as it was."
    try:
        rows = fault_alone(design).rows
    except ModelError:
        return ""   # the search says the same, and better
    steps = [act_of(row) for row in rows]
    if "used" not in steps:
        return "with nobody else running, the fault never uses a policy."
    asked = steps.index("used")
    if rows[asked].world.cells[PTL] is not None:
        return "the policy is used with the page-table lock held, and was to be asked for without it."
    if "set_pte" not in steps[asked:]:
        return "the entry was to be written after the answer, and is not."
    return ""


def fault_alone(design: Design) -> Trace:
    """The trace of a fault that nobody disturbs, up to its end, to a bound, or to where it can't go on."""
    trace = begin(CASE.scene(design))
    while trace.can_move("F") and len(trace.rows) < MOST_STEPS:
        trace = trace.then(Turn("F"))
    return trace


def act_of(row: Row) -> str:
    """What a step does to the world, by its function's name; "" for a lock or an allocation."""
    return row.step.function.__name__ if isinstance(row.step, Act) else ""


EXERCISES = (
    Choose(
        number="10-1",
        question="The patch as posted: the hint is cleared and the page pinned, then the lock is released, then the "
                 "fault asks, and touches the entry no more. Which of these rules does it break?",
        options=AS_POSTED,
        expected=as_posted,
        hints=(
            "Take the three rules one by one, and look for the step that would break each.",
            "Which lock does the fault hold as it takes the mutex? Who keeps the page? Who writes the entry last?",
            "It holds no spinlock at mutex_lock, it has a reference of its own to the page, and writes no entry later.",
        ),
        plausible={
            "sleep_in_atomic": "Look at the column PTL at the step mutex_lock: is anything held?",
            "freed_page": "get_page comes before the lock is released. The zapper's put_page is not the last then.",
            "stale_pte": "The hint is cleared while the lock is still held. Which step writes the entry after that?",
        },
        why="As posted it keeps them all. What it needs for that is the order of five steps, in each caller.",
    ),
    BreakIt(
        number="10-2",
        question="Be the scheduler of drop_ptl_retake_unchecked: let F write an entry that somebody else has cleared.",
        design="drop_ptl_retake_unchecked",
        breaks="stale_pte",
        expected=written_over,
        hints=(
            "Somebody must change the entry after F has read it, and before F writes it. Who does that, and when is "
            "it possible?",
            "The zapper clears the entry under the page-table lock. Let F run until it has released that lock.",
            "Five steps of F: the lock is free. Three of Z: the entry is cleared. Then F to its set_pte.",
        ),
        plausible={
            "drop_ptl_retake_unchecked:middle:0:1-2:1-2:Z4F":
                "The entry is gone before F begins, and F sees that at once. F must have read it first.",
            "drop_ptl_retake_unchecked:middle:0:1-2:1-2:F4Z":
                "F holds the page-table lock, so Z waits. One step more of F, and it is free.",
            "drop_ptl_retake_unchecked:middle:0:1-2:1-2:F13Z4":
                "F has written its entry by then. Z must come in between, while the lock is free.",
        },
        why="F held the lock at each of its touches. But what it wrote it knew from before.",
    ),
    Match(
        number="10-3",
        question="Four callers, each with one slip. Which rule does each of them break?",
        evidence=MATTERS,
        expected=slips,
        hints=(
            "For each caller: which of the five steps is missing, or comes at another place?",
            "Who still holds the page-table lock as it asks? Who releases it twice?",
            "'pin' has no get_page, so the zapper's put_page is the last one. 'again' writes what it remembers.",
        ),
        plausible={
            lambda: swapped("again", "pin"): "In 'again' the page is pinned. What of it is old, as it takes the lock?",
            lambda: swapped("huge", "flag"): "The huge path releases the lock once, but after it has asked.",
            lambda: swapped("flag", "again"): "'flag' never takes the lock a second time. What does it do at its end?",
        },
        why="Four slips, and no rule is broken by two of them: there is no single thing to watch for.",
    ),
    Repair(
        number="10-4",
        question="Mend the caller that takes the lock again, so that the search finds nothing. The entry is still to "
                 "be written after the answer.",
        expected=lambda: drop_ptl_retake_checked,
        accepts=writes_behind_the_answer,
        wanted="Design('mine', drop_ptl.lookup, drop_ptl.replace, my_fault)",
        hints=(
            "What may have changed while the lock was free? Look at it again, before you write.",
            "`(yield look(pte))` reads the entry. When must that be: before the lock is taken again, or after?",
            "After spin_lock(PTL): `if (yield look(pte)) == entry:`, and set_pte only then. Unlock in both cases.",
        ),
        plausible={drop_ptl_retake_unchecked: "It writes the entry without looking at it."},
        why="One look. locked_entry() has it too, a few lines above, and for the same reason.",
    ),
)
