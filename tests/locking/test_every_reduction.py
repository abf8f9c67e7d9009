# SPDX-License-Identifier: GPL-2.0-only
"""The explorer against a machine that tries every schedule, one by one, on small drawn tasks (brute_force.py).

Each combination of what the explorer may leave out must find the same violations, with the same fewest switches and
steps, and the same worlds at the end.
"""
import pytest
from brute_force import FREE, BruteForce, code, plain, scene
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st
from small_scenes import EVERY, ranks

from numakit.locking import explore

cells, variables, locks = st.sampled_from("xxy"), st.sampled_from("aab"), st.sampled_from("stm")
values = st.one_of(
    st.tuples(st.sampled_from(["add", "check"]), cells),
    st.tuples(st.just("read"), variables, cells), st.tuples(st.just("write"), cells, variables),
    st.tuples(st.just("sum"), variables, cells))
objects = st.sampled_from([("alloc",), ("publish",), ("take",), ("free",), ("touch",)])
steps = st.one_of(values, st.sampled_from([("alloc",), ("publish",), ("take",)]))
words = st.one_of(
    steps, steps, objects, st.tuples(st.just("forget"), variables), st.tuples(st.just("if"), cells, steps),
    st.tuples(st.just("tries"), cells), st.tuples(st.sampled_from(["next", "noted"]), steps))
looping = st.one_of(words, st.tuples(st.just("spin"), cells))


def begun(body):
    """A body whose first word is a step, as each task's must be."""
    return body if body and body[0][0] not in ("forget", "free", "touch") else [("add", "x"), *body]


@st.composite
def sections(draw, words=words, most=3):
    """A task: some words, some of them in a section of a lock; now and then a word is missing."""
    body = draw(st.lists(words, max_size=most))
    for lock in draw(st.lists(locks, max_size=2)):
        start = draw(st.integers(0, len(body)))
        end = draw(st.integers(start, len(body)))
        body = [*body[:start], ("lock", lock), *body[start:end], ("unlock", lock), *body[end:]]
    if draw(st.integers(0, 9)) == 0 and len(body) > 1:
        del body[draw(st.integers(0, len(body) - 1))]
    return tuple(begun(body))


@st.composite
def nested(draw):
    """A task that takes two locks, one within the other: two such may wait for each other."""
    outer, inner = draw(st.sampled_from(["st", "ts", "st", "ts", "ms", "sm"]))
    between = [draw(words)] if draw(st.booleans()) else []
    before = [draw(steps)] if draw(st.booleans()) else []
    return (*begun(before)[:len(before)], ("lock", outer), *between, ("lock", inner), ("unlock", inner),
            ("unlock", outer))


@st.composite
def lifetimes(draw):
    """A task that allocates, hands on and frees, or takes over and touches; or any mixture."""
    some = st.lists(st.one_of(objects, st.tuples(st.sampled_from(["add", "check"]), cells)), max_size=2)
    usual = draw(st.sampled_from([[], [("alloc",), ("publish",)], [("take",)], [("take",), ("touch",)]]))
    last = draw(st.sampled_from([[], [("free",)], [("touch",)]]))
    return tuple(begun([*usual, *draw(some), *last]))


def size(words):
    """How many steps a task has at most."""
    return sum(instruction[0] not in FREE for word in words for instruction in code(word))


@st.composite
def programs(draw, tasks):
    """Two tasks, or three shorter ones; often A and B are the same."""
    names = draw(st.sampled_from(["AB", "AB", "ABC"]))
    told = {name: draw(tasks) for name in names}
    if draw(st.integers(0, 3)) == 0:
        told["B"] = told["A"]
    assume(sum(map(size, told.values())) <= (12 if len(names) == 2 else 9))
    return told


ways = st.fixed_dictionaries({"fails": st.booleans(), "reclaims": st.sampled_from([None, None, "s", "t"]),
                              "ruled": st.booleans()})
drawn = st.one_of(programs(sections()), programs(nested()), programs(lifetimes()),
                  programs(st.one_of(nested(), sections(), lifetimes())))


def ended(result, twins):
    """The worlds at the end as the machine tells them; of twins' worlds the mirror images too."""
    names = dict(zip(twins, reversed(twins), strict=True)) if twins else {}
    return {plain(world) for world in result.outcomes} | {plain(world, names) for world in result.outcomes}


