# SPDX-License-Identifier: GPL-2.0-only
"""Exercises of lesson 05: the gates, where pages go, the two-stage filter, the rate limit, claims and evidence."""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

from numakit.hinting import Faulter, Last, Page, RateLimit, do_numa_page
from numakit.kernel import V3_8, V6_1, V6_12, Kernel
from numakit.learn.exercise import Choose, Match, Predict, Where, WriteRule
from numakit.machine import Machine
from numakit.show.hinting import hinting_picture
from numakit.topology import recorded4_v3_8

OLD = Machine(recorded4_v3_8(), V3_8)


@dataclass(frozen=True, slots=True)
class Case:
    """Pages that a task used on node 0 first, and then touches from other nodes."""

    kernel: Kernel = V3_8
    kind: str = "shmem"
    option: str = "default"
    processes: int = 1
    size: int = 512
    touches: tuple[int, ...] = (1, 1, 1)

    def come_to(self) -> tuple[bool, bool]:
        """Whether any entry is marked, and whether any page moves."""
        seen = hinting_picture(self.touches, self.option, self.kernel, kind=self.kind, size=self.size,
                               processes=self.processes)
        return any(step.marked for step in seen.steps), any(step.moved for step in seen.steps)


MAPPINGS = {
    "a": Case(option="default", touches=(0, 0, 0)),
    "b": Case(option="default", size=256),
    "c": Case(option="default", processes=2),
    "d": Case(option="local"),
}


def marked() -> str:
    """The one mapping of four whose entries are marked."""
    return next(name for name, case in MAPPINGS.items() if case.come_to()[0])


FROM = (1, 2, 2, 1, 1)


def nodes_after(touches: Sequence[int] = FROM) -> list[int]:
    """Where a page of a default file lies after each of its hinting faults, under Linux 3.8."""
    page, nodes = Page(0), []
    for nid in touches:
        page = do_numa_page(page.mark(), None, Faulter(nid), OLD).page
        nodes.append(page.node)
    return nodes


def node_after(node: int, last: int | None, here: int) -> int:
    """Where a page lies after a hinting fault. last: the node of the fault before, None for none; here: of this one."""
    page = Page(node, marked=True, last=None if last is None else Last(last, 1))
    return do_numa_page(page, None, Faulter(here), OLD).page.node


def small_cases() -> Iterator[tuple[object, ...]]:
    """All of three nodes."""
    return ((node, last, here) for node in range(3) for last in (None, 0, 1, 2) for here in range(3))


def always_follows(node: int, last: int | None, here: int) -> int:
    """A wrong rule: no filter."""
    return here


def first_moves(node: int, last: int | None, here: int) -> int:
    """A wrong rule: a page that nobody faulted on yet moves."""
    return here if last in (None, here) else node


def back_to_last(node: int, last: int | None, here: int) -> int:
    """A wrong rule: the page follows the fault before."""
    return node if last is None else last


def huge_pages_in_a_window() -> int:
    """How many pages of 2 MiB come to one node in one window."""
    limit, count, allowed = RateLimit(), 0, True
    while allowed:
        allowed, limit = limit.charge(1, 512)
        count += allowed
    return count


PAIRS = {
    "twice": (Case(), Case(processes=2)),
    "local": (Case(), Case(option="local")),
    "newer": (Case(V6_1), Case(V6_12)),
    "anon": (Case(V6_1), Case(V6_1, "anon")),
}
EVIDENCE = {
    "twice": "Linux 3.8, a tmpfs file mapped by one process, and by two: marked, and not marked",
    "local": "Linux 3.8, a tmpfs file with mpol=default, and with mpol=local: both marked, only one moves",
    "newer": "a tmpfs file with mpol=default on 6.1, and on 6.12.117: not marked, and marked",
    "anon": "Linux 6.1, a tmpfs file, and anonymous memory, both default: not marked, and marked",
}
FACTORS = {"C9": "processes", "policy": "option", "release": "kernel", "tmpfs": "kind"}
"""Claim -> what must differ between two cases, and nothing else, to decide it."""


def decided_by() -> dict[str, str]:
    """For each claim the pair that differs in just that, and comes to something else."""
    return {claim: next(name for name, pair in PAIRS.items() if tells(pair, factor))
            for claim, factor in FACTORS.items()}


def tells(pair: tuple[Case, Case], factor: str) -> bool:
    """Whether two cases differ in one thing only, and in what comes of it."""
    one, other = pair
    differ = [f.name for f in fields(Case) if getattr(one, f.name) != getattr(other, f.name)]
    return differ == [factor] and one.come_to() != other.come_to()


def swapped(one: str, other: str) -> dict[str, str]:
    """The right answer with the evidence of two claims exchanged."""
    right = decided_by()
    return right | {one: right[other], other: right[one]}


