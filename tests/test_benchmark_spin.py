# SPDX-License-Identifier: GPL-2.0-only
"""The models that the benchmark hands to SPIN have just the states that the search has. Nothing is timed."""

from pathlib import Path

import pytest

from benchmarks import report, spin, verdict_table
from benchmarks.promela import promela
from benchmarks.promela_tables import tables
from benchmarks.spin_model import Model, model_of
from numakit.locking import Heap, Scene, Setting, World, change, kmalloc, look, spin_lock, spin_unlock
from numakit.locking.explore import searched
from numakit.locking.space import Library
from numakit.proposals.cases import Case
from numakit.proposals.designs import DESIGNS


def counted(world):
    return world.having(n=world.n + 1)


def n_of(world):
    return world.n


def counts_locked():
    yield spin_lock("the-lock")
    yield change(counted)
    yield spin_unlock("the-lock")


def waits_for_n():
    while not (yield look(n_of)):
        pass


def unlocks_what_it_does_not_hold():
    yield look(n_of)
    yield spin_unlock("the-lock")


def allocates():
    yield look(n_of)
    yield from kmalloc("object")
    yield look(n_of)


WORLD = World(**{"the-lock": None}, n=0, heap=Heap())
TINY = {
    "a lock": Scene({"A": counts_locked, "B": counts_locked}, WORLD),
    "a loop": Scene({"A": counts_locked, "W": waits_for_n}, WORLD),
    "a path that ends": Scene({"A": counts_locked, "U": unlocks_what_it_does_not_hold}, WORLD),
    "two ways": Scene({"A": counts_locked, "K": allocates}, WORLD, Setting(True, "the-lock"))}
ONE_TASK = """\
byte the_lock = 0;
byte n = 0;

active proctype A()
{
S0:  /* spin_lock(the-lock) */
    if
    :: atomic { the_lock == 0 -> the_lock = 1; goto S1 }
    fi;
S1:  /* counted */
    if
    :: atomic { n == 0 -> n = 1; goto S2 }
    fi;
S2:  /* spin_unlock(the-lock) */
    if
    :: atomic { the_lock == 1 -> the_lock = 0; goto S3 }
    fi;
S3:  /* ended */
    false;
}
"""


def searched_to_the_end(scene):
    search, stopped = searched(scene, Library(scene.setting))
    assert not stopped
    return search


def model_of_scene(scene):
    return model_of(searched_to_the_end(scene))


def options_of(model, task):
    return [(option.guard, option.sets) for option in model.of(task)]


@pytest.fixture
def folder(tmp_path):
    """Where SPIN may work, if it is here."""
    return tmp_path if spin.has_spin() else pytest.skip(spin.NO_SPIN)


def test_a_task_is_a_process_and_its_places_are_labels():
    assert promela(model_of_scene(Scene({"A": counts_locked}, WORLD))) == ONE_TASK


def test_two_that_take_a_lock_have_twelve_states():
    # 4 places each, 16 pairs; not the 4 in which both hold the lock. The cells follow from the places.
    assert model_of_scene(TINY["a lock"]).states == 12


def test_a_task_that_goes_round_comes_back_to_its_label():
    assert ({"W": 1, "n": 0}, {}) in options_of(model_of_scene(TINY["a loop"]), "W")


def test_a_move_that_ends_its_path_is_no_option():
    model = model_of_scene(TINY["a path that ends"])
    assert model.steps["U"] == ("n_of", "spin_unlock(the-lock)")
    assert [guard["U"] for guard, _ in options_of(model, "U")] == [0, 0]


def test_a_move_that_may_go_several_ways_is_as_many_options():
    # The read and the local allocation behind it: it succeeds, succeeds after reclaim, or fails.
    model = model_of_scene(TINY["two ways"])
    ways = [sets for guard, sets in options_of(model, "K") if guard == {"K": 0, "n": 0, "heap": 0}]
    assert ways == [{"K": 1, "heap": 1}, {"K": 2, "heap": 1}, {"K": 1}]


def test_spin_is_not_told_what_a_task_still_has_to_pay_for():
    search = searched_to_the_end(spin.one_case())
    assert 0 < model_of(search).states <= search.states


@pytest.mark.parametrize("form", range(len(spin.FORMS)), ids=spin.FORMS)
@pytest.mark.parametrize("scene", TINY.values(), ids=TINY)
def test_spin_goes_through_the_states_of_a_tiny_scene(folder, scene, form):
    model = model_of_scene(scene)
    assert spin.in_spin(spin.sources(model)[form], folder).states == model.states


@pytest.mark.parametrize("design", ["spinlock", "mutex_and_spinlock", "drop_ptl_unpinned", "retry_as_merged"])
def test_spin_goes_through_the_states_of_a_design(folder, design):
    model = model_of_scene(Case("middle", 1, (1, 2), (1, 3)).scene(DESIGNS[design]))
    assert spin.in_spin(spin.sources(model)[-1], folder).states == model.states


def test_a_scene_is_set_beside_both_of_spins_models(folder):
    rows = spin.rows(TINY["a lock"], "a lock", folder, times=1)
    assert [bool(row.ratio) for row in rows] == [True, True, False, True]


def test_a_model_with_other_states_is_refused(folder, monkeypatch):
    monkeypatch.setattr(spin, "promela", lambda model: "active proctype A() { skip; false }")
    with pytest.raises(RuntimeError, match="12 states; SPIN went through .2."):
        spin.rows(TINY["a lock"], "a lock", folder, times=1)


def test_a_search_that_spin_cuts_short_is_refused(folder):
    with pytest.raises(RuntimeError, match="did not go through"):
        spin.in_spin({spin.MODEL: "active proctype A() { assert(false) }"}, folder)


def test_without_spin_the_search_stands_alone(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    rows = spin.rows(TINY["a lock"], "a lock", tmp_path, times=1)
    assert [(row.unit, row.other) for row in rows] == [("us a state", None)] * 2


def test_a_state_of_more_bits_than_a_word_is_refused():
    with pytest.raises(ValueError, match="66 bits; up to 64 would do"):
        tables(Model({"A": ("x",)}, {"A": 0, "n": 0}, {"A": 1, "n": 1 << 64}, (), 1))


def test_the_verdicts_are_measured_with_their_states(monkeypatch):
    monkeypatch.setattr(verdict_table.verdicts, "one_of_each_shape", lambda every: list(every)[:1])
    row, = verdict_table.rows(["mutex"], ("middle", "all"))
    assert row.what.startswith("verdicts of 1 designs, middle and all, ") and row.unit == "s"


@pytest.mark.parametrize("part", [spin, verdict_table], ids=lambda part: part.__name__)
def test_each_goal_is_one_that_the_table_can_read(part):
    source = Path(part.__file__).read_text(encoding="utf-8")
    assert 0 < source.count("at most ") == len(report.GOAL.findall(source))


def test_a_lessons_search_has_a_row_for_one_case_and_one_for_the_full_verdict(monkeypatch):
    monkeypatch.setattr(verdict_table, "verdict", lambda design: design)
    one, full = verdict_table.lesson_rows(["mutex"], times=1)
    assert "mutex" in one.what and one.goal == "at most 1 s" and one.ours > 0
    assert "full verdict" in full.what and full.goal == "at most 2 s"
