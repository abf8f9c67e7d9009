# SPDX-License-Identifier: GPL-2.0-only
"""SharedPolicy: cases worked by hand, and every change against a plain dict of page -> policy."""
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from numakit.errors import BadRange, KernelBug, ModelError
from numakit.kernel import V3_7, V3_8, V3_8_3, V3_13, V6_1
from numakit.mount_option import policy
from numakit.shared_policy import END_OF_FILE, SharedPolicy, SpNode

A, B, C = policy("bind:0"), policy("bind:1"), policy("interleave:0-3")
SPLITS = ["correct", "BUG", "loses the tail"]
PAGES = 40


def tree(*steps, split="correct"):
    """The map after some changes (start, end, policy)."""
    found = SharedPolicy()
    for start, end, pol in steps:
        found = found.replace(start, end, pol, split).check()
    return found


# shared_policy_replace(), worked by hand for ranges that overlap, cover, end, adjoin or take away.
@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize(("steps", "text"), [
    ([(0, 10, A), (5, 15, B)], "<[0, 5) bind:0, [5, 15) bind:1>"),
    ([(5, 15, A), (0, 10, B)], "<[0, 10) bind:1, [10, 15) bind:0>"),
    ([(5, 8, A), (9, 12, B), (0, 20, C)], "<[0, 20) interleave:0-3>"),
    ([(0, 10, A), (0, 10, B)], "<[0, 10) bind:1>"),
    ([(0, 20, A), (0, 10, None)], "<[10, 20) bind:0>"),
    ([(0, 20, A), (10, 20, None)], "<[0, 10) bind:0>"),
    ([(0, 4, A), (4, 8, A)], "<[0, 4) bind:0, [4, 8) bind:0>"),
    ([(0, 8, A), (0, 8, None)], "<no policy>"), ([(3, 4, None)], "<no policy>"),
    ([(0, 10, A), (20, 30, B), (5, 25, C)], "<[0, 5) bind:0, [5, 25) interleave:0-3, [25, 30) bind:1>"),
])
def test_changes_that_split_nothing_come_out_the_same_in_every_release(steps, text, split):
    assert repr(tree(*steps, split=split)) == text


def test_a_range_holds_for_its_pages_and_no_other():
    found = tree((10, 20, A))
    assert [found.lookup(p) for p in (9, 10, 19, 20)] == [None, A, A, None]


# A policy set in the middle of a range: what each release's shared_policy_replace() makes of it.
@pytest.mark.parametrize(("kernel", "text"), [
    (V3_7, "<[0, 128) bind:0, [128, 256) bind:1, [256, 1024) bind:0>"),
    (V3_8_3, "<[0, 128) bind:0, [128, 256) bind:1>"),
    (V3_13, "<[0, 128) bind:0, [128, 256) bind:1, [256, 1024) bind:0>"),
    (V6_1, "<[0, 128) bind:0, [128, 256) bind:1, [256, 1024) bind:0>")], ids=str)
def test_a_split_in_the_middle_by_release(kernel, text):
    assert repr(tree((0, 1024, A)).replace(128, 256, B, kernel.split).check()) == text


@pytest.mark.parametrize("new", [B, None], ids=["a policy", "default"])
def test_v3_8_dies_on_a_split_in_the_middle(new):
    before = tree((0, 1024, A))
    with pytest.raises(KernelBug, match="kernel BUG at mm/mempolicy.c"):
        before.replace(128, 256, new, V3_8.split)
    assert before == tree((0, 1024, A))


def test_v3_8_3_loses_the_policy_behind_the_new_range():
    found = tree((0, 1024, A)).replace(128, 256, B, V3_8_3.split)
    assert [found.lookup(p) for p in (127, 128, 255, 256, 1023)] == [A, B, B, None, None]


@pytest.mark.parametrize("split", SPLITS)
def test_a_range_that_meets_two_older_nodes_splits_neither(split):
    found = tree((0, 10, A), (10, 20, A)).replace(5, 15, B, split).check()
    assert [found.lookup(p) for p in (4, 5, 14, 15, 19)] == [A, B, B, A, A]


@st.composite
def ranges(draw):
    start = draw(st.integers(0, PAGES - 1))
    return start, draw(st.integers(start + 1, PAGES))


changes = st.tuples(ranges(), st.sampled_from([A, B, C, None]))


