# SPDX-License-Identifier: GPL-2.0-only
"""Exercises of lesson 04: whose policy mbind sets, which split needs memory, what v3.8.3 loses, and the range map."""
from __future__ import annotations

from collections.abc import Iterator

from numakit.kernel import V3_8_3, V3_13, V6_1, Kernel
from numakit.learn.exercise import Choose, Predict, WriteRule
from numakit.machine import Machine
from numakit.mbind import mbind
from numakit.mempolicy import Mempolicy, Mode, policy_text
from numakit.mount_option import policy, policy_args
from numakit.nodemask import Nodemask
from numakit.shared_policy import SharedPolicy
from numakit.task import Task
from numakit.tmpfs import Mount
from numakit.vma import PAGE_SIZE, AddressSpace, get_vma_policy

PAGES = 32
Call = tuple[str, int, int, str]
"""Process, first page, pages, policy."""


def after(calls: tuple[Call, ...], options: str, kernel: Kernel) -> Mount:
    """A mount with the file f after calls by processes that each map the whole file once."""
    machine = Machine(kernel=kernel)
    tmp = Mount.new("/tmp", options, machine).create("f", PAGES)
    space = AddressSpace().mmap(tmp["f"])
    begin, spaces = space.newest.start, dict.fromkeys("AB", space)
    for who, first, pages, text in calls:
        spaces[who], tmp = mbind(spaces[who], tmp, begin + first * PAGE_SIZE, pages * PAGE_SIZE,
                                 *policy_args(text, machine))
    return tmp


def who_sees() -> str:
    """Who finds bind:1 on page 0 after C's call: one who mapped before it, or one who maps after it."""
    machine = Machine(kernel=V6_1)
    tmp = Mount.new("/tmp", "", machine).create("f", PAGES)
    older, private = AddressSpace().mmap(tmp["f"]), AddressSpace().mmap(tmp["f"], shared=False)
    _, tmp = mbind(private, tmp, private.newest.start, 8 * PAGE_SIZE, Mode.BIND, Nodemask.of(1))
    later = AddressSpace().mmap(tmp["f"])
    before, then = (get_vma_policy(s.newest, s.newest.start, tmp, Task()) is not None for s in (older, later))
    return {(True, True): "everyone", (False, True): "later"}.get((before, then), "only C")


SPLITS = {"a": (0, 16), "b": (8, 24), "c": (20, 24), "d": (16, 20)}


def needs_a_second_piece() -> str:
    """The range that cuts an older one into two that stay, so that there are two more ranges than before."""
    tree = SharedPolicy().replace(0, 16, policy("bind:1")).replace(16, 32, policy("bind:3"))
    return next(name for name, (start, end) in SPLITS.items()
                if len(tree.replace(start, end, policy("local"))) == len(tree) + 2)


TWO_CALLS: tuple[Call, ...] = (("A", 8, 8, "interleave:0-3"), ("A", 20, 4, "local"))


def without_policy(kernel: Kernel) -> frozenset[int]:
    """The pages that have no policy after two calls in the middle of the mount's range."""
    tree = after(TWO_CALLS, "mpol=bind:1", kernel)["f"].shared_policy
    return frozenset(page for page in range(PAGES) if tree.lookup(page) is None)


def page_8_after_all() -> str:
    """What the file says for page 8 after A, then B, then A again."""
    calls = (("A", 8, 8, "bind:3"), ("B", 8, 8, "bind:1"), ("A", 8, 8, "bind:3"))
    return policy_text(after(calls, "", V6_1)["f"].policy(8))


Ranges = list[tuple[int, int, str]]
NAMES = {"a": Mempolicy(Mode.BIND, Nodemask.of(0)), "b": Mempolicy(Mode.BIND, Nodemask.of(1)),
         "c": Mempolicy(Mode.BIND, Nodemask.of(2))}


def set_range(ranges: Ranges, start: int, end: int, policy: str | None) -> Ranges:
    """The file's ranges after pages [start, end) got a policy, or lost theirs."""
    tree = SharedPolicy()
    for low, high, name in ranges:
        tree = tree.replace(low, high, NAMES[name])
    tree = tree.replace(start, end, NAMES[policy] if policy else None)
    names = {value: name for name, value in NAMES.items()}
    return [(node.start, node.end, names[node.policy]) for node in tree.nodes]


def without_tail(ranges: Ranges, start: int, end: int, policy: str | None) -> Ranges:
    """A wrong rule: what lies behind is forgotten where one range is cut in two."""
    kept = set_range(ranges, start, end, policy)
    split = [(low, high, name) for low, high, name in ranges if low < start and end < high]
    return [r for r in kept if not (split and r[0] == end and r[1:] == split[0][1:])]


def without_rest(ranges: Ranges, start: int, end: int, policy: str | None) -> Ranges:
    """A wrong rule: a range that is touched goes as a whole."""
    kept = [(low, high, name) for low, high, name in ranges if high <= start or end <= low]
    return sorted(kept + ([(start, end, policy)] if policy else []))


def only_added(ranges: Ranges, start: int, end: int, policy: str | None) -> Ranges:
    """A wrong rule: the older ranges stay as they were."""
    return sorted(ranges + ([(start, end, policy)] if policy else []))


def with_none(ranges: Ranges, start: int, end: int, policy: str | None) -> list[tuple[int, int, str | None]]:
    """A wrong rule: no policy is kept as a range too."""
    kept: list[tuple[int, int, str | None]] = list(set_range(ranges, start, end, policy))
    return kept if policy else sorted([*kept, (start, end, None)], key=lambda r: r[0])


