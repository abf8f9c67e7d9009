# SPDX-License-Identifier: GPL-2.0-only
"""Exercises of lesson 06: the report's lines, which uses of a file warn, the rule, blocking."""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import product
from typing import cast

from numakit.hinting.outcome import outcome
from numakit.hinting.page import Page
from numakit.hinting.scanner import Scanned
from numakit.kernel import V3_8_MUTEX
from numakit.learn.exercise import Match, Predict, Where, WriteRule
from numakit.learn.schedules import BreakIt
from numakit.machine import Machine
from numakit.mount_option import policy
from numakit.proposals.schedule import Schedule, read_schedule
from numakit.proposals.splat import compared, splat
from numakit.proposals.verdicts import judge
from numakit.recordings import own
from numakit.recordings.outcome import Compared
from numakit.recordings.replay.balancing import replay_v3_8
from numakit.recordings.replay.words import machine_of
from numakit.recordings.splat import call_chain, locks_held, recorded_splat
from numakit.shared_policy import SharedPolicy
from numakit.task import Task
from numakit.topology import recorded4_v3_8

MUTEX = Machine(recorded4_v3_8(), V3_8_MUTEX)
NOBODY_YET = "mutex:middle:0:1-2:1-2:"
ALONE = f"{NOBODY_YET}F7"

PARTS = {
    "mmap_sem": "the lock #0", "page_table_lock": "the lock #1",
    "__might_sleep": "the innermost function", "mutex_lock_nested": "the function that called it",
    "mpol_shared_policy_lookup": "the function that called that one", "handle_mm_fault": "a function further out",
}


def roles() -> dict[str, str]:
    """For each role in the report the lock or the function that has it."""
    lines = recorded_splat()
    asked_for, asks = compared(splat(read_schedule(ALONE)), call_chain(lines)).common[:2]
    spinlock, took = next((lock, by) for lock, by in locks_held(lines).items() if lock.endswith("->rlock"))
    forbids = next(part for part in PARTS if part in spinlock)
    return {"forbids": forbids, "took it": took, "may sleep": asked_for, "wants the policy": asks}


def with_roles(**changed: str) -> dict[str, str]:
    """The right answer with some roles given to others; `took_it` stands for "took it"."""
    return roles() | {role.replace("_", " "): part for role, part in changed.items()}


USES: tuple[tuple[str, str, str, int], ...] = (
    ("mpol=bind:2", "", "shared", 1), ("", "remount,mpol=local after create", "shared", 1),
    ("mpol=local", "remount,mpol=default after create", "shared", 1), ("mpol=local", "", "shared", 2),
    ("mpol=local", "mapping of 1 MiB", "shared", 1), ("", "set_mempolicy(bind:2)", "shared", 1))
"""Recorded uses of a file: mount option, what was done, how it was mapped, by how many processes."""


@lru_cache(1)
def words() -> list[str]:
    """'warned' or 'silent' for each of the uses that are asked for."""
    recording = next(r for r in own() if (r.kernel, r.group) == (V3_8_MUTEX.name, "f"))
    records = {tuple(map(r.get, ("opt", "act", "map", "procs"))): r for r in recording.records}
    came = [replay_v3_8(records[use], machine_of(recording, V3_8_MUTEX)) for use in USES]
    return ["warned" if isinstance(c, Compared) and c.model["warned"] else "silent" for c in came]


def told(place: int, word: str) -> Where:
    """Any answer whose first wrong word is this one, at this place from 0; in the example nothing else is filled in."""
    def holds(answer: object) -> bool:
        """Whether the first wrong word is that one."""
        said = cast(Sequence[str], answer)
        before = zip(said[:place], words(), strict=False)
        return said[place:place + 1] == (word,) and all(one in ("?", right) for one, right in before)
    return Where(holds, [word if n == place else "?" for n in range(len(USES))])


LOCAL = policy("local", MUTEX)


def warns(ranges: int, pages: int, mapcount: int, left: bool) -> bool:
    """Whether the kernel with the mutex warns as a task uses a mapping. ranges: of the file's tree; pages: of the
    mapping; mapcount: of each page; left: whether the process has run on a second node. The page is in no range."""
    tree = SharedPolicy()
    for n in range(ranges):
        tree = tree.replace(2 * n, 2 * n + 1, LOCAL)
    mapping, page = Scanned(pages, "shmem", shared=True), Page(0, 2 * ranges + 1, mapcount=mapcount, cached=True)
    return outcome(mapping, [page], [None], Task(1), MUTEX, 0 if left else 1, tree).warns


def uses() -> Iterator[tuple[object, ...]]:
    """Small and large, with and without."""
    return product((0, 1, 3), (256, 511, 512, 1024), (1, 2), (False, True))


def any_size(ranges: int, pages: int, mapcount: int, left: bool) -> bool:
    """A wrong rule: no gate for the length."""
    return ranges > 0 and mapcount == 1 and left


def above_2_mib(ranges: int, pages: int, mapcount: int, left: bool) -> bool:
    """A wrong rule: 2 MiB are not enough."""
    return ranges > 0 and pages > 512 and mapcount == 1 and left


def any_mapcount(ranges: int, pages: int, mapcount: int, left: bool) -> bool:
    """A wrong rule: no gate for mapcount."""
    return ranges > 0 and pages >= 512 and left


def anywhere(ranges: int, pages: int, mapcount: int, left: bool) -> bool:
    """A wrong rule: no gate for the second node."""
    return ranges > 0 and pages >= 512 and mapcount == 1