class Dict:
    """The simple truth beside it: page -> (policy, which change set it), and the older ranges' bounds."""

    def __init__(self):
        self.pages, self.bounds = {}, {}

    def node_around(self, start, end):
        """The older range in whose strict inside [start, end) lies, or None."""
        return next(((a, b) for a, b in self.bounds.values() if a < start and end < b), None)

    def replace(self, number, start, end, pol, split):
        """Raises KernelBug where v3.8 does."""
        around = self.node_around(start, end)
        if around and split == "BUG":
            raise KernelBug
        lost = range(end, around[1]) if around and split == "loses the tail" else ()
        for page in (*range(start, end), *lost):
            self.pages.pop(page, None)
        if pol is not None:
            self.pages |= dict.fromkeys(range(start, end), (pol, number))
        if around and not lost:  # what lies behind is a node of its own from now on
            own = self.pages[end][1]
            self.pages |= {p: (v[0], (own, number)) for p, v in self.pages.items() if v[1] == own and p >= end}
        self.note_bounds()

    def note_bounds(self):
        self.bounds = {}
        for page in sorted(self.pages):
            key = self.pages[page][1]
            self.bounds[key] = (self.bounds.get(key, (page,))[0], page + 1)

    def policy(self, page):
        return self.pages.get(page, (None, None))[0]


@given(st.lists(changes, max_size=12), st.sampled_from(SPLITS))
def test_a_shared_policy_says_of_each_page_what_a_dict_says(steps, split):
    found, plain = SharedPolicy(), Dict()
    for number, ((start, end), pol) in enumerate(steps):
        try:
            plain.replace(number, start, end, pol, split)
        except KernelBug:
            with pytest.raises(KernelBug):
                found.replace(start, end, pol, split)
            continue
        found = found.replace(start, end, pol, split).check()
        assert [found.lookup(p) for p in range(PAGES)] == [plain.policy(p) for p in range(PAGES)]
        assert [(n.start, n.end) for n in found.nodes] == sorted(plain.bounds.values())


@given(st.lists(changes, max_size=8), st.integers(0, PAGES + 5))
def test_a_lookup_with_its_range_holds_for_all_of_it_and_no_further(steps, page):
    found = tree(*((a, b, pol) for (a, b), pol in steps))
    pol, start, end = found.lookup_range(page)
    assert start <= page < end
    assert all(found.lookup(p) == pol for p in range(start, min(end, PAGES + 8)))
    inside = [n for n in found.nodes if n.start <= page < n.end]
    assert [(n.start, n.end) for n in inside] == ([(start, end)] if pol else [])
    assert pol or (start == 0 or found.lookup(start - 1)) and (end == END_OF_FILE or found.lookup(end))


@given(st.lists(changes, max_size=8), changes)
def test_a_change_gives_a_new_map_and_the_old_one_still_answers(steps, step):
    found = tree(*((a, b, pol) for (a, b), pol in steps))
    before = (repr(found), [found.lookup(p) for p in range(PAGES)])
    found.replace(*step[0], step[1])
    assert (repr(found), [found.lookup(p) for p in range(PAGES)]) == before


@given(st.lists(changes, max_size=8), changes)
def test_the_same_change_twice_is_the_same_as_once(steps, step):
    once = tree(*((a, b, pol) for (a, b), pol in steps)).replace(*step[0], step[1])
    assert once.replace(*step[0], step[1]) == once


def test_an_empty_map_has_one_hole_without_an_end():
    assert SharedPolicy().lookup_range(7) == (None, 0, END_OF_FILE)
    assert len(SharedPolicy()) == 0


@pytest.mark.parametrize(("start", "end"), [
    (4, 4), (5, 4), (-1, 4), (0, END_OF_FILE), (0, 1 << 70), (None, 4), (0, "4"), (0.0, 4), (False, 4), (0, True)])
@pytest.mark.parametrize("split", SPLITS)
def test_a_range_that_is_none_is_refused_and_changes_nothing(start, end, split):
    before = tree((0, 8, A))
    with pytest.raises(BadRange):
        before.replace(start, end, B, split)
    assert before == tree((0, 8, A))


@pytest.mark.parametrize("page", [-1, END_OF_FILE, None, "0", 1.5, True])
def test_a_page_that_no_file_has_is_refused(page):
    for ask in (tree((0, 8, A)).lookup, tree((0, 8, A)).lookup_range):
        with pytest.raises(BadRange, match="is no page of a file"):
            ask(page)


@pytest.mark.parametrize("nodes", [
    (SpNode(4, 4, A),), (SpNode(8, 4, A),), (SpNode(0, 4, A), SpNode(3, 8, B)), (SpNode(4, 8, A), SpNode(0, 4, B)),
    (SpNode(-1, 4, A),)], ids=["empty", "backwards", "overlap", "out of order", "below 0"])
def test_check_notices_a_map_that_could_not_be(nodes):
    with pytest.raises(ModelError, match="out of place"):
        SharedPolicy(nodes).check()
