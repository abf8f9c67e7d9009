# SPDX-License-Identifier: GPL-2.0-only
"""Nodemask: an immutable set of node ids over one int, with the kernel's arithmetic on such sets."""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from numakit.checks import is_whole
from numakit.errors import InvalidNodes
from numakit.nodelist import MAX_NUMNODES, parse_regions


@dataclass(frozen=True, slots=True, order=True)
class Nodemask:
    """A set of node ids; bit n of `bits` stands for node n, as in the kernel's nodemask_t.

    >>> Nodemask.of(0, 1, 2, 5)
    Nodemask('0-2,5')
    """

    bits: int = 0

    def __post_init__(self) -> None:
        if not is_whole(self.bits, 0, 1 << MAX_NUMNODES):
            raise InvalidNodes(
                f"{self.bits!r} is not a mask of nodes",
                f"bits 0 to {MAX_NUMNODES - 1} stand for nodes",
                "set_mempolicy fails with EINVAL for nodes at or above MAX_NUMNODES",
            )

    @classmethod
    def of(cls, *nids: int) -> Nodemask:
        """The set of the nodes named. Raises InvalidNodes for what is not a node id."""
        return cls(sum({1 << checked_nid(n) for n in nids}))

    @classmethod
    def first_nodes(cls, count: int) -> Nodemask:
        """Nodes 0 to count - 1. Raises InvalidNodes."""
        return cls((1 << checked_nid(count, MAX_NUMNODES + 1)) - 1)

    @classmethod
    def parse(cls, text: str) -> Nodemask:
        """The nodes of a list such as "0-2,5", by the rules of today's kernels (`nodelist.parse_regions`)."""
        return cls(parse_regions(text))

    def __iter__(self) -> Iterator[int]:
        bits = self.bits
        while bits:
            low = bits & -bits
            yield low.bit_length() - 1
            bits ^= low

    def __len__(self) -> int:
        return self.bits.bit_count()

    def __contains__(self, nid: object) -> bool:
        return isinstance(nid, int) and nid >= 0 and bool(self.bits >> nid & 1)

    def __bool__(self) -> bool:
        return self.bits != 0

    def __and__(self, other: Nodemask) -> Nodemask:
        return Nodemask(self.bits & other.bits)

    def __or__(self, other: Nodemask) -> Nodemask:
        return Nodemask(self.bits | other.bits)

    def __sub__(self, other: Nodemask) -> Nodemask:
        return Nodemask(self.bits & ~other.bits)

    def issubset(self, other: Nodemask) -> bool:
        """Whether every node of this set is in the other (nodes_subset)."""
        return not self.bits & ~other.bits

    @property
    def first(self) -> int:
        """The lowest node (first_node). Raises InvalidNodes for the empty set."""
        if not self:
            raise InvalidNodes("an empty set of nodes has no first node", "name at least one node",
                               "first_node returns MAX_NUMNODES, which the kernel's callers test for")
        return (self.bits & -self.bits).bit_length() - 1

    def nth(self, ordinal: int) -> int:
        """The node at place `ordinal` of the set, 0 for the lowest. Raises InvalidNodes where there are fewer."""
        if not is_whole(ordinal, 0, len(self)):
            raise InvalidNodes(f"there is no node number {ordinal!r} in {self!r}", f"0 to {len(self) - 1} would do",
                               "the kernel takes the ordinal modulo the number of nodes first")
        return list(self)[ordinal]

    def fold(self, size: int) -> Nodemask:
        """Every node taken modulo `size`, 1 or more (nodes_fold, lib/bitmap.c). Raises InvalidNodes."""
        if not is_whole(size, 1):
            raise InvalidNodes(f"a mask can't be folded to {size!r} nodes", "1 or more would do",
                               "the kernel folds to the number of nodes allowed")
        return Nodemask.of(*(n % size for n in self))

    def onto(self, target: Nodemask) -> Nodemask:
        """Node m becomes the m-th node of `target`; those beyond it are dropped (nodes_onto, lib/bitmap.c)."""
        places = list(target)
        return Nodemask.of(*(places[n] for n in self if n < len(places)))

    def remap(self, old: Nodemask, new: Nodemask) -> Nodemask:
        """Each node of `old` goes to the node at the same place of `new`, others stay (nodes_remap, lib/bitmap.c)."""
        return Nodemask.of(*(node_remap(n, old, new) for n in self))

    def __str__(self) -> str:
        return format_runs(self)

    def __repr__(self) -> str:
        return f"Nodemask('{self}')"


def checked_nid(nid: int, end: int = MAX_NUMNODES) -> int:
    """The node id itself, if it can be one (from 0 to end - 1). Raises InvalidNodes otherwise."""
    if not is_whole(nid, 0, end):
        raise InvalidNodes(f"{nid!r} is not a node", f"a whole number from 0 to {end - 1} would do",
                           "the kernel numbers its nodes from 0")
    return nid


def checked_mask(nodes: Nodemask) -> Nodemask:
    """The set of nodes itself, if it is one. Raises InvalidNodes otherwise."""
    if not isinstance(nodes, Nodemask):
        raise InvalidNodes(f"{nodes!r} is not a set of nodes", "Nodemask.of(0, 2) or Nodemask.parse('0-2') would do",
                           "a system call takes a mask of bits")
    return nodes


def node_remap(nid: int, old: Nodemask, new: Nodemask) -> int:
    """Where one node goes when `old` becomes `new`: by its place, modulo the size of `new` (node_remap)."""
    if nid not in old or not new:
        return nid
    place = len(Nodemask(old.bits & ((1 << nid) - 1)))
    return new.nth(place % len(new))


def runs(values: Iterable[int]) -> list[tuple[int, int]]:
    """Rising numbers as (first, last) of each stretch without a gap."""
    found: list[tuple[int, int]] = []
    for value in values:
        if found and found[-1][1] == value - 1:
            found[-1] = (found[-1][0], value)
        else:
            found.append((value, value))
    return found


def format_runs(values: Iterable[int]) -> str:
    """Rising numbers as the kernel lists them: "0-3", "0,2", "" (bitmap_scnlistprintf)."""
    return ",".join(f"{a}" if a == b else f"{a}-{b}" for a, b in runs(values))
