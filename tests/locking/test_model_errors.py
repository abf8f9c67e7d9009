# SPDX-License-Identifier: GPL-2.0-only
"""A model that can't be trusted raises ModelError: where it stands, what came, and what would do."""
import inspect
import random
from itertools import count

import pytest
from small_scenes import add, get, put, touch, world

from numakit.errors import ModelError
from numakit.locking import (
    ALL,
    Call,
    Found,
    Outcome,
    Scene,
    Setting,
    World,
    change,
    explore,
    kmalloc,
    look,
    mutex_lock,
    note,
    note_next,
    spin_lock,
    spin_unlock,
)


def line_of(function):
    """File and line of the line that is marked in a function; its first, if none is."""
    lines, first = inspect.getsourcelines(function)
    marked = [i for i, line in enumerate(lines) if line.rstrip().endswith("# here")]
    return f"{inspect.getsourcefile(function)}:{first + (marked[0] if marked else 0)}"


def error_of(task, where=None, setting=None, **how):
    """What explore says of one task."""
    scene = Scene({"A": task}, where or world(), setting or Setting())
    with pytest.raises(ModelError) as caught:
        explore(scene, **how)
    return str(caught.value)


def no_generator():
    return 5


def ends_at_once():
    return
    yield


def yields_a_word():
    yield look(get, "x")
    yield "spin_lock(s)"  # here


def yields_a_word_at_once():
    yield None  # here


