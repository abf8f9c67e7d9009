# SPDX-License-Identifier: GPL-2.0-only
"""The file's tree of ranges, as the designs share it: nodes and policies that are allocated, counted and freed.

The tree is the order of its nodes; its red-black shape is not modelled. Linux v3.8 mm/mempolicy.c.
"""
from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

from numakit.locking import Heap, Name, Outcome, PathEnds, World, called

PTL, LOCK, MUTEX = "PTL", "sp->lock", "sp->mutex"
OLD = "old"
"""The policy that the whole file has before anybody calls mbind."""
FREED = "a freed policy"
"""What stands for a policy in the tree that is freed."""
PAGES = 5
"""The file's pages: 0 to 4, all of them in one range before anybody calls mbind."""
END = 1 << 63
"""Behind every page."""
Tree = tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class Shared:
    """struct shared_policy, and what a case switches: whether a lookup first asks, without a lock, if the tree is
    empty."""

    empty_test: bool = True


@dataclass(frozen=True, slots=True)
class Policy:
    """struct mempolicy: value: whose it is; count: its references."""

    value: str | None = None
    count: int = 1

    def __str__(self) -> str:
        return f"mempolicy {self.value or ''}".strip()


@dataclass(frozen=True, slots=True)
class SpNode:
    """struct sp_node: pages start to end, end excluded, and the name of their policy."""

    start: int = 0
    end: int = 0
    policy: Name | None = None

    def __str__(self) -> str:
        return "sp_node"


@dataclass(frozen=True, slots=True)
class Range:
    """A node as it was read, or as it is to be: its name, its pages, its policy's name and value."""

    node: Name
    start: int
    end: int
    policy: Name
    value: str | None

    def __str__(self) -> str:
        return f"[{self.start}, {self.end}) {self.value or 'copy'}" if self.end else "spare"


@dataclass(frozen=True, slots=True)
class Pol:
    """A policy as a lookup answers it; start, end: the pages that it was asked for, or is said to be valid for; held:
    with a reference, which mpol_cond_put drops."""

    name: Name | None
    value: str | None
    start: int
    end: int
    held: bool = True

    def __str__(self) -> str:
        pages = f" for [{self.start}, {self.end})" if 1 < self.end - self.start < END else ""
        return f"{self.value or 'NULL'}{pages}"


NO_POLICY = Pol(None, None, 0, END)


def tree_of(world: World) -> Tree:
    """The names of the tree's nodes, in order."""
    return cast(Tree, world.tree)


def heap_of(world: World) -> Heap:
    """What is allocated."""
    return cast(Heap, world.heap)


def sp_node(world: World, name: Name) -> SpNode:
    """A node's content. Ends the path where it is freed."""
    return cast(SpNode, heap_of(world)[name])


def mempolicy(world: World, name: Name) -> Policy:
    """A policy's content. Ends the path where it is freed."""
    return cast(Policy, heap_of(world)[name])


def read_node(world: World, name: Name) -> Range:
    """A node with its policy, read at one moment. Ends the path where one of them is freed."""
    node = sp_node(world, name)
    assert node.policy is not None
    return Range(name, node.start, node.end, node.policy, mempolicy(world, node.policy).value)


def seen_nodes(world: World) -> list[Range]:
    """The tree's nodes in order, to be looked at from outside: no path ends at a policy that is freed."""
    seen = []
    for name in tree_of(world):
        node = sp_node(world, name)
        assert node.policy is not None
        alive = node.policy in list(heap_of(world))
        seen.append(Range(name, node.start, node.end, node.policy,
                          mempolicy(world, node.policy).value if alive else FREED))
    return seen


def root_is_null(world: World) -> bool:
    """Whether the tree is empty."""
    return not tree_of(world)


def sp_lookup(world: World, start: int, end: int) -> Range | None:
    """The lowest node that meets pages [start, end), None if there is none."""
    for name in tree_of(world):
        node = sp_node(world, name)
        if start < node.end and end > node.start:
            return read_node(world, name)
    return None


def sp_next(world: World, name: Name) -> Range | None:
    """The node behind another in the tree, None behind the last. Ends the path where that one is freed, or in no tree:
    its links lead nowhere."""
    sp_node(world, name)
    tree = tree_of(world)
    if name not in tree:
        raise PathEnds("use_after_free", f"goes on from {called(name)}, which is in no tree")
    at = tree.index(name) + 1
    return read_node(world, tree[at]) if at < len(tree) else None


