# SPDX-License-Identifier: GPL-2.0-only
"""Schedules as strings, and what happens as one is played."""
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_scenes import add, get, put, touch, world

from numakit.errors import BadSchedule
from numakit.locking import (
    Found,
    Order,
    Outcome,
    Scene,
    Setting,
    Turn,
    begin,
    change,
    kmalloc,
    look,
    mutex_lock,
    mutex_unlock,
    note,
    note_next,
    replay,
    spin_lock,
    spin_unlock,
)

turns = st.builds(Turn, st.sampled_from("ABFZ"), st.sampled_from(["", "", "r", "x"]))
runs = st.tuples(turns, st.integers(1, 12)).map(lambda run: [run[0]] * run[1])


@given(st.lists(st.one_of(runs, turns.map(lambda turn: [turn])), max_size=5))
def test_an_order_reads_back_from_its_string(some):
    order = Order(tuple(turn for run in some for turn in run))
    assert Order.read(str(order)) == order
    assert len(order) == len(order.turns)


# Ways to write one order: the string that is told is the shortest.
@pytest.mark.parametrize(("text", "told", "switches", "steps"), [
    ("", "", 0, 0), ("F4A2", "F4A2", 1, 6), ("FFFF", "F4", 0, 4), ("A1B1A1", "ABA", 2, 3), ("A2A3", "A5", 0, 5),
    ("A2rA", "A2rA", 0, 3), ("ArAr", "A2r", 0, 2), ("Ax", "Ax", 0, 1), ("A12B", "A12B", 1, 13),
    ("A9999", "A9999", 0, 9999)])
def test_a_string_says_who_takes_how_many_steps(text, told, switches, steps):
    order = Order.read(text)
    assert (str(order), order.switches, len(order)) == (told, switches, steps)


@pytest.mark.parametrize(("text", "rest"), [
    ("4A", "4A"), ("A B", " B"), ("a", "a"), ("Arx", "x"), ("A2,B", ",B"), ("A-1", "-1"), ("Ä", "Ä"), ("A\n", "\n"),
    (" A", " A"), ("A2R2?", "?")])
def test_what_is_no_order_is_told_from_where_it_is_none(text, rest):
    with pytest.raises(BadSchedule) as caught:
        Order.read(text)
    assert f"from {rest!r} on" in str(caught.value) and "as F4A2" in str(caught.value)


@pytest.mark.parametrize("text", ["A0", "A\u0664", "A10000"])
def test_a_number_of_steps_is_a_plain_number_above_nothing(text):
    order = "refused"
    try:
        order = str(Order.read(text))
    except BadSchedule:
        pass
    assert order == ("A10000" if text == "A10000" else "refused")


@given(st.text("AFZ0139rx -", max_size=8))
def test_any_text_is_an_order_or_refused(text):
    try:
        order = Order.read(text)
    except BadSchedule:
        return
    assert Order.read(str(order)) == order


# ---- a schedule played


def worker():
    yield spin_lock("s")
    n = yield look(get, "x")
    yield change(put, "x", n + 1)
    yield spin_unlock("s")


def pair(**tasks):
    return Scene(tasks or {"A": worker, "B": worker}, world())


def test_a_trace_is_a_value_and_the_one_before_still_answers():
    start = begin(pair())
    then = start.then(Turn("A"))
    other = start.then(Turn("B"))
    assert (start.rows, start.world.s, then.world.s, other.world.s) == ((), None, "A", "B")
    assert then.then(Turn("A")).rows[:1] == then.rows
    assert (str(then.order), str(start.order), then.names) == ("A", "", ("A", "B"))


# A locks, A reads, B tries and waits, A writes, A unlocks, B locks: rows as a timeline shows them.
def test_rows_say_who_did_what_and_who_waited():
    trace = replay(pair(), Order.read("A2BA2B"))
    assert [str(row.step) for row in trace.rows] == [
        "spin_lock(s)", "get(x)", "spin_lock(s)", "put(x, 1)", "spin_unlock(s)", "spin_lock(s)"]
    assert [row.waits for row in trace.rows] == [False, False, True, False, False, False]
    assert [row.held for row in trace.rows] == [("s",), ("s",), (), ("s",), (), ("s",)]
    assert [row.answer for row in trace.rows] == [None, 0, None, None, None, None]
    assert [row.world.x for row in trace.rows] == [0, 0, 0, 1, 1, 1]
    assert str(trace.order) == "A2BA2B"


def test_a_waiting_attempt_changes_nothing_and_begins_nothing():
    held = replay(pair(), Order.read("A"))
    waited = held.then(Turn("B")).then(Turn("B"))
    assert (waited.world, waited.stands) == (held.world, held.stands)
    assert not waited.started("B") and waited.started("A") and not waited.can_move("B") and waited.can_move("A")


def test_who_may_move_and_who_has_ended():
    trace = begin(pair())
    assert trace.can_move("A") and not trace.started("A") and not trace.ended("A")
    done = replay(pair(), Order.read("A4"))
    assert done.ended("A") and not done.can_move("A") and done.started("A") and done.can_move("B")
    assert done.next_moves("A").ways == ()


