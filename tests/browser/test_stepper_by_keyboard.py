# SPDX-License-Identifier: GPL-2.0-only
"""The stepper in a real browser, by keyboard alone: step, undo, paste, and let the search run beside the page."""

import re

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture
def stepper(open_lesson):
    """The stepper of lesson 08."""
    return open_lesson("08").run_all().panel_of("stepper_panel")


def press_button(panel, name, times=1):
    panel.press(panel.button(name), *["Enter"] * times)


def wait_for_word(panel, words, seconds=60):
    """Wait until the line beside the buttons has these words: a search takes its time."""
    panel.box.locator("[role=log]").filter(has_text=words).wait_for(timeout=1000 * seconds)


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


def status_lines(panel):
    """What the line beside the buttons says."""
    return panel.box.locator("[role=log]").text_content()


def states(words):
    """The number of states that a search speaks of last."""
    return int(re.findall(r"([\d,]+) states", words)[-1].replace(",", ""))


def test_a_second_search_ends_the_first_and_counts_alone(stepper, shoot):
    stepper.write("schedule", "spinlock:middle:0:1-2:1-2:")
    stepper.wait_for_sentence("nobody has begun")
    press_button(stepper, "Find the shortest")
    wait_for_word(stepper, "searching")
    press_button(stepper, "Find the shortest")
    wait_for_word(stepper, "the search before was stopped after")
    shoot("stepper-second-search", stepper.box)
    seen = []
    for _ in range(20):
        stepper.page.wait_for_timeout(150)
        seen.append(status_lines(stepper))
    assert all("the search before was stopped after" in words for words in seen), seen
    counts = [states(words) for words in seen]
    assert counts == sorted(counts) and counts[0] < counts[-1], "two searches would count in turns"
    press_button(stepper, "Stop")
    wait_for_word(stepper, "nothing is shown by that")
    at_once = status_lines(stepper)
    stepper.page.wait_for_timeout(1000)
    assert at_once.startswith("stopped after") and status_lines(stepper) == at_once


def test_where_nothing_but_what_no_design_is_free_of_is_found_it_cannot_be_broken_here(stepper, shoot):
    stepper.write("schedule", "retry:failing:0:1-2:1-2:")
    stepper.wait_for_sentence("retry: nobody has begun")
    press_button(stepper, "Find the shortest")
    wait_for_word(stepper, "retry can't be broken here", seconds=300)
    assert re.match(r"retry can't be broken here: nothing is violated in any interleaving but superseded_at_use, "
                    r"of which no design is free whose setters return \([\d,]+ states of 30 cases searched, all of "
                    r"them\); its shortest way is 2 switches, 23 steps; step through it", status_lines(stepper))
    stepper.wait_for_sentence("retry: nobody has begun")
    shoot("stepper-unbroken", stepper.box)
    press_button(stepper, "steps shown: one forward", 23)
    stepper.wait_for_sentence("Step 23. superseded_at_use")


def test_what_a_search_finds_does_not_take_away_what_is_looked_at_by_then(stepper, shoot):
    stepper.write("schedule", "mutex:middle:0:1-2:1-2:")
    stepper.wait_for_sentence("nobody has begun")
    stepper.choice("look for").select_option("sleep_in_atomic")
    press_button(stepper, "Find the shortest")
    wait_for_word(stepper, "searching")
    stepper.choice("design").select_option("retry")
    press_button(stepper, "Step A", 2)
    stepper.wait_for_sentence("Step 2: A does")
    wait_for_word(stepper, "paste mutex:middle:0:1-2:1-2:F7 to see it", seconds=300)
    shoot("stepper-elsewhere", stepper.box)
    assert stepper.text("schedule").input_value() == "retry:middle:0:1-2:1-2:A2"


def test_a_patch_that_loops_is_told_in_words(open_lesson, shoot):
    page = open_lesson("16").run_all()
    design = 'Design("mine", no_locks.lookup, lambda start, end, new: (0 for _ in iter(int, 1) if _))'
    page.rewrite(page.cell("stepper_panel("), "own=no_locks", f'stepper_panel("mine:middle:1:1-2:1-2:A", own={design})')
    stepper = page.panel_of("stepper_panel")
    stepper.wait_for_sentence("mine: nobody has begun")
    wait_for_word(stepper, "mine can be shown before its first step only")
    press_button(stepper, "Undo")
    stepper.box.locator("[role=log]:empty").wait_for(state="attached")
    press_button(stepper, "Step A")
    wait_for_word(stepper, "A runs on for 10,000 lines without a yield")
    assert stepper.text("schedule").input_value() == "mine:middle:1:1-2:1-2:"
    shoot("stepper-loops", stepper.box)
    press_button(stepper, "Find the shortest")
    wait_for_word(stepper, "mine can't be searched.")
    assert page.errors() == []
