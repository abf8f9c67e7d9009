# SPDX-License-Identifier: GPL-2.0-only
"""C8, of lesson 13: something keeps khugepaged from the copies of a private tmpfs mapping."""
import pytest

from numakit.kernel import V3_8, V3_8_MUTEX
from numakit.machine import Machine
from numakit.recordings import own
from numakit.thp import PLACES, at_enter, at_fault, at_scan, gathered, has_vm_ops, huge_blocks, madvise
from numakit.tmpfs import Mount
from numakit.topology import recorded4_v3_8
from numakit.vma import AddressSpace

PAGES = 4096
KERNELS = ["3.8-mutex", "3.8-split-mended"]


def huge(kernel, what, asked):
    """The recorded uses of a kind of memory that asked for huge pages, or did not."""
    records = next(r.records for r in own() if (r.kernel, r.group) == (kernel, "t"))
    return [r for r in records if r["what"].startswith(what) and r["madvise"] == asked]


def scanned(what, opt, act):
    """A recorded use of memory by one process under balancing, on the kernel with the mutex."""
    records = next(r.records for r in own() if (r.kernel, r.group) == ("3.8-mutex", "f"))
    wanted = {"map": what, "procs": 1, "pages": 1024, "opt": opt, "act": act}
    return next(r for r in records if all(r.get(name) == value for name, value in wanted.items()))


def mapped(options=""):
    """A private mapping of a tmpfs file, and anonymous memory, of 16 MB each."""
    tmp = Mount.new("/tmp", options, Machine(recorded4_v3_8(), V3_8)).create("f", PAGES)
    return [AddressSpace().mmap(tmp["f"], shared=False).newest, AddressSpace().mmap(pages=PAGES, shared=False).newest]


@pytest.mark.parametrize("kernel", KERNELS)
def test_c8_khugepaged_takes_anonymous_memory_and_leaves_every_private_tmpfs_mapping_alone(kernel):
    left_alone = huge(kernel, "tmpfs MAP_PRIVATE", asked=1)
    assert {r["opt"] for r in left_alone} == {"", "mpol=local", "mpol=bind:1"}
    assert all((r["madvise_errno"], r["AnonHugePages_kB"], r["collapse_alloc"]) == (0, 0, 0) for r in left_alone)
    [control] = huge(kernel, "anon private control", asked=1)
    assert control["madvise_errno"] == 0 and control["AnonHugePages_kB"] == 14_336
    for options in ("", "mpol=local", "mpol=bind:1"):
        assert [gathered([vma]) for vma in mapped(options)] == [(0,), (14_336,)]


@pytest.mark.parametrize("kernel", KERNELS)
def test_c8_without_asking_the_control_is_left_alone_as_well_so_that_only_asking_tells(kernel):
    [control] = huge(kernel, "anon private control", asked=0)
    assert control["AnonHugePages_kB"] == 0


def test_c8_what_prevents_it_is_that_the_mapping_has_vm_ops_and_nothing_else():
    private, anonymous = mapped("mpol=bind:1")
    assert [has_vm_ops(vma) for vma in (private, anonymous)] == [True, False]
    assert madvise(private).is_open and huge_blocks(private) == huge_blocks(anonymous) == 7
    assert {passes(private).closed_by for passes in (at_fault, at_enter, at_scan)} == {"vm_ops"}
    assert all(passes(private, opened=PLACES).is_open for passes in (at_fault, at_enter, at_scan))


def test_c8_the_doubt_had_its_reasons_since_a_copys_hinting_fault_does_ask_the_file():
    # The same mbind, on copies and on anonymous memory: only where the tree was asked did the mutex warn.
    bound = scanned("private-write", "", "mbind(bind:2)"), scanned("anon-private", "", "mbind(bind:2)")
    assert [r["before"] for r in bound] == [[0, 0, PAGES // 4, 0, 0]] * 2
    assert [r["bug_sleeping"] > 0 for r in bound] == [True, False]
    assert V3_8_MUTEX.shared_policy_lock == "mutex"


def test_c8_on_v3_8_itself_copies_lie_where_the_file_wants_them():
    wanted = {"mpol=bind:2": [0, 0, 1024, 0, 0], "mpol=prefer:1": [0, 1024, 0, 0, 0],
              "mpol=interleave": [256, 256, 256, 256, 0], "mpol=local": [1024, 0, 0, 0, 0], "": [1024, 0, 0, 0, 0]}
    assert {opt: scanned("private-write", opt, "")["before"] for opt in wanted} == wanted