@pytest.mark.parametrize(("order", "told"), [
    ("Q", "there is no task 'Q'; there are A, B"), ("A5", "step 5 of the schedule is A's, but A has ended"),
    ("Ar", "step 1, of A, can't go 'r'; '' would do")])
def test_a_schedule_that_can_not_be_played_is_told(order, told):
    with pytest.raises(BadSchedule) as caught:
        replay(pair(), Order.read(order))
    assert str(caught.value) == told


def unlocks():
    yield spin_unlock("s")
    yield look(get, "x")


def test_a_path_that_has_ended_goes_on_for_nobody():
    over = replay(pair(A=unlocks, B=worker), Order.read("A"))
    assert over.over and not over.can_move("A") and not over.can_move("B")
    assert [found.name for found in over.found_here()] == ["bad_unlock"]
    with pytest.raises(BadSchedule, match="step 2 of the schedule is B's, but the path is over"):
        over.then(Turn("B"))


def allocates():
    memory = yield from kmalloc("paper")
    if memory is not None:
        yield look(touch, memory)


# An allocation may succeed, reclaim first (and then takes and releases the lock s), or fail.
@pytest.mark.parametrize(("order", "steps", "answers"), [
    ("A2", ["kmalloc(paper)", "touch(A1)"], [(("A", 1), None), "paper"]),
    ("ArA3", ["kmalloc(paper)", "spin_lock(s)", "spin_unlock(s)", "touch(A1)"],
     [(("A", 1), "s"), None, None, "paper"]),
    ("Ax", ["kmalloc(paper)"], [(None, None)])])
def test_an_allocation_goes_as_its_letter_says(order, steps, answers):
    trace = replay(Scene({"A": allocates}, world(), Setting(fails=True, reclaims="s")), Order.read(order))
    assert [str(row.step) for row in trace.rows] == steps
    assert [row.answer for row in trace.rows] == answers
    assert trace.ended("A") and str(trace.order) == order


def test_a_wrong_letter_is_told_with_those_that_would_do():
    scene = Scene({"A": allocates}, world(), Setting(fails=True, reclaims="s"))
    with pytest.raises(BadSchedule, match="step 1, of A, can't go 'q'; '', 'r', 'x' would do"):
        replay(scene, Order.read("Aq"))


def test_a_wrong_letter_of_a_task_that_waits_is_told():
    with pytest.raises(BadSchedule):
        replay(pair(), Order.read("ABx"))


def books(world, what):
    return Outcome(world.having(y=(*(world.y or ()), what)), None, (Found("booked", what),))


def notes():
    yield note_next(books, "before")
    yield look(get, "x")
    yield note(books, "behind")
    yield note_next(books, "before the last")
    yield look(get, "x")


def test_book_keeping_costs_no_step_and_comes_with_the_step_it_belongs_to():
    scene = Scene({"A": notes}, world())
    first = replay(scene, Order.read("A"))
    assert [str(row.step) for row in first.rows] == ["get(x)"]
    assert first.world.y == ("before", "behind")
    assert [found.sentence for found in first.rows[0].found] == ["before", "behind"]
    assert first.then(Turn("A")).world.y == ("before", "behind", "before the last")


def notes_and_waits():
    yield note_next(books, "begins")
    yield mutex_lock("m")
    yield mutex_unlock("m")


def holds_m():
    yield mutex_lock("m")
    yield look(get, "x")
    yield mutex_unlock("m")


# Book-keeping belongs to the step: it is not done as long as that waits.
def test_book_keeping_waits_with_its_step():
    trace = replay(pair(A=holds_m, B=notes_and_waits), Order.read("AB"))
    assert trace.world.y == 0 and trace.rows[1].waits and str(trace.rows[1].step) == "mutex_lock(m)"
    trace = replay(pair(A=holds_m, B=notes_and_waits), Order.read("ABA2B"))
    assert trace.world.y == ("begins",)


def adds_and_leaves():
    yield change(add, "x")


def test_what_is_judged_at_the_end_is_found_when_all_that_began_have_ended():
    def judge(w):
        return (Found("bad", "is bad"),) if w.x == 1 else ()
    scene = Scene({"A": adds_and_leaves, "B": adds_and_leaves}, world(), at_end=judge)
    told = {order: [found.name for found in replay(scene, Order.read(order)).found_here()] for order in ("", "A", "AB")}
    assert told == {"": [], "A": ["bad"], "AB": []}


def test_a_circle_of_locks_is_found_in_the_state_that_closes_it():
    def takes(first, second):
        yield spin_lock(first)
        yield spin_lock(second)
    scene = pair(A=lambda: takes("s", "t"), B=lambda: takes("t", "s"))
    assert replay(scene, Order.read("A")).found_here() == ()
    found, = replay(scene, Order.read("AB")).found_here()
    assert found.sentence == "can never go on: A waits for t, which B holds, B waits for s, which A holds"
