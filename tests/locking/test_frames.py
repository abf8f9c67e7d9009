# SPDX-License-Identifier: GPL-2.0-only
"""Histories of a task are one where instruction and locals are the same, and only there.

In each case B counts y up from 0 to 2 while A reads it; what A was told lies somewhere that is no local variable. A
search that took two such histories for one would miss an end.
"""
import contextlib

import pytest
from small_scenes import EVERY, add, ends, get, put, world

from numakit.locking import Reductions, Scene, change, explore, look

Y = look(get, "y")


def counts():
    yield change(put, "y", 1)
    yield change(put, "y", 2)


def reads(told):
    """A read whose answer is `told` and more."""
    return told + (yield Y)


def in_the_iterator():
    for _ in range((yield Y)):
        yield change(add, "x")


def in_an_iterator_made_of_answers():
    for value in ((yield Y), (yield Y)):
        yield change(add, "x", value)


def on_the_left_of_a_sum():
    value = 10 * (yield Y) + (yield Y)
    yield change(put, "x", value)


def on_the_left_of_an_inner_generator():
    value = (yield from reads(0)) * 10 + (yield from reads(0))
    yield change(put, "x", value)


def in_an_outer_frame():
    value = yield Y
    again = yield from reads(0)
    yield change(put, "x", 10 * value + again)


def in_an_argument_of_an_inner_generator():
    value = yield from reads(10 * (yield Y))
    yield change(put, "x", value)


def among_the_arguments_of_a_call():
    value = max((yield Y), (yield Y), 0)
    yield change(put, "x", value)


def in_a_display():
    value = [(yield Y), {"key": (yield Y)}["key"], (yield Y)]
    yield change(put, "x", tuple(value))


def in_an_f_string():
    value = f"{(yield Y)} {(yield Y)}"
    yield change(put, "x", value)


def in_a_comparison():
    value = (yield Y) < (yield Y) < 3
    yield change(put, "x", value)


def in_an_unhashable_local():
    values = [(yield Y)]
    values.append((yield Y))
    yield change(put, "x", tuple(values))


def in_a_local_iterator():
    left = iter(range((yield Y)))
    yield Y
    yield change(put, "x", len(list(left)))


def in_a_context_manager():
    with contextlib.nullcontext((yield Y)) as value:
        yield Y
        yield change(put, "x", value)


def in_an_exit_alone():
    @contextlib.contextmanager
    def manager(value):
        yield
        written.append(value)
    written = []
    with manager((yield Y)):
        yield Y
    yield change(put, "x", written[0])


def in_an_exception():
    try:
        raise KeyError((yield Y))
    except KeyError as error:
        yield Y
        yield change(put, "x", error.args)


def behind_a_finally():
    value = yield from in_a_finally()
    yield change(put, "x", value)


def in_a_finally():
    try:
        return (yield Y)
    finally:
        yield Y


def in_a_closure():
    value = yield Y

    def told():
        return value
    yield Y
    yield change(put, "x", told())


def in_one_line():
    yield change(put, "x", (yield Y))


def in_a_default_argument():
    yield change(lambda w, value=(yield Y): w.having(x=value))


def in_a_branch():
    yield change(put, "x", (yield Y) if (yield Y) else 5)


def in_the_class_of_a_local():
    value = (yield Y) > 0 or 1
    yield Y
    yield change(put, "x", str(value))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # see test_a_task_may_yield_in_a_finally
@pytest.mark.parametrize(("task", "expected"), [
    (in_the_iterator, {0, 1, 2}),
    (in_an_iterator_made_of_answers, {0, 1, 2, 3, 4}),
    (on_the_left_of_a_sum, {0, 1, 2, 11, 12, 22}),
    (on_the_left_of_an_inner_generator, {0, 1, 2, 11, 12, 22}),
    (in_an_outer_frame, {0, 1, 2, 11, 12, 22}),
    (in_an_argument_of_an_inner_generator, {0, 1, 2, 11, 12, 22}),
    (among_the_arguments_of_a_call, {0, 1, 2}),
    (in_a_display, {(a, b, c) for c in range(3) for b in range(c + 1) for a in range(b + 1)}),
    (in_an_f_string, {"0 0", "0 1", "0 2", "1 1", "1 2", "2 2"}),
    (in_a_comparison, {True, False}),
    (in_an_unhashable_local, {(a, b) for b in range(3) for a in range(b + 1)}),
    (in_a_local_iterator, {0, 1, 2}),
    (in_a_context_manager, {0, 1, 2}),
    (in_an_exit_alone, {0, 1, 2}),
    (in_an_exception, {(0,), (1,), (2,)}),
    (behind_a_finally, {0, 1, 2}),
    (in_a_closure, {0, 1, 2}),
    (in_the_class_of_a_local, {"1", "True"}),
    pytest.param(in_one_line, {0, 1, 2}, marks=()),
    pytest.param(in_a_default_argument, {0, 1, 2}, marks=()),
    pytest.param(in_a_branch, {5, 1, 2}, marks=()),
])
def test_what_a_task_was_told_is_kept_wherever_python_keeps_it(task, expected):
    scene = Scene({"A": task, "B": counts}, world())
    told = [{x for x, in ends(explore(scene, reductions=chosen), "x")} for chosen in EVERY]
    untouched = {0}  # B alone leaves x as it was
    assert all(found == told[0] for found in told)
    assert told[0] | untouched == expected | untouched


def forgets():
    value = yield Y
    value = None  # noqa: F841
    yield change(add, "x")


def keeps():
    value = yield Y
    yield change(add, "x", value)


# B is at 0, 1 or 2. A before its read: 3 states. Behind it the answer is at most where B is: 1 + 2 + 3 states, or, if
# the answer is dead, 3. At its end A has no locals: 3 states, or 1 + 2 + 3 if it has added its answer to x.
@pytest.mark.parametrize(("task", "merge", "states"), [
    (forgets, False, 12), (forgets, True, 9), (keeps, False, 15), (keeps, True, 15)])
def test_a_dead_answer_makes_no_state(task, merge, states):
    scene = Scene({"A": task, "B": counts}, world())
    assert explore(scene, reductions=Reductions(merge, False, False)).states == states


def goes_on_looking():
    while (yield Y) < 2:
        pass
    yield change(add, "x")


# Each look leaves the same line and no locals. A has not begun: 3 states, with B at 0, 1, 2; it has seen less than 2:
# 3; it has seen 2: 1; it has ended: 1. Unmerged there is no end of histories.
def test_a_loop_comes_back_to_where_it_was():
    result = explore(Scene({"A": goes_on_looking, "B": counts}, world()))
    assert (result.states, result.complete, ends(result, "x", "y")) == (8, True, {(1, 2), (0, 2)})


def test_a_task_may_yield_in_a_finally(monkeypatch):
    ignored = []
    monkeypatch.setattr("sys.unraisablehook", lambda told: ignored.append(str(told.exc_value)))
    explore(Scene({"A": behind_a_finally, "B": counts}, world()))
    assert ignored == []
