# SPDX-License-Identifier: GPL-2.0-only
"""Exercises of lesson 15: what speaks against each design, what became of the claims, who is left, which test finds
what."""
from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import cache

from numakit.learn.exercise import Match, WriteRule
from numakit.learn.ledger import Status, ledger
from numakit.proposals.costs import fault_costs, fault_elsewhere_costs
from numakit.proposals.designs import design_named
from numakit.proposals.known import known_verdicts
from numakit.proposals.schedule import Schedule, read_schedule
from numakit.proposals.verdicts import Row
from numakit.show.side_by_side import THREAD
from numakit.show.side_by_side_rows import LATE

AGAINST = {
    "one call": "one mbind in the middle of a range stops the kernel, with nobody else running",
    "two setters": "two mbinds, one in the middle of the other, can stop the kernel, or leave a file as no "
                   "order of them would",
    "sleep": "a fault may sleep with a spinlock held",
    "reader": "a fault may be told something that the file never said, in the middle of an mbind",
    "released": "every fault lets go of its page-table lock while it asks",
    "older": "an answer may have been replaced before the fault has even taken its lock",
}


@cache
def broken(design: str, scenario: str = "middle") -> Mapping[str, Row]:
    """What a design breaks in a scenario, by property."""
    return {row.property: row for row in known_verdicts(scenario, [design]) if row.verdict == "violated"}


def against(design: str) -> str:
    """What speaks against a design before all else: the first of these that is so."""
    rows = broken(design)
    sure = "sp_insert_bug" in rows and rows["sp_insert_bug"].switches == 0
    told = {"one call": sure, "two setters": "not_serializable" in rows, "sleep": "sleep_in_atomic" in rows,
            "reader": "lookup_not_linearizable" in rows, "older": "superseded_before_lock" in rows,
            "released": fault_costs(design_named(design)).drops > 0}
    return next(name for name, so in told.items() if so)


def reasons() -> dict[str, str]:
    """Each design of the thread with what speaks against it; of retry there is nothing of the kind."""
    return {design: against(design) for design in THREAD if design != "retry"}


def reasons_but(**others: str) -> dict[str, str]:
    """The same with some designs' reasons changed: a wrong answer."""
    return reasons() | others


FATE = {
    "shown": str(Status.SHOWN), "refuted": str(Status.REFUTED), "never reached": str(Status.NEVER_REACHED),
    "judgement": "a judgement: only its costs can be shown",
}
ASKED = ("C1", "C4", "C6", "C8", "C10", "C14")


def fates() -> dict[str, str]:
    """Some claims with what became of them, by the ledger."""
    said = {status: name for name, status in FATE.items()} | {str(Status.JUDGEMENT): "judgement"}
    return {number: said[str(ledger()[number].status)] for number in ASKED}


@cache
def breaks(scenario: str) -> dict[str, frozenset[str]]:
    """By design of the thread: the properties that it breaks."""
    return {design: frozenset(broken(design, scenario)) for design in THREAD}


@cache
def locks() -> dict[str, int]:
    """By design of the thread: how often a fault takes a lock, of the tree or of the page table, at its worst with
    nobody else running."""
    return {name: max(cost.spinlocks + cost.mutexes + cost.ptl for cost in (fault_costs(d), fault_elsewhere_costs(d))
                      if cost) for name in THREAD for d in [design_named(name)]}


def left(breaks: Mapping[str, Collection[str]], locks: Mapping[str, int], must: Collection[str],
         most: int) -> frozenset[str]:
    """The designs that keep all properties in `must`, and whose fault takes at most `most` locks."""
    return frozenset(name for name in breaks if not set(breaks[name]) & set(must) and locks[name] <= most)


def wishes() -> Iterator[tuple[object, ...]]:
    """Small worlds of two designs first, then the thread's, with several wishes."""
    tiny = {"one": {"deadlock", "leak"}, "two": {"leak"}}, {"one": 2, "two": 3}
    for must, most in (((), 3), ((), 2), (("deadlock",), 3), (("deadlock", "leak"), 3), (("deadlock", "stale_pte"), 3)):
        yield *tiny, set(must), most
    hangs: tuple[str, ...] = ("sleep_in_atomic", "deadlock", "sp_insert_bug")
    for scenario in ("middle", "all"):
        for all_of in ((), hangs, (*hangs, "lookup_not_linearizable"), (LATE[1],)):
            yield from ((breaks(scenario), locks(), set(all_of), most) for most in (1, 2, 4))


def without_locks(breaks: Mapping[str, Collection[str]], locks: Mapping[str, int], must: Collection[str],
                  most: int) -> frozenset[str]:
    """A wrong rule: never mind the locks."""
    return left(breaks, locks, must, 99)


def fewer_locks(breaks: Mapping[str, Collection[str]], locks: Mapping[str, int], must: Collection[str],
                most: int) -> frozenset[str]:
    """A wrong rule: fewer locks than allowed."""
    return left(breaks, locks, must, most - 1)


def not_all_broken(breaks: Mapping[str, Collection[str]], locks: Mapping[str, int], must: Collection[str],
                   most: int) -> frozenset[str]:
    """A wrong rule: only who breaks all of them is out."""
    return frozenset(name for name in breaks if locks[name] <= most
                     and not (must and set(must) <= set(breaks[name])))


