# SPDX-License-Identifier: GPL-2.0-only
"""Task: who asks for a page, from which CPU, with which policy of its own."""
from __future__ import annotations

from dataclasses import dataclass

from numakit.mempolicy import Mempolicy, policy_text
from numakit.nodemask import Nodemask, checked_mask


@dataclass(frozen=True, slots=True)
class Task:
    """A task on a CPU. policy: what set_mempolicy gave it, None for default; allowed: its cpuset, None for all.

    Raises InvalidNodes where `allowed` is no set of nodes.
    """

    cpu: int = 0
    policy: Mempolicy | None = None
    allowed: Nodemask | None = None

    def __post_init__(self) -> None:
        if self.allowed is not None:
            checked_mask(self.allowed)

    def __repr__(self) -> str:
        cpuset = "" if self.allowed is None else f", cpuset mems {self.allowed}"
        return f"<task on CPU {self.cpu}, {policy_text(self.policy)}{cpuset}>"
