# SPDX-License-Identifier: GPL-2.0-only
"""Exercises of lesson 08: what the mutex mends and breaks, the deadlock, and the costs of claim C2."""
from __future__ import annotations

from functools import cache
from inspect import getsource

from numakit.learn.exercise import Match
from numakit.learn.schedules import BreakIt, broken_on_the_way
from numakit.proposals import mutex, retry
from numakit.proposals.costs import split_costs
from numakit.proposals.schedule import read_schedule
from numakit.proposals.summary import verdict

BLOCKED = "mutex:middle:0:1-2:1-2:A3F7"
CIRCLE = "mutex:middle:0:1-2:1-2:F6A4Ar"
ASKED = ("sp_insert_bug", "bad_ranges", "not_serializable", "lookup_not_linearizable", "superseded_at_use",
         "sleep_in_atomic")


@cache
def violated() -> frozenset[str]:
    """What the mutex violates in middle."""
    return frozenset(verdict("mutex").violated)


def judged() -> dict[str, str]:
    """What the search says of the mutex, property by property."""
    return {name: "violated" if name in violated() else "holds" for name in ASKED}


def as_if(**said: str) -> dict[str, str]:
    """The right answer but for some properties."""
    return judged() | said


COSTS = ("lock taken twice", "searched twice", "written twice", "more memory", "may not be asked")


def who_pays() -> dict[str, str]:
    """Which of the mutex and KOSAKI's retry has each cost."""
    split = {design.name: split_costs(design) for design in (mutex.mutex, retry.retry)}
    has = {
        "lock taken twice": [name for name, costs in split.items() if costs.spinlocks + costs.mutexes > 1],
        "searched twice": [name for name, costs in split.items() if costs.lookups > 1],
        "written twice": [name for name, module in (("mutex", mutex), ("retry", retry))
                          if "sp_alloc" not in getsource(module.shared_policy_replace)],
        "more memory": [name for name, costs in split.items()
                        if costs.allocations > min(other.allocations for other in split.values())],
        "may not be asked": [name for name in split if "sleep_in_atomic" in fault_breaks(name)],
    }
    return {cost: " and ".join(has[cost]) or "neither" for cost in COSTS}


def fault_breaks(name: str) -> set[str]:
    """What a hinting fault breaks in a design where nobody else runs, up to its seventh step."""
    return broken_on_the_way(read_schedule(f"{name}:middle:0:1-2:1-2:F7"))


EXERCISES = (
    Match(
        number="08-1",
        question="Foretell the verdict: which of these properties hold for the mutex of b22d127a39dd in all cases of "
                 "middle, and which are violated?",
        evidence={"holds": "no order breaks it", "violated": "some order breaks it"},
        expected=judged,
        hints=(
            "Go through the code of the replace: is there a moment at which it reads or changes the tree without the "
            "lock?",
            "All that a setter does to the tree, it does with the mutex. So what could come in between? And what does "
            "F hold when it asks?",
            "One property no design is free of (lesson 07). And one is about what a task holds when it takes a mutex.",
        ),
        plausible={
            lambda: as_if(sleep_in_atomic="holds", superseded_at_use="holds"):
                "That would be perfect. But F has the page-table lock when it asks, and no mbind waits for a fault.",
            lambda: as_if(sleep_in_atomic="holds"): "F has the page-table lock, a spinlock, when it asks for a mutex.",
            lambda: as_if(superseded_at_use="holds"):
                "A right answer can become old between look-up and use; no lock of the tree is held in between.",
            lambda: as_if(lookup_not_linearizable="violated"):
                "In lesson 07 F was told a wrong policy since the tree was in disorder. Who could make a disorder now?",
        },
        why="All that had to do with the tree is mended. What is violated has to do with F's own lock.",
    ),
    BreakIt(
        number="08-2",
        question="Give a schedule that ends in a deadlock.",
        design="mutex",
        breaks="deadlock",
        expected=lambda: CIRCLE,
        hints=(
            "F holds the page-table lock and wants the mutex. Whoever holds the mutex must want the page-table lock.",
            "A setter never asks for the page-table lock by itself. But when it asks for memory, the kernel may have "
            "to reclaim some first.",
            "Let F go up to where it wants the mutex, and A up to where it has it and asks for the tail's memory. Set "
            "'an allocation goes' to 'it reclaims memory first', and step A.",
        ),
        plausible={
            "mutex:middle:0:1-2:1-2:F6A5": "Nearly. A gets its memory at once here; it must reclaim: Ar.",
            BLOCKED: "F waits for A, and A can still go on: it will give the mutex back. A must wait for F as well.",
            "mutex:middle:0:1-2:1-2:F6ArF": "A reclaims before it owns the mutex: A waits for F, but F gets the mutex, "
                                            "and goes on.",
        },
        why="F waits for A, A waits for F, and both for ever.",
    ),
    Match(
        number="08-3",
        question="C2, and its costs. Who pays what: the mutex of b22d127a39dd, KOSAKI's retry, or neither?",
        evidence={"mutex": "the mutex", "retry": "KOSAKI's retry", "neither": "neither of them"},
        expected=who_pays,
        hints=(
            "Four of the five are counted in the cells above. Read the table of costs once more.",
            "retry lets go of its lock in the middle of a split, and begins again. What does it do twice?",
            "Both need four pieces of memory for a split. And only one lock of the two may make its owner sleep.",
        ),
        plausible={
            lambda: who_pays() | {"more memory": "retry"}:
                "retry asks for raw memory, but for as many pieces: look at the column of allocations.",
            lambda: who_pays() | {"lock taken twice": "mutex"}: "The mutex is kept from the beginning to the end.",
            lambda: who_pays() | {"may not be asked": "neither"}: "Think of what Sasha Levin's machine printed.",
        },
        why="What the mutex saves is paid at splits, and in lines; what it costs is paid by every hinting fault.",
    ),
)
