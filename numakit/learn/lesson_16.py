# SPDX-License-Identifier: GPL-2.0-only
"""Exercises of lesson 16: where the lock must be, memory only where it is needed, no lock where there is no policy."""
from __future__ import annotations

from collections.abc import Generator
from functools import cache
from typing import Any

from numakit.learn.exercise import Match
from numakit.learn.schedules import Repair
from numakit.locking import Step, change, look, spin_lock, spin_unlock
from numakit.proposals import file
from numakit.proposals.cases import SCENARIOS, Case
from numakit.proposals.costs import no_policy_costs, whole_costs
from numakit.proposals.design import Design
from numakit.proposals.file import LOCK, Pol, Range, Shared
from numakit.proposals.mbind import ENOMEM, Replace, carve, sp_free
from numakit.proposals.properties import ALWAYS
from numakit.proposals.retry import alloc_new, retry
from numakit.proposals.verdicts import judge

OWN_OBJECTS = 2
"""An mbind's own range is a node and a policy; whatever it does with the tree, these two it needs."""


def asks_locked(sp: Shared, pgoff: int) -> Generator[Step, Any, Pol]:
    """A lookup under the spinlock."""
    yield spin_lock(LOCK)
    pol = yield change(file.sp_lookup_get, pgoff)
    yield spin_unlock(LOCK)
    return pol  # type: ignore[no-any-return]


def asks_unlocked(sp: Shared, pgoff: int) -> Generator[Step, Any, Pol]:
    """A lookup with no lock at all."""
    return (yield change(file.sp_lookup_get, pgoff))  # type: ignore[no-any-return]


def asks_if_empty(sp: Shared, pgoff: int) -> Generator[Step, Any, Pol | None]:
    """A lookup that first asks, without a lock, whether the tree is empty."""
    if (yield look(file.root_is_null)):
        return None
    return (yield from asks_locked(sp, pgoff))


def sets_locked_from(lock: str) -> Replace:
    """A replace that always has a spare; it takes the spinlock "early", before the spare; "in time"; or "late", with
    room made in the tree already."""
    def replace(start: int, end: int, new: Range) -> Generator[Step, Any, int]:
        """A spare, the lock, room, the new range; the lock where it was asked for."""
        if lock == "early":
            yield spin_lock(LOCK)
        spare = yield from alloc_new(1)
        if spare is None:
            return ENOMEM
        if lock == "in time":
            yield spin_lock(LOCK)
        n = yield from carve(start, end)
        if lock == "late":
            yield spin_lock(LOCK)
        if n is not None:
            yield change(file.trim, n, n.start, start)
            yield change(file.insert_copy, spare, end, n.end, n.policy)
            spare = None
        yield change(file.sp_insert, new)
        yield spin_unlock(LOCK)
        if spare is not None:
            yield from sp_free(spare)
        return 0
    return replace


EARLY = Design("early", asks_locked, sets_locked_from("early"))
LATE = Design("late", asks_locked, sets_locked_from("late"))
UNLOCKED = Design("no_lock_in_the_lookup", asks_unlocked, sets_locked_from("in time"))
ALWAYS_A_SPARE = Design("always_a_spare", asks_locked, sets_locked_from("in time"))
ASKS_IF_EMPTY = Design("asks_if_empty", asks_if_empty, retry.replace)
ATTEMPTS = {"early": EARLY, "late": LATE, "none": UNLOCKED}
VIOLATED = {
    "sleep_in_atomic": "memory is asked for with a spinlock held",
    "sp_insert_bug": "sp_insert finds no side for the new range, and hits BUG()",
    "lookup_not_linearizable": "a look-up's answer was the page's policy at no moment of the look-up",
}


@cache
def first_broken() -> dict[str, str]:
    """What each attempt breaks in `middle` by its shortest schedule: A and B on one page, the fault there or not."""
    return {name: _first_broken(design) for name, design in ATTEMPTS.items()}


def _first_broken(design: Design) -> str:
    told = judge(design, [Case("middle", page, (1, 2), (1, 2)) for page in (0, 1)])
    ranks = {name: finding.rank for name, (_, finding) in told.findings.items() if name not in ALWAYS}
    return min(ranks, key=ranks.__getitem__)


def swapped(one: str, other: str) -> dict[str, str]:
    """The right answer with two attempts exchanged."""
    right = first_broken()
    return right | {one: right[other], other: right[one]}


def wastes_memory(design: Design) -> str:
    """Why a design's costs are refused: an mbind of just one whole range, with nobody else there, takes memory that it
    does not need."""
    costs = whole_costs(design)
    if costs is None or costs.allocations <= OWN_OBJECTS:
        return ""
    return (f"an mbind of just one whole range allocates {costs.allocations} objects; its own node and policy, "
            f"{OWN_OBJECTS}, would do")


def locks_for_nothing(design: Design) -> str:
    """Why a design's costs are refused: a lookup in an empty tree takes a lock of the tree's."""
    costs = no_policy_costs(design)
    if not costs.spinlocks and not costs.mutexes:
        return ""
    return "on a file whose tree is empty its lookup takes a lock of the tree; it should take none"


def insert_before_erase(start: int, end: int, new: Range) -> Generator[Step, Any, int]:
    """The last range to go is emptied, and erased when the new one is in: the tree is never empty on the way."""
    spare = yield from alloc_new(1)
    if spare is None:
        return ENOMEM
    yield spin_lock(LOCK)
    old, n = None, (yield look(file.sp_lookup, start, end))
    while n is not None and n.start < end:
        if n.start < start and n.end > end:
            yield change(file.trim, n, n.start, start)
            yield change(file.insert_copy, spare, end, n.end, n.policy)
            old, n, spare = None, None, None
        elif start <= n.start and n.end <= end:
            following = yield look(file.sp_next, n.node)
            if old is not None:
                yield change(file.sp_delete, old)
            yield change(file.trim, n, n.start, n.start)
            old, n = n, following
        else:
            n = yield change(file.cut, n, start, end)
    yield change(file.sp_insert, new)
    if old is not None:
        yield change(file.sp_delete, old)
    yield spin_unlock(LOCK)
    if spare is not None:
        yield from sp_free(spare)
    return 0


