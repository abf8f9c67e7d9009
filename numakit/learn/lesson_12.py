# SPDX-License-Identifier: GPL-2.0-only
"""Exercises of lesson 12: an answer from before the lock, a policy that is gone, look-ups for a table, the range."""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import groupby

from numakit.learn.exercise import Match, Predict, WriteRule
from numakit.learn.schedules import BreakIt
from numakit.locking import explore
from numakit.mempolicy import Mempolicy, Mode
from numakit.proposals.cases import Pages
from numakit.proposals.schedule import Schedule, read_schedule
from numakit.shared_policy import SharedPolicy

TABLE = 512
"""A table has the entries of so many pages."""
SMALL = 8
"""And in the exercise with small cases, of so many."""
RANGES = ((64, 128), (128, 192), (320, 384))


def file_with(ranges: Sequence[Pages]) -> SharedPolicy:
    """A file that has a policy on these ranges of pages."""
    shared = SharedPolicy()
    for start, end in ranges:
        shared = shared.replace(start, end, Mempolicy(Mode.LOCAL))
    return shared


def lookups(ranges: Sequence[Pages] = RANGES) -> int:
    """How often a walk over a table asks, if each answer comes with the range that it is valid for."""
    count, page = 0, 0
    while page < TABLE:
        _, _, page = file_with(ranges).lookup_range(page)
        count += 1
    return count


def valid_for(ranges: Sequence[Pages], page: int) -> Pages:
    """The pages of a small table around one page for which its answer is valid."""
    _, start, end = file_with(ranges).lookup_range(page)
    return start, min(end, SMALL)


def small_files() -> Iterator[tuple[object, ...]]:
    """Files of no range, one, and two, each with each page."""
    for ranges in ([], [(0, 8)], [(2, 4)], [(2, 4), (4, 6)], [(1, 3), (5, 7)]):
        yield from ((ranges, page) for page in range(SMALL))


def just_the_page(ranges: Sequence[Pages], page: int) -> Pages:
    """A wrong rule: the look-up as it was."""
    return page, page + 1


def all_of_a_hole(ranges: Sequence[Pages], page: int) -> Pages:
    """A wrong rule: where there is no range, the whole table."""
    return next(((start, end) for start, end in ranges if start <= page < end), (0, SMALL))


def hole_behind_the_page(ranges: Sequence[Pages], page: int) -> Pages:
    """A wrong rule: in a hole, from the page to the next range."""
    start, end = valid_for(ranges, page)
    return (start, end) if (start, end) in ranges else (page, end)


SCENE = "middle:1:1-2:1-2"
"""The fault asks for page 1, which both setters set."""
HOISTS = {"hoist": "range_lookup", "no range": "range_lookup_ignored", "no reference": "range_lookup_unreferenced"}
EVIDENCE = {
    "before": "one mbind is enough, and it has returned before the fault begins",
    "during": "one mbind is enough, but it must come between two steps of the fault",
    "both": "two mbinds, one before the fault and one between two of its steps",
}
WHO_RUNS = {"SF": "before", "FSF": "during", "SFSF": "both"}
"""The tasks of a schedule, one letter for each stretch; S is a setter."""


@cache
def broken_by(design: str) -> dict[str, Schedule]:
    """Each property that a design violates in one case, with its shortest schedule."""
    start = read_schedule(f"{design}:{SCENE}:")
    findings = explore(start.case.scene(start.design)).findings
    return {name: Schedule(start.design, start.case, found.order) for name, found in findings.items()}


def needs(schedule: Schedule) -> str:
    """Which mbinds a schedule needs, and when."""
    stretches = (task for task, _ in groupby(turn.task for turn in schedule.order.turns))
    return WHO_RUNS["".join("F" if task == "F" else "S" for task in stretches)]


def told_apart() -> dict[str, str]:
    """For each hoist, what is needed to break the property by which it stands out: of the two slips, one that the hoist
    itself keeps; of the hoist, one that designs which ask under the lock keep."""
    common = set(broken_by("range_lookup")) - set(broken_by("retry"))
    own = {word: set(broken_by(name)) - set(broken_by("range_lookup")) or common for word, name in HOISTS.items()}
    return {word: needs(broken_by(name)[min(own[word])]) for word, name in HOISTS.items()}


