# SPDX-License-Identifier: GPL-2.0-only
"""Locks, objects, the world, the order of writers: each rule by itself, and a good task next to a bad one."""
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_scenes import free, get, orders, put, ranks, touch, world

from numakit.errors import ModelError
from numakit.locking import (
    Call,
    Found,
    Heap,
    History,
    Order,
    PathEnds,
    Result,
    Scene,
    Setting,
    World,
    called,
    change,
    explore,
    kmalloc,
    look,
    mutex_lock,
    mutex_unlock,
    spin_lock,
    spin_unlock,
)
from numakit.locking.result import Finding


def holding(*locks):
    """Takes locks, lets go of them backwards."""
    for lock in locks:
        yield mutex_lock(lock) if lock == "m" else spin_lock(lock)
    for lock in reversed(locks):
        yield mutex_unlock(lock) if lock == "m" else spin_unlock(lock)


def allocating(*locks):
    for lock in locks:
        yield mutex_lock(lock) if lock == "m" else spin_lock(lock)
    yield from kmalloc("paper")
    for lock in reversed(locks):
        yield mutex_unlock(lock) if lock == "m" else spin_unlock(lock)


def of(*tasks, setting=None, **cells):
    """The result of some tasks, A, B, ..."""
    return explore(Scene(dict(zip("ABC", tasks, strict=False)), world(**cells), setting or Setting()))


# Atomic is who holds a spinlock, and only from the lock to the unlock.
@pytest.mark.parametrize(("task", "found"), [
    (Call(holding, ("s", "m")), {"sleep_in_atomic": (0, 2)}),
    (Call(holding, ("m", "s")), {}),
    (Call(holding, ("s", "t")), {}),
    (Call(holding, ("s", "t", "m")), {"sleep_in_atomic": (0, 3)}),
    (Call(allocating, ("s",)), {"sleep_in_atomic": (0, 2)}),
    (Call(allocating, ("m",)), {}), (Call(allocating), {}),
], ids=["mutex in spinlock", "spinlock in mutex", "two spinlocks", "mutex in two", "allocation in spinlock",
        "allocation in mutex", "allocation"])
def test_who_holds_a_spinlock_must_not_sleep(task, found):
    result = of(task)
    assert ranks(result) == found
    for finding in result.findings.values():
        assert "which may sleep, while it holds s" in finding.sentence


def test_after_the_unlock_a_task_may_sleep():
    def lets_go_first():
        yield spin_lock("s")
        yield spin_unlock("s")
        yield mutex_lock("m")
        yield mutex_unlock("m")
    assert of(lets_go_first).findings == {}


# A's attempt counts as a step, though it only waits: B takes m, A takes s, A tries m.
def test_would_block_in_atomic_needs_another_owner():
    alone = of(Call(holding, ("s", "m")))
    both = of(Call(holding, ("s", "m")), Call(holding, ("m",)))
    assert ranks(alone) == {"sleep_in_atomic": (0, 2)}
    assert ranks(both) == {"sleep_in_atomic": (0, 2), "would_block_in_atomic": (1, 3)}
    assert orders(both)["would_block_in_atomic"] == "BA2"
    assert "while B owns it" in both.findings["would_block_in_atomic"].sentence


@pytest.mark.parametrize(("task", "found", "sentence"), [
    (Call(holding, ("s", "s")), (0, 2), "calls spin_lock(s), which it holds already"),
    (Call(holding, ("m", "m")), (0, 2), "calls mutex_lock(m), which it holds already"),
    (lambda: (yield spin_unlock("s")), (0, 1), "calls spin_unlock(s), which nobody holds"),
    (lambda: (yield mutex_lock("m")), (0, 1), "ends while it holds m")])
def test_a_bad_unlock_is_told(task, found, sentence):
    result = of(task)
    assert (ranks(result), result.findings["bad_unlock"].sentence) == ({"bad_unlock": found}, sentence)


def test_an_unlock_of_what_another_holds_names_him():
    result = of(lambda: (yield spin_unlock("s")), Call(holding, ("s",)))
    assert ranks(result)["bad_unlock"] == (0, 1)  # nobody's lock is nearer
    result = explore(Scene({"A": Call(holding, ("s",)), "B": lambda: (yield spin_unlock("s"))}, world(s="A")))
    assert result.findings["bad_unlock"].sentence == "calls spin_lock(s), which it holds already"


@pytest.mark.parametrize("kind", ["look", "change"])
def test_an_object_that_is_freed_is_gone_for_good(kind):
    def late():
        name = yield from kmalloc("paper")
        yield change(free, name)
        yield look(touch, name) if kind == "look" else change(free, name)
    result = of(late)
    assert ranks(result) == {"use_after_free": (0, 3)}
    assert result.findings["use_after_free"].sentence == "touches A1, which is freed"


