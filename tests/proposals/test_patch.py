# SPDX-License-Identifier: GPL-2.0-only
"""A patch of one's own: reviewed in all scenarios, told in its own lines; whatever is wrong with it gets a sentence."""
import sys
from functools import partial
from pathlib import Path

import pytest

from numakit.learn.lesson_16 import ALWAYS_A_SPARE, EARLY, LATE, UNLOCKED
from numakit.learn.schedules import Repair
from numakit.locking import change, look, mutex_lock, note, spin_lock, spin_unlock
from numakit.locking.standing import place_in
from numakit.proposals import DESIGNS, Design, file, review
from numakit.proposals.cases import SCENARIOS, Case
from numakit.proposals.file import LOCK
from numakit.proposals.mbind import ENOMEM, carve
from numakit.proposals.patch import PARTS, PATCH, WORDS, unfit, words
from numakit.proposals.verdicts import judge


def locked(sp, pgoff):
    yield spin_lock(LOCK)
    pol = yield change(file.sp_lookup_get, pgoff)
    yield spin_unlock(LOCK)
    return pol


def loops(start, end, new):
    while True:
        pass
    yield


def counts_for_ever(start, end, new):
    n = 0
    while True:
        yield look(file.root_is_null)
        n += 1


def goes_round(start, end, new):
    while True:
        yield look(file.root_is_null)


def cleared(world):
    return world.having(tree=())


def touches(start, end, new):
    yield change(cleared)
    return 0


def touches_in_a_note(start, end, new):
    yield look(file.root_is_null)
    yield note(cleared)
    return 0


def writes(start, end, new):
    world = yield look(seen_world)
    world.tree = ()
    return 0


def seen_world(world):
    return world


def calls_plainly(start, end, new):
    yield look(file.root_is_null)
    file.sp_insert(new)
    return 0


def yields_a_word(start, end, new):
    yield "spin_lock"


def takes_another_lock(start, end, new):
    yield spin_lock("my_lock")


def no_generator(start, end, new):
    return 0


def keeps_the_lock(start, end, new):
    yield spin_lock(LOCK)
    return 0


def answers_a_number(sp, pgoff):
    yield look(file.root_is_null)
    return 7


def told(replace, lookup=locked):
    """The review of a replace, as a text in one line."""
    return " ".join(repr(review(Design("mine", lookup, replace))).split())


def forgets_yield_from(start, end, new):
    yield look(file.root_is_null)
    return carve(start, end).start


def yields_a_generator(start, end, new):
    yield carve(start, end)


def yields_from_a_step(start, end, new):
    yield from spin_lock(LOCK)


def sleeps_on_a_spinlock(start, end, new):
    yield mutex_lock(LOCK)


def looks_at_a_change(start, end, new):
    yield look(file.sp_insert, new)


def names_it_in_quotes(start, end, new):
    yield change("sp_insert", new)


def partly(start, end, new):
    yield change(partial(file.sp_insert, new=new))


def too_few(start, end, new):
    yield change(file.trim, start, end)


def alters_its_copy(start, end, new):
    n = yield look(file.sp_lookup, start, end)
    n.start = 3


def forgets_to_return(start, end, new):
    yield look(file.root_is_null)


def says_true(start, end, new):
    yield look(file.root_is_null)
    return True


def never_does_it(start, end, new):
    yield look(file.root_is_null)
    return ENOMEM


SEEN = []


def remembers(start, end, new):
    SEEN.append(start)
    yield look(file.root_is_null)
    if len(SEEN) % 3:
        yield change(file.sp_insert, new)
    yield look(file.root_is_null)
    return 0


def always_lets_go(sp, pgoff):
    yield spin_lock(LOCK)
    try:
        return (yield change(file.sp_lookup_get, pgoff))
    finally:
        yield spin_unlock(LOCK)


HERE = "test_patch.py:"
ONE = Case("middle", 1, (1, 2), (1, 2))


