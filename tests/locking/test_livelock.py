# SPDX-License-Identifier: GPL-2.0-only
"""Tasks that can never finish: a circle of locks, or one that goes round for ever."""
from small_scenes import EVERY, add, ends, get, orders, put, ranks, world

from numakit.locking import (
    ALL,
    Outcome,
    Reductions,
    Scene,
    Setting,
    change,
    explore,
    kmalloc,
    look,
    spin_lock,
    spin_unlock,
)

MERGING = [chosen for chosen in EVERY if chosen.merge]


def waits_for(cell):
    """Looks until a cell is not 0: a spinning CPU."""
    while not (yield look(get, cell)):
        pass


def spins_for_y():
    yield from waits_for("y")


def sets_y():
    yield change(put, "y", 1)


def sets_y_for_a_moment():
    yield change(put, "y", 1)
    yield change(put, "y", 0)


def goes_round():
    yield change(add, "x")
    while True:
        yield look(get, "x")


def verdict(tasks, setting=None, reductions=MERGING, **cells):
    """What all reductions that merge say of deadlock."""
    told = [explore(Scene(tasks, world(**cells), setting or Setting()), reductions=chosen) for chosen in reductions]
    assert len({(result.verdict("deadlock"), ranks(result).get("deadlock")) for result in told}) == 1
    return told[0].verdict("deadlock"), ranks(told[0]).get("deadlock")


def test_a_task_that_spins_until_another_lets_it_go_is_no_deadlock():
    assert verdict({"A": spins_for_y, "B": sets_y}) == ("holds", None)


# Already as it takes its first step it can't end any more.
def test_a_task_that_goes_round_for_ever_is_a_deadlock():
    assert verdict({"A": goes_round}) == ("violated", (0, 1))
    finding = explore(Scene({"A": goes_round}, world())).findings["deadlock"]
    assert "A goes round for ever" in finding.sentence


# A that spins alone is not lost as long as B may still begin. Lost it is after it has looked (step 1) and B has set and
# cleared y (2, 3) with one switch.
def test_a_task_that_may_miss_the_moment_is_a_deadlock():
    assert verdict({"A": spins_for_y, "B": sets_y_for_a_moment}) == ("violated", (1, 3))


# B begins, sets and clears y; then A looks: one switch and three steps too.
def test_a_task_that_never_began_is_not_stuck():
    result = explore(Scene({"A": spins_for_y, "B": sets_y_for_a_moment}, world()))
    assert ends(result, "y") == {(0,)} and orders(result)["deadlock"] in ("AB2", "B2A")


def test_nobody_sets_what_a_task_waits_for():
    assert verdict({"A": spins_for_y, "B": goes_round}) == ("violated", (0, 1))


def hands_on_and_waits(mine, other):
    yield change(put, mine, 1)
    yield from waits_for(other)


def test_two_that_wait_for_each_other_to_come_are_no_deadlock():
    tasks = {"A": lambda: hands_on_and_waits("x", "y"), "B": lambda: hands_on_and_waits("y", "x")}
    assert verdict(tasks) == ("holds", None)


def test_two_that_wait_for_each_other_to_go_are_a_deadlock():
    def waits_first(other, mine):
        yield look(get, "z")
        yield from waits_for(other)
        yield change(put, mine, 1)
    tasks = {"A": lambda: waits_first("x", "y"), "B": lambda: waits_first("y", "x")}
    assert verdict(tasks, z=0) == ("violated", (0, 1))


# x goes 0, 1, 2, 0 with the steps of A, A and C. B looks at 0 before, and at the end for ever. B A2 C2 is two switches
# and five steps; B A C2 A leads to the same state with three switches, and A instead of C as the last to move.
def test_the_schedule_of_a_task_that_goes_round_is_the_shortest():
    def adds():
        yield change(lambda w: w.having(x=(w.x + 1) % 3))

    def twice():
        yield from adds()
        yield from adds()

    def waits():
        yield from waits_for("x")

    def waits_and_adds():
        yield from waits_for("x")
        yield from adds()
    assert verdict({"A": twice, "B": waits, "C": waits_and_adds}) == ("violated", (2, 5))


def allocates_and_waits():
    yield change(add, "x")
    yield from kmalloc(1)
    yield from waits_for("y")


def sets_y_and_more():
    yield change(put, "y", 1)
    yield change(add, "x")


# A always ends once B has set y, however it came by its memory.
def test_a_task_that_allocates_before_it_waits_is_no_deadlock():
    assert verdict({"A": allocates_and_waits, "B": sets_y_and_more}, Setting(reclaims="s")) == ("holds", None)


def waits_with_its_memory():
    yield change(add, "x")
    memory = yield from kmalloc(1)
    if memory is None:
        yield change(add, "x")
        return
    while True:
        yield look(get, "x")


# After its first step the allocation may still fail, and A end. Lost it is with its memory: two steps.
def test_a_local_step_that_brings_the_harm_is_charged():
    assert verdict({"A": waits_with_its_memory}, Setting(fails=True)) == ("violated", (0, 2))


def crossed(first, second):
    yield spin_lock(first)
    yield look(get, "x")
    yield spin_lock(second)
    yield spin_unlock(second)
    yield spin_unlock(first)


def looks_and_crosses():
    while (yield look(get, "y")):
        pass
    yield from crossed("s", "t")


# A2 B2 closes the circle, and that is what counts: A1 B1 makes it sure already, but nobody waits yet. A loop that A has
# gone through before must not change that.
def test_a_circle_of_locks_is_told_alike_of_tasks_with_a_loop_and_without():
    def told(task, more):
        tasks = {"A": task, "B": lambda: crossed("t", "s"), "C": sets_y_for_a_moment}
        finding = explore(Scene(tasks, world())).findings["deadlock"]
        assert "waits for" in finding.sentence
        return finding.switches, finding.steps - more
    assert told(looks_and_crosses, 1) == told(lambda: crossed("s", "t"), 0) == (1, 4)


# Twins: who takes the token goes round for ever, the other may end. Each may be the one.
def test_twins_of_which_one_goes_round_for_ever_are_a_deadlock():
    def takes_the_token():
        if (yield change(take)):
            return
        yield look(get, "y")
        while True:
            yield look(get, "y")

    def take(w):
        return Outcome(w.having(x=1), w.x == 0)
    scene = Scene({"A": takes_the_token, "B": takes_the_token}, world(), twins=("A", "B"))
    assert [ranks(explore(scene, reductions=chosen)) for chosen in (Reductions(), ALL)] == [{"deadlock": (1, 2)}] * 2


def loops_without_end():
    n = 0
    while True:
        n = (yield change(add, "x")) or n + 1


def test_a_search_that_has_no_end_says_so(monkeypatch):
    monkeypatch.setattr("numakit.locking.explorer.LOOK_UP", 100)
    result = explore(Scene({"A": loops_without_end}, world()), max_states=300)
    assert (result.complete, result.verdict("deadlock")) == (False, "incomplete")