def sp_insert(world: World, new: Range) -> World:
    """The tree with one more node. BUG() where it lies within another: the descent finds no side for it."""
    for name in tree_of(world):
        node = sp_node(world, name)
        if new.start >= node.start and new.end <= node.end:
            raise PathEnds("sp_insert_bug", f"inserts [{new.start}, {new.end}), which begins not before [{node.start}, "
                           f"{node.end}) and ends not behind it: sp_insert hits BUG()")
    before = [name for name in tree_of(world) if sp_node(world, name).start <= new.start]
    tree = (*before, new.node, *(name for name in tree_of(world) if name not in before))
    return world.having(tree=tree, heap=heap_of(world).changed(new.node, SpNode(new.start, new.end, new.policy)))


def sp_delete(world: World, n: Range) -> World:
    """The tree without a node: it is erased, its policy's count drops, and it is freed."""
    tree = tuple(name for name in tree_of(world) if name != n.node)
    return kfree(mpol_put(world.having(tree=tree), n.policy), n.node)


def trim(world: World, n: Range, start: int, end: int) -> World:
    """The tree with other bounds for a node."""
    node = sp_node(world, n.node)
    return world.having(heap=heap_of(world).changed(n.node, replace(node, start=start, end=end)))


def cut(world: World, n: Range, start: int, end: int) -> Outcome:
    """Visit a node that meets pages [start, end) but does not reach beyond both: delete it, or trim it. Answers the
    node behind it."""
    following = sp_next(world, n.node)
    if start <= n.start and n.end <= end:
        return Outcome(sp_delete(world, n), following)
    if start <= n.start:
        return Outcome(trim(world, n, end, n.end), following)
    return Outcome(trim(world, n, n.start, start), following)


def mpol_put(world: World, name: Name) -> World:
    """One reference fewer; the policy is freed as its count comes to 0."""
    policy = mempolicy(world, name)
    heap = heap_of(world)
    if policy.count == 1:
        return world.having(heap=heap.without(name))
    return world.having(heap=heap.changed(name, replace(policy, count=policy.count - 1)))


def set_policy(world: World, name: Name, value: str | None, count: int = 1) -> World:
    """The world with a policy's content written."""
    return world.having(heap=heap_of(world).changed(name, Policy(value, count)))


def kfree(world: World, name: Name) -> World:
    """The world with an object freed."""
    return world.having(heap=heap_of(world).without(name))


def sp_lookup_get(world: World, pgoff: int) -> Outcome:
    """The policy of one page, with a reference; NULL in a hole."""
    n = sp_lookup(world, pgoff, pgoff + 1)
    if n is None:
        return Outcome(world, Pol(None, None, pgoff, pgoff + 1))
    policy = mempolicy(world, n.policy)
    world = set_policy(world, n.policy, policy.value, policy.count + 1)
    return Outcome(world, Pol(n.policy, n.value, pgoff, pgoff + 1))


def sp_lookup_range_get(world: World, pgoff: int) -> Outcome:
    """As sp_lookup_range, with a reference."""
    pol = sp_lookup_range(world, pgoff)
    return Outcome(sp_lookup_get(world, pgoff).world, replace(pol, held=True))


def sp_lookup_range(world: World, pgoff: int) -> Pol:
    """The policy of one page and its node's pages, without a reference; NULL and the hole's pages where there is none.
    Inferred: no code of it is known."""
    n = sp_lookup(world, pgoff, pgoff + 1)
    if n is None:
        ends = [sp_node(world, name).end for name in tree_of(world) if sp_node(world, name).end <= pgoff]
        starts = [sp_node(world, name).start for name in tree_of(world) if sp_node(world, name).start > pgoff]
        return Pol(None, None, max(ends, default=0), min(starts, default=END), held=False)
    return Pol(n.policy, n.value, n.start, n.end, held=False)


def copy_policy(world: World, name: Name, source: Name) -> World:
    """*name = *source, with a count of 1. Ends the path where the source is freed."""
    return set_policy(world, name, mempolicy(world, source).value)


def insert_copy(world: World, spare: Range, start: int, end: int, source: Name) -> World:
    """Fill a spare in with a copy of a policy and with bounds, and put it into the tree."""
    filled = Range(spare.node, start, end, spare.policy, mempolicy(world, source).value)
    return sp_insert(copy_policy(world, spare.policy, source), filled)
