# SPDX-License-Identifier: GPL-2.0-only
"""Machine: where the model runs: nodes, under the rules of one release."""
from __future__ import annotations

from dataclasses import dataclass

from numakit.errors import InvalidPolicy
from numakit.kernel import V6_12, Kernel
from numakit.nodemask import Nodemask
from numakit.topology import Topology, recorded4


@dataclass(frozen=True)
class Machine:
    """A topology under one release's rules.

    weights: for weighted interleave, one int from 1 to 255 for each node, as /sys/kernel/mm/mempolicy/
    weighted_interleave/nodeN has it; () for 1 each, the default. Raises InvalidPolicy for others.
    """

    topology: Topology = recorded4()
    kernel: Kernel = V6_12
    weights: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        wrong = [w for w in self.weights if isinstance(w, bool) or not isinstance(w, int) or not 1 <= w <= 255]
        if wrong or len(self.weights) not in (0, self.topology.nodes):
            raise InvalidPolicy(f"the weights {self.weights} don't fit {self.topology.nodes} nodes",
                                "one weight from 1 to 255 for each node, or none, would do",
                                "writing another weight to sysfs fails with EINVAL")

    @property
    def memory(self) -> Nodemask:
        """The nodes with memory (N_MEMORY)."""
        return self.topology.memory

    def fallback(self, nid: int) -> tuple[int, ...]:
        """The order in which node `nid` takes from the nodes, by this kernel's rule."""
        return self.topology.fallback(nid, accumulated=self.kernel.accumulated_node_load)

    def node_of_cpu(self, cpu: int) -> int:
        """The node of a CPU. Raises InvalidNodes."""
        return self.topology.node_of_cpu(cpu)

    def weight(self, nid: int) -> int:
        """A node's weight in weighted interleave."""
        return self.weights[nid] if self.weights else 1

    def __repr__(self) -> str:
        return f"<{self.topology.name}, {self.kernel.title}>"
