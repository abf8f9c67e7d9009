# SPDX-License-Identifier: GPL-2.0-only
"""A tmpfs file without a policy, and one with mpol=local, whose task has gone to another node."""
from __future__ import annotations

from typing import Any

from numakit.fights import recorded
from numakit.fights.fight import Fight
from numakit.fights.playing import counted, enough_pages, leaver, listed, machine_of, side, some, why_not_scanned
from numakit.kernel import ALL, V3_8, Kernel
from numakit.machine import Machine
from numakit.mount_option import mpol_parse_str
from numakit.rounds import Scenario, play
from numakit.tmpfs import FIRST_INO, whole_file
from numakit.topology import Topology

SOURCE = ("Linux v3.8 kernel/sched/fair.c, task_numa_work(); v3.13, the same with vma_policy_mof() (fc3147245d19): no "
          "policy at the mapping's start counts as one without MPOL_F_MOF; mended by \"fix automatic numa balancing "
          "for shmem\" (Johannes Weiner, 29 June 2026; release UNVERIFIED, in Debian's 6.12.117).")

OPTIONS = ("default", "local")


def default_shmem(kernel: Kernel = V3_8, *, pages: int | None = None, rounds: int = 4, to: int = 1,
                  topology: Topology | None = None) -> Fight:
    """Whether a file's pages follow the task that touched them on node 0 and runs on node `to` since round 1.

    Two sides: mpol=default and mpol=local. told: also, by release, how many pages of the file without a policy move.
    Raises BadRange, InvalidNodes.
    """
    machine = machine_of(kernel, topology)
    scenarios = {option: scenario_after_move(machine, option, pages, rounds, to) for option in OPTIONS}
    sides = tuple(side(f"{kernel.title}, mpol={option}", s, rounds) for option, s in scenarios.items())
    told: dict[str, Any] = {option: counted(of) for option, of in zip(OPTIONS, sides, strict=True)}
    told["by release"] = {each.name: _share(each, rounds, to, topology) for each in ALL if each.hinting_faults}
    parts = [_sentence(option, told[option], why_not_scanned(scenarios[option], rounds)) for option in OPTIONS]
    return Fight("default_shmem", f"{kernel.title}: does a tmpfs file follow its task?", sides,
                 " ".join([*parts, _by_release(told["by release"])]), told, _recorded(), SOURCE)


def scenario_after_move(machine: Machine, option: str, pages: int | None, rounds: int, to: int) -> Scenario:
    """A file of a mount with that policy, touched by a task on node 0 that runs on node `to` from round 1 on."""
    size = enough_pages(machine.kernel, pages)
    tree = whole_file(mpol_parse_str(option, machine), machine)
    return Scenario(machine, size, (leaver(to, rounds),), tree=tree, i_ino=FIRST_INO)


def _share(kernel: Kernel, rounds: int, to: int, topology: Topology | None) -> float:
    """Which share of the pages of a file without a policy moves."""
    scenario = scenario_after_move(machine_of(kernel, topology), "default", None, rounds, to)
    return int(play(scenario, rounds).moves.sum()) / scenario.pages


def _sentence(option: str, told: dict[str, Any], why: str) -> str:
    if why:
        return f"With mpol={option} no page is scanned, and none moves: {why}."
    gain = "they follow the task" if told["moves"] else "the file pays and never gains" if told["faults"] else "no use"
    return (f"With mpol={option} {some(told['faults'], 'hinting fault')} are taken and {told['moves']:,} of "
            f"{some(told['pages'], 'page')} move: {gain}.")


def _by_release(shares: dict[str, float]) -> str:
    moved, stayed = ([name for name, share in shares.items() if (share > 0) is wanted] for wanted in (True, False))
    return f"Without a policy they follow in {listed(moved)}; not in {listed(stayed)}."


def _recorded() -> str:
    taken = " and ".join(f"{count:,} ({name})" for name, count in recorded.LOCAL_FAULTS.items())
    return (f"mpol=default: {recorded.beside(recorded.DEFAULT_TMPFS)} moved; mpol=local: "
            f"{recorded.beside(recorded.LOCAL_TMPFS)}, after {taken} hinting faults: group f.")
