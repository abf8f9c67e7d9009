# SPDX-License-Identifier: GPL-2.0-only
"""Exercises of lesson 02: bind's rule, weights, whose policy wins, what reads back, and a folded mask."""
from __future__ import annotations

from collections.abc import Iterator

from numakit.kernel import V6_12
from numakit.learn.exercise import Choose, Match, Predict, Where, WriteRule
from numakit.machine import Machine
from numakit.mbind import mbind, set_mempolicy
from numakit.mempolicy import Mempolicy, Mode, policy_text
from numakit.mount_option import policy, policy_args
from numakit.nodemask import Nodemask
from numakit.placement import node_of_new_page, touch
from numakit.task import Task
from numakit.tmpfs import Mount
from numakit.topology import ladder8, recorded4, recorded4_v3_8, ring4
from numakit.vma import AddressSpace, get_vma_policy

MACHINE = Machine(recorded4(), V6_12)
WEIGHED = Machine(recorded4(), V6_12, weights=(3, 1, 2, 1))
ORDERS = sorted({Machine(topology, V6_12).fallback(nid)
                 for topology in (recorded4(), ring4(), recorded4_v3_8()) for nid in range(4)})


def bind_node(nodes: tuple[int, ...], order: tuple[int, ...]) -> int:
    """The model's node under bind, on a machine whose node order[0] has this fallback order."""
    topologies = (recorded4(), ring4(), recorded4_v3_8())
    machine = next(m for t in topologies if (m := Machine(t, V6_12)).fallback(order[0]) == order)
    return node_of_new_page(Mempolicy(Mode.BIND, Nodemask.of(*nodes)), 0, order[0], machine)


def bind_cases() -> Iterator[tuple[object, ...]]:
    """Sets of one to three nodes against every fallback order of three machines."""
    sets = ((0,), (3,), (0, 1), (1, 2), (0, 3), (1, 3), (2, 3), (0, 1, 2), (1, 2, 3))
    return ((nodes, order) for nodes in sets for order in ORDERS)


def lowest(nodes: tuple[int, ...], order: tuple[int, ...]) -> int:
    """The lowest number of those allowed."""
    return min(nodes)


def own_node(nodes: tuple[int, ...], order: tuple[int, ...]) -> int:
    """As `local` does."""
    return order[0]


def own_or_lowest(nodes: tuple[int, ...], order: tuple[int, ...]) -> int:
    """The CPU's own node if it is allowed, else the lowest."""
    return order[0] if order[0] in nodes else min(nodes)


def whole_order(nodes: tuple[int, ...], order: tuple[int, ...]) -> tuple[int, ...]:
    """All allowed nodes, in the right order."""
    return tuple(n for n in order if n in nodes)


def weighted(option: str = "weighted interleave:0,2", machine: Machine = WEIGHED, i_ino: int = 2) -> list[int | None]:
    """The nodes of the first eight pages of the mount's first file."""
    return list(touch(Mount.new("/tmp", f"mpol={option}", machine).create("f", 8, i_ino=i_ino)["f"], machine).nodes)


BOUND = Task(0, policy("bind:1", MACHINE))
WINNERS = {"file": "the file's tree", "mapping": "the mapping's own policy", "task": "the task's policy",
           "nobody": "nobody has one: the CPU's own node"}


def from_a_file(option: str, task: Task) -> str:
    """Who decides about a page of a shared mapping of a file on a mount with this option."""
    tmp = Mount.new("/tmp", option, MACHINE).create("f", 4)
    vma = AddressSpace().mmap(tmp["f"]).newest
    return winner(get_vma_policy(vma, vma.start, tmp, task), tmp["f"].policy(), task)


def from_anonymous(option: str, task: Task) -> str:
    """Who decides about a page of anonymous memory whose mapping got this policy by mbind."""
    space = AddressSpace().mmap(pages=4)
    mode, nodes, flags = policy_args(option, MACHINE)
    space, tmp = mbind(space, Mount.new("/tmp", "", MACHINE), space.newest.start, 4 * 4096, mode, nodes, flags, task)
    decided = get_vma_policy(space.newest, space.newest.start, tmp, task)
    return "mapping" if decided is not None and decided == space.newest.policy else winner(decided, None, task)


def winner(decided: Mempolicy | None, of_file: Mempolicy | None, task: Task) -> str:
    """The name of the one whose policy was taken."""
    if decided is None:
        return "nobody"
    return "file" if decided == of_file else "task" if decided == task.policy else "mapping"


def winners() -> dict[str, str]:
    """Five cases, and who decides in each."""
    return {"a": from_a_file("mpol=prefer:2", BOUND), "b": from_a_file("mpol=local", BOUND),
            "c": from_a_file("", BOUND), "d": from_anonymous("prefer:2", BOUND), "e": from_a_file("", Task(0))}


def read_after_prefer() -> str:
    """The policy that a task holds after set_mempolicy(PREFERRED, {1, 3})."""
    return policy_text(set_mempolicy(Task(0), Mode.PREFERRED, Nodemask.of(1, 3), machine=MACHINE).policy)


READ = {"a": "prefer:1,3", "b": "prefer:1", "c": "prefer:3", "d": "nothing: the call fails with EINVAL"}


def folded(option: str = "bind=relative:1,4,6", cpuset: str = "2-3,7") -> frozenset[int]:
    """The nodes that are left of a relative mask in a cpuset of an eight-node machine."""
    made = policy(option, Machine(ladder8(), V6_12), Nodemask.parse(cpuset))
    return frozenset(made.nodes) if made is not None else frozenset()


