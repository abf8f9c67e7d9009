# SPDX-License-Identifier: GPL-2.0-only
"""Exercises: stubs, solutions and wrong answers of all that are registered, and what each kind does."""
from __future__ import annotations

import itertools
import re
import runpy
import sys
from pathlib import Path
from typing import Any

import pytest

import numakit.learn
from numakit.learn.exercise import Exercise, Predict, WriteRule, worked_out
from numakit.learn.registry import UnknownExercise, exercises, find, lessons
from numakit.learn.session import Session
from numakit.learn.trial import attempt
from numakit.learn.verdict import Hint, Verdict
from numakit.mempolicy import Mempolicy, Mode
from numakit.nodemask import Nodemask

SOLUTIONS = Path(__file__).parent / "solutions"
EXAMPLE = runpy.run_path(str(SOLUTIONS / "example_lesson.py"))


def solutions_of(lesson: str) -> dict[str, Any]:
    path = SOLUTIONS / f"lesson_{lesson}.py"
    return runpy.run_path(str(path))["SOLUTIONS"] if path.exists() else {}


SOLVED: list[tuple[Exercise, Any]] = [
    (exercise, solved.get(exercise.number))
    for told, solved in [(EXAMPLE["EXERCISES"], EXAMPLE["SOLUTIONS"])]
    + [(exercises(lesson), solutions_of(lesson)) for lesson in lessons()]
    for exercise in told]
WRONG = [(exercise, wrong, hint) for exercise, _ in SOLVED for wrong, hint in exercise.plausible.items()]

ODD: list[object] = [
    object(), "nonsense", "", 3.5, -1, True, [], {}, {"C9": []}, {1, 2}, [[1], None], [{}], len, int, ..., range(3),
    b"x", lambda: 1, lambda *args: object(), float("nan"), itertools.count()]
STUBS = [(exercise, stub) for exercise, _ in SOLVED for stub in (
    (..., None, lambda *args: None, lambda *args: ...) if isinstance(exercise, WriteRule) else (..., None, [...]))]


def number_of(value: object) -> str | None:
    return value.number if isinstance(value, Exercise) else ""


def session_with(*told: Exercise) -> Session:
    found = {exercise.number: exercise for exercise in told}
    return Session(lambda number: found[str(number)])


@pytest.fixture
def example() -> Session:
    return session_with(*EXAMPLE["EXERCISES"])


# Every registered exercise, and the example's

def test_every_exercise_has_a_solution_and_every_solution_an_exercise() -> None:
    for lesson in lessons():
        assert [exercise.number for exercise in exercises(lesson)] == list(solutions_of(lesson)), lesson
    files = {path.stem.removeprefix("lesson_") for path in SOLUTIONS.glob("lesson_*.py")}
    assert files == set(lessons())


def test_numbers_are_those_of_the_lesson_in_order_and_the_registry_finds_them() -> None:
    for lesson in lessons():
        told = exercises(lesson)
        assert 2 <= len(told) <= 5, lesson
        assert [exercise.number for exercise in told] == [f"{lesson}-{n + 1}" for n in range(len(told))]
        assert all(find(exercise.number) is exercise for exercise in told)


@pytest.mark.parametrize("exercise", [exercise for exercise, _ in SOLVED], ids=number_of)
def test_every_exercise_has_a_question_and_three_different_hints(exercise: Exercise) -> None:
    assert exercise.question and exercise.form
    assert len(set(exercise.hints)) == len(exercise.hints) == 3 and all(exercise.hints)


@pytest.mark.parametrize(("exercise", "stub"), STUBS, ids=number_of)
def test_every_stub_fails_with_its_hint(exercise: Exercise, stub: object) -> None:
    verdict = session_with(exercise).check(exercise.number, stub)
    assert not verdict.right and verdict.sentence == "Not answered yet."
    assert verdict.hint == Hint(f"An answer here is {exercise.form}.")


@pytest.mark.parametrize(("exercise", "solution"), SOLVED, ids=number_of)
def test_every_solution_is_right(exercise: Exercise, solution: object) -> None:
    verdict = session_with(exercise).check(exercise.number, solution)
    assert verdict.right, verdict
    assert verdict.sentence.startswith("Right.") and verdict.hint is None


@pytest.mark.parametrize(("exercise", "wrong", "hint"), WRONG, ids=number_of)
def test_every_plausible_wrong_answer_gets_its_own_hint(exercise: Exercise, wrong: object, hint: str) -> None:
    answer = wrong if isinstance(exercise, WriteRule) else worked_out(wrong)
    verdict = session_with(exercise).check(exercise.number, answer)
    assert not verdict.right
    assert verdict.hint == Hint(hint)


