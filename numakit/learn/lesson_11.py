# SPDX-License-Identifier: GPL-2.0-only
"""Exercises of lesson 11: what becomes of the spare, mend the split, v3.8.3's two calls, the leak, mend the count."""
from __future__ import annotations

from functools import cache

from numakit.learn.exercise import Choose, Match
from numakit.learn.schedules import BreakIt, Repair
from numakit.locking import Trace, Turn, begin, explore
from numakit.proposals.cases import Case, Pages
from numakit.proposals.design import Design
from numakit.proposals.designs import DESIGNS
from numakit.proposals.file import PAGES, insert_copy, sp_lookup
from numakit.proposals.properties import ALWAYS, PROPERTIES
from numakit.proposals.schedule import Schedule, read_schedule

BESIDE = {"a": (1, 3), "b": (1, 4), "c": (3, 4), "d": (4, 5)}
"""What B sets while A, which wants page 2, allocates."""
FATES = {
    "unused": "the split has become unnecessary, and the spare is put back",
    "old": "A splits, and the spare gets the old policy",
    "B": "A splits, and the spare gets B's policy",
}


def alone(trace: Trace, name: str) -> Trace:
    """A trace after one task has run to its end, or to the step at which its path ends."""
    while not trace.ended(name) and not trace.over:
        trace = trace.then(Turn(name))
    return trace


def with_the_lock_dropped(pages: Pages) -> Trace:
    """A wants page 2 and has dropped the lock to allocate; B sets its pages; A goes on to its end."""
    trace = begin(Case("all", 0, (2, 3), pages).scene(DESIGNS["retry"]))
    for _ in range(5):
        trace = trace.then(Turn("A"))
    return alone(alone(trace, "B"), "A")


def fate(pages: Pages) -> str:
    """What becomes of A's spare after B has been there: unused, or whose policy it holds."""
    trace = with_the_lock_dropped(pages)
    filled = any(row.turn.task == "A" and getattr(row.step, "function", None) is insert_copy for row in trace.rows)
    return str(policy_of(trace, 3)) if filled else "unused"


def fates() -> dict[str, str]:
    """What becomes of A's spare after each call of B; where it is used, page 3 is the first behind A's page."""
    return {name: fate(pages) for name, pages in BESIDE.items()}


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
    Match(
        number="11-1",
        question="One range over pages 0 to 4. A wants to set page 2, sees that it must split, drops the lock and "
                 "allocates. Meanwhile B does its whole mbind. What becomes of A's spare?",
        evidence=FATES,
        expected=fates,
        hints=(
            "For each B, write down the ranges that A finds when it comes back.",
            "A must split only where one range begins before page 2 and ends behind it. The spare gets the policy of "
            "that range.",
            "After c the ranges are [0, 3) old, [3, 4) B, [4, 5) old. Page 2 is the end of the first: A makes it "
            "shorter, and needs no memory for that.",
        ),
        plausible={
            lambda: fates() | {"c": "old"}: "In c, page 2 is now the end of the first range, which only needs to end "
                                            "earlier. (Above, A wanted page 1.)",
            lambda: fates() | {"b": "old"}: "In b, it is B's range that lies round page 2 now. A spare that was filled "
                                            "in beforehand would be wrong.",
            lambda: fates() | {"b": "unused"}: "In b, B's range goes on behind page 2, and begins before it.",
            lambda: fates() | {"d": "unused"}: "In d, [0, 4) old is left, and page 2 lies in its middle.",
        },
        why="In b a spare that was filled in beforehand would bring back a policy that is gone, in d it would be too "
            "long. In a and c it is put back unused. Remember these two.",
    ),
    Repair(
        number="11-2",
        question="Mend the split of v3.8, so that the search finds nothing (of a leak we speak later).",
        expected=lambda: DESIGNS["retry_split_mended"],
        asked=tuple(name for name in PROPERTIES if name not in ALWAYS | {"leak"}),
        accepts=your_own,
        wanted="Design('mine', mpol_shared_policy_lookup, my_replace)",
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
        why="Two lines, exchanged, and two words in one of them. Both repairs were posted at the end of February 2013.",
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
            "It hands over [3, 2), and at the top of the tree is [3, 4): 3 is not smaller than 3, and 2 is not greater "
            "than 4.",
        ),
        plausible={
            "a": "Already after B's call page 4 is not found.",
            "b": "So it is after B's call alone. A splits as well.",
            "c": "So it would be if sp_insert took the second swapped node. Ask its two questions of each node.",
        },
        why="Half a repair: one call no longer hits BUG(), a second one may. The search found that; it was not "
            "recorded.",
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
            "retry_split_mended:middle:2:1-2:1-2:A5B13": "B has ended, A has not: let A come back and end as well.",
            "retry_split_mended:middle:0:1-2:1-2:A13B7": "One after the other: A's spare is used, and B takes none.",
            "retry_split_mended:middle:0:1-2:3-4:A5B13A8":
                "B comes in at the right moment. But page 3 is no help: A's spare is still needed afterwards.",
        },
        why="In v3.13 the count was whatever the memory held before; the model reads 0. Miaohe Lin mended it in 2022.",
    ),
    Repair(
        number="11-5",
        question="Mend the leak too: a design in which the search finds nothing at all (but `superseded_at_use`).",
        expected=lambda: DESIGNS["retry"],
        accepts=your_own,
        wanted="Design('mine', mpol_shared_policy_lookup, my_last_replace)",
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
