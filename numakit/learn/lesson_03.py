# SPDX-License-Identifier: GPL-2.0-only
"""Exercises of lesson 03: small files, the option's grammar, remounts, and a rule of one's own."""
from __future__ import annotations

from collections.abc import Iterator

from numakit.errors import LinuxError
from numakit.kernel import V3_8, V6_1, Kernel
from numakit.learn.exercise import Choose, Predict, Where, WriteRule
from numakit.machine import Machine
from numakit.mempolicy import policy_text
from numakit.mount_option import mpol_parse_str
from numakit.placement import node_of_file_page, touch
from numakit.task import Task
from numakit.tmpfs import Mount

MACHINE = Machine(kernel=V6_1)

FILES = 6


def first_pages() -> list[int | None]:
    """The node of the only page of each of six files, made one after the other."""
    tmp = Mount.new("/tmp", "mpol=interleave:0-3", MACHINE)
    for number in range(FILES):
        tmp = tmp.create(f"small{number}", pages=1)
    return [touch(file, MACHINE).nodes[0] for file in tmp.files]


OPTIONS = {"a": "bind:", "b": "interleave:0=static", "c": "prefer:0,1", "d": "default=static"}


def accepts(option: str, kernel: Kernel) -> bool:
    """Whether a kernel mounts with this option."""
    try:
        mpol_parse_str(option, Machine(kernel=kernel))
    except LinuxError:
        return False
    return True


def newly_accepted() -> str:
    """The option that 3.8 refuses and 6.1 takes."""
    return next(name for name, option in OPTIONS.items() if accepts(option, V6_1) and not accepts(option, V3_8))


def after_remounts(kernel: Kernel) -> list[str]:
    """The policies of a, b, c: each made before, between and after two remounts."""
    tmp = Mount.new("/tmp", "mpol=interleave:0-3", Machine(kernel=kernel)).create("a", 4)
    tmp = tmp.remount("mpol=bind:1").create("b", 4)
    tmp = tmp.remount("mpol=default").create("c", 4)
    return [policy_text(file.policy()) for file in tmp.files]


def with_a_tree() -> str:
    """Which of two files, made before and after `remount,mpol=local`, has a range in its tree."""
    tmp = Mount.new("/tmp", "", MACHINE).create("before", 4).remount("mpol=local").create("after", 4)
    has = {file.name: len(file.shared_policy) > 0 for file in tmp.files}
    return {(True, True): "both", (True, False): "before", (False, True): "after"}.get(
        (has["before"], has["after"]), "neither")


def node_of(page: int, i_ino: int, nodes: tuple[int, ...]) -> int:
    """The model's own rule, on a mount with mpol=interleave over the nodes given."""
    option = "interleave:" + ",".join(map(str, nodes))
    tmp = Mount.new("/tmp", f"mpol={option}", MACHINE).create("f", page + 1, i_ino=i_ino)
    return node_of_file_page(tmp["f"], page, Task(0), MACHINE)


def small_cases() -> Iterator[tuple[object, ...]]:
    """Pages 0 to 5 of inodes 2 to 7 on one to four nodes, smallest first."""
    masks = ((0,), (0, 1), (1, 3), (0, 2, 3), (0, 1, 2, 3))
    return ((page, i_ino, nodes) for nodes in masks for i_ino in range(2, 8) for page in range(6))


def without_inode(page: int, i_ino: int, nodes: tuple[int, ...]) -> int:
    """The fault path's rule before v6.7."""
    return nodes[page % len(nodes)]


def four_nodes_always(page: int, i_ino: int, nodes: tuple[int, ...]) -> int:
    """The rule of the first examples, whatever the nodes are."""
    return (page + i_ino) % 4


def place_not_node(page: int, i_ino: int, nodes: tuple[int, ...]) -> int:
    """Right place in the list, but the place is given instead of the node."""
    return (page + i_ino) % len(nodes)


