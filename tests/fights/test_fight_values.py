# SPDX-License-Identifier: GPL-2.0-only
"""Side and Fight, counted by hand, and what holds for every fight on every kernel."""
import inspect

import numpy as np
import pytest

from numakit.errors import BadRange
from numakit.fights import FIGHTS, NOWHERE, Fight, Side
from numakit.kernel import ALL, V3_8, V6_1, V6_12

SMALL = {"tug_of_war": {"rounds": 2}, "rate_limited": {"pages": 1000, "rounds": 3}}


def told(name, kernel):
    """A fight on a kernel, small where it can be large."""
    return FIGHTS[name](kernel, **SMALL.get(name, {}))


def test_a_side_of_three_pages_and_three_steps_counted_by_hand():
    # Page 0 moves once, page 1 there and back, page 2 is dropped, touched anew elsewhere and moves then.
    side = Side("by hand", np.array([[0, 0, 0], [1, 1, NOWHERE], [1, 0, 2], [1, 0, 3]]), ("a", "b", "c"), 4)
    assert side.moves.tolist() == [2, 1, 1]
    assert side.moves_of_page.tolist() == [1, 2, 1]
    assert side.disputed.tolist() == [3, 2, 1, 0]
    assert side.share.tolist() == [[3, 0, 0, 0], [0, 2, 0, 0], [1, 1, 1, 0], [1, 1, 0, 1]]
    assert repr(side) == "<by hand: 3 pages, 3 steps, 4 moves>"


@pytest.mark.parametrize("nodes", [[[0, 1]], [0, 1], [[], []], [[0], [4]], [[0], [-2]]])
def test_a_side_that_does_not_fit_its_steps_or_its_machine_is_refused(nodes):
    with pytest.raises(BadRange):
        Side("odd", np.array(nodes), ("a",), 4)


def test_a_sides_nodes_do_not_change():
    with pytest.raises(ValueError):
        Side("fixed", np.zeros((1, 1), int), (), 1).nodes[0, 0] = 1


@pytest.mark.parametrize("kernel", ALL, ids=repr)
@pytest.mark.parametrize("name", FIGHTS)
def test_every_fight_can_be_told_of_every_kernel(name, kernel):
    fight = told(name, kernel)
    assert isinstance(fight, Fight) and fight.name == name and 1 <= len(fight.sides) <= 2
    assert fight.sentence.endswith(".") and "Linux v" in fight.source and fight.told
    assert " ".join(repr(fight).split()).startswith(f"{fight.question} {fight.sentence}")
    assert all(side.nodes.shape == (len(side.steps) + 1, fight.sides[0].nodes.shape[1]) for side in fight.sides)
    if not kernel.hinting_faults and name not in ("move_against_fault", "copies", "two_mbinds"):
        assert not any(side.moves.any() for side in fight.sides) and "has no hinting faults" in fight.sentence


def test_pages_of_several_files_are_as_many_of_each():
    with pytest.raises(BadRange, match="as many pages of each would do"):
        Side("uneven", np.zeros((1, 3), int), (), 1, files=(2, 3))


def test_a_side_of_several_files_says_whose_pages_follow_one_another():
    assert [side.files for side in told("copies", V6_1).sides] == [(2, 3, 4)] * 2
    assert [side.files for side in told("move_against_fault", V6_1).sides] == [tuple(range(2, 10))] * 2


@pytest.mark.parametrize("name", FIGHTS)
def test_where_the_steps_are_rounds_their_counters_agree_with_the_pages(name):
    for kernel in (V3_8, V6_1, V6_12):
        for side in told(name, kernel).sides:
            if side.history is not None:
                assert side.history.moves.tolist() == side.moves.tolist()
                assert side.history.pages.tolist() == side.share[1:].tolist()


@pytest.mark.parametrize("name", FIGHTS)
def test_a_fights_knobs_are_given_by_name(name):
    kernel, *knobs = inspect.signature(FIGHTS[name]).parameters.values()
    assert kernel.name == "kernel" and all(knob.kind is knob.KEYWORD_ONLY for knob in knobs)


@pytest.mark.parametrize("name", ["by_inode", "tug_of_war", "rate_limited", "default_shmem", "bind", "first_page"])
@pytest.mark.parametrize("knobs", [{"pages": 0}, {"pages": -1}, {"rounds": 0}, {"rounds": 1.5}])
def test_what_no_scenario_can_be_is_refused_in_the_houses_words(name, knobs):
    with pytest.raises(BadRange):
        FIGHTS[name](V6_12, **knobs)