def gives_away():
    name = yield from kmalloc("paper")
    yield change(put, "x", name)
    yield change(free, name)


def takes_over():
    name = yield look(get, "x")
    if name:
        yield look(touch, name)


# A3 B2: A allocates, hands on and frees before B begins. One switch, five steps.
def test_a_use_after_free_is_found_across_tasks():
    result = of(gives_away, takes_over)
    assert (ranks(result), orders(result)) == ({"use_after_free": (1, 5)}, {"use_after_free": "A3B2"})


def test_a_failed_allocation_gives_nothing_and_a_reclaiming_one_takes_the_lock():
    def asks():
        name = yield from kmalloc("paper")
        yield change(put, "x", "none" if name is None else called(name))
    worlds = {(w.x, len(w.heap)) for w in of(asks, setting=Setting(fails=True)).outcomes}
    assert worlds == {("A1", 1), ("none", 0)}
    waits = of(asks, Call(holding, ("s",)), setting=Setting(reclaims="s"))
    assert waits.findings == {} and {w.x for w in waits.outcomes} == {0, "A1"}


# Reclaim wants the lock that the task holds: it takes what it has.
def test_reclaim_under_the_lock_that_it_takes():
    result = of(Call(allocating, ("s",)), setting=Setting(reclaims="s"))
    assert ranks(result) == {"sleep_in_atomic": (0, 2), "bad_unlock": (0, 3)}
    assert orders(result)["bad_unlock"] == "AArA"


# B holds t and wants s, A holds s and reclaims, which takes t. Only if the allocation reclaims.
def test_reclaim_can_close_a_circle():
    tasks = Call(allocating, ("m",)), Call(holding, ("t", "m"))
    assert "deadlock" not in ranks(of(*tasks))
    assert ranks(of(*tasks, setting=Setting(reclaims="t")))["deadlock"] == (1, 3)


def test_a_rule_is_asked_after_unlocks_and_acts():
    def rule(me, step, w):
        asked.append(str(step))
        return (Found("ruled", f"{me} broke it"),) if w.x else ()
    asked = []
    result = of(Call(holding, ("s",), ), lambda: (yield change(put, "x", 1)), setting=Setting(rules=(rule,)))
    assert set(asked) == {"spin_unlock(s)", "put(x, 1)"}
    assert ranks(result) == {"ruled": (0, 1)}


# The mutex is reached while s is held; that it is the task's own already makes it a bad unlock besides.
def test_a_mutex_taken_twice_in_a_spinlock_sleeps_too():
    assert ranks(of(Call(holding, ("m", "s", "m")))) == {"bad_unlock": (0, 3), "sleep_in_atomic": (0, 3)}


# ---- the heap and the world as values


def test_a_heap_is_a_value():
    empty = Heap()
    one = empty.having(("A", 1), "paper")
    assert (len(empty), len(one), one["A", 1], list(one)) == (0, 1, "paper", [("A", 1)])
    assert one.changed(("A", 1), "ink")["A", 1] == "ink" and one["A", 1] == "paper"
    assert one.without(("A", 1)) == empty and hash(one.without(("A", 1))) == hash(empty)
    assert (repr(one), repr(empty), called(("B", 12))) == ("<A1 paper>", "<nothing allocated>", "B12")


@pytest.mark.parametrize("touched", [
    lambda heap: heap["A", 1], lambda heap: heap.changed(("A", 1), 2), lambda heap: heap.without(("A", 1))])
def test_a_heap_tells_of_a_freed_object_by_its_name(touched):
    with pytest.raises(PathEnds) as caught:
        touched(Heap({("B", 1): 0}))
    assert (caught.value.found.name, caught.value.found.sentence) == ("use_after_free", "touches A1, which is freed")


names = st.tuples(st.sampled_from("AB"), st.integers(1, 2))


@given(st.lists(st.tuples(names, st.integers(0, 2) | st.none()), max_size=8))
def test_a_heap_holds_what_a_dict_holds(changes):
    heap, plain = Heap(), {}
    for name, value in changes:
        if value is not None:
            heap, plain = heap.having(name, value), {**plain, name: value}
        elif name in plain:
            heap, plain = heap.without(name), {other: plain[other] for other in plain if other != name}
    assert {name: heap[name] for name in heap} == plain and list(heap) == sorted(plain)
    assert heap == Heap(plain) and hash(heap) == hash(Heap(plain))