EXERCISES = (
    BreakIt(
        number="12-1",
        question="Be the scheduler: break `superseded_before_lock` in `range_lookup`. Let the fault use a policy that "
                 "was replaced, by an mbind that had returned, before the fault took the page-table lock.",
        design="range_lookup",
        breaks="superseded_before_lock",
        expected=lambda: str(broken_by("range_lookup")["superseded_before_lock"]),
        hints=(
            "Two tasks are enough: the fault on a page, and a setter of that page.",
            "The fault must have its answer, and not have the lock yet. Where in its source is that?",
            "Fault on page 1, A sets page 1. Five steps of F, then A to its end, then F until it uses its answer.",
        ),
        plausible={
            "range_lookup:middle:1:1-2:1-2:F9A10F": "Close. Here the fault has the page-table lock when A begins: that "
                                                    "is superseded_at_use, which every design violates.",
            "range_lookup:middle:0:1-2:1-2:F5A10F5": "The moment is right. But A sets page 1 and the fault is on page "
                                                     "0, whose policy nobody replaces.",
        },
        why="The moment between the answer and the lock is what a hoist adds. No design that asks under the lock has "
            "it.",
    ),
    BreakIt(
        number="12-2",
        question="`range_lookup_unreferenced` takes no reference to the policy. Be the scheduler: let the fault touch "
                 "one that is freed.",
        design="range_lookup_unreferenced",
        breaks="use_after_free",
        expected=lambda: str(broken_by("range_lookup_unreferenced")["use_after_free"]),
        hints=(
            "A policy is freed when its range is taken out of the tree. Which mbind does that to which range?",
            "A makes a range of its own, with its own policy; B sets the same pages, and A's range goes. Between the "
            "two, the fault must have got A's policy as its answer.",
            "Fault on page 1, both set page 1. A to its end; F asks for the table's first page, finds that page 1 is "
            "outside, asks again: 12 steps; B until it has cut A's range: 5 steps; then F.",
        ),
        plausible={
            "range_lookup_unreferenced:middle:1:1-2:1-2:F5A10F5":
                "The fault has the old range's policy. A only made that range shorter, and so the policy lives on.",
            "range_lookup_unreferenced:middle:1:1-2:1-2:A10F5B7F12":
                "F's first answer is for page 0, whose policy B does not free. It is the second one that matters.",
        },
        why="While the tree's lock is held nobody frees it. Afterwards the reference is what keeps it.",
    ),
    Predict(
        number="12-3",
        question="A table of 512 pages, and a file with policies on pages [64, 128), [128, 192) and [320, 384), three "
                 "different ones. A walk over all 512, each of them marked: how often does it ask, if each answer "
                 "comes with its range?",
        expected=lookups,
        hints=(
            "Go along the pages from 0. Where does each answer end?",
            "`No policy here` is an answer too, and it is valid for the whole hole.",
            "The answers are for [0, 64), [64, 128), [128, 192), [192, 320), ...",
        ),
        plausible={
            3: "The walk also comes to pages without a policy, and must ask to know that.",
            5: "[64, 128) and [128, 192) are neighbours, but two ranges of the tree: two answers.",
            4: "Is there nothing before page 64, or nothing behind page 383?",
            512: "So it would be without the range: once for each page.",
        },
        why="Three ranges and three holes, instead of 512 pages.",
    ),
    WriteRule(
        number="12-4",
        question="Write what Hugh Dickins' look-up would give back besides the policy. ranges: a list of (start, end), "
                 "in order, apart or touching; page: the one that is asked for, of a table of pages 0 to 7. Return the "
                 "(start, end) around it for which the answer is valid.",
        expected=valid_for,
        cases=small_files,
        hints=(
            "Two cases: the page lies in a range, or in a hole.",
            "In a hole the answer, no policy, is valid from where the range before ends to where the next one begins.",
            "start = max of all ends that are <= page (0 if there are none); end = min of all starts that are > page "
            "(8 if there are none).",
        ),
        plausible={
            just_the_page: "That is the look-up as it was: right for the one page, and asked again for the next.",
            all_of_a_hole: "A hole ends where a range begins. With this, a later page's policy would be missed.",
            hole_behind_the_page: "Never wrong, but the hole begins earlier: where the range before ends.",
        },
        why="On a hit the range itself, on a miss the hole. No such patch is known, so this much is inferred.",
    ),
    Match(
        number="12-5",
        question="The hoist uses an answer of before its lock, the hoist without the range another page's, the hoist "
                 "without the reference a freed policy. Which calls of mbind does that take in the cases of `middle`, "
                 "and when?",
        evidence=EVIDENCE,
        expected=told_apart,
        hints=(
            "Which of them goes wrong even if nobody else runs while the fault does?",
            "Look at the shortest schedule of each: who runs between which two of F's steps?",
            "outside_range: A to its end, then F. So 'no range' belongs to 'before'.",
        ),
        plausible={
            lambda: told_apart() | {"no reference": "during"}: "In `middle` nobody sets all of [0, 5), so that its "
                                                               "policy is never freed. Whose is, and who has put that "
                                                               "one into the tree?",
            lambda: told_apart() | {"no range": "during"}: "Look for which page the fault asks. Must anybody run "
                                                           "meanwhile?",
            lambda: told_apart() | {"hoist": "before"}: "An mbind that has returned before the fault asks is in its "
                                                        "answer.",
        },
        why="A race with a small harm; a plain mistake without any race; a race with a great harm.",
    ),
)