NEVER_EMPTY = Design("never_empty", asks_if_empty, insert_before_erase)
RULES = {
    "sleep_in_atomic": "Something that may sleep, a request for memory or a mutex, comes with a spinlock held; a fault "
                       "brings one along. Ask before you take it, or let go of it first.",
    "deadlock": "Somebody waits for ever. Does each way out of your functions let go of the lock?",
    "bad_unlock": "Each way out of your functions must let go of what it has taken, once. Look at each `return`, and "
                  "for a lock without its `yield`.",
    "leak": "What became of the spare in that schedule? Either it is in the tree, or it is given back with sp_free.",
    "sp_insert_bug": "Two setters were in the tree at once, or room was not made first. From the first look at it to "
                     "the last change nobody else may come in.",
    "bad_ranges": "Two setters were in the tree at once, or one went on with what it had seen before it let go.",
    "not_serializable": "One setter went on with what it had seen before the other changed it. After you let go of the "
                        "lock, look again. (With one setter alone: a change is missing, or its `yield`.)",
    "lookup_not_linearizable": "A fault looked while a replace was half done. What must it hold, to be kept out? (With "
                               "a fault alone: does the lookup return what it found?)",
    "use_after_free": "A range that was read before has been deleted meanwhile. When you let go of it, look again.",
}

EXERCISES = (
    Match(
        number="16-1",
        question="Three attempts at starting point 1. 'early': the lookup takes the spinlock, and the replace takes it "
                 "before it asks for the spare. 'late': the same, but the replace takes it behind carve. 'none': the "
                 "replace takes it just before carve, the lookup not at all. What does each break by its shortest "
                 "schedule in `middle`?",
        evidence=VIOLATED,
        expected=first_broken,
        hints=(
            "For each of them ask: what happens with the lock held that must not, and what without it that must not?",
            "Only one of them asks for memory with the lock held. Of the others, in one two setters can meet.",
            "early: sleep_in_atomic. In 'late' two setters go through carve at once. 'none' remains.",
        ),
        plausible={
            lambda: swapped("early", "late"): "Which of the two has the lock when it asks for memory?",
            lambda: swapped("late", "none"): "In 'none' no two setters can be in the tree at once: no two insert.",
        },
        why="Too early sleeps, too late races; and a lock that only writers take keeps no reader out.",
    ),
    Repair(
        number="16-2",
        question="Starting point 1 has no locks. Put them in, so that no schedule breaks it, in any scenario.",
        expected=lambda: ALWAYS_A_SPARE,
        scenarios=SCENARIOS,
        when=RULES,
        hints=(
            "One spinlock is enough. The lookup needs it as well.",
            "The spare is there before anything is read. So the lock may be held from the first look at the tree on.",
            "In the replace: spin_lock(LOCK) before carve, spin_unlock(LOCK) behind the last sp_insert. In the lookup: "
            "one before and one behind sp_lookup_get.",
        ),
        plausible={EARLY: RULES["sleep_in_atomic"], LATE: RULES["sp_insert_bug"]},
        why="All that is needed is taken before; so nothing has to be looked at twice.",
    ),
    Repair(
        number="16-3",
        question="Starting point 2 asks for a spare each time, and mostly gives it back unused. Ask only if there is "
                 "something to split.",
        expected=lambda: retry,
        scenarios=("middle", "failing"),
        affords=wastes_memory,
        when=RULES,
        hints=(
            "Whether a spare is needed is known only with the lock held; and there it can't be asked for.",
            "Let go, ask, take the lock again. What do you know of the tree then? (A second lock, a mutex, would be "
            "another way.)",
            "A loop: lock; carve; if nothing is to be split, or there is a spare, leave the loop; unlock; ask for the "
            "spare; again. KOSAKI's, in lesson 11.",
        ),
        plausible={ALWAYS_A_SPARE: "Nothing breaks it, but it still asks for memory that it does not need."},
        why="Only a split costs a second round.",
    ),
    Repair(
        number="16-4",
        question="Starting point 3 looks into an empty tree without a lock. Keep that, and let no schedule of any "
                 "scenario break it.",
        expected=lambda: NEVER_EMPTY,
        scenarios=("all", "middle", "failing"),
        affords=locks_for_nothing,
        when={**RULES, "lookup_not_linearizable":
              "The fault was told NULL by the question that is asked without a lock: for a moment the tree was empty. "
              "Who made it so, and must it be?"},
        hints=(
            "The lookup is right if a tree that was never empty is never seen empty. So leave the lookup; look at the "
            "replace.",
            "carve deletes the old range before yours is in. Could yours be put in first? sp_insert refuses a range "
            "that lies within another; what if the old one were made empty before?",
            "Write carve's loop yourself. A range that lies within [start, end) is not cut but trimmed to (n.start, "
            "n.start), and kept as `old`; before that the `old` before it is deleted. Behind sp_insert, delete it.",
        ),
        plausible={
            ASKS_IF_EMPTY: "It is as it was: an mbind of the only range empties the tree, and a fault sees that.",
            ALWAYS_A_SPARE: "Nothing breaks it. But every fault on a file without policies pays for the lock.",
        },
        why="Insert first, erase then: within these bounds no lock is needed to see that a tree is empty.",
    ),
)
