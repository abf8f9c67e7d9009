# SPDX-License-Identifier: GPL-2.0-only
"""Scenario: everything that decides how pages fare over the rounds, in one frozen value."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from numakit.checks import is_whole
from numakit.errors import BadRange, InvalidNodes
from numakit.hinting import Scanned
from numakit.machine import Machine
from numakit.mempolicy import Mempolicy
from numakit.rounds.patterns import Pattern, Setting, Told
from numakit.rounds.runner import Runner
from numakit.rounds.steady import OwnPart
from numakit.shared_policy import SharedPolicy

MAX_TASKS = 1 << 15
"""Of the model: a task's number takes two bytes a page at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Scenario:
    """Tasks of one process on one mapping. Raises BadRange, InvalidNodes.

    machine: nodes, kernel, weights; pages: of 4 KiB, no huge ones; kind, shared: as `hinting.Scanned` has them; tree:
    the policies of the file's (of a private mapping's) pages; i_ino: the file's number, 0 for anon; task_policy: of
    set_mempolicy, for all tasks; mapcount: entries that map each page; tasks: threads of one process; pattern: one of
    `steady` or `chancy`, or a function (round, pages: int64[k]) -> int[k] of tasks, -1 for nobody; start: int[pages]
    of nodes, or which task touches all pages first (None: the first): policy and placement decide where; round_ms:
    the length of a round, in ms; seed: of all chance, a whole number.
    """

    machine: Machine = Machine()
    pages: int = 1024
    tasks: tuple[Runner, ...] = (Runner((0,)), Runner((1,)))
    pattern: Pattern | Callable[[int, NDArray[np.int64]], Any] = field(default_factory=OwnPart)
    kind: Literal["shmem", "anon"] = "shmem"
    shared: bool = True
    tree: SharedPolicy = SharedPolicy()
    i_ino: int = 0
    task_policy: Mempolicy | None = None
    mapcount: int = 1
    start: ArrayLike | None = None
    round_ms: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        _check_kinds(self)
        _check_numbers(self)
        _check_tasks(self)
        _check_policies(self)
        if not isinstance(self.start, int | None):
            object.__setattr__(self, "start", _start(self))

    @property
    def setting(self) -> Setting:
        """What a pattern is told."""
        return Setting(self.pages, len(self.tasks), self.seed)

    @property
    def touching(self) -> Pattern:
        """The pattern, a function wrapped into one."""
        return Told(self.pattern) if callable(self.pattern) else self.pattern

    @property
    def vma(self) -> Scanned:
        """The mapping as the scanner sees it: the policy of its first page stands for all."""
        return Scanned(self.pages, self.kind, self.shared, self.tree.lookup(0))

    def policy(self, page: int) -> Mempolicy | None:
        """The policy in force at a page: its own, else the tasks', else None for default."""
        own = self.tree.lookup(page)
        return own if own is not None else self.task_policy

    def now_ms(self, round: int, page: int) -> int:
        """When a page is touched in a round: the pages' touches are spread evenly over it, in order."""
        return round * self.round_ms + page * self.round_ms // self.pages

    def nids(self, round: int) -> tuple[int, ...]:
        """The node of each task in a round."""
        return tuple(task.node(round) for task in self.tasks)

    def __repr__(self) -> str:
        return f"<{self.pages} pages of {self.kind}, {len(self.tasks)} tasks, {self.pattern!r}, on {self.machine!r}>"


def _check_kinds(scenario: Scenario) -> None:
    if not isinstance(scenario.machine, Machine) or not isinstance(scenario.tree, SharedPolicy):
        raise BadRange(f"a machine {scenario.machine!r} and a tree {scenario.tree!r}",
                       "a Machine and a SharedPolicy would do", "every mapping is on some machine")
    pattern = scenario.pattern
    if isinstance(pattern, type) or not (callable(pattern) or hasattr(pattern, "firsts")):
        raise BadRange(f"a pattern {pattern!r}", "OwnPart(), another pattern or a function would do",
                       "a page is touched by a task of the process or by none")


def _check_numbers(scenario: Scenario) -> None:
    for name, least, end, linux in (
            ("pages", 1, 1 << 40, "mmap fails with EINVAL for length 0"),
            ("round_ms", 1, 1 << 40, "windows of the rate limit are 100 ms, whatever a round is"),
            ("i_ino", 0, 1 << 63, "inode numbers are unsigned"),
            ("mapcount", 1, 1 << 31, "the scanner meets no page that none of the page tables maps"),
            ("seed", 0, 1 << 64, "chance is of the model: Linux has real tasks")):
        value = getattr(scenario, name)
        if not is_whole(value, least, end):
            raise BadRange(f"{name} is {value!r}", f"a whole number, {least} or more, would do", linux)
    if scenario.kind not in ("shmem", "anon"):
        raise BadRange(f"a mapping of kind {scenario.kind!r}", "'shmem' or 'anon' would do",
                       "files on disc have no policy of their own")


def _check_tasks(scenario: Scenario) -> None:
    tasks, count = scenario.tasks, scenario.machine.topology.nodes
    if not isinstance(tasks, tuple) or not 1 <= len(tasks) <= MAX_TASKS or not all(
            isinstance(task, Runner) for task in tasks):
        raise BadRange(f"tasks are {tasks!r:.60}", f"a tuple of 1 to {MAX_TASKS} Runners would do",
                       "a process has at least one task")
    for task in tasks:
        named = {*task.nodes} | ({task.prefers} if task.prefers is not None else set())
        if max(named) >= count:
            raise InvalidNodes(f"{task!r} runs on or prefers node {max(named)}", f"0 to {count - 1} would do",
                               "a task runs on the CPUs that there are")
    if isinstance(scenario.start, int) and not is_whole(scenario.start, 0, len(tasks)):
        raise BadRange(f"task {scenario.start!r} is to touch all pages first", f"0 to {len(tasks) - 1} would do",
                       "a page is touched by a task")


def _check_policies(scenario: Scenario) -> None:
    nodes = range(scenario.machine.topology.nodes)
    for policy in (scenario.task_policy, *(node.policy for node in scenario.tree.nodes)):
        if policy is not None and any(nid not in nodes for nid in policy.nodes):
            raise InvalidNodes(f"'{policy}' names nodes that the machine does not have", f"0 to {nodes[-1]} would do",
                               "policies are cut to the nodes that there are")


def _start(scenario: Scenario) -> NDArray[Any]:
    """The nodes at the start, read-only. Raises BadRange, InvalidNodes."""
    came, count = np.asarray(scenario.start), scenario.machine.topology.nodes
    if came.shape != (scenario.pages,):
        raise BadRange(f"start has the shape {came.shape}", f"a node for each of {scenario.pages} pages would do",
                       "a page lies on one node")
    if came.dtype.kind not in "iu" or not 0 <= int(came.min()) <= int(came.max()) < count:
        raise InvalidNodes("start holds something that is not a node of the machine", f"0 to {count - 1} would do",
                           "the kernel knows the nodes that the firmware names")
    kept = came.view()
    kept.flags.writeable = False
    return kept
