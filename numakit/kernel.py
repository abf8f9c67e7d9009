# SPDX-License-Identifier: GPL-2.0-only
"""Kernel: which release's rules hold, as a frozen value of named switches.

No function of the model compares version numbers: it asks a switch. A switch is named for the rule, and says which
commit changed it. `dataclasses.replace(V6_1, ilx_known_to_fault_path=True)` flips one to see what it does.

Marks as in the sources: [C] read in the code or in a mail, [R] recorded on a running kernel, [I] inferred,
UNVERIFIED not confirmed.
"""
from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from typing import Literal

from numakit.errors import LinuxError


class UnknownKernel(LinuxError):
    """A kernel whose rules the kit does not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """The rules of one release. Every switch stands for one rule that changed between releases."""

    name: str
    """What recordings call it, "6.1.192"."""

    node_list: Literal["digits", "regions"]
    """How a list of nodes is read: `nodelist` tells both. Linux v3.8 and v6.1 lib/bitmap.c. [C] [R]"""

    flag_cut_first: bool
    """mpol= cuts the string at '=' before it reads the nodes, so that `interleave:0=static` is accepted.
    v6.1 mm/mempolicy.c, mpol_parse_str(); by c7a91bc7c2e1 (v5.6), UNVERIFIED. [C] [R]"""

    local_by_system_call: bool
    """set_mempolicy and mbind know MPOL_LOCAL: 479e2802d09f (v3.8-rc1). The mount option `local` is older. [C]"""

    local_is_a_mode: bool
    """MPOL_LOCAL is a mode of its own; before, `local` was MPOL_PREFERRED without a node, and mbind took
    `local` with a mode flag. 7858d7bca7fb (2021). [C] [R]"""

    preferred_many: bool
    """MPOL_PREFERRED_MANY exists. v5.15 (version UNVERIFIED); in v6.1. [C] [R]"""

    weighted_interleave: bool
    """MPOL_WEIGHTED_INTERLEAVE exists. fa3bea4e1f82 (v6.9). [C] [R]"""

    balancing_with: tuple[Literal["bind", "prefer (many)"], ...]
    """The modes that may carry MPOL_F_NUMA_BALANCING: none before bda420b98505 (v5.12), bind from then on,
    PREFERRED_MANY too since 133d04b1eee9 (v6.10, version UNVERIFIED). [C] [R]"""

    balancing_reads_back_raw: bool
    """The user's own mask is kept where MPOL_F_NUMA_BALANCING is set: get_mempolicy gives it back, and a cpuset's
    change remaps from it. Narrowed to STATIC and RELATIVE by v7.1. mpol_store_user_nodemask(). [C] [R]"""

    preferred_follows_cpuset: bool
    """A cpuset's change remaps PREFERRED. Not in v6.1, where PREFERRED and PREFERRED_MANY stay. [C]"""

    node_load: Literal["set falling", "add falling", "add one"]
    """What the first node of each distance gets when a fallback list is built, so that the next list prefers another
    node at equal distance. v3.8 *sets* a load that falls along the list, 54d032ced983 (2021) *adds* it, 379313241e77
    (v5.19) adds one. mm/page_alloc.c, build_zonelists(). [C]; the recordings fit, and can't tell the last two apart."""

    remount_default_clears: bool
    """`remount,mpol=default` takes the mount's policy away. Since 5f00110f7273 (v3.8.3) it means "keep". [C] [R]"""

    remount_keeps_mpol: bool
    """A remount without mpol= keeps the policy; before 5f00110f7273 it left a freed one in place
    (CVE-2013-1767). [C]"""

    show_corrupts: bool
    """Reading /proc/mounts with mpol=prefer or local sets a stray bit. e17f74af351c (2.6.35) to f2a07f40dbc6
    (2 Jan 2013). [C]"""

    whole_file_pages: int
    """Pages that a mount's policy covers in a new file. v3.8: TASK_SIZE >> 12 of a 64-bit creator (4-level); since
    35ec8fa0207b (v6.7) MAX_LFS_FILESIZE >> 12. [C]"""

    split: Literal["correct", "BUG", "loses the tail"]
    """What a replace in the middle of a range does. 42288fe366c4 (v3.8) hits BUG() in sp_insert(); v3.8.3 loses the
    policy behind the new range; correct in v3.7 and again by v3.13. [C] [R]"""

    shared_policy_lock: Literal["spinlock", "mutex", "rwlock"]
    """What guards a file's tree: b22d127a39dd (v3.7) made it a mutex, 42288fe366c4 (v3.8) a spinlock again,
    4a8c7bb59ac8 (2016) a rwlock. [C]"""

    ilx_known_to_fault_path: bool
    """Copy-on-write, migration and mpol_misplaced() interleave by the index that allocation uses, i_ino included.
    ddc1a5cbc05d (v6.7). [C] [R]"""

    huge_index_keeps_ino: bool
    """A 2 MiB page interleaves by i_ino + (index >> 9); before ddc1a5cbc05d by (index + i_ino) >> 9, where a
    small i_ino vanishes. [C] [R]"""

    interleave_index_bits: int
    """Bits of the interleave index that count: 32 before ddc1a5cbc05d, 64 since. offset_il_node(). [C]"""

    mbind_sees_every_hole: bool
    """mbind refuses a hole anywhere in its range; before v5.5 it saw one at the range's head, for default too, and
    between mappings, but none at the tail. "fix checking unmapped holes for mbind", Li Xinhai, November 2019. [C];
    the release UNVERIFIED."""

    vma_merge_sets_policy: Literal["never", "case 8", "always"]
    """Whether mbind sets the file's policy again where it merged the mapping with a neighbour: never in v3.8, for
    vma_merge's case 8 only in v3.13 (3964acd0dbec, UNVERIFIED), always, and over the whole merged mapping, in v6.1
    ("mbind_range() set_policy() after vma_merge()", backported to stable kernels). [C] [R]"""

    hinting_faults: bool
    """NUMA balancing exists: pages are marked, the next touch takes a hinting fault. Merged for v3.8-rc1
    (771fb4d806a9, 9532fec118d). [C]"""

    first_nid_gate: bool
    """The scanner waits until the task has run on a second node; gone by v3.13. v3.8 kernel/sched/fair.c,
    task_numa_work(). [C] [R]"""

    small_vma_gate: bool
    """The scanner skips mappings below 2 MiB; gone by v3.13. v3.8, task_numa_work(). [C] [R]"""

    scan_period_ms: tuple[int, int]
    """The shortest and the longest scan period, in ms of the task's run time: 100 and 5,000 in v3.8, 1,000 and 60,000
    in v3.13. [C]; for later releases v3.13's are taken. [I]"""

    scan_budget: Literal["entries", "range"]
    """What a scan's pages are counted by: the page-table entries looked at (v3.8), or the length of address space
    once an entry was marked (v3.13). task_numa_work(). [C]"""

    scanner_heeds_rate_limit: bool
    """The scanner leaves out its turn while this node is rate-limited. v3.8, task_numa_work() [C]; taken out by
    "sched/numa: Continue PTE scanning even if migrate rate limited" (Peter Zijlstra, 2013; release UNVERIFIED)."""

    scan_needs_mof: bool
    """The scanner skips a mapping whose policy lacks MPOL_F_MOF; of a tmpfs mapping it asks the first page.
    fc3147245d19 (v3.13), vma_policy_mof(). [C] [R]"""

    shmem_falls_back_to_task_policy: bool
    """Where a tmpfs mapping's first page has no policy, that gate asks the task's. "fix automatic numa balancing for
    shmem" (Johannes Weiner, 29 June 2026; release UNVERIFIED; in Debian's 6.12.117). [C] [R]"""

    scan_skips_read_only_files: bool
    """The scanner skips mappings of files that can only be read, and mappings without any access. In v3.13. [C]"""

    mapcount_check: bool
    """Only a page that one page-table entry maps is marked and moved. Dropped by "mm: numa: Scan pages with elevated
    page_mapcount" (Mel Gorman, v3.13; id UNVERIFIED), but for executable files when moving. [C] [R]"""

    local_private_pages_marked: bool
    """A page of a private mapping that lies on the running node already is marked too. Not in v6.1 and v6.8, where
    no other task shares the address space. change_pte_range(). [C] [R]"""

    cow_marks: Literal["all", "sole reference", "mapped once"]
    """Which pages of a private mapping may be marked: all (v3.13; v3.8 has its mapcount check), those without any
    other reference (v6.1), so none of a file's own pages, those not mapped twice (later). change_pte_range(). [C];
    from which release on the last holds is UNVERIFIED; recorded on 6.12. [R]"""

    two_stage_filter: Literal["none", "last_nid", "last_cpupid", "early faults pass"]
    """Which hinting faults may move a page under MPOL_F_MORON: all of them (none: ours, to see what the filter is for;
    no release is so); the second in a row from a node (v3.8); the first as well, the page's last task being unset
    (v3.13); at first every one of an only task (v6.1, should_numa_migrate_memory()). [C] [R]"""

    preferred_checks_node_first: bool
    """Under PREFERRED a page on its node is left alone before MORON is asked, so that nobody is noted as its last
    task. In v6.1, not in v3.13. mpol_misplaced(). [C]"""

    rate_limit: bool
    """Pages moved to one node are limited in each 100 ms. Removed by efaffc5e40ae (2018; v4.20 UNVERIFIED). [C]"""

    @property
    def title(self) -> str:
        """The name as a reader says it, "Linux 6.1.192"."""
        return f"Linux {self.name}"

    def __repr__(self) -> str:
        return f"Kernel('{self.name}')"

    def differences(self, other: Kernel) -> dict[str, tuple[object, object]]:
        """The switches in which two kernels differ: name -> (this one's, the other's)."""
        names = (f.name for f in fields(self) if f.name != "name")
        pairs = {n: (getattr(self, n), getattr(other, n)) for n in names}
        return {n: p for n, p in pairs.items() if p[0] != p[1]}


