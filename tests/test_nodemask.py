# SPDX-License-Identifier: GPL-2.0-only
"""Nodemask against Python's own sets, and the kernel's arithmetic on it in worked cases."""
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import masks, node_sets, some_masks

from numakit.errors import InvalidNodes
from numakit.nodelist import MAX_NUMNODES
from numakit.nodemask import Nodemask, checked_nid, node_remap


@given(node_sets, node_sets)
def test_a_nodemask_is_a_set_of_its_nodes(a, b):
    x, y = Nodemask.of(*a), Nodemask.of(*b)
    assert list(x) == sorted(a)
    assert (len(x), bool(x)) == (len(a), bool(a))
    assert (set(x & y), set(x | y), set(x - y)) == (a & b, a | b, a - b)
    assert x.issubset(y) == (a <= b)
    assert all((n in x) == (n in a) for n in range(72))


@given(node_sets)
def test_equal_sets_are_equal_masks_whatever_their_history(nids):
    one_by_one = Nodemask()
    for n in nids:
        one_by_one = one_by_one | Nodemask.of(n)
    assert one_by_one == Nodemask.of(*nids) == Nodemask.parse(str(one_by_one))
    assert hash(one_by_one) == hash(Nodemask.of(*nids))


@given(some_masks)
def test_nth_counts_from_the_lowest(mask):
    assert [mask.nth(i) for i in range(len(mask))] == sorted(mask)
    assert mask.first == min(mask)


@given(masks, st.integers(1, 20))
def test_fold_takes_every_node_modulo_the_size(mask, size):
    assert set(mask.fold(size)) == {n % size for n in mask}


@given(masks, masks)
def test_onto_takes_a_node_for_a_place(mask, target):
    places = dict(enumerate(sorted(target)))
    assert set(mask.onto(target)) == {places[n] for n in mask if n in places}


@given(masks, masks, masks)
def test_remap_moves_by_place_and_leaves_other_nodes(mask, old, new):
    old_places, new_places = sorted(old), sorted(new)

    def moved(n):
        return new_places[old_places.index(n) % len(new_places)] if n in old and new_places else n

    assert set(mask.remap(old, new)) == {moved(n) for n in mask}


@given(masks, some_masks)
def test_remap_to_the_same_mask_changes_nothing(mask, old):
    assert mask.remap(old, old) == mask


# mpol_relative_nodemask(): RELATIVE folds, then counts places; without a flag a cpuset's change remaps by place.
@pytest.mark.parametrize(("user", "allowed", "nodes"), [
    ("0,2,5", "4,6-7", "4,7"), ("0-3", "2-3", "2-3"), ("4", "0-3", "0"), ("0", "7", "7")])
def test_relative_folds_then_counts_places(user, allowed, nodes):
    target = Nodemask.parse(allowed)
    assert Nodemask.parse(user).fold(len(target)).onto(target) == Nodemask.parse(nodes)


@pytest.mark.parametrize(("mask", "old", "new", "nodes"), [
    ("1,3", "0-3", "4-5", "5"), ("0,2", "0-3", "4-6", "4,6"), ("0,7", "0-3", "4-5", "4,7"), ("1", "0-3", "", "1")])
def test_remap_by_place_as_worked_in_the_facts(mask, old, new, nodes):
    assert Nodemask.parse(mask).remap(Nodemask.parse(old), Nodemask.parse(new)) == Nodemask.parse(nodes)


def test_one_node_is_remapped_by_its_place_modulo_the_new_size():
    assert [node_remap(n, Nodemask.parse("0-3"), Nodemask.parse("5,7")) for n in range(5)] == [5, 7, 5, 7, 4]


@pytest.mark.parametrize("ask", [
    lambda: Nodemask().first, lambda: Nodemask().nth(0), lambda: Nodemask.of(3).nth(1),
    lambda: Nodemask.of(3).nth(-1)], ids=["first", "nth", "nth beyond", "nth below"])
def test_asking_for_a_node_that_is_not_there_raises(ask):
    with pytest.raises(InvalidNodes):
        ask()


@pytest.mark.parametrize("odd", [-1, MAX_NUMNODES, 1 << 80, True, None, "1", 1.0])
def test_what_can_not_be_a_node_is_refused(odd):
    with pytest.raises(InvalidNodes):
        checked_nid(odd)
    with pytest.raises(InvalidNodes):
        Nodemask.of(odd)


@pytest.mark.parametrize("odd", [-1, 1 << MAX_NUMNODES, None, "1", 1.0, {0}])
def test_what_can_not_be_a_mask_is_refused(odd):
    with pytest.raises(InvalidNodes):
        Nodemask(odd)


def test_a_mask_holds_every_node_that_a_kernel_can_have():
    every = Nodemask.first_nodes(MAX_NUMNODES)
    assert (len(every), str(every), every == Nodemask.parse("all")) == (1024, "0-1023", True)


@pytest.mark.parametrize("odd", [None, "0", [], 2.0, -1, 1024])
def test_what_is_no_node_is_simply_not_in_a_mask(odd):
    assert odd not in Nodemask.of(0, 2)


def test_masks_sort_by_their_bits_so_that_tables_keep_an_order():
    assert sorted(map(Nodemask.parse, ["2", "0-1", "1"])) == [Nodemask.of(1), Nodemask.of(0, 1), Nodemask.of(2)]