EXERCISES = (
    WriteRule(
        number="02-1",
        question="Write bind's rule: the node of a new page, where `nodes` are those that the policy allows and "
                 "`order` is the fallback order of the CPU's node, both tuples.",
        expected=bind_node,
        cases=bind_cases,
        hints=(
            "Neither the lowest number nor always the same node. What differs between the four CPUs?",
            "Put each CPU's order beside its result. Which of the nodes in the order may be used?",
            "Go through `order` from its beginning and return the first node that is in `nodes`.",
        ),
        plausible={
            lowest: "The lowest number? Then the CPU would make no difference. Look at CPU 3 again.",
            own_node: "That is `local`: it takes no notice of the nodes that are allowed.",
            own_or_lowest: "Right where the CPU's own node is allowed. Where it is not, who is near counts, not who "
                           "has the lowest number.",
            whole_order: "These are the nodes in the right order. Asked for is only the first of them.",
        },
        why="On the machine of a case that is the nearest of the allowed nodes, with the kernel's own choice in ties.",
    ),
    Predict(
        number="02-2",
        question="The weights are 3, 1, 2, 1 for nodes 0 to 3. The first file of a mount with "
                 "mpol=weighted interleave:0,2 has eight pages. On which node does each land?",
        each="page",
        expected=weighted,
        hints=(
            "Write down one round first: how many pages in a row for node 0, how many for node 2?",
            "A round is 0 0 0 2 2, five long. But where in the round does the file begin? Its inode number counts.",
            "It is inode 2, so page 0 takes place 2 of the round: the third 0. Then come 2 2, then a new round.",
        ),
        plausible={
            lambda: weighted(i_ino=0): "The round is right. But the file does not begin at its beginning: what does "
                                       "tmpfs add?",
            lambda: weighted("interleave:0,2"): "That is interleave without weights.",
            lambda: weighted(machine=Machine(recorded4(), V6_12, weights=(3, 1, 1, 1))):
                "Almost: node 2 has the weight 2. Weights go by the node's number, not by its place in the list.",
            lambda: weighted(machine=Machine(recorded4(), V6_12, weights=(3, 1, 1, 1)), i_ino=0):
                "Weights go by the node's number: node 2 has the weight 2. And where in the round does the file begin?",
        },
        why="The index is page + inode, as for interleave. Only the round is another.",
    ),
    Match(
        number="02-3",
        question="The task has bind:1. Who decides about a new page? a: file, mount with mpol=prefer:2; b: file, mount "
                 "with mpol=local; c: file, mount without mpol=; d: anonymous memory, mbind of prefer:2; e: as c, but "
                 "the task has no policy.",
        expected=winners,
        evidence=WINNERS,
        hints=(
            "For each case ask in turn: has the file a policy? Has the mapping? Has the task?",
            "`local` is a policy. To have none is something else.",
            "Two cases are decided by the file, one by the mapping, one by the task, one by nobody.",
        ),
        plausible={
            lambda: winners() | {"b": "task"}: "`mpol=local` is a policy: the file has a tree with one range. Only "
                                               "where the file has none is the task asked.",
            lambda: winners() | {"b": "nobody"}: "The page comes from the CPU's own node, that is right. But it is the "
                                                 "file who says so: `local` is a policy.",
            lambda: dict.fromkeys("abcd", "task") | {"e": "nobody"}: "The task is asked last, not first.",
        },
        why="The nearer to the memory itself, the earlier it is asked.",
    ),
    Choose(
        number="02-4",
        question="set_mempolicy(MPOL_PREFERRED, nodes 1 and 3): what does get_mempolicy read back?",
        options=READ,
        expected=lambda: next(name for name, text in READ.items() if text == read_after_prefer()),
        hints=(
            "Can a page come from two nodes at once? `prefer` has room for how many?",
            "Try it: set_mempolicy(Task(0), Mode.PREFERRED, Nodemask.of(1, 3), machine=machine)",
            "`prefer` keeps one node, the lowest of those given.",
        ),
        plausible={
            "a": "`prefer` has room for one node. The mode that keeps several is prefer (many).",
            "d": "As a mount option, prefer with two nodes is refused. The system call is more patient.",
            "c": "One node, right. But the lowest, not the highest.",
        },
        why="The other node is forgotten without a word. With static or relative the mask given is kept.",
    ),
    Predict(
        number="02-5",
        question="A machine with eight nodes, a cpuset of nodes 2, 3 and 7. A task in it sets bind=relative:1,4,6. "
                 "Which nodes may its pages come from?",
        each="node",
        expected=folded,
        hints=(
            "Relative numbers are places in the cpuset. It has three places: 0, 1 and 2.",
            "First fold: each number modulo 3. Then put it onto the cpuset: place 0 is node 2, place 1 is node 3.",
            "1 mod 3 = 1 and 4 mod 3 = 1, 6 mod 3 = 0. So places 0 and 1. Which nodes are these?",
        ),
        plausible={
            Where(lambda a: a == {0, 1}, frozenset({0, 1})): "These are the places, folded. Which nodes of the cpuset "
                                                             "stand there?",
            Where(lambda a: a == {3}, frozenset({3})): "That is where 1 goes. But 4 and 6 are not dropped: they are "
                                                       "folded first.",
            Where(lambda a: a == {2, 3, 7}, frozenset({2, 3, 7})): "That would need all three places. Two of the "
                                                                   "numbers fold to the same one.",
            Where(lambda a: a == {1, 4, 6}, frozenset({1, 4, 6})): "None of these is in the cpuset.",
        },
        why="Three nodes were asked for, two are left: folding can make them fewer.",
    ),
)