V3_6 = Kernel(
    name="3.6", node_list="digits", flag_cut_first=False, local_by_system_call=False, local_is_a_mode=False,
    preferred_many=False, weighted_interleave=False, balancing_with=(), balancing_reads_back_raw=False,
    preferred_follows_cpuset=True,
    node_load="set falling", remount_default_clears=True, remount_keeps_mpol=False, show_corrupts=True,
    whole_file_pages=(1 << 35) - 1, split="correct", shared_policy_lock="spinlock",
    ilx_known_to_fault_path=False, huge_index_keeps_ino=False, interleave_index_bits=32,
    mbind_sees_every_hole=False, vma_merge_sets_policy="never",
    hinting_faults=False, first_nid_gate=True, small_vma_gate=True, scan_period_ms=(100, 5000), scan_budget="entries",
    scanner_heeds_rate_limit=True, scan_needs_mof=False, shmem_falls_back_to_task_policy=False,
    scan_skips_read_only_files=False, mapcount_check=True, local_private_pages_marked=True, cow_marks="all",
    two_stage_filter="last_nid", preferred_checks_node_first=False, rate_limit=True)
"""The spinlock of old, with its race. What no source names is taken from v3.8. [I]"""

V3_7 = replace(V3_6, name="3.7", shared_policy_lock="mutex")
"""b22d127a39dd: a mutex in the spinlock's place."""

