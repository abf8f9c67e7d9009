# SPDX-License-Identifier: GPL-2.0-only
"""Lessons open in JupyterLab, run to their end without an error, show their panels, and take an answer."""

import pytest

from numakit.learn import lesson_00

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("number", ["00", "03"])
def test_a_lesson_runs_to_its_end_without_an_error(open_lesson, shoot, number):
    lesson = open_lesson(number).run_all()
    assert lesson.errors() == []
    assert len(lesson.panels()) >= 2
    for at, panel in enumerate(lesson.panels()):
        assert panel.picture.is_visible() and panel.sentence.is_visible()
        shoot(f"lesson-{number}-panel-{at}", panel.box)


@pytest.mark.parametrize("number", ["01", "02", "04", "05", "13", "15"])   # the others are run by the other tests here
def test_the_other_lessons_run_to_their_end_too(open_lesson, number):
    assert open_lesson(number).run_all().errors() == []


def test_an_answer_typed_into_the_cell_is_judged_right(open_lesson, shoot):
    lesson = open_lesson("00").run_all()
    cell = lesson.cell('check("00-1"')
    assert "Right" not in cell.locator(".jp-OutputArea").text_content()
    lesson.rewrite(cell, "my_answer =", f"my_answer = {lesson_00.first_file()}")
    cell.get_by_text("Right").first.wait_for(timeout=10000)
    shoot("exercise-00-1-right", cell)


def test_an_error_in_a_cell_would_be_seen(open_lesson):
    lesson = open_lesson("00").run_all()
    lesson.rewrite(lesson.cell('check("00-1"'), "my_answer =", "my_answer = 1 / 0")
    assert any("ZeroDivisionError" in error for error in lesson.errors())
