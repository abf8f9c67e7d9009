# SPDX-License-Identifier: GPL-2.0-only
"""Each stepper of each lesson, in a real browser, by keyboard alone: from no step to a counterexample, step by step."""

import json
import re
from pathlib import Path

import pytest

from numakit.locking import explore
from numakit.proposals import read_schedule

pytestmark = pytest.mark.browser
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"

STEPPERS = [
    ("06", 0, "mutex:middle:0:1-2:1-2:", "sleep_in_atomic"),
    ("07", 0, "spinlock:middle:0:1-2:3-4:", "sp_insert_bug"),
    ("08", 0, "mutex:middle:0:1-2:1-2:", "deadlock"),
    ("09", 0, "mutex_and_spinlock:middle:4:1-2:1-2:", "lookup_not_linearizable"),
    ("10", 0, "drop_ptl_retake_unchecked:middle:1:1-2:1-2:", "stale_pte"),
    ("11", 0, "retry:middle:2:1-3:1-3:", "superseded_at_use"),
    ("11", 1, "retry_split_mended:middle:2:1-2:1-2:", "leak"),
    ("12", 0, "range_lookup:middle:1:1-2:1-2:", "superseded_before_lock"),
    ("12", 1, "range_lookup_unreferenced:middle:1:1-2:1-2:", "use_after_free"),
]
HOWS = {"": "as an allocation should", "r": "it reclaims memory first", "x": "memory is out"}


def shortest(case, name):
    """The turns of the shortest schedule that breaks a property, the runs of one task that go alike together."""
    start = read_schedule(case)
    turns, runs = explore(start.case.scene(start.design)).findings[name].order.turns, []
    for turn in turns:
        if runs and runs[-1][0] == turn:
            runs[-1][1] += 1
        else:
            runs.append([turn, 1])
    return runs, len(turns)


def steppers_of(page):
    return [panel for panel in page.panels() if panel.button("Step F").count()]


def drive(stepper, case, runs):
    """Begin anew, and take the steps one key after the other."""
    stepper.write("schedule", case)
    stepper.wait_for_sentence("nobody has begun")
    how = stepper.choice("an allocation goes")
    done = 0
    for turn, times in runs:
        if how.count():
            how.select_option(HOWS[turn.how])
        for _ in range(times):
            stepper.press(stepper.button(f"Step {turn.task}"), "Enter")
            done += 1
            stepper.wait_for_sentence(f"Step {done}")


def stored_steppers():
    """How many steppers each stored lesson has."""
    found = {}
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        calls = sum("".join(cell["source"]).startswith("stepper_panel(") for cell in cells)
        if calls:
            found[path.name[:2]] = calls
    return found


def test_no_stepper_of_a_lesson_is_left_out():
    driven = {number: sum(lesson == number for lesson, *_ in STEPPERS) for number, *_ in STEPPERS}
    assert stored_steppers() == {**driven, "16": 1}


@pytest.mark.parametrize("lesson", sorted({lesson for lesson, *_ in STEPPERS}))
def test_each_stepper_is_driven_to_its_counterexample(open_lesson, shoot, lesson):
    page = open_lesson(lesson).run_all()
    assert page.errors() == []
    for place, case, name in [told[1:] for told in STEPPERS if told[0] == lesson]:
        stepper = steppers_of(page)[place]
        runs, steps = shortest(case, name)
        drive(stepper, case, runs)
        stepper.wait_for_sentence(re.compile(rf"Step {steps}\..* {name}: "))
        shoot(f"stepper-{lesson}-{place}", stepper.box)


def test_a_patch_of_ones_own_is_stepped_in_its_own_lines(open_lesson, shoot):
    page = open_lesson("16").run_all()
    assert page.errors() == []
    stepper, = steppers_of(page)
    stepper.write("schedule", "no_locks:middle:1:1-2:1-2:A6F5")
    stepper.wait_for_sentence("Step 11")
    stepper.press(stepper.button("Step F"), "Enter")
    stepper.wait_for_sentence("Step 12. lookup_not_linearizable")
    assert "yield change(sp_insert, new)" in stepper.picture.text_content()
    shoot("stepper-16", stepper.box)
