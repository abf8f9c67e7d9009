# SPDX-License-Identifier: GPL-2.0-only
"""The stepper in a real browser, by keyboard alone: step, undo, paste, and let the search run beside the page."""

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture
def stepper(open_lesson):
    """The stepper of lesson 08."""
    return open_lesson("08").run_all().panel_of("stepper_panel")


def press_button(panel, name, times=1):
    panel.press(panel.button(name), *["Enter"] * times)


def wait_for_word(panel, words):
    """Wait until the line beside the buttons has these words: a search takes its seconds."""
    panel.box.locator("[role=log]").filter(has_text=words).wait_for(timeout=60000)


def test_the_learner_is_the_scheduler(stepper, shoot):
    stepper.write("schedule", "mutex:middle:0:1-2:1-2:")
    stepper.wait_for_sentence("nobody has begun")
    press_button(stepper, "Step F", 7)
    stepper.wait_for_sentence("sleep_in_atomic: F calls mutex_lock(sp->mutex)")
    shoot("stepper-sleep", stepper.box)
    press_button(stepper, "Undo", 2)
    stepper.wait_for_sentence("Step 5: F does get_page.")
    assert stepper.text("schedule").input_value() == "mutex:middle:0:1-2:1-2:F5"


def test_the_search_runs_beside_the_page_and_its_schedule_is_stepped_to_its_end(stepper, shoot):
    stepper.write("schedule", "mutex:middle:0:1-2:1-2:")
    stepper.wait_for_sentence("nobody has begun")
    stepper.choice("look for").select_option("deadlock")
    press_button(stepper, "Find the shortest")
    wait_for_word(stepper, "shortest way to deadlock: 1 switch, 11 steps")
    assert stepper.text("schedule").input_value() == "mutex:middle:0:1-2:1-2:F6A4Ar"
    press_button(stepper, "steps shown: one forward", 11)
    stepper.wait_for_sentence("Step 11. deadlock")
    shoot("stepper-deadlock", stepper.box)


def test_a_search_can_be_stopped(stepper):
    stepper.write("schedule", "spinlock:middle:0:1-2:1-2:")
    stepper.wait_for_sentence("nobody has begun")
    press_button(stepper, "Find the shortest")
    wait_for_word(stepper, "searching")
    press_button(stepper, "Stop")
    wait_for_word(stepper, "stopped after")
