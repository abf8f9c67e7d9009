# SPDX-License-Identifier: GPL-2.0-only
"""A learner's own design in the stepper, right or not: what can't be played is told in the status line."""

import asyncio
import re

import pytest
from stepper_pressing import press, text, told

from numakit.locking import change, look, spin_lock, spin_unlock
from numakit.proposals import DESIGNS, Design
from numakit.proposals.file import LOCK, root_is_null, sp_lookup_get
from numakit.show import stepper_panel

RETRY = DESIGNS["retry"]
EMPTY = "mine:middle:1:1-2:1-2:"


def loops(start, end, new):
    yield look(root_is_null)
    while True:
        pass


def touches(sp, pgoff):
    yield spin_lock(LOCK)
    return sp.root


def forgets_to_unlock(start, end, new):
    yield spin_lock(LOCK)
    return 0


def spoils(start, end, new):
    yield spin_lock(LOCK)
    yield change(lambda world: world.having(tree=5))
    yield spin_unlock(LOCK)
    return 0


def never_begins(*args):
    while True:
        pass
    yield


def locked_lookup(sp, pgoff):
    yield spin_lock(LOCK)
    pol = yield change(sp_lookup_get, pgoff)
    yield spin_unlock(LOCK)
    return pol


LOOPS = Design("mine", locked_lookup, loops)
TOUCHES = Design("mine", touches, RETRY.replace)
SPOILS = Design("mine", locked_lookup, spoils)
SAYS = {
    "loops": (LOOPS, "A", r"test_stepper_own_design\.py:\d+: A runs on for 10,000 lines without a yield"),
    "touches": (TOUCHES, "F", r"test_stepper_own_design\.py:\d+: the task fails with AttributeError: 'Shared' object "
                              r".*the tree is reached by look and change"),
    "yields no step": (Design("mine", lambda sp, pgoff: iter(()), RETRY.replace), "F", "lookup"),
    "spoils": (SPOILS, "A", "TypeError: 'int' object is not iterable"),
}


@pytest.fixture
def opened():
    """opened(design, schedule): a stepper, closed at the end."""
    made = []

    def opened(design, schedule=EMPTY):
        made.append(stepper_panel(schedule, own=design))
        return made[-1]

    yield opened
    for panel in made:
        panel.close()


@pytest.mark.parametrize("kind", SAYS)
def test_a_step_that_cannot_be_played_is_told_and_not_taken(opened, kind):
    design, task, words = SAYS[kind]
    panel = opened(design)
    for _ in range(9):
        before = text(panel), panel.shown.svg()
        press(panel, f"Step {task}")
        if told(panel):
            break
    assert re.search(words, told(panel)) and (text(panel), panel.shown.svg()) == before
    press(panel, "Step B" if task == "F" else "Step F")
    assert told(panel) == "" and text(panel) != before[0], "the other tasks go on"


@pytest.mark.parametrize("kind", SAYS)
def test_a_search_of_it_is_refused_in_words(opened, kind):
    design, _, words = SAYS[kind]
    panel = opened(design)
    press(panel, "Find the shortest")
    assert told(panel).startswith("mine can't be searched. ") and re.search(words, told(panel))
    assert text(panel) == EMPTY


def test_a_search_of_it_beside_the_page_is_refused_in_the_same_words(opened, monkeypatch):
    monkeypatch.setattr("numakit.show.stepper_search.one_of_each_shape", lambda every: every[:1])
    panel = opened(LOOPS)

    async def page():
        press(panel, "Find the shortest")
        for _ in range(20):
            await asyncio.sleep(0)

    asyncio.run(page())
    assert told(panel).startswith("mine can't be searched. ") and "without a yield" in told(panel)
    panel.set(design="mutex", wanted="sleep_in_atomic")
    press(panel, "Find the shortest")
    assert told(panel).startswith("shortest way to sleep_in_atomic"), "and the panel is ready for another search"


def test_a_design_that_ends_holding_a_lock_is_a_finding(opened):
    panel = opened(Design("mine", locked_lookup, forgets_to_unlock))
    for _ in range(3):
        press(panel, "Step A")
    assert panel.sentence.startswith("Step 3. bad_unlock: A ends while it holds sp->lock.") and told(panel) == ""


def test_a_schedule_is_shown_as_far_as_it_can_be_played(opened):
    panel = opened(LOOPS, f"{EMPTY}F2A4")
    assert panel.sentence.startswith("Step 3 of 6: A does kmalloc(sp_node)")
    assert text(panel) == f"{EMPTY}F2A4"
    assert told(panel).startswith("mine can be shown up to step 3 only. ") and "without a yield" in told(panel)


def test_a_schedule_whose_first_step_cannot_be_played_is_shown_before_it(opened):
    panel = opened(Design("mine", locked_lookup, never_begins), f"{EMPTY}AF")
    assert panel.sentence.startswith("mine: nobody has begun.")
    assert told(panel).startswith("mine can be shown before its first step only. ") and "without a yield" in told(panel)


def test_what_is_pasted_chosen_or_slid_to_is_shown_as_far_as_it_can_be_played(opened):
    panel = opened(LOOPS)
    panel.controls["schedule"].value = f"{EMPTY}F2A4"
    assert panel.sentence.startswith("Step 3 of 6:") and "up to step 3 only" in told(panel)
    panel.set(done=1)
    assert panel.sentence.startswith("Step 1 of 6:") and told(panel) == ""
    panel.set(done=6)
    assert panel.sentence.startswith("Step 3 of 6:") and "up to step 3 only" in told(panel)
    panel.controls["design"].value = "retry"
    assert panel.sentence.startswith("retry: nobody has begun.") and told(panel) == ""


def test_undo_and_reset_lead_back_to_what_can_be_played(opened):
    panel = opened(LOOPS, f"{EMPTY}A2")
    press(panel, "Step F")
    assert "without a yield" in told(panel) and text(panel) == f"{EMPTY}A2"
    press(panel, "Undo")
    assert text(panel) == f"{EMPTY}A" and told(panel) == ""
    press(panel, "Reset")
    assert text(panel) == EMPTY and told(panel) == ""


def test_a_design_that_cannot_even_be_begun_is_told_in_place_of_a_picture(opened):
    panel = opened(Design("mine", locked_lookup, RETRY.replace, never_begins))
    assert "without a yield" in told(panel) and told(panel).startswith("no step of mine can be shown. ")
    assert panel.sentence == told(panel) and "no step of mine" in panel.shown.svg()
    assert panel.shown.table().rows[0][-1] == panel.sentence
    press(panel, "Step A")
    assert "without a yield" in told(panel) and text(panel) == EMPTY
    panel.controls["design"].value = "retry"
    assert panel.sentence.startswith("retry: nobody has begun.") and told(panel) == ""
