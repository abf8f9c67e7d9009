# SPDX-License-Identifier: GPL-2.0-only
"""Exercises of lesson 11: is the spare still needed, mend the split, v3.8.3's two calls, the leak, mend the count."""
from __future__ import annotations

from functools import cache

from numakit.learn.exercise import Choose
from numakit.learn.schedules import ALWAYS, BreakIt, Repair
from numakit.locking import Trace, Turn, begin, explore
from numakit.proposals.cases import Case, Pages
from numakit.proposals.design import Design
from numakit.proposals.designs import DESIGNS
from numakit.proposals.file import PAGES, insert_copy, sp_lookup
from numakit.proposals.properties import PROPERTIES
from numakit.proposals.schedule import Schedule, read_schedule

BESIDE = {"a": (1, 2), "b": (1, 3), "c": (2, 3), "d": (3, 4)}
"""What B sets while A, which wants page 1, allocates."""


def alone(trace: Trace, name: str) -> Trace:
    """A trace after one task has run to its end, or to the step at which its path ends."""
    while not trace.ended(name) and not trace.over:
        trace = trace.then(Turn(name))
    return trace


def with_the_lock_dropped(pages: Pages) -> Trace:
    """A wants page 1 and has dropped the lock to allocate; B sets its pages; A goes on to its end."""
    trace = begin(Case("middle", 0, (1, 2), pages).scene(DESIGNS["retry"]))
    for _ in range(5):
        trace = trace.then(Turn("A"))
    return alone(alone(trace, "B"), "A")


def uses_its_spare(pages: Pages) -> bool:
    """Whether A puts its spare into the tree after B has been there."""
    rows = with_the_lock_dropped(pages).rows
    return any(row.turn.task == "A" and getattr(row.step, "function", None) is insert_copy for row in rows)


def spare_needed() -> str:
    """The one B of four after which A's spare is still needed."""
    return next(name for name, pages in BESIDE.items() if uses_its_spare(pages))


TWO_CALLS = Case("middle", 0, (1, 2), (3, 4))
TOLD = {
    "a": "every page has the policy that was set last, or the old one",
    "b": "page 4 has no policy, and nothing else is wrong",
    "c": "pages 2 and 4 have no policy, and nothing else is wrong",
    "d": "BUG()",
}


def two_calls(design: Design, first: str = "B", second: str = "A") -> Trace:
    """One setter after the other, with nobody else running."""
    return alone(alone(begin(TWO_CALLS.scene(design)), first), second)


def what_two_calls_come_to() -> str:
    """What B's call and then A's come to in v3.8.3."""
    trace = two_calls(DESIGNS["retry_order_mended"])
    if trace.over:
        return "d"
    lost = {page for page in range(PAGES) if not policy_of(trace, page)}
    return {frozenset(): "a", frozenset({4}): "b", frozenset({2, 4}): "c"}[frozenset(lost)]


def policy_of(trace: Trace, page: int) -> str | None:
    """A page's policy where a trace has come to, None for none."""
    n = sp_lookup(trace.world, page, page + 1)
    return n.value if n else None


@cache
def shortest(design: str, case: str, name: str) -> str:
    """The shortest schedule of a case that breaks a property, as text."""
    start = read_schedule(f"{design}:{case}:")
    found = explore(start.case.scene(start.design)).findings[name]
    return str(Schedule(start.design, start.case, found.order))


def your_own(design: Design) -> str:
    """A refusal of the thread's designs, which are what is to be mended or what it is mended to."""
    return "that is a design of the thread. Hand in one of your own." if design in DESIGNS.values() else ""