EXERCISES = (
    Choose(
        number="05-1",
        question="Linux 3.8, four programs, each with a tmpfs file whose pages lie on node 0. Three of them are "
                 "stopped by a gate. In which one does the scanner mark entries?",
        options={"a": "2 MiB, default, one process, which never leaves node 0",
                 "b": "1 MiB, default, one process, which goes to node 1",
                 "c": "2 MiB, default, two processes that map the same pages, one of them goes to node 1",
                 "d": "2 MiB, local, one process, which goes to node 1"},
        expected=marked,
        hints=(
            "Go through the four gates of 3.8, one after the other, for each program.",
            "Does 3.8 ask for the policy before it marks? Look at the table.",
            "a never sees a second node, b is below 2 MiB, c has a mapcount of 2. So?",
        ),
        plausible={
            "a": "The first gate: the process must have run on a second node.",
            "b": "A gate of 3.8 asks for the size of the mapping: 2 MiB or more.",
            "c": "Two processes map each page, so its mapcount is 2, and 3.8 wants 1.",
        },
        why="3.8 does not ask for the policy before it marks. Whether that pays is the fault's question.",
    ),
    Predict(
        number="05-2",
        question="Linux 3.8, a page of a default file lies on node 0 and never took a hinting fault. Now it takes "
                 f"five, from nodes {', '.join(map(str, FROM))}. On which node does it lie after each?",
        each="fault",
        expected=nodes_after,
        hints=(
            "For each fault ask: where did the fault before it come from?",
            "The first fault moves nothing, whoever takes it: there was none before.",
            "Fault 1 (counted from 0) comes from node 2, the one before from node 1: not two in a row. Fault 2 comes "
            "from node 2 again.",
        ),
        plausible={
            Where(lambda a: a == FROM, list(FROM)): "So it would be without the filter: the page follows every touch.",
            Where(lambda a: a == (1, 1, 2, 2, 1), [1, 1, 2, 2, 1]):
                "The first fault of all has none before it. In 3.8 that does not pass.",
            Where(lambda a: a == (0, 1, 2, 2, 1), [0, 1, 2, 2, 1]):
                "Two in a row must be from one node: the page moves with the second, and to that node.",
            lambda: [0] * len(FROM): "There are two faults in a row from node 2, and two from node 1.",
        },
        why="Two in a row from node 2 bring it there, and two in a row from node 1 take it away again.",
    ),
    WriteRule(
        number="05-3",
        question="Write the two-stage filter of Linux 3.8: a page of a default file lies on `node`; its last hinting "
                 "fault came from `last` (None: it never took one); now one comes from node `here`. Where does the "
                 "page lie afterwards?",
        expected=node_after,
        cases=small_cases,
        hints=(
            "There are two answers only: `node`, it stays, or `here`, it follows.",
            "It follows where this fault and the one before come from the same node.",
            "Compare `last` with `here`. None is equal to no node, so the first fault needs no line of its own.",
        ),
        plausible={
            always_follows: "Without a filter. A page that two nodes use in turn would be copied at each touch.",
            first_moves: "None means that there was no fault before. 3.8 wants two in a row; 3.13 lets the first pass.",
            back_to_last: "Now the page runs after the fault before. It should follow this one, or stay.",
        },
        why="One comparison. It is the last thing that mpol_misplaced() asks.",
    ),
    Predict(
        number="05-4",
        question="Linux 3.8 with pages of 2 MiB (512 small ones each). How many of them may move to one node in one "
                 "window of 100 ms?",
        expected=huge_pages_in_a_window,
        hints=(
            "How many times 512 is 32,768? And what is compared with what, and when?",
            "The test comes before the page is added: is what came so far more than 32,768?",
            "After 64 pages of 2 MiB the count is 32,768. That is not more than 32,768, so one more passes.",
        ),
        plausible={
            64: "That is 128 MiB to the page. But the test is `more than 32,768`, and it comes before the adding.",
            66: "After 65 the count is 33,280, which is more than 32,768.",
            32769: "That is for small pages. One of 2 MiB counts as 512.",
        },
        why="The limit is passed by one page, and this page is a large one: 33,280 small pages instead of 32,769.",
    ),
    Match(
        number="05-5",
        question="Each pair of cases differs in one thing. Which pair decides which claim?",
        evidence=EVIDENCE,
        expected=decided_by,
        hints=(
            "For each pair, say in one word what differs between its two cases.",
            "C9 is about mapcount, that is about how many page-table entries map a page. In which pair does only that "
            "differ?",
            "C9 goes with 'twice'. 'tmpfs' needs a tmpfs file beside something else, on the same kernel.",
        ),
        plausible={
            lambda: swapped("C9", "tmpfs"): "In 'anon' mapcount is 1 both times: it can't decide about mapcount.",
            lambda: swapped("policy", "release"): "Which of the two pairs keeps the kernel, and changes the policy?",
            lambda: swapped("release", "tmpfs"): "A claim about releases needs two releases, and the same memory.",
        },
        why="C9 is right: the check on mapcount does not know tmpfs. Another gate, of later kernels, does.",
    ),
)
