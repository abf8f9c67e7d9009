# SPDX-License-Identifier: GPL-2.0-only
"""What a value says of itself, in the reader's words: a table of (expression, text); and the examples in docstrings."""
from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import numakit
from numakit import *  # noqa: F403  the expressions below are what a reader types
from numakit import recordings
from numakit.kernel import ALL
from numakit.mount_option import mpol_to_str
from numakit.process import Process, write  # noqa: F401  used in the expressions below
from numakit.thp import collapse  # noqa: F401
from numakit.topology import PRESETS, from_distances

MOUNTED = "Mount.new('/tmp', 'mpol=interleave').create('f', 8)"

REPRS = [
    ("Nodemask.of(0, 1, 2, 5)", "Nodemask('0-2,5')"), ("Nodemask()", "Nodemask('')"),
    ("Nodemask.parse('all')", "Nodemask('0-1023')"),
    ("V6_1", "Kernel('6.1.192')"), ("V6_1.title", "'Linux 6.1.192'"), ("V3_8_RC1", "Kernel('3.8-rc1')"),
    ("policy('interleave')", "Mempolicy('interleave:0-3')"), ("policy('local')", "Mempolicy('local')"),
    ("policy('prefer')", "Mempolicy('local')"), ("policy('prefer:2')", "Mempolicy('prefer:2')"),
    ("policy('bind=static:1-2')", "Mempolicy('bind=static:1-2')"), ("policy('default')", "None"),
    ("policy('prefer (many):0,3')", "Mempolicy('prefer (many):0,3')"),
    ("policy('weighted interleave:0-1')", "Mempolicy('weighted interleave:0-1')"),
    ("SharedPolicy()", "<no policy>"), ("SpNode(4, 8, policy('bind:1'))", "<[4, 8) bind:1>"),
    ("SharedPolicy().replace(4, 8, policy('bind:1')).replace(8, 9, policy('local'))", "<[4, 8) bind:1, [8, 9) local>"),
    ("Task()", "<task on CPU 0, default>"), ("Task(3, policy('bind:1'))", "<task on CPU 3, bind:1>"),
    ("Task(1, None, Nodemask.parse('0-1'))", "<task on CPU 1, default, cpuset mems 0-1>"),
    ("Mount.new()", "</tmp mpol=default>"), ("Mount.new('/mnt', 'mpol=local')", "</mnt mpol=local>"),
    ("Mount.new('/tmp', 'mpol=local', Machine(kernel=V3_8)).remount('size=1m')",
     "</tmp mpol=local (freed: CVE-2013-1767)>"),
    (f"{MOUNTED}['f']", "<f: inode 2, 8 pages, interleave:0-3 on page 0>"),
    ("Mount.new().create('f', 1)['f']", "<f: inode 2, 1 pages, default on page 0>"),
    ("Machine()", "<recorded 4 nodes, Linux 6.12.117>"), ("Machine(ring4(), V3_8)", "<ring of 4, Linux 3.8>"),
    ("two_sockets()", "<two sockets: 2 nodes, 16 CPUs, distances 10 to 21>"),
    ("nodes1024()", "<1,024 nodes: 1024 nodes, 1024 CPUs, distances 10 to 34>"),
    ("AddressSpace()", "<0 mappings: none>"),
    ("AddressSpace().mmap(pages=4, shared=False).newest", "<private mapping of anonymous, 4 pages, default>"),
    (f"AddressSpace().mmap({MOUNTED}['f'], pgoff=2).newest", "<shared mapping of f from page 2, 6 pages, default>"),
    (f"AddressSpace().mmap({MOUNTED}['f'], shared=False).newest",
     "<private mapping of f from page 0, 8 pages, default>"),
    ("Process()", "<<task on CPU 0, default>, 0 mappings, 0 pages of its own>"),
    ("write(Process(Task(1), AddressSpace().mmap(pages=4, at=4096)), Mount.new(), [4096])[0]",
     "<<task on CPU 1, default>, 1 mappings, 1 pages of its own>"),
    ("collapse(AddressSpace().mmap(pages=4, shared=False).newest, True)",
     "<possible: a private anonymous mapping that asked for it>"),
    ("collapse(AddressSpace().mmap(pages=4, shared=False).newest, False)",
     "<not possible: madvise(MADV_HUGEPAGE) was not asked for>"),
]


@pytest.mark.parametrize(("expression", "text"), REPRS)
def test_a_value_says_itself_in_the_readers_words(expression, text):
    assert repr(eval(expression)) == text  # noqa: S307  the expressions are ours


def test_one_node_says_why_there_is_nothing_to_see():
    assert repr(from_distances("mine", [[10]])).startswith("<mine has one node: every access is local")


def test_a_recording_says_its_kernel_group_and_size():
    first = recordings.own()[0]
    assert repr(first) == f"<{first.kernel}, group {first.group}: {len(first.records)} observations>"


@pytest.mark.parametrize("value", [*ALL, *(make() for make in PRESETS.values())], ids=lambda v: v.name)
def test_no_value_of_the_package_speaks_in_memory_addresses_or_line_breaks(value):
    assert " at 0x" not in repr(value)
    assert "\n" not in repr(value)
    assert len(repr(value)) < 160


def test_no_policy_shows_nothing_in_proc_mounts():
    assert mpol_to_str(None) == ""


def test_every_name_that_the_package_offers_is_there():
    assert [name for name in numakit.__all__ if not hasattr(numakit, name)] == []


TRUNK = [name for _, name, is_room in pkgutil.iter_modules(numakit.__path__, "numakit.") if not is_room]


@pytest.mark.parametrize("name", [n for n in TRUNK if n != "numakit.lab"])
def test_the_examples_in_docstrings_come_out_as_printed(name):
    module = importlib.import_module(name)
    offered = {n: getattr(numakit, n) for n in numakit.__all__}
    done = doctest.testmod(module, extraglobs={n: v for n, v in offered.items() if not hasattr(module, n)})
    assert done.failed == 0


def test_some_docstrings_have_examples():
    finder = doctest.DocTestFinder()
    found = [t for name in TRUNK for t in finder.find(importlib.import_module(name)) if t.examples]
    assert len(found) >= 3
