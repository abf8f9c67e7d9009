# SPDX-License-Identifier: GPL-2.0-only
"""Huge pages and v3.8's gate: a mapping with vm_ops is left alone, whatever it is called and whoever asks."""
from __future__ import annotations

import pytest

from numakit.kernel import V3_8
from numakit.machine import Machine
from numakit.thp import GATES, collapse, has_vm_ops
from numakit.tmpfs import Mount
from numakit.vma import AddressSpace

PAGES = 4096


def a_mapping(of_file, shared, options=""):
    """A mapping of 16 MB, of a tmpfs file or of no file."""
    tmp = Mount.new(options=options, machine=Machine(kernel=V3_8)).create("f", PAGES)
    return AddressSpace().mmap(tmp["f"] if of_file else None, PAGES, shared=shared).newest


# Recorded in group t: of a file private 0 kB, anonymous with madvise 14,336 kB, shared 0 kB.
@pytest.mark.parametrize(("of_file", "shared", "madvised", "possible"), [
    (True, False, True, False), (True, False, False, False), (True, True, True, False), (True, True, False, False),
    (False, False, True, True), (False, False, False, False), (False, True, True, False), (False, True, False, False)])
def test_only_a_private_anonymous_mapping_that_asked_is_gathered(of_file, shared, madvised, possible):
    assert collapse(a_mapping(of_file, shared), madvised).possible is possible


@pytest.mark.parametrize("options", ["", "mpol=local", "mpol=bind:1"])
def test_the_files_policy_has_nothing_to_do_with_it(options):
    assert collapse(a_mapping(True, False, options), True) == collapse(a_mapping(True, False), True)


@pytest.mark.parametrize(("of_file", "shared", "there"), [
    (True, True, True), (True, False, True), (False, True, True), (False, False, False)])
def test_every_mapping_of_a_file_has_vm_ops_and_shared_anonymous_memory_is_a_file(of_file, shared, there):
    assert has_vm_ops(a_mapping(of_file, shared)) is there


def test_the_reason_names_the_gate_and_asking_comes_second():
    assert collapse(a_mapping(True, False), False).why == f"the mapping has vm_ops: {GATES[2]}"
    assert "madvise" in collapse(a_mapping(False, False), False).why


def test_the_gate_stands_in_three_places():
    assert [gate.partition("()")[0] for gate in GATES] == [
        "handle_mm_fault", "khugepaged_enter_vma_merge", "hugepage_vma_check"]
