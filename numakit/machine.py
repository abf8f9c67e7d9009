# SPDX-License-Identifier: GPL-2.0-only
"""Machine: where the model runs: nodes, under the rules of one release."""
from __future__ import annotations

from dataclasses import dataclass, replace

from numakit.checks import is_whole
from numakit.errors import InvalidNodes, InvalidPolicy
from numakit.kernel import V6_12, Kernel
from numakit.nodemask import Nodemask, checked_mask
from numakit.topology import Topology, recorded4


@dataclass(frozen=True)
class Machine:
    """A topology under one release's rules, as a task sees it.

    weights: for weighted interleave, one int from 1 to 255 for each node, as /sys/kernel/mm/mempolicy/
    weighted_interleave/nodeN has it; () for 1 each, the default of v6.12 (v6.16 takes bandwidths where the firmware
    tells some). allowed: the nodes that the asking task's cpuset leaves it, None for all: see `within`.
    Raises InvalidPolicy, InvalidNodes.
    """

    topology: Topology = recorded4()
    kernel: Kernel = V6_12
    weights: tuple[int, ...] = ()
    allowed: Nodemask | None = None

    def __post_init__(self) -> None:
        fits = isinstance(self.weights, tuple) and len(self.weights) in (0, self.topology.nodes)
        if not fits or not all(is_whole(w, 1, 256) for w in self.weights):
            raise InvalidPolicy(f"the weights {self.weights} don't fit {self.topology.nodes} nodes",
                                "one weight from 1 to 255 for each node, or none, would do",
                                "sysfs takes 1 to 255, and in some releases 0 for the default")
        if self.allowed is not None and not checked_mask(self.allowed) & self.memory:
            raise InvalidNodes(f"a cpuset of the nodes {self.allowed or '(none)'} has no memory in {self!r}",
                               f"some of {self.memory} would do", "writing it to cpuset.mems fails", "ENOSPC")

    @property
    def memory(self) -> Nodemask:
        """The nodes with memory (N_MEMORY)."""
        return self.topology.memory

    @property
    def usable(self) -> Nodemask:
        """The nodes that have memory and that the cpuset allows."""
        return self.memory if self.allowed is None else self.memory & self.allowed

    def within(self, allowed: Nodemask | None) -> Machine:
        """The machine as a task in that cpuset sees it: pages come from the allowed nodes alone.

        Linux v3.8 mm/page_alloc.c, get_page_from_freelist() with ALLOC_CPUSET (user pages carry __GFP_HARDWALL).
        """
        return self if allowed == self.allowed else replace(self, allowed=allowed)

    def fallback(self, nid: int) -> tuple[int, ...]:
        """The order in which node `nid` takes from the nodes, by this kernel's rule, cpuset applied."""
        order = self.topology.fallback(nid, self.kernel.node_load)
        return order if self.allowed is None else tuple(n for n in order if n in self.allowed)

    def node_of_cpu(self, cpu: int) -> int:
        """The node of a CPU. Raises InvalidNodes."""
        return self.topology.node_of_cpu(cpu)

    def weight(self, nid: int) -> int:
        """A node's weight in weighted interleave."""
        return self.weights[nid] if self.weights else 1

    def __repr__(self) -> str:
        return f"<{self.topology.name}, {self.kernel.title}>"