@pytest.mark.parametrize(("replace", "came", "would_do"), [
    (loops, "A runs on for 10,000 lines without a yield", "must yield a step each time round"),
    (counts_for_ever, "never came back to where it was", "a loop that counts"),
    (touches, "the step cleared is a function of your own", "sp_lookup_get"),
    (touches_in_a_note, "the step cleared is a function of your own", "sp_lookup_get"),
    (writes, "seen_world is a function of your own", "sp_lookup_get"),
    (calls_plainly, "TypeError", ""),
    (yields_a_word, "'spin_lock', which is no step", "spin_lock, look, change"),
    (takes_another_lock, "the world has no 'my_lock'", "LOCK and MUTEX, without quotes"),
    (forgets_yield_from, "'generator' object", "run by `yield from`"),
    (yields_a_generator, "yields a generator of carve, which is no step", "run by `yield from`"),
    (yields_from_a_step, "'Lock' object is not iterable", "a single step wants a plain `yield`"),
    (sleeps_on_a_spinlock, "that lock is a spinlock", "spin_lock would do"),
    (looks_at_a_change, "sp_insert changes the tree", "change(sp_insert, new) would do"),
    (names_it_in_quotes, "'sp_insert' is no function", "change(trim, n, start, end)"),
    (partly, "is a function of your own", "sp_lookup_get"),
    (too_few, "trim() missing 1", "yield change(trim, n, start, end)"),
], ids=lambda value: getattr(value, "__name__", ""))
def test_a_patch_that_cannot_be_searched_gets_a_sentence_with_its_line(replace, came, would_do):
    said = told(replace)
    assert said.startswith("mine can't be judged. ") and "scenario" not in said
    assert HERE in said and came in said and would_do in said


@pytest.mark.parametrize(("lookup", "replace", "came", "would_do"), [
    (locked, no_generator, "the replace is 0", "a function with a yield in it"),
    (answers_a_number, DESIGNS["retry"].replace, "the lookup answers 7", "a Pol"),
    (lambda sp, pgoff: None, DESIGNS["retry"].replace, "the lookup is None", "a function with a yield in it"),
])
def test_functions_that_make_no_steps_or_answer_no_policy_get_a_sentence(lookup, replace, came, would_do):
    said = told(replace, lookup)
    assert said.startswith("mine can't be judged. numakit/proposals/") and came in said and would_do in said


@pytest.mark.parametrize(("replace", "came", "would_do"), [
    (forgets_to_return, "the replace answers None", "0 would do, or ENOMEM"),
    (says_true, "the replace answers True", "0 would do, or ENOMEM"),
    (never_does_it, "the replace answers ENOMEM, and no memory was refused", ""),
    (alters_its_copy, "FrozenInstanceError", "change(trim, n, start, end) alters the tree"),
    (remembers, "may depend on nothing else", "nothing may outlast a call"),
], ids=lambda value: getattr(value, "__name__", ""))
def test_what_a_replace_may_not_answer_alter_or_remember_gets_a_sentence(replace, came, would_do):
    said = told(replace)
    assert said.startswith("mine can't be judged. ") and "scenario" not in said
    assert came in said and would_do in said and "0x" not in said and "<string>" not in said


@pytest.mark.parametrize(("design", "why"), [
    (..., "Ellipsis is no patch; a Design would do"),
    ("retry", "'retry' is no patch; a Design would do"),
    (Design("my patch: one", locked, DESIGNS["retry"].replace), "can't stand in a schedule"),
    (Design("mine", None, DESIGNS["retry"].replace), "the lookup is None; a function would do"),
    (Design("mine", locked, locked), "the replace does not take what it is called with"),
    (DESIGNS["retry"], ""),
])
def test_what_is_no_patch_is_told_before_it_is_run(design, why):
    assert why in unfit(design) and bool(why) == bool(unfit(design))
    if why:
        assert why in repr(review(design))


