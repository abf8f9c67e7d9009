# SPDX-License-Identifier: GPL-2.0-only
"""Runner: a task of a scenario, and the nodes on which it runs, round by round."""
from __future__ import annotations

from dataclasses import dataclass

from numakit.checks import is_whole
from numakit.errors import BadRange, InvalidNodes
from numakit.nodelist import MAX_NUMNODES


@dataclass(frozen=True, slots=True)
class Runner:
    """A task that runs on `nodes` in turn, `stay` rounds on each. Raises InvalidNodes, BadRange.

    prefers: its numa_preferred_nid, None for none yet. Several runners of a scenario are threads of one process.
    """

    nodes: tuple[int, ...]
    stay: int = 1
    prefers: int | None = None

    def __post_init__(self) -> None:
        named = (self.nodes,) if isinstance(self.nodes, int) else tuple(self.nodes)
        object.__setattr__(self, "nodes", named)
        if not named or not all(is_whole(n, 0, MAX_NUMNODES) for n in named):
            raise InvalidNodes(f"a task that runs on the nodes {self.nodes!r}", "one node or more, such as (0, 1), "
                               "would do", "a task always runs somewhere")
        if self.prefers is not None and not is_whole(self.prefers, 0, MAX_NUMNODES):
            raise InvalidNodes(f"a task that prefers node {self.prefers!r}", "a node, or None, would do",
                               "numa_preferred_nid is -1 until faults speak for a node")
        if not is_whole(self.stay, 1):
            raise BadRange(f"a task that stays {self.stay!r} rounds on a node", "1 or more would do",
                           "the load balancer moves a task between two ticks at the earliest")

    def node(self, round: int) -> int:
        """The node on which the task runs in a round."""
        return self.nodes[round // self.stay % len(self.nodes)]

    @property
    def moves(self) -> bool:
        """Whether it ever runs on a second node."""
        return len(set(self.nodes)) > 1

    def __repr__(self) -> str:
        stay = f", {self.stay} rounds on each" if self.moves and self.stay > 1 else ""
        prefers = "" if self.prefers is None else f", prefers node {self.prefers}"
        return f"<task on node {' then '.join(map(str, self.nodes))}{stay}{prefers}>"
