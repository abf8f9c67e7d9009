# SPDX-License-Identifier: GPL-2.0-only
"""Allocation against the fault path: tmpfs interleaves by index + i_ino, and mpol_misplaced() by the index alone."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from numakit import pages as in_arrays
from numakit.errors import InvalidPolicy
from numakit.fights import recorded
from numakit.fights.dropping import side_with_drops, stretches
from numakit.fights.fight import Fight, Side
from numakit.fights.playing import (
    enough_pages,
    faults,
    listed,
    machine_of,
    moves,
    nothing_moves,
    refused,
    some,
    switched,
)
from numakit.kernel import V6_1, Kernel
from numakit.machine import Machine
from numakit.mempolicy import INTERLEAVING, Flag, Mempolicy
from numakit.mount_option import policy as policy_of
from numakit.rounds import Runner, Scenario
from numakit.shared_policy import SharedPolicy
from numakit.topology import Topology

SOURCE = ("Linux v3.8 mm/shmem.c, shmem_alloc_page() (09c231cb8bfd, v3.6), against mm/mempolicy.c, mpol_misplaced(); "
          "v6.8 mm/mempolicy.c, get_vma_policy() with ilx (ddc1a5cbc05d, v6.7). MPOL_MF_LAZY: b24f53a0bea3, refused "
          "since a720094ded8c of the same merge (v3.8). That a page would move once is inferred from the code.")

UNREACHABLE = "With MPOL_F_MOF, which no release lets anybody set here,"

Told = dict[str, Any]


def by_inode(kernel: Kernel = V6_1, *, i_ino: int = 7, policy: str = "interleave:0-3", pages: int | None = None,
             rounds: int = 4, reachable: bool = True, drop_after: Sequence[int] = (), round_ms: int = 1000,
             topology: Topology | None = None) -> Fight:
    """How often a file's pages move where allocation and the fault path interleave by two indices, and by the same.

    Two sides: `Kernel.ilx_known_to_fault_path` off and on. reachable: give the policy MPOL_F_MOF, as MPOL_MF_LAZY would
    have done, had any release accepted it; drop_after: rounds after which all pages are dropped and touched anew;
    pages: None for 48, or for the 512 that v3.8 asks for. Raises InvalidPolicy for a policy without an index, BadRange.
    """
    lengths = stretches(rounds, drop_after)
    setups = [switched(kernel, f"ilx {'known' if known else 'unknown'} to the fault path",
                       ilx_known_to_fault_path=known) for known in (False, True)]
    scenarios = [_scenario(machine_of(k, topology), policy, reachable, pages, i_ino, round_ms) for k, _ in setups]
    sides = tuple(side_with_drops(title, s, lengths) for (_, title), s in zip(setups, scenarios, strict=True))
    told = _told(sides, scenarios, len(lengths) - 1)
    return Fight("by_inode", f"Inode {i_ino}: does the fault path know where tmpfs puts a page?", sides,
                 _sentence(kernel, scenarios[0], told, reachable, rounds), told, _recorded(), SOURCE)


def _scenario(machine: Machine, policy: str, reachable: bool, pages: int | None, i_ino: int, ms: int) -> Scenario:
    """Two tasks far apart, so that v3.8 scans at all, on a file under one policy."""
    own, size = _own(policy, machine, reachable), enough_pages(machine.kernel, pages)
    tasks = (Runner((0,)), Runner((machine.topology.nodes - 1,)))
    scenario = Scenario(machine, size, tasks, i_ino=i_ino, round_ms=ms)
    return replace(scenario, tree=SharedPolicy().replace(0, size, own))


def _own(text: str, machine: Machine, reachable: bool) -> Mempolicy:
    """The file's policy, with the mark of MPOL_MF_LAZY where asked for. Raises InvalidPolicy."""
    own = policy_of(text, machine)
    if own is None or own.mode not in INTERLEAVING:
        raise InvalidPolicy(f"{text!r} does not ask for an index", "'interleave:0-3' would do",
                            "interleave and weighted interleave alone take the inode number")
    return replace(own, flags=own.flags | Flag.MOF) if reachable else own


def disagree(scenario: Scenario, side: Side) -> int:
    """On how many pages the fault path wants another node than the one that they lie on at first."""
    own, index = scenario.policy(0), np.arange(scenario.pages, dtype=np.uint64)
    wanted = in_arrays.node_wanted_by_fault_path(own, index, scenario.i_ino, side.nodes[0], 0, scenario.machine)
    return int(np.count_nonzero(wanted != side.nodes[0]))


def _told(sides: Sequence[Side], scenarios: Sequence[Scenario], drops: int) -> Told:
    before, after = sides
    return {"pages": scenarios[0].pages, "allocated anew": drops,
            "disagree": disagree(scenarios[0], before), "disagree with ilx": disagree(scenarios[1], after),
            "moves": moves(before), "moves with ilx": moves(after),
            "most moves of a page": int(before.moves_of_page.max()),
            "steps with moves": tuple(s for s, n in zip(before.steps, before.moves, strict=True) if n),
            "faults": faults(before), "refused by the rate limit": refused(before)}


def _sentence(kernel: Kernel, scenario: Scenario, told: Told, reachable: bool, rounds: int) -> str:
    said = (f"{kernel.title} puts page i on the node of index i + {scenario.i_ino}. A fault path that asks for index i "
            f"wants {told['disagree']:,} of {some(scenario.pages, 'page')} elsewhere, one that knows the i_ino "
            f"{told['disagree with ilx']:,}.")
    if still := nothing_moves(scenario, rounds):
        return f"{said} {still}"
    if not reachable:
        return f"{said} {some(told['faults'], 'hinting fault')} move none: no release lets anybody set MPOL_F_MOF here."
    return f"{said} {_moved(told)}"


def _moved(told: Told) -> str:
    """What comes of it where the policy may move pages."""
    if not told["moves"]:
        return f"{UNREACHABLE} none would move."
    said = (f"{UNREACHABLE} {some(told['moves'], 'move')} come of it ({listed(told['steps with moves'])}), at most "
            f"{told['most moves of a page']} of a page: where mpol_misplaced() has put it, no fault wants it elsewhere")
    if told["allocated anew"]:
        said += f", until it is dropped and allocated anew, as {some(told['allocated anew'], 'time')} here"
    if told["refused by the rate limit"]:
        said += f"; the rate limit refused {told['refused by the rate limit']:,} moves"
    return f"{said}. Where both know the i_ino, {some(told['moves with ilx'], 'move')}."


def _recorded() -> str:
    """What v3.8 did, whose scanner does not ask for MPOL_F_MOF; later ones leave such a file alone."""
    seen = " and ".join(f"{taken:,} ({name})" for name, (taken, _) in recorded.INTERLEAVE_FAULTS.items())
    moved = sum(pages for _, pages in recorded.INTERLEAVE_FAULTS.values())
    return (f"without the mark, on a file of mpol=interleave {seen} hinting faults moved {some(moved, 'page')} "
            "(group f).")
