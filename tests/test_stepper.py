# SPDX-License-Identifier: GPL-2.0-only
"""The stepper: every button does what it says, its text says all, and a search beside the page can be stopped."""

import asyncio
import re
from base64 import b64decode

import pytest
from stepper_pressing import press, text, told

from numakit.errors import BadSchedule
from numakit.locking import look, spin_lock, spin_unlock
from numakit.proposals import DESIGNS, Design, read_schedule
from numakit.show import schedule_picture, stepper_panel
from numakit.show.source import source_view


@pytest.fixture
def panel():
    made = stepper_panel("mutex:middle:0:1-2:1-2:")
    yield made
    made.close()


def test_seven_steps_of_the_fault_break_the_mutex(panel):
    for _ in range(7):
        press(panel, "Step F")
    assert text(panel) == "mutex:middle:0:1-2:1-2:F7"
    assert panel.sentence.startswith("Step 7. sleep_in_atomic: F calls mutex_lock(sp->mutex)")


def test_undo_takes_one_step_back_and_reset_all(panel):
    for _ in range(3):
        press(panel, "Step A")
    press(panel, "Undo")
    assert text(panel).endswith(":A2")
    press(panel, "Reset")
    assert text(panel).endswith("1-2:") and "nobody has begun" in panel.sentence
    press(panel, "Undo")
    assert "nobody has begun" in panel.sentence


def test_a_step_behind_the_steps_shown_drops_the_rest(panel):
    panel.show(read_schedule("mutex:middle:0:1-2:1-2:F7"), done=2)
    press(panel, "Step A")
    assert text(panel).endswith(":F2A") and panel.values["done"] == 3


def test_the_steps_shown_can_be_gone_through_without_changing_the_schedule(panel):
    panel.show(read_schedule("mutex:middle:0:1-2:1-2:F7"), done=0)
    press(panel, "steps shown: one forward")
    assert panel.sentence.startswith("Step 1 of 7: F does pte -> numa.")
    assert text(panel).endswith(":F7")


def test_an_allocation_goes_as_chosen_and_other_steps_as_ever(panel):
    panel.set(how="r")
    for _ in range(3):
        press(panel, "Step A")
    assert text(panel).endswith(":ArA2")


def test_a_step_of_a_task_that_is_not_there_or_has_ended_is_refused_in_words(panel):
    panel.show(read_schedule("mutex:all:0:1-2:1-2:"))
    press(panel, "Step Z")
    assert told(panel) == "there is no task 'Z'; there are F, A, B"
    panel.show(read_schedule("mutex:all:0:1-2:1-2:A10"))
    press(panel, "Step A")
    assert told(panel) == "step 11 of the schedule is A's, but A has ended"
    assert text(panel).endswith(":A10")


def test_a_task_that_must_wait_is_shown_to_wait(panel):
    panel.show(read_schedule("mutex:middle:0:1-2:1-2:F2"))
    press(panel, "Step Z")
    assert text(panel).endswith(":F2Z") and "waits" in panel.sentence


def test_a_pasted_schedule_sets_every_control(panel):
    panel.controls["schedule"].value = "spinlock:all:3:0-2:3-4:A6B"
    chosen = {name: panel.values[name] for name in ("design", "scenario", "page", "a", "b", "done")}
    assert chosen == {"design": "spinlock", "scenario": "all", "page": 3, "a": (0, 2), "b": (3, 4), "done": 7}


@pytest.mark.parametrize("junk", ["", "junk", "mutex:middle:9:1-2:1-2:", "mutex:middle:0:1-2:1-2:F99",
                                  "nobody:all:0:0-1:0-1:"])
def test_a_schedule_that_does_not_read_is_told_and_the_picture_stays(panel, junk):
    before = panel.shown.svg()
    panel.controls["schedule"].value = junk
    assert "BadSchedule" in panel.sentence and panel.shown.svg() == before
    panel.controls["schedule"].value = "mutex:middle:0:1-2:1-2:F"
    assert "BadSchedule" not in panel.sentence


def test_another_case_begins_anew(panel):
    panel.show(read_schedule("mutex:middle:0:1-2:1-2:F7"))
    panel.controls["page"].value = 3
    assert text(panel) == "mutex:middle:3:1-2:1-2:"
    panel.controls["design"].value = "retry"
    assert text(panel) == "retry:middle:3:1-2:1-2:"


def test_the_shortest_is_found_and_shown_from_its_beginning(panel):
    panel.set(wanted="deadlock")
    press(panel, "Find the shortest")
    assert told(panel).startswith("shortest way to deadlock: 1 switch, 11 steps")
    assert panel.values["done"] == 0
    panel.set(done=panel.controls["done"].max)
    assert "deadlock" in panel.sentence


def test_where_it_cannot_be_broken_the_panel_says_so_with_the_number_of_states():
    panel = stepper_panel("retry:failing:0:1-2:1-2:")
    panel.set(wanted="leak")
    press(panel, "Find the shortest")
    assert re.fullmatch(r"retry can't be broken here: leak is violated in no interleaving "
                        r"\([\d,]+ states of 30 cases searched, all of them\)", told(panel))
    assert text(panel) == "retry:failing:0:1-2:1-2:"


def test_a_search_beside_the_page_tells_how_far_it_is_and_can_be_stopped(panel):
    async def page():
        press(panel, "Find the shortest")
        while "searching" not in told(panel):
            await asyncio.sleep(0)
        seen = told(panel)
        press(panel, "Stop")
        while "searching" in told(panel):
            await asyncio.sleep(0)
        return seen

    assert re.fullmatch(r"searching: [\d,]+ states in \d+ of 30 cases", asyncio.run(page()))
    assert told(panel).startswith("stopped after")
    assert text(panel) == "mutex:middle:0:1-2:1-2:"


def test_the_picture_can_be_saved(panel):
    link = re.search(r'download="schedule.svg" [^>]*href="data:image/svg\+xml;base64,([^"]+)"', panel.saving.value)
    assert b64decode(link[1]).decode() == panel.shown.svg()


def my_lookup(sp, pgoff):
    yield spin_lock("sp->lock")
    pol = yield look(lambda world: None)
    yield spin_unlock("sp->lock")
    return pol


def test_a_design_of_ones_own_can_be_stepped():
    mine = Design("mine", my_lookup, DESIGNS["retry"].replace)
    panel = stepper_panel("mine:middle:0:1-2:1-2:", mine)
    press(panel, "Step F")
    assert text(panel) == "mine:middle:0:1-2:1-2:F"
    with pytest.raises(BadSchedule, match="'mine' is no design"):
        stepper_panel("mine:middle:0:1-2:1-2:")


def test_the_source_has_an_arrow_where_each_task_stands():
    trace = schedule_picture(read_schedule("spinlock:middle:0:1-2:3-4:A6B6")).trace
    stacks = {name: trace.place(name).stack for name in "AB"}
    at = next(at for at in stacks["A"] if at.function == "copied_tail")
    view = source_view(at, stacks)
    (number, who), = view.arrows.items()
    assert who == "AB" and "sp_alloc" in view.lines[number - view.first]


def test_the_source_is_shown_without_annotations_and_docstring():
    picture = schedule_picture(read_schedule("mutex:middle:0:1-2:1-2:F7"))
    at = next(at for at in picture.trace.rows[-1].stack if at.function == "mpol_shared_policy_lookup")
    lines = [line for line in source_view(at, {}).lines if line]
    assert lines[0] == "def mpol_shared_policy_lookup(sp, pgoff):" and not any('"""' in line for line in lines)
    assert lines[-1].strip() == "return pol"