@pytest.mark.parametrize("exercise", [exercise for exercise, _ in SOLVED], ids=number_of)
@pytest.mark.parametrize("odd", ODD)
def test_no_answer_of_an_odd_type_ends_in_a_traceback(exercise: Exercise, odd: object) -> None:
    verdict = session_with(exercise).check(exercise.number, odd)
    assert not verdict.right and verdict.hint is not None
    assert "0x" not in repr(verdict)


# The ladder

def test_hints_go_down_the_ladder_and_stay_on_the_last_rung(example: Session) -> None:
    rungs = [example.check("99-1", [0, 0, 0, n]).hint for n in range(4)]
    assert [hint and hint.rung for hint in rungs] == [1, 2, 3, 3]
    assert [hint and hint.text for hint in rungs[:3]] == list(EXAMPLE["EXERCISES"][0].hints)


def test_hint_gives_the_next_rung_without_an_answer(example: Session) -> None:
    assert example.hint("99-1").rung == 1
    second = example.check("99-1", [0, 0, 0, 0]).hint
    assert second and second.rung == 2
    assert [example.hint("99-1").rung for _ in range(2)] == [3, 3]
    assert example.hint("99-2").rung == 1


def test_stubs_and_unreadable_answers_and_right_ones_take_no_rung(example: Session) -> None:
    for answer in [..., None, "north", [1], {1, 2}, [3, 0, 1, 2]]:
        example.check("99-1", answer)
    assert example.hint("99-1").rung == 1


def test_two_sessions_in_the_same_order_say_the_same() -> None:
    answers = [[0, 1, 2, 3], [1, 1, 1, 1], ..., [2, 2, 2, 2], [3, 0, 1, 2]]
    told = []
    for _ in range(2):
        session = session_with(*EXAMPLE["EXERCISES"])
        told.append([repr(session.check("99-1", answer)) for answer in answers])
    assert told[0] == told[1]


# Predict

@pytest.mark.parametrize("answer", [
    [3, 0, 1, 2], (3, 0, 1, 2), "3 0 1 2", "3,0,1,2", "[3, 0, 1, 2]", " 3; 0;1 ;2\n", ["3", 0, 1.0, 2]])
def test_a_list_may_be_written_in_many_ways(example: Session, answer: object) -> None:
    assert example.check("99-1", answer).right


def test_a_list_may_be_a_numpy_array(example: Session) -> None:
    numpy = pytest.importorskip("numpy")
    assert example.check("99-1", numpy.array([3, 0, 1, 2], dtype="int16")).right
    assert not example.check("99-1", numpy.array([3, 0, 1, 1])).right


def test_the_first_page_that_differs_is_named(example: Session) -> None:
    verdict = example.check("99-1", [3, 0, 2, 2])
    assert verdict.case == "page 2"
    assert verdict.sentence == "Not yet: page 2 (counted from 0): it is not 2."


def test_a_list_of_another_length_says_how_many_are_asked_for(example: Session) -> None:
    assert "3 entries, where 4 are asked for" in example.check("99-1", [3, 0, 1]).sentence


def predict(value: object) -> Session:
    return session_with(Predict(number="99-9", question="?", expected=lambda: value, hints=("a", "b", "c")))


@pytest.mark.parametrize(("expected", "answer", "right"), [
    (24, 24, True), (24, "24", True), (24, 24.0, True), (24, 23, False), (1, True, False), (1, [1], False),
    (0.1, 0.1 + 1e-16, True), (0.25, "0.25", True), (0.25, 0.26, False),
    (True, "yes", True), (True, True, True), (True, 1, False),
    ("bind:0-2", "bind:0,1,2", True), ("bind:0-2", " mpol=BIND:0-2 ", True), ("bind:0-2", "bind:0,2", False),
    ("local", "local", True), ("local", 3, False), ("bind=static:0", "bind:0", False),
    (Nodemask.of(0, 2), "0,2", True), (Nodemask.of(0, 2), {2, 0}, True), (Nodemask.of(0, 2), [0, 2], True),
    (Nodemask.of(0, 2), Nodemask.of(0, 2), True), (Nodemask.of(0, 2), "0-2", False), (Nodemask.of(0, 2), "none", False),
    ("bind:1", Mempolicy(Mode.BIND, Nodemask.of(1)), True), (Mempolicy(Mode.BIND, Nodemask.of(1)), "bind:1", True),
    ([], [], True), (["local", "bind:1"], ["Local", "mpol=bind:1"], True), ([True], ["yes"], True)])
def test_values_are_compared_by_what_they_mean(expected: object, answer: object, right: bool) -> None:
    assert predict(expected).check("99-9", answer).right is right


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("expected", [Nodemask.of(0, 2), "bind:1", 7, 0.25, [0.5], ["local"], Mempolicy(Mode.LOCAL)])
def test_odd_answers_are_wrong_whatever_is_expected(expected: object, odd: object) -> None:
    assert not predict(expected).check("99-9", odd).right


