# SPDX-License-Identifier: GPL-2.0-only
"""Kernel: releases as values. What each one changed is a table here, so that no switch flips unseen."""
from __future__ import annotations

import inspect
import re
from dataclasses import FrozenInstanceError, fields, replace

import pytest

from numakit import kernel as kernel_module
from numakit.kernel import (
    ALL,
    KERNELS,
    V3_6,
    V3_7,
    V3_8,
    V3_8_3,
    V3_8_MUTEX,
    V3_8_RC1,
    V3_8_SPLIT_MENDED,
    V3_13,
    V6_1,
    V6_8,
    V6_12,
    V6_18,
    V7_3,
    Kernel,
    UnknownKernel,
    named,
    nearest,
    version,
)

SWITCHES = [f.name for f in fields(Kernel) if f.name != "name"]


@pytest.mark.parametrize(("older", "newer", "switches"), [
    (V3_6, V3_7, "shared_policy_lock"),
    (V3_7, V3_8_RC1, "local_by_system_call hinting_faults"),
    (V3_8_RC1, V3_8, "shared_policy_lock split show_corrupts"),
    (V3_8, V3_8_MUTEX, "shared_policy_lock split"),
    (V3_8, V3_8_SPLIT_MENDED, "split"),
    (V3_8, V3_8_3, "split remount_default_clears remount_keeps_mpol"),
    (V3_8_3, V3_13, "split vma_merge_sets_policy first_nid_gate small_vma_gate scan_period_ms scan_budget"
                     " scanner_heeds_rate_limit scan_needs_mof scan_skips_read_only_files mapcount_check"
                     " two_stage_filter"),
    (V3_13, V6_1, "node_list flag_cut_first local_is_a_mode preferred_many balancing_with balancing_reads_back_raw"
                  " preferred_follows_cpuset node_load mbind_sees_every_hole shared_policy_lock"
                  " vma_merge_sets_policy local_private_pages_marked cow_marks two_stage_filter"
                  " preferred_checks_node_first rate_limit"),
    (V6_1, V6_8, "whole_file_pages ilx_known_to_fault_path huge_index_keeps_ino interleave_index_bits"),
    (V6_8, V6_12, "weighted_interleave balancing_with shmem_falls_back_to_task_policy cow_marks"),
    (V6_12, V6_18, "shmem_falls_back_to_task_policy"),
    (V6_18, V7_3, "balancing_reads_back_raw shmem_falls_back_to_task_policy"),
], ids=lambda k: k.name if isinstance(k, Kernel) else "")
def test_two_releases_differ_in_just_these_switches(older, newer, switches):
    assert set(older.differences(newer)) == set(switches.split())


@pytest.mark.parametrize(("kernel", "split"), [(V3_7, "correct"), (V3_8, "BUG"), (V3_8_3, "loses the tail"),
                                               (V3_13, "correct"), (V7_3, "correct")], ids=lambda v: str(v))
def test_each_release_splits_as_the_facts_say(kernel, split):
    assert kernel.split == split


@pytest.mark.parametrize(("kernel", "lock"), [
    (V3_6, "spinlock"), (V3_7, "mutex"), (V3_8_RC1, "mutex"), (V3_8, "spinlock"), (V3_13, "spinlock"),
    (V6_1, "rwlock"), (V6_12, "rwlock")], ids=lambda v: str(v))
def test_each_release_guards_the_tree_as_the_facts_say(kernel, lock):
    assert kernel.shared_policy_lock == lock


def test_differences_give_both_values_and_leave_the_name_out():
    assert V3_8.differences(V3_8_SPLIT_MENDED) == {"split": ("BUG", "correct")}
    assert V3_8.differences(V3_8) == V3_8.differences(replace(V3_8, name="mine")) == {}


@pytest.mark.parametrize("switch", SWITCHES)
def test_every_switch_says_its_rule_and_how_sure_it_is(switch):
    source = inspect.getsource(kernel_module)
    told = re.search(rf'^    {switch}: [^\n]*\n    """(.*?)"""', source, re.MULTILINE | re.DOTALL)
    assert told, f"{switch} has no docstring"
    assert re.search(r"\[[CRI]\]|UNVERIFIED", told[1]), f"{switch} has no mark"


def test_a_switch_is_flipped_by_making_another_kernel():
    flipped = replace(V6_1, ilx_known_to_fault_path=True)
    assert (V6_1.ilx_known_to_fault_path, flipped.ilx_known_to_fault_path) == (False, True)
    with pytest.raises(FrozenInstanceError):
        V6_1.ilx_known_to_fault_path = True


def test_every_kernel_has_a_name_of_its_own():
    assert list(KERNELS.values()) == list(ALL)
    assert len(KERNELS) == len(ALL)


@pytest.mark.parametrize(("name", "kernel"), [
    ("3.8", V3_8), ("3.8-mutex", V3_8_MUTEX), ("3.8.3", V3_8_3), ("6.1", V6_1), ("6.1.192", V6_1), ("6.12", V6_12),
    ("7.3", V7_3)])
def test_a_kernel_is_found_by_its_name_or_its_two_first_numbers(name, kernel):
    assert named(name) is kernel


@pytest.mark.parametrize("name", ["6", "6.2", "3.9", "6.1.1", "", "linux", "6.1.192 ", None, 6.1, b"6.1"])
def test_a_name_that_the_kit_does_not_know_is_refused(name):
    with pytest.raises(UnknownKernel):
        named(name)


@pytest.mark.parametrize(("name", "kernel"), [
    ("2.6.12", V3_6), ("3.7.2", V3_7), ("3.8.9", V3_8_3), ("3.10", V3_8_3), ("5.10", V3_13), ("6.2", V6_1),
    ("6.12.999", V6_12), ("6.1.5", V3_13), ("99.1", V7_3), ("3.8-mutex", V3_8_MUTEX)])
def test_for_a_release_between_two_the_older_rules_are_tried(name, kernel):
    assert nearest(name) is kernel


@pytest.mark.parametrize(("name", "numbers"), [("6.12.117", (6, 12, 117)), ("3.8-rc1", (3, 8)), ("v3.13", (3, 13))])
def test_a_version_is_its_numbers(name, numbers):
    assert version(name) == numbers