def joined(ranges: Ranges, start: int, end: int, policy: str | None) -> Ranges:
    """A wrong rule: neighbours with the same policy become one range."""
    found: Ranges = []
    for low, high, name in set_range(ranges, start, end, policy):
        if found and found[-1][1:] == (low, name):
            found[-1] = (found[-1][0], high, name)
        else:
            found.append((low, high, name))
    return found


def small_cases() -> Iterator[tuple[object, ...]]:
    """Files without, with one and with two ranges, and every range of up to seven pages over them."""
    for ranges in ([], [(0, 4, "a")], [(2, 6, "a")], [(0, 2, "a"), (4, 6, "b")], [(0, 3, "a"), (3, 6, "b")],
                   [(0, 3, "c"), (3, 6, "c")]):
        for start in range(7):
            for end in range(start + 1, 8):
                yield list(ranges), start, end, "c"
                yield list(ranges), start, end, None


EXERCISES = (
    Choose(
        number="04-1",
        question="A has mapped the file shared. C maps it *privately* and calls mbind(pages 0 to 7, bind:1). "
                 "D maps it shared after that. Who finds bind:1 on page 0?",
        options={"only C": "it was C's private mapping", "later": "C, and D, who mapped after the call",
                 "everyone": "A, C and D", "nobody": "a private mapping of a file can't have a policy"},
        expected=who_sees,
        hints=(
            "Where did the first call write the policy: into A's mapping, or into the file?",
            "*Private* is said of the pages that C writes: these are copies. Are the ranges copied too?",
            "There is one tree for each file. A, C and D all ask it.",
        ),
        plausible={
            "only C": "So one would think. What is private are the pages that C writes, not the ranges.",
            "later": "A asks the file each time a page is needed; nothing was copied when A mapped it.",
            "nobody": "The call returns 0, and it does something.",
        },
        why="One tree for each file, and it does not matter by which door you come in.",
    ),
    Choose(
        number="04-2",
        question="The ranges are [0, 16) bind:1 and [16, 32) bind:3. Which call needs memory for one piece more than "
                 "the range that it brings?",
        options={name: f"pages [{start}, {end})" for name, (start, end) in SPLITS.items()},
        expected=needs_a_second_piece,
        hints=(
            "Draw the two ranges, and lay each of the four over them. How many ranges are there then?",
            "A range that only loses one of its ends is made shorter: that takes no memory.",
            "Pages [20, 24) lie inside [16, 32): there remain [16, 20) and [24, 32), two pieces where one was.",
        ),
        plausible={
            "a": "That range goes as a whole, and the new one takes its place: nothing is left over.",
            "b": "Two ranges are touched, but each loses only one of its ends.",
            "d": "It begins where the old range begins: only the end of the old one is left, one piece.",
        },
        why="The kernel learns of it only when it looks, and it looks with the lock in its hand.",
    ),
    Predict(
        number="04-3",
        question="Linux 3.8.3, a file of 32 pages on a mount with mpol=bind:1. mbind(pages 8 to 15, interleave:0-3), "
                 "then mbind(pages 20 to 23, local). Which pages have no policy afterwards?",
        each="page",
        expected=lambda: without_policy(V3_8_3),
        hints=(
            "The first call splits the mount's range. What does 3.8.3 do to the part behind it?",
            "After the first call, pages 16 to 31 have no policy. Now the second call.",
            "The second call lies in a hole: it splits nothing, and its four pages have a policy again.",
        ),
        plausible={
            lambda: frozenset(range(16, 32)):
                "That is how it is after the first call. The second one gives some of them a policy again.",
            lambda: frozenset(range(24, 32)):
                "And the first call, which splits the mount's range? What lay behind it was lost then.",
            lambda: without_policy(V3_13): "That holds for a kernel that splits as it should. 3.8.3 does not.",
            lambda: frozenset(range(8)):
                "What lies in front of the new range is only made shorter. It is the part behind that is lost.",
        },
        why="No error, no crash, and nothing in the log.",
    ),
    Predict(
        number="04-4",
        question="Linux 6.1, no policy anywhere. A: mbind(pages 8 to 15, bind:3). B: mbind(pages 8 to 15, bind:1). "
                 "Then A makes its call once more. What does the file say for page 8?",
        expected=page_8_after_all,
        hints=(
            "Think of what A's mapping knows, and of what it does not know.",
            "A's mapping still has the note that its pages 8 to 15 are bind:3. B has never touched that note.",
            "A call that asks for what the note says already is skipped. So the file still says what B wrote.",
        ),
        plausible={
            "bind:3": "The last call should win, and through a fresh mapping it would. But A's mapping has a note.",
            "default": "Nobody has taken the policy away.",
        },
        why="A would have to ask for something else first, or map the file anew.",
    ),
    WriteRule(
        number="04-5",
        question="Write the range map: the file's ranges after pages [start, end) got `policy`, or lost theirs (None). "
                 "`ranges` is a sorted list of (start, end, policy).",
        expected=set_range,
        cases=small_cases,
        hints=(
            "For each old range, what is left of it in front of `start`, and what behind `end`?",
            "Build a new list: for each (low, high, name) up to two pieces, then the new range, then sort.",
            "In front, if low < start: (low, min(high, start), name). Behind, if end < high: "
            "(max(low, end), high, name).",
        ),
        plausible={
            without_tail: "The part behind a split is lost. This is what Linux 3.8.3 did, to the page.",
            without_rest: "A range that is only touched at one end keeps the rest.",
            only_added: "Now two ranges hold for the same page. The old ones must make room.",
            joined: "Neighbours with the same policy stay two ranges: the kernel does not join them in the tree.",
            with_none: "No policy is no range: default leaves a hole.",
        },
        why="Your few lines do what two released kernels did not.",
    ),
)
