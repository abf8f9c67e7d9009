# SPDX-License-Identifier: GPL-2.0-only
"""What one mbind does to the mappings of a process, told mapping by mapping, each with the rule that acted."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from numakit.kernel import Kernel
from numakit.mempolicy import Mempolicy, mpol_equal, policy_text
from numakit.vma import AddressSpace, Vma
from numakit.vma_merge import mbind_range

Rule = Literal["skipped", "whole", "cut", "joined, set", "joined, not set", "grown, old policy"]


@dataclass(frozen=True, slots=True)
class Visit:
    """One mapping that mbind came to. part: what of it the call names; after: the mapping that holds the part then.

    pieces: how many mappings it became; is_set: whether the file then got the policy over all of `after`.
    """

    vma: Vma
    part: Vma
    after: Vma
    new: Mempolicy | None
    pieces: int
    is_set: bool

    @property
    def rule(self) -> Rule:
        """Which rule of the VMA layer acted."""
        if mpol_equal(self.vma.policy, self.new):
            return "skipped"
        if not self.joined():
            return "whole" if self.pieces == 1 else "cut"
        if not mpol_equal(self.after.policy, self.new):
            return "grown, old policy"
        return "joined, set" if self.is_set else "joined, not set"

    def joined(self) -> tuple[str, ...]:
        """The sides on which the part became one mapping with a neighbour."""
        sides = (("left", self.after.start < self.part.start), ("right", self.after.end > self.part.end))
        return tuple(side for side, is_joined in sides if is_joined)

    def sentence(self, who: str) -> str:
        """What happened to this mapping of process `who`, and whether the file was told."""
        name, new = f"{who}'s mapping of {pages_of(self.vma)}", policy_text(self.new)
        match self.rule:
            case "skipped":
                has = f"has {new} already" if self.new else "has no policy, which is what default asks for"
                return f"{name} {has}: it is skipped, and the file is not asked."
            case "whole":
                return f"{name} is named as a whole: it {_takes(self.new, 1)}, and so does the file there."
            case "cut":
                return (f"{name} is cut in {('two', 'three')[self.pieces - 2]}: {pages_of(self.part)} "
                        f"{_takes(self.new, self.part.pages)}, and so does the file there.")
            case "grown, old policy":
                return (f"{name} grows over its right neighbour, which has {new} already, but keeps its old policy, "
                        f"{policy_text(self.vma.policy)}, for both (case 8 of vma_merge); the file is not told.")
        return f"{self._joined_sentence(who)} {self._told()}"

    def _joined_sentence(self, who: str) -> str:
        sides, new = self.joined(), policy_text(self.new)
        has = f"has {new} already" if self.new else "has no policy either"
        where = f"{who}'s {sides[0]} neighbour" if len(sides) == 1 else f"{who}'s neighbours on both sides"
        if len(sides) == 2:
            has = has.replace("has", "have", 1)
        verb = "joins" if self.part.pages == 1 else "join"
        return f"{pages_of(self.part).capitalize()} {verb} {where}, which {has}: one mapping of {pages_of(self.after)}."

    def _told(self) -> str:
        if not self.is_set:
            return "This kernel then goes on without telling the file."
        return f"The file is then told for all of that mapping, {pages_of(self.after)}."


def visits(space: AddressSpace, start: int, end: int, new: Mempolicy | None,
           kernel: Kernel) -> tuple[tuple[Visit, ...], AddressSpace]:
    """Every mapping that mbind of addresses [start, end) comes to, in order, and the mappings afterwards.

    It asks `mbind_range` for one mapping at a time: what it gives in one go is the same. Raises BadAddress for a hole.
    """
    found: list[Visit] = []
    at = start
    while at < end:
        vma = space.find(at)
        part = vma.part(at, min(vma.end, end))
        done = mbind_range(space, part.start, part.end, new, kernel)
        after = done.space.find(at)
        found.append(Visit(vma, part, after, new, len(done.space.vmas) - len(space.vmas) + 1, bool(done.to_set)))
        space, at = done.space, after.end
    return tuple(found), space


def pages_of(vma: Vma) -> str:
    """The pages of the file that a mapping covers, 'pages 8 to 15'."""
    return pages_text(vma.pgoff, vma.pgoff + vma.pages)


def pages_text(start: int, end: int) -> str:
    """The pages [start, end) in words: 'page 5', 'pages 8 to 15'."""
    return f"page {start}" if end == start + 1 else f"pages {start} to {end - 1}"


def _takes(new: Mempolicy | None, count: int) -> str:
    if count == 1:
        return f"gets {policy_text(new)}" if new else "loses its policy"
    return f"get {policy_text(new)}" if new else "lose their policy"