EXERCISES = (
    Predict(
        number="03-1",
        question="Six files of one page each are made one after the other on a fresh mount with mpol=interleave:0-3. "
                 "On which node does each file's only page land?",
        each="file",
        expected=first_pages,
        hints=(
            "Each file has only a page 0. What else differs from file to file?",
            "Files get inode numbers one after the other. Which is the first on a fresh mount? tmp['big'] says it.",
            "The first file is inode 2: its page 0 lands on (0 + 2) mod 4 = 2. The next file is inode 3.",
        ),
        plausible={
            Where(lambda a: a == (0,) * FILES, [0] * FILES):
                "That is how it was before the inode number was added: all small files on node 0.",
            Where(lambda a: a == (0, 1, 2, 3, 0, 1), [0, 1, 2, 3, 0, 1]):
                "One node further for each file: right. But the first file is not inode 0.",
            Where(lambda a: a == (1, 2, 3, 0, 1, 2), [1, 2, 3, 0, 1, 2]):
                "One node further for each file: right. But inode 1 is the mount's root directory.",
        },
        why="This is what the inode number is added for: 09c231cb8bfd, v3.6.",
    ),
    Choose(
        number="03-2",
        question="Which of these does Linux 3.8 refuse and 6.1 accept?",
        options={name: f"mpol={option}" for name, option in OPTIONS.items()},
        expected=newly_accepted,
        hints=(
            "Use grammar_table([...], [V3_8, V6_1]) with the four options.",
            "Cut each string by hand, as the two kernels do: 3.8 at ':' first, 6.1 at '=' first.",
            "6.1 cuts 'interleave:0=static' at '=' and has 'interleave:0' and 'static' left. 3.8 tries to read "
            "'0=static' as a list of nodes.",
        ),
        plausible={
            "a": "The other way round: 3.8 reads an empty list as node 0, 6.1 refuses it.",
            "c": "prefer takes one node: both refuse two.",
            "d": "Both accept it: behind `default` no kernel looks at the flag.",
        },
        why="Nobody wrote that down as a feature: it follows from where the string is cut.",
    ),
    Predict(
        number="03-3",
        question="On Linux 6.1: mount with mpol=interleave:0-3, make a, remount with mpol=bind:1, make b, remount with "
                 "mpol=default, make c. What are the policies of a, b and c?",
        each="file",
        expected=lambda: after_remounts(V6_1),
        hints=(
            "A file's policy is fixed when the file is made. So a and b are easy; what does the last remount do?",
            "Do it: tmp.remount('mpol=default') and look at what the mount says.",
            "Since v3.8.3 a remount takes mpol=default as \"keep what there is\": the mount still says bind:1.",
        ),
        plausible={
            lambda: after_remounts(V3_8): "On Linux 3.8, yes. From v3.8.3 on a remount can't return to default.",
            Where(lambda a: a == ("interleave:0-3", "bind:1", "none"), ["interleave:0-3", "bind:1", "none"]):
                "On Linux 3.8, yes (`default` is the word). From v3.8.3 on a remount can't return to that.",
            Where(lambda a: isinstance(a, tuple) and len(set(a)) == 1, ["default", "default", "default"]):
                "A remount changes no file: each keeps what it was made with.",
        },
        why="5f00110f7273 mended a use after free, and took away the way back to the default on its way.",
    ),
    Choose(
        number="03-4",
        question="/tmp is mounted without mpol=. Make `before`, then remount with mpol=local, then make `after`. "
                 "Which file has a range in its tree, so that a look-up of its policy must take the tree's lock?",
        options={"before": "the older file", "after": "the newer file", "both": "both of them",
                 "neither": "none of them"},
        expected=with_a_tree,
        hints=(
            "What does a remount change for a file that is there already?",
            "Print shared_policy of both files.",
            "`before` was made when the mount had no policy: its tree is empty, and stays so.",
        ),
        plausible={
            "both": "A remount does not touch `before`: its tree stays empty.",
            "neither": "`local` is a policy: it is one range over the whole file, from page 0 on.",
        },
        why="So the recipe works for files made after the remount, and for those alone.",
    ),
    WriteRule(
        number="03-5",
        question="Write the rule: the node of page `page` of inode `i_ino`, interleaved over `nodes`, a tuple.",
        expected=node_of,
        cases=small_cases,
        hints=(
            "Begin with four nodes, 0 to 3, and one file. Then take another file. Then take the nodes (1, 3).",
            "Two steps: which place in the list of nodes, then which node stands there.",
            "The place is (page + i_ino) % len(nodes); the node is nodes[place].",
        ),
        plausible={
            without_inode: "This is the fault path's rule before v6.7. Allocation knows one thing more.",
            four_nodes_always: "That holds for the nodes 0 to 3. Here there may be fewer, and others: use `nodes`.",
            place_not_node: "The place in the list is right. But with nodes (1, 3), place 0 is node 1.",
        },
        why="These few lines reproduce every interleaved 4 KiB page of the recordings.",
    ),
)