# Choose and Match

def test_an_option_that_does_not_exist_is_told_which_do(example: Session) -> None:
    verdict = example.check("99-2", "c")
    assert verdict.sentence == "Not yet: 'c' is none of the options."
    assert repr(verdict.hint) == "Hint: An answer here is one of 'a', 'b'."
    assert example.check("99-2", " A ").right


def test_a_claim_with_the_wrong_evidence_is_named(example: Session) -> None:
    verdict = example.check("99-4", {"c9": "Count", "C14": "count"})
    assert (verdict.case, verdict.sentence) == ("C14", "Not yet: C14 does not belong to 'count'.")
    assert "missing" in example.check("99-4", {"C9": "count"}).sentence


# WriteRule

def test_the_smallest_case_that_fails_is_shown(example: Session) -> None:
    verdict = example.check("99-3", lambda page, i_ino: (page + min(i_ino, 2)) % 4)
    assert verdict.case == "page=0, i_ino=3"
    assert verdict.sentence == "Not yet: with page=0, i_ino=3 your function gives 2, the model gives 3."


def test_a_rule_that_raises_is_told_the_case_and_the_line(example: Session) -> None:
    def rule(page: int, i_ino: int) -> int:
        return [page][i_ino]
    verdict = example.check("99-3", rule)
    line = rule.__code__.co_firstlineno + 1
    assert verdict.sentence == ("Not yet: with page=0, i_ino=1 your function raises IndexError: list index out of range"
                                f" (line {line}: return [page][i_ino]).")


def test_a_rule_with_other_arguments_gets_a_sentence(example: Session) -> None:
    verdict = example.check("99-3", lambda page: page)
    assert "takes 1 positional argument but 2 were given" in verdict.sentence


def test_a_rule_that_never_ends_does_not_hang_the_notebook(example: Session) -> None:
    def rule(page: int, i_ino: int) -> int:
        while True:
            page += 1
    verdict = example.check("99-3", rule)
    assert verdict.case == "page=0, i_ino=0"
    assert "does not come to an end within 100000 steps" in verdict.sentence


def test_a_loop_that_catches_every_exception_is_stopped_too() -> None:
    def stubborn() -> None:
        while True:
            try:
                int("x")
            except Exception:
                continue
    assert "does not come to an end" in attempt(stubborn, ()).trouble


def test_a_trial_leaves_the_debugger_as_it_was() -> None:
    def watcher(*_: Any) -> None:
        return None
    before = sys.gettrace()
    sys.settrace(watcher)
    try:
        attempt(int, ())
        assert sys.gettrace() is watcher
    finally:
        sys.settrace(before)


# The registry

def test_an_unknown_number_says_which_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "kit_of_the_test"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "lesson_99.py").write_text((SOLUTIONS / "example_lesson.py").read_text())
    monkeypatch.syspath_prepend(tmp_path)
    session = Session(lambda number: find(number, "kit_of_the_test"))
    assert session.check("99-2", "a").right
    assert session.check("99-7", 1).sentence == "There is no exercise 99-7; lesson 99 has 99-1, 99-2, 99-3, 99-4."
    assert session.check("98-1", 1).sentence == "Lesson 98 has no exercises; these have: 99."
    assert "a text such as '03-2'" in session.hint(3 - 2).text   # type: ignore[arg-type]
    with pytest.raises(UnknownExercise):
        find("99-7", "kit_of_the_test")


def test_check_and_hint_are_there_to_be_imported() -> None:
    assert not numakit.learn.check("77-1", 0).right
    assert "Lesson 77 has no exercises" in numakit.learn.hint("77-1").text


# What is seen

@pytest.mark.parametrize(("value", "text"), [
    (Verdict(True, "Right."), "Right."),
    (Verdict(False, "Not yet: no.", Hint("Look.", 2)), "Not yet: no.\nHint 2 of 3: Look."),
    (Hint("Look."), "Hint: Look."),
    (EXAMPLE["EXERCISES"][1], "99-2: What does a remount change?")])
def test_reprs_are_for_eyes(value: object, text: str) -> None:
    assert repr(value) == text


def test_a_verdict_as_html_says_it_by_word_and_by_mark() -> None:
    html = Verdict(False, "Not yet: 1 < 2.", Hint("Look.", 1))._repr_html_()
    assert "1 &lt; 2" in html and "Hint 1 of 3: Look." in html
    assert re.search(r'<span aria-hidden="true">○</span> Not yet', html)
    assert "✓</span> Right." in Verdict(True, "Right.")._repr_html_()