def test_an_answer_that_cannot_be_run_gets_a_hint_about_its_python_and_takes_no_rung():
    asked = Repair(number="0-0", question="?", expected=lambda: DESIGNS["retry"], hints=("a", "b", "c"), plausible={})
    for replace in (never_does_it, locked):
        miss = asked.miss(Design("mine", locked, replace))
        assert "about the Python of it" in miss.hint and miss.sentence.endswith(".")


def test_a_yield_in_a_finally_is_no_fault_and_makes_no_noise(capfd):
    noise, before = [], sys.unraisablehook
    sys.unraisablehook = noise.append
    try:
        Repair(number="0-0", question="?", expected=lambda: DESIGNS["retry"], hints=("a", "b", "c"), plausible={},
               ).miss(Design("mine", always_lets_go, forgets_to_return))
        seen = review(Design("mine", always_lets_go, keeps_the_lock))
    finally:
        sys.unraisablehook = before
    assert "bad_unlock" in seen.broken and not noise and not capfd.readouterr().err


def test_a_patch_that_goes_round_for_ever_is_a_deadlock_and_no_hang():
    assert "deadlock" in judge(Design("mine", locked, goes_round), [ONE], guard=PATCH).findings


def test_a_patch_that_ends_with_a_lock_has_a_schedule():
    case, found = judge(Design("mine", locked, keeps_the_lock), [ONE], guard=PATCH).findings["bad_unlock"]
    assert case == ONE and "ends while it holds sp->lock" in found.sentence


def test_all_scenarios_are_searched_to_their_end():
    seen = review(ALWAYS_A_SPARE)
    assert seen.right and not seen.broken and seen.shortest() is None
    assert [verdict.scenario for verdict in seen.verdicts] == list(SCENARIOS)
    assert all(verdict.complete and f"{verdict.states:,} states" in repr(seen) for verdict in seen.verdicts)
    assert "not modelled: weak memory" in " ".join(repr(seen).split())


@pytest.mark.parametrize(("design", "name"), [
    (EARLY, "sleep_in_atomic"), (LATE, "lookup_not_linearizable"), (UNLOCKED, "lookup_not_linearizable")], ids=str)
def test_a_broken_patch_is_told_by_its_shortest_schedule_in_its_own_lines(design, name):
    seen = review(design)
    said, shortest = repr(seen), seen.shortest()
    assert name in seen.broken and "superseded_at_use" not in seen.broken
    assert str(shortest) in said and f"\n{name}: " in said
    assert {found.name for found in shortest.trace().found_here()} & set(seen.broken)
    best = min(found.rank for verdict in seen.verdicts for kind, (_, found) in verdict.findings.items()
               if kind in seen.broken)
    assert best == (shortest.order.switches, len(shortest.order))


def test_the_last_step_is_shown_in_the_patchs_own_source():
    said = repr(review(UNLOCKED))
    source = Path(UNLOCKED.lookup.__code__.co_filename).read_text().splitlines()
    line = next(row for row in said.splitlines() if row.startswith("In your asks_unlocked, "))
    number = int(line.split(":")[1])
    assert line.endswith(source[number - 1].strip())


def test_each_word_is_listed_with_its_parameters_and_a_sentence():
    listed = words().splitlines()
    assert len(listed) == len(WORDS) + len(PARTS)
    assert all(word.__name__ in line and len(line) > 60 for word, line in zip((*WORDS, *PARTS), listed, strict=True))
    assert any(line.startswith("change(trim, n, start, end) ") for line in listed)


@pytest.mark.parametrize("design", DESIGNS.values(), ids=str)
def test_no_step_of_the_threads_own_designs_is_refused(design):
    assert judge(design, [ONE], guard=PATCH).findings.keys() == judge(design, [ONE]).findings.keys()


def test_the_place_in_a_cell_is_told_without_the_name_of_its_file():
    assert place_in("/tmp/ipykernel_77/123.py", 4) == "line 4 of the cell"
    assert place_in("<ipython-input-3-abc>", 4) == "line 4 of the cell"
    assert place_in(carve.__code__.co_filename, 4) == "numakit/proposals/mbind.py:4"
    assert place_in(__file__, 4) == f"{__file__}:4"
