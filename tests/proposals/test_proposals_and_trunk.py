# SPDX-License-Identifier: GPL-2.0-only
"""Each design's replace, with nobody else running, against the trunk's SharedPolicy.replace."""
from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from numakit.errors import KernelBug
from numakit.locking import Call, Scene, Turn, begin
from numakit.mempolicy import Mempolicy, Mode
from numakit.nodemask import Nodemask
from numakit.proposals import file, invariants
from numakit.proposals.cases import BEFORE
from numakit.proposals.designs import DESIGNS
from numakit.proposals.file import OLD, PAGES
from numakit.proposals.mbind import mbind
from numakit.shared_policy import SharedPolicy

# Where a replace that runs alone does not do what it should: the trunk's name for what its kernel does.
SLIPS = {"retry_as_merged": "BUG", "retry_order_mended": "loses the tail"}
RIGHT = [name for name in DESIGNS if name not in SLIPS]
POLICIES = {name: Mempolicy(Mode.BIND, Nodemask.of(nid)) for nid, name in enumerate([OLD, *"ABCDE"])}
NAMES = {policy: name for name, policy in POLICIES.items()}

ranges = st.tuples(st.integers(0, PAGES - 1), st.integers(1, PAGES)).filter(lambda pages: pages[0] < pages[1])
sequences = st.lists(ranges, min_size=1, max_size=5)


def after_setters(design, sequence):
    """The trace after setters A, B ... each ran alone to its end, one after the other."""
    tasks = {name: Call(mbind, (name, *pages, DESIGNS[design].replace))
             for name, pages in zip("ABCDE", sequence, strict=False)}
    trace = begin(Scene(tasks, BEFORE))
    for name in tasks:
        while not trace.over and not trace.ended(name):
            trace = trace.then(Turn(name))
    return trace


def ranges_of(trace):
    """The ranges of the tree, but for the dead ones that no page can find."""
    nodes = [file.read_node(trace.world, name) for name in file.tree_of(trace.world)]
    return [(node.start, node.end, node.value) for node in nodes if node.start < node.end]


def trunk(sequence, split="correct"):
    """The same ranges as the trunk has them; None where it says that the kernel hits BUG()."""
    sp = SharedPolicy().replace(0, PAGES, POLICIES[OLD])
    for name, pages in zip("ABCDE", sequence, strict=False):
        try:
            sp = sp.replace(*pages, POLICIES[name], split)
        except KernelBug:
            return None
    return [(node.start, node.end, NAMES[node.policy]) for node in sp.nodes]


def found(trace):
    return {found.name for row in trace.rows for found in row.found}


@pytest.mark.parametrize("design", RIGHT)
@settings(max_examples=25)
@given(sequence=sequences)
@example(sequence=[(1, 4), (2, 3), (0, 5), (0, 1), (4, 5)])
def test_a_replace_alone_does_what_the_trunk_does(design, sequence):
    trace = after_setters(design, sequence)
    assert not trace.over and not found(trace)
    assert ranges_of(trace) == trunk(sequence)
    assert not invariants.leaks(trace.world) and not invariants.bad_ranges(trace.world)


@settings(max_examples=100)
@given(sequence=sequences)
@example(sequence=[(1, 4)])
@example(sequence=[(0, 2), (2, 5), (1, 3)])
def test_as_merged_it_hits_bug_just_where_the_trunk_says_so(sequence):
    trace = after_setters("retry_as_merged", sequence)
    expected = trunk(sequence, SLIPS["retry_as_merged"])
    assert found(trace) == (set() if expected else {"sp_insert_bug"})
    assert expected is None or ranges_of(trace) == expected


@settings(max_examples=100)
@given(sequence=sequences)
@example(sequence=[(1, 4)])
def test_with_the_order_mended_it_loses_the_tail_as_the_trunk_says(sequence):
    trace = after_setters("retry_order_mended", sequence)
    if "sp_insert_bug" not in found(trace):  # see the next test
        assert ranges_of(trace) == trunk(sequence, SLIPS["retry_order_mended"])


def test_with_the_order_mended_a_second_split_can_still_hit_bug():
    # After [3, 4): [0, 3) old, [3, 4) A and a dead [5, 4). B splits [0, 3) at [1, 2): its dead tail is [3, 2), which
    # sp_insert finds within [3, 4): 3 is not before 3, 2 not behind 4. The trunk drops dead nodes and sees no BUG().
    trace = after_setters("retry_order_mended", [(3, 4), (1, 2)])
    assert trace.over and found(trace) >= {"sp_insert_bug"}
    assert trunk([(3, 4), (1, 2)], "loses the tail") == [(0, 1, OLD), (1, 2, "B"), (3, 4, "A")]


def test_a_dead_node_is_no_range_of_any_page():
    # One split of [0, 5) at [1, 2): [0, 1), [1, 2), and a dead [5, 2). Pages 2 to 4 have nothing.
    trace = after_setters("retry_order_mended", [(1, 2)])
    assert ranges_of(trace) == [(0, 1, OLD), (1, 2, "A")]
    assert [file.sp_lookup(trace.world, page, page + 1) for page in (2, 3, 4)] == [None, None, None]
    assert {found.name for found in invariants.bad_ranges(trace.world)} == {"bad_ranges"}