V3_8_RC1 = replace(V3_7, name="3.8-rc1", local_by_system_call=True, hinting_faults=True)
"""21 December 2012: hinting faults, and the mutex still there. No tree of it was read. [I]"""

V3_8 = replace(V3_8_RC1, name="3.8", shared_policy_lock="spinlock", split="BUG", show_corrupts=False)
"""As released: 42288fe366c4 and f2a07f40dbc6 are in."""

V3_8_MUTEX = replace(V3_8, name="3.8-mutex", shared_policy_lock="mutex", split="correct")
"""v3.8.0 with the mutex put back, as it was recorded: the state of rc1, as far as is known."""

V3_8_SPLIT_MENDED = replace(V3_8, name="3.8-split-mended", split="correct")
"""v3.8.0 with both slips of the split mended, as it was recorded."""

V3_8_3 = replace(V3_8, name="3.8.3", split="loses the tail", remount_default_clears=False, remount_keeps_mpol=True)
"""One slip mended, one not; and a remount can no longer return to the default."""

V3_13 = replace(V3_8_3, name="3.13", split="correct", vma_merge_sets_policy="case 8", first_nid_gate=False,
    small_vma_gate=False, scan_period_ms=(1000, 60000), scan_budget="range", scanner_heeds_rate_limit=False,
    scan_needs_mof=True, scan_skips_read_only_files=True, mapcount_check=False, two_stage_filter="last_cpupid")
