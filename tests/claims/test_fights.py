# SPDX-License-Identifier: GPL-2.0-only
"""C14, of lesson 14: placement faults would fight tmpfs's choices, if anybody could let them.

The bounds: the releases that the kit knows; every mode with every flag of set_mempolicy and mbind, and every mpol=
of a mount; four nodes.
"""
from itertools import product

import pytest

from numakit.errors import InvalidPolicy
from numakit.fights import by_inode, copies, move_against_fault
from numakit.kernel import ALL, V3_8, V6_1
from numakit.machine import Machine
from numakit.mbind import make_policy
from numakit.mempolicy import Flag, Mode
from numakit.mount_option import policy
from numakit.moving import MF, mbind
from numakit.nodemask import Nodemask
from numakit.process import Process
from numakit.recordings import own
from numakit.task import Task
from numakit.tmpfs import Mount
from numakit.topology import recorded4
from numakit.vma import AddressSpace

INDEXED = (Mode.INTERLEAVE, Mode.WEIGHTED_INTERLEAVE)
OPTIONS = [f"{mode}{flag}:{nodes}" for mode in ("interleave", "weighted interleave", "bind", "prefer (many)")
           for flag in ("", "=static", "=relative") for nodes in ("0-3", "0,2", "1")]
MPOL_MF_LAZY = 8


def made(make):
    """What a call makes, None where the kernel refuses it."""
    try:
        return make()
    except InvalidPolicy:
        return None


def by_system_calls(machine):
    """Every policy that set_mempolicy and mbind make of a mode, mode flags, and all nodes, some, or none."""
    flags = [Flag(sum(some)) for some in product(*((0, int(flag)) for flag in (*Flag,)))]
    calls = product(range(10), flags, (Nodemask.of(0, 1, 2, 3), Nodemask.of(1, 3), Nodemask()))
    return [made(lambda c=call: make_policy(c[0], c[2], c[1], machine, Task())) for call in calls]


@pytest.mark.parametrize("kernel", ALL, ids=repr)
def test_c14_the_two_disagree_before_v6_7_and_no_release_lets_anybody_set_the_mark_that_would_move_a_page(kernel):
    machine = Machine(recorded4(), kernel)
    reachable = [p for p in by_system_calls(machine) if p] + [
        p for option in OPTIONS if (p := made(lambda o=option: policy(o, machine)))]
    indexed = [p for p in reachable if p.mode in INDEXED]
    assert len(indexed) >= 10 and not any(p.flags & Flag.MOF for p in indexed)
    fight = by_inode(kernel, reachable=False)
    assert fight.told["disagree"] == fight.told["pages"] and fight.told["disagree with ilx"] == 0
    assert fight.told["moves"] == fight.told["moves with ilx"] == 0


def test_c14_the_search_would_have_seen_the_mark_as_it_does_on_bind():
    marked = {kernel.name: {p.mode for p in by_system_calls(Machine(recorded4(), kernel)) if p and p.flags & Flag.MOF}
              for kernel in ALL}
    assert marked["3.8"] == set() and marked["6.1.192"] == {Mode.BIND}
    assert marked["6.12.117"] == {Mode.BIND, Mode.PREFERRED_MANY}


@pytest.mark.parametrize("kernel", ALL, ids=repr)
def test_c14_the_one_flag_that_would_have_set_it_is_refused(kernel):
    mount = Mount.new("/tmp", "", Machine(recorded4(), kernel)).create("f", 4)
    process = Process(space=AddressSpace().mmap(mount["f"]))
    for others in (MF.NONE, MF.STRICT, MF.MOVE, MF.MOVE_ALL):
        with pytest.raises(InvalidPolicy):
            mbind(process, mount, process.space.newest.start, 4 * 4096, Mode.INTERLEAVE, Nodemask.of(0, 1),
                  mf=MPOL_MF_LAZY | int(others))


def test_c14_the_recorded_v3_8_took_tens_of_thousands_of_faults_on_interleaved_files_and_moved_none():
    seen = [r for recording in own() if recording.is_v3_8 and recording.group == "f" for r in recording.records
            if r["opt"].startswith("mpol=interleave") and r.get("pte_updates")]
    assert len(seen) >= 6 and all(r["migrated"] == 0 and r["before"] == r["after"] for r in seen)
    assert all(r["hint_faults"] > 5_000 for r in seen) and sum(r["hint_faults"] for r in seen) > 50_000


@pytest.mark.parametrize("kernel", [k for k in ALL if k.hinting_faults], ids=repr)
def test_c14_with_the_mark_each_page_moves_once_and_not_for_ever(kernel):
    fight = by_inode(kernel, rounds=8)
    assert fight.sides[0].moves_of_page.tolist() == [1] * fight.told["pages"]
    assert fight.sides[0].moves.tolist() == [fight.told["pages"]] + [0] * 7
    assert fight.told["moves with ilx"] == 0


def test_c14_and_once_more_each_time_that_it_is_allocated_anew():
    assert by_inode(V3_8, rounds=6, drop_after=(1, 3)).sides[0].moves_of_page.tolist() == [3] * 512


def test_c14_what_could_be_reached_was_another_spread_by_mbind_and_by_copies():
    assert move_against_fault(V6_1).told["6.1.192"]["off"] == 120
    assert copies(V6_1).told["6.1.192"]["elsewhere"] == 32