FOUND_BY = {
    "one call": "a test that makes one call, of mbind or of a fault, with nobody else running",
    "calls in a row": "a test that makes some calls one after the other; each returns before the next begins",
    "search": "a search of interleavings, or luck: one call must come in the middle of another",
}
BUGS = {"v3.8's BUG()": ("retry_as_merged", "sp_insert_bug"), "v3.8.3's BUG()": ("retry_order_mended", "sp_insert_bug"),
        "the old race": ("spinlock", "not_serializable"), "the warning": ("mutex", "sleep_in_atomic"),
        "the deadlock": ("mutex", "deadlock"), "the leak": ("retry_split_mended", "leak")}


def shown_by(schedule: Schedule) -> str:
    """The least test that would meet a schedule: does each task end before the next one begins?"""
    trace, turns = schedule.trace(), schedule.order.turns
    stretches = [turn.task for at, turn in enumerate(turns) if not at or turns[at - 1].task != turn.task]
    if len(stretches) == 1:
        return "one call"
    ended = all(trace.ended(name) for name in stretches[:-1])
    return "calls in a row" if ended and len(set(stretches)) == len(stretches) else "search"


def found_by() -> dict[str, str]:
    """Each bug with the least test that shows it, by its shortest schedule."""
    return {bug: shown_by(read_schedule(str(broken(design)[name].schedule))) for bug, (design, name) in BUGS.items()}


EXERCISES = (
    Match(
        number="15-1",
        question="Six designs, six reasons. What speaks against each of them before all else, in the scenario middle?",
        evidence=AGAINST,
        expected=reasons,
        hints=(
            "Go down a design's column. Its first red cell says what is worst; no switch means that one task will do.",
            "Two of the six columns have no red cell. Of these, one pays in its fault, one is late in a second way.",
            "mutex: sleep_in_atomic with no switch, so 'sleep'. retry_as_merged: sp_insert_bug with no switch, so "
            "'one call'.",
        ),
        plausible={
            lambda: reasons_but(spinlock="one call", retry_as_merged="two setters"):
                "Both hit BUG(). Look at the number of switches: for which of them is one setter enough?",
            lambda: reasons_but(drop_ptl="older", range_lookup="released"):
                "Which of the two asks before it has taken the page-table lock at all? It has nothing to let go.",
            lambda: reasons_but(drop_ptl="sleep"):
                "It takes the mutex, but look at the row sleep_in_atomic. What has it done before?",
        },
        why="Of the seventh, retry, nothing of the kind can be said. It takes the tree's lock twice at a split; "
            "whether that speaks against it is for you to say.",
    ),
    WriteRule(
        number="15-2",
        question="Which designs are left? breaks: by design the properties that it breaks; locks: by design how often "
                 "a fault takes a lock at its worst; must: the set of properties that have to hold; most: so often it "
                 "may take one. Return the set of the designs that are left.",
        expected=left,
        cases=wishes,
        hints=(
            "Two conditions for each design, and both must be so.",
            "A design is out if it breaks any of `must`. `most` locks are still allowed.",
            "{name for name in breaks if not set(breaks[name]) & set(must) and locks[name] <= most}",
        ),
        plausible={
            without_locks: "The properties are right. And the locks?",
            fewer_locks: "A fault may take `most` locks: just so many are allowed.",
            not_all_broken: "One broken property of those that must hold is enough to be out.",
        },
        why="Now it is you who chooses what must hold, and what it may cost.",
    ),
    Match(
        number="15-3",
        question="Six bugs. What is the least that would have shown each of them?",
        evidence=FOUND_BY,
        expected=found_by,
        hints=(
            "Look at each schedule: how many tasks run in it, and does one come back after another has run?",
            "A letter that stands twice was interrupted. But one that stands once may have been, too: has it returned?",
            "retry_order_mended ... B13A11: B has returned, so its 13 steps are all of its call. So 'calls in a row'.",
        ),
        plausible={
            lambda: found_by() | {"the warning": "search"}:
                "The kernel warns that the fault *might* sleep. Must anybody hold the mutex for that?",
            lambda: found_by() | {"v3.8.3's BUG()": "search"}:
                "There are two tasks in it. But does the second begin before the first has returned?",
            lambda: found_by() | {"the deadlock": "calls in a row"}:
                "Each letter stands once or not: has the first task ended when the other begins?",
        },
        why="Three of the six need no race at all: one call, or two in a row.",
    ),
    Match(
        number="15-4",
        question="Six claims of the mail. What has become of each in the lessons?",
        evidence=FATE,
        expected=fates,
        hints=(
            "What a claim says of taste or of effort can't be true or false. What it says of a kernel can.",
            "*Guaranteed* and *will be fighting* say that something happens. Did it, anywhere in what was searched?",
            "C6: in v3.8 no mapping with huge pages has a get_policy, so 'refuted'. C1 says what is worth it.",
        ),
        plausible={
            lambda: fates() | {"C4": "refuted"}: "The search is bounded, and the walk over many entries is not in it. "
                                                 "Nobody has shown that no issue would ever have come.",
            lambda: fates() | {"C14": "refuted"}: "The two did disagree, in the code. What was missing?",
            lambda: fates() | {"C4": "judgement"}: "*Guaranteed to result in* is more than a taste. A search can look "
                                                   "for what it says.",
            lambda: fates() | {"C6": "never reached"}: "It is about v3.8's code, which was read: can such a mapping "
                                                       "be made at all?",
        },
        why="Shown, refuted and never reached are three different things; a judgement is a fourth.",
    ),
)