def fails():
    n = yield look(get, "x")
    yield change(put, "x", 1 // n)  # here


def fails_at_once():
    yield change(put, "x", {}["missing"])  # here


def fails_in_a_function_of_its_own():
    yield look(get, "x")
    yield from nothing()


def nothing():
    raise ValueError("nothing doing")  # here
    yield


def sets_a_cell(w):
    w.x = 5
    return w


def writes_into_the_world():
    yield look(get, "x")
    yield change(sets_a_cell)  # here


def reads_an_unknown_cell():
    yield look(get, "x")
    yield look(get, "z")  # here


def changes_an_unknown_cell():
    yield look(get, "x")
    yield change(put, "z", 1)  # here


def divides(w):
    return 1 // w.x


def a_step_fails():
    yield look(get, "x")
    yield look(divides)  # here


def gives_a_number(w):
    return w.x + 1


def a_change_gives_no_world():
    yield look(get, "x")
    yield change(gives_a_number)  # here


def a_note_gives_no_world():
    yield look(get, "x")
    yield note(gives_a_number)  # here


def puts_a_list():
    yield look(get, "x")
    yield change(put, "x", [1])  # here


def is_told_a_list():
    yield look(get, "x")
    yield look(lambda w: [w.x])  # here


def is_told_a_list_by_a_change():
    yield change(lambda w: Outcome(w, []))  # here


@pytest.mark.parametrize(("task", "came", "would_do"), [
    (yields_a_word, "yields 'spin_lock(s)', which is no step", "spin_lock, look, change"),
    (yields_a_word_at_once, "yields None, which is no step", "spin_lock, look, change"),
    (fails, "the task fails with ZeroDivisionError", ""),
    (fails_at_once, "the task fails with KeyError: 'missing'", ""),
    (writes_into_the_world, "x can't be set", "change(...) gives a new one"),
    (reads_an_unknown_cell, "the world has no 'z'", "it has x, y, s, t, m, heap"),
    (changes_an_unknown_cell, "the world has no 'z'", "it has x, y, s, t, m, heap"),
    (a_step_fails, "divides fails with ZeroDivisionError", ""),
    (a_change_gives_no_world, "gives_a_number gives 1", "world.having(...), or an Outcome"),
    (a_note_gives_no_world, "(gives_a_number) gives 1", "world.having(...), or an Outcome"),
    (puts_a_list, "x can't hold [1]", "a tuple would do"),
    (is_told_a_list, "the answer [0] is not immutable", "a tuple would do"),
    (is_told_a_list_by_a_change, "the answer [] is not immutable", "a tuple would do"),
], ids=lambda told: getattr(told, "__name__", ""))
def test_a_wrong_model_is_told_with_file_and_line(task, came, would_do):
    told = error_of(task)
    assert told.startswith(f"{line_of(task)}: ")
    assert came in told and would_do in told


def test_an_error_in_an_inner_function_is_told_with_its_own_line():
    told = error_of(fails_in_a_function_of_its_own)
    assert told == f"{line_of(nothing)}: the task fails with ValueError: nothing doing"


@pytest.mark.parametrize(("task", "came"), [(no_generator, "A is 5; a task is a generator"),
                                            (ends_at_once, "A ends before its first step")])
def test_what_is_no_task_is_told(task, came):
    assert came in error_of(task)


@pytest.mark.parametrize("task", [no_generator, ends_at_once])
def test_what_is_no_task_is_told_with_file_and_line(task):
    assert error_of(task).startswith(f"{line_of(task)}: ")


def takes_an_unknown_lock():
    yield look(get, "x")
    yield spin_lock("z")  # here


def releases_an_unknown_lock():
    yield look(get, "x")
    yield spin_unlock("z")  # here


def allocates():
    yield look(get, "x")
    yield from kmalloc(1)


@pytest.mark.parametrize(("task", "cell"), [(takes_an_unknown_lock, "z"), (releases_an_unknown_lock, "z"),
                                            (allocates, "heap")])
def test_a_lock_or_a_heap_that_the_world_lacks_is_told(task, cell):
    assert f"the world has no {cell!r}; it has x, s" in error_of(task, World(x=0, s=None))


@pytest.mark.parametrize("task", [takes_an_unknown_lock, releases_an_unknown_lock])
def test_a_lock_that_the_world_lacks_is_told_with_file_and_line(task):
    assert error_of(task).startswith(f"{line_of(task)}: ")


# ---- what a task does depends on its answers, and on nothing else


def test_a_task_that_depends_on_chance_is_told():
    chance = random.Random(1)

    def gambles():
        n = yield look(get, "x")
        yield change(add, "x", chance.randrange(1 << 30) + n)
        yield change(add, "x", 1)  # here
    told = error_of(gambles)
    assert "may depend on nothing else" in told and "A yields add(x, " in told and ".py:" in told


def test_a_task_that_depends_on_what_another_run_of_it_did_is_told():
    runs = count()

    def changes_its_mind():
        if next(runs) % 2:
            yield look(get, "y")
        yield look(get, "x")
        yield look(get, "x")
        yield look(get, "x")
    assert "may depend on nothing else" in error_of(changes_its_mind)


# ---- names and numbers


@pytest.mark.parametrize("name", ["a", "AB", "", "1", "Ä", " "])
def test_a_task_is_named_by_one_capital_letter(name):
    with pytest.raises(ModelError, match="names a task; one capital letter would do"):
        Scene({name: fails}, world())


@pytest.mark.parametrize("number", [0, 9])
def test_a_scene_has_one_to_eight_tasks(number):
    with pytest.raises(ModelError, match=f"{number} tasks can't be searched; 1 to 8 would do"):
        Scene(dict.fromkeys("ABCDEFGHI"[:number], fails), world())


def steps_once():
    yield change(add, "x")


def test_eight_tasks_can_be_searched():
    assert explore(Scene(dict.fromkeys("ABCDEFGH", steps_once), world())).states == 2 ** 8


def test_twins_that_the_world_tells_apart_are_told():
    scene = Scene({"A": steps_once, "B": steps_once}, world(x="A"), twins=("A", "B"))
    with pytest.raises(ModelError, match="A and B are no twins"):
        explore(scene, reductions=ALL)


def test_twins_that_are_no_tasks_are_told():
    with pytest.raises(ModelError, match="A and Q"):
        Scene({"A": steps_once, "B": steps_once}, world(), twins=("A", "Q"))


# ---- what ends a path, where it was not asked for


def ends_holding():
    yield spin_lock("s")
    yield look(get, "x")  # here


def unlocks_what_it_does_not_hold():
    yield look(get, "x")
    yield spin_unlock("s")  # here


def touches_what_is_freed():
    yield look(get, "x")
    yield look(touch, ("A", 1))  # here


@pytest.mark.parametrize(("task", "name", "sentence"), [
    (ends_holding, "bad_unlock", "A ends while it holds s"),
    (unlocks_what_it_does_not_hold, "bad_unlock", "A calls spin_unlock(s), which nobody holds"),
    (touches_what_is_freed, "use_after_free", "A touches A1, which is freed")])
def test_what_ends_a_path_is_a_fault_of_the_model_unless_it_is_judged(task, name, sentence):
    assert error_of(task, judged=["deadlock"]) == f"{line_of(task)}: {sentence} ({name})"
    assert explore(Scene({"A": task}, world()), judged=[name]).verdict(name) == "violated"
    assert explore(Scene({"A": task}, world())).verdict(name) == "violated"


def sleeps():
    yield spin_lock("s")
    yield mutex_lock("m")
    yield spin_unlock("m")
    yield spin_unlock("s")


def test_what_ends_no_path_may_be_left_unjudged():
    scene = Scene({"A": sleeps}, world())
    assert explore(scene, judged=[]).findings == {}
    assert list(explore(scene).findings) == ["sleep_in_atomic"]


def late_and_wrong():
    yield note_next(lambda w: Outcome(w, None, (Found("late", "is late"),)))
    yield spin_unlock("s")


def test_what_a_judged_end_of_a_path_brings_with_it_is_no_fault_of_the_model():
    assert list(explore(Scene({"A": late_and_wrong}, world()), judged=["bad_unlock"]).findings) == ["bad_unlock"]


# ---- faults that come out as some other error, or as none


def keeps_a_list():
    yield look(get, "x")
    yield from kmalloc([1])


def takes_a_list(_):
    yield look(get, "x")


def gives_an_outcome_of_nothing():
    yield look(get, "x")
    yield change(lambda w: Outcome(None))


def ends_with_a_note_for_the_next_step():
    yield look(get, "x")
    yield note_next(lambda w: w)


def allocates_for_ever():
    while True:
        yield from kmalloc(1)


@pytest.mark.parametrize("task", [
    keeps_a_list, Call(takes_a_list, ([],)), Call(takes_a_list), gives_an_outcome_of_nothing,
    ends_with_a_note_for_the_next_step, allocates_for_ever,
], ids=["unhashable object", "unhashable argument", "missing argument", "no world in an outcome", "note at the end",
        "allocates for ever"])
def test_these_faults_are_told_as_faults_of_the_model(task):
    assert error_of(task, max_states=1000)


def takes_x():
    yield look(get, "y")
    yield spin_lock("x")


@pytest.mark.parametrize("value", ["Q", 0, True])
def test_a_lock_that_nobody_of_the_tasks_holds_is_told(value):
    assert "x" in error_of(takes_x, world(x=value))


@pytest.mark.parametrize("name", ["cells", "having", "touched", "watched"])
def test_a_cell_may_not_have_the_name_of_what_a_world_can_do(name):
    with pytest.raises(ModelError, match=name):
        World(**{name: None})


def begins_with_a_note():
    yield note(lambda w: w)
    yield look(get, "x")


def test_a_note_before_the_first_step_belongs_to_that():
    result = explore(Scene({"A": begins_with_a_note}, world()))
    assert (result.states, result.transitions) == (2, 1)


def reads_behind_the_search():
    yield change(lambda w: w.having(x=w.cells["y"]))


def makes_a_world_of_its_own():
    yield change(lambda w: World(x=5, y=0))


def changes_y():
    yield change(put, "y", 1)


# What a move has read is observed, so that it can be used again in other states; what is read past that is not.
def test_what_a_step_reads_through_cells_is_seen():
    result = explore(Scene({"A": reads_behind_the_search, "B": changes_y}, World(x=0, y=0)))
    assert (1, 1) in {(w.x, w.y) for w in result.outcomes}


def changes_x_and_y():
    yield change(put, "y", 3)
    yield change(lambda w: w.having(x=(w.x, w.y)))


# A alone: (5, 0); B alone: x is (0, 3); A, B: (5, 3); B, A: (5, 0); and A between B's steps.
def test_a_step_may_make_a_world_of_its_own_or_is_told_not_to():
    scene = Scene({"A": makes_a_world_of_its_own, "B": changes_x_and_y}, World(x=0, y=0))
    try:
        result = explore(scene)
    except ModelError:
        return
    assert {(w.x, w.y) for w in result.outcomes} == {(5, 0), ((0, 3), 3), ((5, 3), 3), ((5, 0), 0)}


def keeps_the_whole_world():
    before = yield look(lambda w: w)
    yield look(get, "x")
    yield change(put, "x", before.y)


def changes_y_and_back():
    for value in (1, 0, 2):
        yield change(put, "y", value)


def test_a_task_may_be_told_the_whole_world_or_is_told_not_to():
    try:
        result = explore(Scene({"A": keeps_the_whole_world, "B": changes_y_and_back}, World(x=9, y=0)))
    except ModelError:
        return
    assert {(w.x, w.y) for w in result.outcomes} == {(9, 2), (0, 0), (0, 2), (1, 2), (2, 2)}


def touches_nothing_there(*arguments):
    """A judge or a rule that asks for an object that was never allocated."""
    return arguments[-1].heap["A", 1]


@pytest.mark.parametrize("how", [
    {"setting": Setting(rules=(touches_nothing_there,))}, {"at_end": touches_nothing_there}], ids=["rule", "judge"])
def test_a_rule_or_a_judge_that_fails_is_a_fault_of_the_model(how):
    with pytest.raises(ModelError):
        explore(Scene({"A": steps_once}, world(), **how))


def notes_on_what_is_freed():
    yield look(get, "x")
    yield note(touch, ("A", 1))
    yield change(put, "x", 1)


def test_book_keeping_on_a_freed_object_ends_the_path():
    result = explore(Scene({"A": notes_on_what_is_freed}, world()))
    assert (list(result.findings), result.outcomes) == (["use_after_free"], frozenset())