def test_a_world_is_a_value():
    before = World(x=1, s=None)
    after = before.having(x=2)
    assert (before.x, after.x, after.s, list(after), repr(after)) == (1, 2, None, ["x", "s"], "<x 2, s None>")
    assert after == World(x=2, s=None) and hash(after) == hash(World(x=2, s=None)) and after != before


@pytest.mark.parametrize(("wrong", "told"), [
    (lambda w: w.y, "the world has no 'y'; it has x"), (lambda w: w.having(y=1), "the world has no 'y'; it has x"),
    (lambda w: setattr(w, "x", 1), "the world is a value: x can't be set in it"),
    (lambda w: w.having(x={}), "x can't hold {}: a cell's value is immutable; a tuple would do")])
def test_what_a_world_can_not_do_is_told(wrong, told):
    with pytest.raises(ModelError) as caught:
        wrong(World(x=1))
    assert told in str(caught.value)


def test_a_first_world_holds_immutable_values_too():
    with pytest.raises(ModelError):
        World(x=[])


def test_a_world_notes_what_was_read_and_written_and_nothing_else():
    w = World(x=1, y=2, z=3).watched()
    assert w.touched == set()
    later = w.having(y=w.x)
    assert later.touched == w.touched == {"x", "y"}
    assert World(x=1).having(x=2).touched == set()


# ---- the order of writers


def told(orders):
    return sorted("".join(writer.name for writer in order) for order in orders)


def test_two_writers_that_overlap_may_come_in_either_order():
    running = History().begun("A").begun("B")
    assert told(running.orders()) == ["", "A", "AB", "B", "BA"]
    returned = running.ended("A").ended("B")
    assert told(returned.final_orders()) == ["AB", "BA"]
    assert told(returned.orders()) == ["", "A", "AB", "B", "BA"]
    assert told(returned.orders(frozenset("A"))) == ["A", "AB", "BA"]
    assert told(returned.orders(frozenset("AB"))) == ["AB", "BA"]


# B began after A had returned: whoever sees B's effect sees A's too, or what B made of it.
def test_of_two_writers_behind_each_other_the_second_comes_last():
    second = History().begun("A").ended("A").begun("B")
    assert told(second.orders()) == ["", "A", "AB"]
    assert told(second.orders(frozenset("A"))) == ["A", "AB"]
    assert told(second.ended("B").final_orders()) == ["AB"]


# C overlaps both: it comes before A, between them, or behind B.
def test_a_third_writer_that_overlaps_both_may_come_anywhere():
    history = History().begun("C").begun("A").ended("A").begun("B").ended("B").ended("C")
    assert told(history.final_orders()) == ["ABC", "ACB", "CAB"]


def test_a_writer_that_failed_has_no_effect_and_none_comes_after_it():
    history = History().begun("A").ended("A", failed=True).begun("B").ended("B")
    assert (told(history.orders()), told(history.final_orders())) == (["", "B"], ["B"])
    assert history.returned == {"B"} and repr(history) == "<A failed, B returned>"


def test_who_is_still_running_is_not_in_the_final_orders():
    assert told(History().begun("A").final_orders()) == [""]
    assert repr(History()) == "<nobody has begun>"


@given(st.lists(st.tuples(st.sampled_from("ABC"), st.booleans()), max_size=8))
def test_final_orders_respect_real_time(events):
    history, began, ended = History(), {}, {}
    for at, (name, _) in enumerate(events):
        if name not in began:
            history, began[name] = history.begun(name), at
        elif name not in ended:
            history, ended[name] = history.ended(name), at
    found = told(history.final_orders())
    for order in found:
        assert sorted(order) == sorted(ended)
        assert all(ended[a] > began[b] for i, b in enumerate(order) for a in order[i + 1:])
    assert found


# ---- what a search came to


def finding(name, order):
    return Finding(name, "does it", Order.read(order))


def test_a_finding_ranks_by_switches_then_by_steps():
    told = finding("a", "A5B")
    assert (told.rank, told.switches, told.steps) == ((1, 6), 1, 6)
    assert told.rank < finding("a", "A9B").rank < finding("a", "ABA").rank
    assert repr(told) == "<a: does it (1 switch, 6 steps)>"


@pytest.mark.parametrize(("stopped", "verdicts"), [
    ("", ["violated", "holds"]), ("stopped", ["violated", "incomplete"])])
def test_a_verdict_is_violated_holds_or_incomplete(stopped, verdicts):
    result = Result({"a": finding("a", "A")}, 31415, 9, ("A", "B"), stopped)
    assert [result.verdict("a"), result.verdict("b")] == verdicts
    assert result.complete is not bool(stopped)
    assert result.bounds.startswith(f"31,415 states of A and B, each once or never; {stopped or 'search complete'}; ")
    assert "weak memory" in repr(result) and repr(result).startswith("<a; ")
