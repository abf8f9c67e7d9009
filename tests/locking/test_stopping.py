# SPDX-License-Identifier: GPL-2.0-only
"""A search that is stopped says so, says how far it came, calls nothing `holds`, and can be run on."""
import pytest
from small_scenes import add, put, ranks, told, world

from numakit.errors import ModelError
from numakit.locking import Call, Found, Scene, Setting, World, change, explore, look, spin_unlock
from numakit.locking.explorer import Search
from numakit.locking.space import Library


def adds(cell, times):
    for _ in range(times):
        yield change(add, cell)


def finds_and_adds(cell, times):
    """Breaks a rule at its first step, and a lock's at its last."""
    yield look(lambda w: told(w, Found("early", "is early")))
    yield from adds(cell, times)
    yield spin_unlock("s")


# 31 ** 3 states, 3 * 30 * 31 ** 2 transitions; the path ends at C's last step, which leads to no state.
LARGE = Scene({"A": Call(adds, ("a", 30)), "B": Call(adds, ("b", 30)), "C": Call(finds_and_adds, ("c", 29))},
              world(a=0, b=0, c=0))
STATES = 31 ** 3


def search_of(scene):
    return Search(scene.space(Library(scene.setting)), scene.at_end)


def found(search):
    """(switches, steps) of what a search has met."""
    return {name: met.switches_and_steps for name, met in search.met.items()}


def test_a_search_that_is_not_stopped_is_complete():
    result = explore(LARGE)
    assert (result.states, result.complete, result.stopped) == (STATES, True, "")
    assert "search complete" in result.bounds and f"{STATES:,} states of A and B and C" in result.bounds
    assert ranks(result) == {"early": (0, 1), "bad_unlock": (0, 31)}


def test_a_request_to_stop_is_asked_for_with_how_far_the_search_came_and_stops_it():
    asked = []

    def stop(states, transitions):
        asked.append((states, transitions))
        return len(asked) == 3
    result = explore(LARGE, stop=stop)
    assert len(asked) == 3 and asked == sorted(asked)
    assert asked[-1] == (result.states, result.transitions)
    assert (result.complete, result.stopped) == (False, "stopped by request")
    assert 0 < result.states < STATES and f"{result.states:,} states" in result.bounds
    assert "stopped by request" in result.bounds and "stopped by request" in repr(result)


def test_a_stopped_search_says_incomplete_of_what_it_has_not_found():
    result = explore(LARGE, stop=lambda states, transitions: True)
    assert (result.verdict("early"), result.verdict("deadlock")) == ("violated", "incomplete")


def test_a_search_stops_at_its_bound():
    result = explore(LARGE, max_states=5000)
    assert (result.complete, result.stopped) == (False, "stopped at the bound")
    assert result.verdict("deadlock") == "incomplete"
    assert 5000 < result.states < STATES


def test_a_request_that_is_never_true_changes_nothing():
    plain, asked = explore(LARGE), explore(LARGE, stop=lambda states, transitions: False)
    assert (plain.states, plain.transitions, ranks(plain)) == (asked.states, asked.transitions, ranks(asked))


# However often it is stopped on the way.
def test_a_search_runs_on_after_a_stop_to_the_same_result():
    whole, often, stops = search_of(LARGE), search_of(LARGE), 0
    assert whole.run()
    while not often.run(lambda search: True):
        stops += 1
    assert stops > 3
    assert (often.states, often.transitions, often.outcomes) == (whole.states, whole.transitions, whole.outcomes)
    assert found(often) == found(whole)


def test_what_a_stopped_search_has_found_is_the_shortest_already():
    whole, stopped = search_of(LARGE), search_of(LARGE)
    whole.run()
    while not stopped.run(lambda search: True):
        assert found(stopped).items() <= found(whole).items()


def test_a_library_serves_one_setting_only():
    with pytest.raises(ModelError, match="a library serves scenes of one setting"):
        LARGE.space(Library(Setting(fails=True)))


# The fields of a state are the world's cells in their order; what was learned of one order is wrong for another.
def test_a_library_serves_worlds_of_the_same_cells_only():
    sets_x = Call(lambda: (yield change(put, "x", 1)))
    library = Library(LARGE.setting)
    for cells in ({"x": 0, "y": 0}, {"y": 0, "x": 0}):
        scene = Scene({"A": sets_x}, World(**cells))
        try:
            search = Search(scene.space(library))
        except ModelError:
            return
        search.run()
        assert [search.space.world(search.space.start).x] == [0]
        assert [(w.x, w.y) for w in map(search.space.world, search.first)] == [(0, 0), (1, 0)]