EXERCISES = (
    Choose(
        number="11-1",
        question="One range over pages 0 to 4. A wants to set page 1, sees that it must split, drops the lock and "
                 "allocates. Meanwhile B does its whole mbind. After which B does A still need its spare?",
        options={name: f"B sets pages [{start}, {end})" for name, (start, end) in BESIDE.items()},
        expected=spare_needed,
        hints=(
            "For each B, write down the ranges that A finds when it comes back.",
            "A must split only where one range begins before page 1 and ends behind it.",
            "After c the ranges are [0, 2) old, [2, 3) B, [3, 5) old. Page 1 is the end of the first: A makes it "
            "shorter, and needs no memory for that.",
        ),
        plausible={
            "a": "Page 1 is now a range of its own. A takes it out and puts its own there.",
            "b": "Page 1 is now the beginning of B's range, which only needs to begin later.",
            "c": "Page 1 is now the end of the first range, which only needs to end earlier.",
        },
        why="In the other three B has made the split unnecessary, and the spare is put back. Remember that case.",
    ),
    Repair(
        number="11-2",
        question="Mend the split of v3.8, so that the search finds nothing (of a leak we speak later).",
        expected=lambda: DESIGNS["retry_split_mended"],
        asked=tuple(name for name in PROPERTIES if name not in ALWAYS | {"leak"}),
        accepts=your_own,
        hints=(
            "Two things are wrong. The schedule in the answer shows what your split does now: paste it into the "
            "stepper, or look at it with stepper_panel('...', own=mine).",
            "Where does the part behind the new range begin, and where does it end? And which of the two steps must "
            "come first, so that no range lies within another?",
            "Trim first. The part behind goes from `end` to `n.end`: insert_copy(spare, end, n.end, n.policy). (`n` is "
            "what was read before the trim, so its end is still the old one.)",
        ),
        plausible={
            DESIGNS["retry_as_merged"]: "That is v3.8 as it was released: the very one to be mended.",
            DESIGNS["retry_order_mended"]: "That is v3.8.3: one of the two slips is left.",
            DESIGNS["retry"]: "That is how it ended. Write the two lines yourself.",
        },
        why="Two lines, exchanged, and two words in one of them. It took until the end of February 2013.",
    ),
    Choose(
        number="11-3",
        question="Linux 3.8.3: the order mended, the bounds still swapped. One range over pages 0 to 4. B sets page 3 "
                 "and returns. Then A sets page 1. Nobody else runs. What comes of it?",
        options=TOLD,
        expected=what_two_calls_come_to,
        hints=(
            "Write down the tree after B's call, the node with swapped bounds as well.",
            "A splits [0, 3). Its part behind should be [2, 3). What does v3.8.3 hand to sp_insert?",
            "It hands over [3, 2), and [3, 4) is in the tree: 3 is not smaller than 3, and 2 is not greater than 4.",
        ),
        plausible={
            "a": "Already after B's call page 4 is not found.",
            "b": "So it is after B's call alone. A splits as well.",
            "c": "So it would be if sp_insert took the second swapped node. Ask its two questions of each node.",
        },
        why="Half a repair: one call no longer kills, two neighbouring ones do. The explorer found that; nobody "
            "recorded it.",
    ),
    BreakIt(
        number="11-4",
        question="Be the scheduler of `retry_split_mended`, the code of v3.13, and make it leak.",
        design="retry_split_mended",
        breaks="leak",
        expected=lambda: shortest("retry_split_mended", "middle:0:1-2:1-2", "leak"),
        hints=(
            "A leak is told at the end: all that have begun must end. Two setters are enough.",
            "The spare's count matters only where the spare is put back unused. When is that? Exercise 11-1.",
            "Both set page 1. Let A come to its unlock, five steps; then B to its end; then A to its end.",
        ),
        plausible={
            "retry_split_mended:middle:0:1-2:1-2:A13B7": "One after the other: A's spare is used, and B takes none.",
            "retry_split_mended:middle:0:1-2:3-4:A5B13A8":
                "B comes in at the right moment. But page 3 is no help: A's spare is still needed afterwards.",
        },
        why="In v3.13 the count was whatever the memory held before; the model reads 0. Miaohe Lin found it in 2022.",
    ),
    Repair(
        number="11-5",
        question="Mend the leak too: a design in which the search finds nothing at all (but `superseded_at_use`).",
        expected=lambda: DESIGNS["retry"],
        accepts=your_own,
        hints=(
            "Nothing is wrong with the split now. Which number is?",
            "mpol_put takes one from the count, and frees the policy when the count comes to 0. Who has a reference to "
            "a spare that is in no tree yet?",
            "One: the setter itself. shared_policy_replace(start, end, new, split_mended, 1).",
        ),
        plausible={
            DESIGNS["retry_split_mended"]: "That is the code of v3.13, with the count that nobody sets.",
            DESIGNS["retry"]: "That is how it ended. Write the line yourself.",
        },
        why="One line, 4ad099559b00.",
    ),
)
