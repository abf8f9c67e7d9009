# SPDX-License-Identifier: GPL-2.0-only
"""Placement fights: two rules or tasks that want the same pages on different nodes, each with its numbers.

One module for each fight; `fight` says what a fight is, `playing` what they share, `recorded` what real kernels did.
"""
from collections.abc import Callable, Mapping
from types import MappingProxyType

from numakit.fights.bind import bind
from numakit.fights.by_inode import by_inode
from numakit.fights.copies import copies
from numakit.fights.default_shmem import default_shmem
from numakit.fights.fight import NOWHERE, Fight, Side
from numakit.fights.first_page import first_page
from numakit.fights.move_against_fault import move_against_fault
from numakit.fights.rate_limited import rate_limited
from numakit.fights.tug_of_war import tug_of_war
from numakit.fights.two_mbinds import two_mbinds

FIGHTS: Mapping[str, Callable[..., Fight]] = MappingProxyType({
    "by_inode": by_inode, "move_against_fault": move_against_fault, "copies": copies, "tug_of_war": tug_of_war,
    "rate_limited": rate_limited, "two_mbinds": two_mbinds, "default_shmem": default_shmem, "bind": bind,
    "first_page": first_page})
"""Name -> the function that tells it; each takes a Kernel first, and knobs by name."""

__all__ = ["FIGHTS", "NOWHERE", "Fight", "Side", "bind", "by_inode", "copies", "default_shmem", "first_page",
           "move_against_fault", "rate_limited", "tug_of_war", "two_mbinds"]