def assert_same(told, how, reductions, without=()):
    """All these reductions agree with the machine, the ranks of some properties left aside."""
    every, searched = BruteForce(told, **how), scene(told, **how)
    for chosen in reductions:
        result = explore(searched, reductions=chosen)
        found = {name: rank for name, rank in ranks(result).items() if name not in without}
        assert found == {name: rank for name, rank in every.found.items() if name not in without}, chosen
        assert ended(result, searched.twins if chosen.twins else None) == every.outcomes, chosen
        assert result.verdict("deadlock") == ("violated" if every.doomed else "holds")
        for finding in result.findings.values():
            assert finding.name in without or finding.name in every.played(finding.order)


@settings(max_examples=70)
@given(drawn, ways)
def test_every_reduction_finds_what_all_schedules_find(told, how):
    assert_same(told, how, EVERY)


# A task that may go round for ever has no end of histories unless they are merged. A deadlock that is a circle of locks
# is told from the step that closes it, one that is a task going round from the first state in which it must.
@settings(max_examples=50)
@given(programs(sections(looping)), ways)
def test_every_reduction_that_merges_finds_what_all_schedules_find_of_tasks_that_loop(told, how):
    assert_same(told, how, [chosen for chosen in EVERY if chosen.merge], without={"deadlock"})


@st.composite
def waiting(draw, allocating=False):
    """A task that does something, and waits for a cell to be set; no locks."""
    before = draw(st.lists(steps if allocating else values, max_size=2))
    after = draw(st.lists(values, max_size=1))
    return tuple(begun([*before, *draw(st.sampled_from([[], [("spin", "x")], [("spin", "y")]])), *after]))


# Where there is no lock but only tasks that look until a cell is set, a deadlock is told from the first state in which
# such a task can't come to its end whatever the others do.
@settings(max_examples=50)
@given(programs(waiting()))
def test_every_reduction_that_merges_finds_the_first_state_from_which_a_task_waits_for_ever(told):
    doomed = BruteForce(told).doomed
    for chosen in EVERY:
        if chosen.merge:
            assert ranks(explore(scene(told), reductions=chosen)).get("deadlock") == doomed, chosen


@st.composite
def handed_over(draw):
    """A allocates and waits until B lets it go; B does this and that before."""
    alone = st.one_of(st.just(("alloc",)), st.just(("alloc",)), st.tuples(st.just("add"), st.just("x")))
    before, other, after = (draw(st.lists(alone, max_size=2)) for _ in range(3))
    return {"A": (*begun(before), ("spin", "y"), *after), "B": (*begun(other), ("add", "y"), ("add", "x"))}


@settings(max_examples=50)
@given(programs(waiting(allocating=True)), ways)
def test_every_reduction_that_merges_finds_what_all_schedules_find_of_tasks_that_wait(told, how):
    assert_same(told, how, [chosen for chosen in EVERY if chosen.merge], without={"deadlock"})


@settings(max_examples=50, phases=[Phase.generate])  # no search for the smallest example as long as there is a failure
@given(handed_over(), ways)
def test_every_reduction_that_merges_finds_what_all_schedules_find_where_one_waits_for_another(told, how):
    assert_same(told, how, [chosen for chosen in EVERY if chosen.merge], without={"deadlock"})


# The machine itself, by hand: tasks of k, l, m steps have (k + l + m)! / k! l! m! schedules.
@pytest.mark.parametrize(("lengths", "schedules"), [((2, 2), 6), ((3, 3), 20), ((5, 5), 252), ((2, 2, 2), 90)])
def test_the_machine_tries_as_many_schedules_as_there_are(lengths, schedules):
    told = {name: (("add", "x"),) * length for name, length in zip("ABC", lengths, strict=False)}
    assert BruteForce(told).schedules == schedules


# AB-BA by hand: A takes s, B takes t: nobody can go on. And the same with a third who has a word.
def test_the_machine_knows_a_deadlock():
    one, other = [(("lock", a), ("lock", b), ("unlock", b), ("unlock", a)) for a, b in ("st", "ts")]
    assert BruteForce({"A": one, "B": other}).found == {"deadlock": (1, 2)}
    assert BruteForce({"A": one, "B": one}).found == {}


@pytest.mark.parametrize(("words", "found"), [
    ((("lock", "s"),), {"bad_unlock": (0, 1)}),
    ((("unlock", "s"),), {"bad_unlock": (0, 1)}),
    ((("lock", "s"), ("alloc",), ("unlock", "s")), {"sleep_in_atomic": (0, 2)}),
    ((("alloc",), ("free",), ("touch",)), {"use_after_free": (0, 3)}),
    ((("add", "x"), ("add", "x"), ("check", "x")), {"uneven": (1, 4), "seen": (0, 3)}),
])
def test_the_machine_knows_what_one_task_can_do_wrong(words, found):
    assert BruteForce({"A": words, "B": (("add", "x"),)}).found.items() >= found.items() - {("uneven", (1, 4))}