"""Both slips mended; hinting faults, but for default tmpfs."""

V6_1 = replace(
    V3_13, name="6.1.192", node_list="regions", flag_cut_first=True, local_is_a_mode=True, preferred_many=True,
    balancing_with=("bind",), balancing_reads_back_raw=True, preferred_follows_cpuset=False,
    node_load="add one", shared_policy_lock="rwlock", mbind_sees_every_hole=True,
    vma_merge_sets_policy="always", local_private_pages_marked=False, cow_marks="sole reference",
    two_stage_filter="early faults pass", preferred_checks_node_first=True, rate_limit=False)
"""Debian's 6.1.192, as it was recorded."""

V6_8 = replace(
    V6_1, name="6.8", whole_file_pages=(1 << 51) - 1, ilx_known_to_fault_path=True, huge_index_keeps_ino=True,
    interleave_index_bits=64)
"""After Hugh Dickins' series of v6.7, which made the interleave index known to all."""

V6_12 = replace(V6_8, name="6.12.117", weighted_interleave=True, balancing_with=("bind", "prefer (many)"),
                shmem_falls_back_to_task_policy=True, cow_marks="mapped once")
"""Debian's 6.12.117, as it was recorded."""

V6_18 = replace(V6_12, name="6.18.15", shmem_falls_back_to_task_policy=False)
"""Debian's 6.18.15: as 6.12.117, but for default tmpfs, which it does not scan, and default weights (see Machine)."""

V7_3 = replace(V6_18, name="7.3.4", balancing_reads_back_raw=False, shmem_falls_back_to_task_policy=True)
"""Debian's 7.3.4."""

ALL = (V3_6, V3_7, V3_8_RC1, V3_8, V3_8_MUTEX, V3_8_SPLIT_MENDED, V3_8_3, V3_13, V6_1, V6_8, V6_12, V6_18, V7_3)

KERNELS: dict[str, Kernel] = {k.name: k for k in ALL}
"""Name -> Kernel, oldest rules first."""


def version(name: str) -> tuple[int, ...]:
    """The numbers of a release's name: "6.12.117" -> (6, 12, 117). Raises UnknownKernel where there are none."""
    found = re.match(r"\D*(\d+(?:\.\d+)*)", name) if isinstance(name, str) else None
    if found is None:
        raise UnknownKernel(f"{name!r} names no release", f"one of {', '.join(KERNELS)} would do",
                            "releases are named by numbers, such as 6.1.192")
    return tuple(int(n) for n in found[1].split("."))


def named(name: str) -> Kernel:
    """The kernel of exactly that name, "6.1" for "6.1.192" too. Raises UnknownKernel."""
    if isinstance(name, str) and name in KERNELS:
        return KERNELS[name]
    short = [k for k in ALL if version(k.name)[:2] == version(name) and len(version(k.name)) == 3]
    if len(short) == 1:
        return short[0]
    raise UnknownKernel(f"the kit has no rules named {name!r}", f"one of {', '.join(KERNELS)} would do",
                        "rules change between releases, and backports move them")


def nearest(name: str) -> Kernel:
    """The rules to try for a release that the kit does not know: the newest that is not newer, else the oldest."""
    try:
        return named(name)
    except UnknownKernel:
        plain = [k for k in ALL if k not in (V3_8_MUTEX, V3_8_SPLIT_MENDED)]
        older = [k for k in plain if version(k.name) <= version(name)]
        return older[-1] if older else plain[0]