def any_fault(ranges: int, pages: int, mapcount: int, left: bool) -> bool:
    """A wrong rule: each hinting fault warns."""
    return pages >= 512 and mapcount == 1 and left


def number_or_bool(ranges: int, pages: int, mapcount: int, left: bool) -> object:
    """Right, but for a 0 that stands for False."""
    return ranges and pages >= 512 and mapcount == 1 and left


@lru_cache(8)
def shortest(name: str) -> str:
    """The shortest schedule of the case that breaks a property."""
    case = read_schedule(NOBODY_YET).case
    design = read_schedule(NOBODY_YET).design
    _, finding = judge(design, [case]).findings[name]
    return str(Schedule(design, case, finding.order))


EXERCISES = (
    Match(
        number="06-1",
        question="In the recorded report: which lock or function forbids to sleep, which took that lock, which one "
                 "may sleep, and which one wanted the policy and so called it?",
        evidence=PARTS,
        expected=roles,
        hints=(
            "Who may sleep holding which kind of lock? One of the two locks is of the other kind.",
            "The line of a lock says after `at:` in which function it was taken. In the call trace, each function was "
            "called by the one below it.",
            "`rlock` is the spinlock's part: lock #1 forbids. The function that tells on others, __might_sleep, does "
            "not sleep itself.",
        ),
        plausible={
            lambda: with_roles(forbids="mmap_sem"):
                "mmap_sem is a semaphore: its holder may sleep. That is what its name says, and it lacks `rlock`.",
            lambda: with_roles(may_sleep="__might_sleep"):
                "__might_sleep only asks whether sleeping would be allowed here, and prints the report if not.",
            lambda: with_roles(wants_the_policy="handle_mm_fault"):
                "The one who called mutex_lock_nested stands right below it.",
            lambda: with_roles(took_it="mutex_lock_nested"):
                "That one was to take the tree's mutex, and the report came before it had. Look behind `at:`.",
        },
        why="Lock #1 was taken in handle_mm_fault, and far inside of it somebody asked for a mutex.",
    ),
    Predict(
        number="06-2",
        question="Six uses of a tmpfs file were recorded on the kernel with the mutex. For each: 'warned' or 'silent'?",
        each="use",
        expected=words,
        hints=(
            "Two questions for each: do hinting faults come at all? And is there a range in the file's tree?",
            "Lesson 05 has the gates of Linux 3.8; lesson 03 says which files get a range, and which keep theirs.",
            "Use 0 (counted from 0) warns: the mount's policy gave the file a range. set_mempolicy gives the *task* a "
            "policy, and no file a range.",
        ),
        plausible={
            told(0, "silent"): "bind:2 is a policy as well: the file, made after the mount, has a range in its tree.",
            told(1, "warned"): "The file was made before the remount, with an empty tree, and keeps it.",
            told(2, "silent"): "A remount does not change a file that is there: it still has its range.",
            told(3, "warned"): "Two processes map each page: mapcount is 2, and the scanner passes the pages by.",
            told(4, "warned"): "The scanner of 3.8 passes mappings below 2 MiB by: no mark, no fault, no look-up.",
            told(5, "warned"): "set_mempolicy is the task's own policy. The file's tree stays empty.",
        },
        why="It takes a hinting fault, and a range in the file's tree.",
    ),
    WriteRule(
        number="06-3",
        question="Write the rule of the kernel with the mutex: a task uses a mapping of `pages` pages of a tmpfs file "
                 "with `ranges` ranges in its tree; each page is mapped by `mapcount` entries; `left` says whether "
                 "the process has run on a second node. Does it warn? (True or False)",
        expected=warns,
        cases=uses,
        hints=(
            "Four conditions, one for each argument, and all must hold.",
            "Three of them are gates of the scanner (lesson 05): without a mark there is no fault. The fourth is the "
            "empty tree.",
            "2 MiB are 512 pages, and 512 are enough. ranges > 0, mapcount == 1, left.",
        ),
        plausible={
            any_size: "A mapping may be too small for the scanner of 3.8.",
            above_2_mib: "2 MiB, 512 pages, are enough: only smaller mappings are passed by.",
            any_mapcount: "Which pages does the scanner of 3.8 mark? mapcount says how many entries map each.",
            anywhere: "The scanner waits until the process has run on a second node.",
            any_fault: "Not every hinting fault takes the mutex: with an empty tree the look-up returns before that.",
            number_or_bool: "Almost: where there is no range you give 0, and False was asked for. Write `ranges > 0`.",
        },
        why="Where the tree has any range at all, each look-up takes the lock, also for a page that is in none.",
    ),
    BreakIt(
        number="06-4",
        question="Be the scheduler: let F ask for the mutex while another task owns it (would_block_in_atomic).",
        design="mutex",
        breaks="would_block_in_atomic",
        expected=lambda: shortest("would_block_in_atomic"),
        hints=(
            "Somebody must own sp->mutex before F asks for it. Who ever takes it?",
            "A setter takes the mutex after its two allocations. Stop it there, and let F run.",
            "A takes three steps, then F seven, of which the last asks for the mutex. As a schedule that is A3F7.",
        ),
        plausible={
            ALONE: "Here nobody owns the mutex as F asks: F gets it, and breaks sleep_in_atomic alone.",
            f"{NOBODY_YET}A2F7": "A has its memory and not yet the mutex: one more step of A.",
            f"{NOBODY_YET}A3F6": "Almost: the next step of F is the one that asks for the mutex. To ask is a "
                                 "step as well.",
        },
        why="Now F really would go to sleep, with the page-table lock held.",
    ),
)
