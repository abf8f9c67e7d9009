# SPDX-License-Identifier: GPL-2.0-only
"""The stepper's search: one at a time, what is told of it in words, and never over what the learner looks at."""

import asyncio
import re
from dataclasses import replace

import pytest
from stepper_pressing import press, text, told

from numakit.locking import Finding, Order
from numakit.proposals import DESIGNS, read_schedule
from numakit.proposals.properties import ALWAYS, PROPERTIES
from numakit.proposals.verdicts import Judgement, judge
from numakit.show import stepper_panel
from numakit.show.stepper_search import ANY, Quest

MUTEX, RETRY = "mutex:middle:0:1-2:1-2:", "retry:failing:0:1-2:1-2:"
IN_ALWAYS = min(ALWAYS)


def states(words):
    """The number of states that a text speaks of last."""
    return int(re.findall(r"([\d,]+) states", words)[-1].replace(",", ""))


async def until(panel, words):
    """Let the page go on until the status line has these words."""
    while words not in told(panel):
        await asyncio.sleep(0)
    return told(panel)


async def slices(number):
    """Let the page go on for a while."""
    for _ in range(number):
        await asyncio.sleep(0)


@pytest.fixture
def few_cases(monkeypatch):
    """Of a scenario's cases two are searched, and not one of each shape."""
    monkeypatch.setattr("numakit.show.stepper_search.one_of_each_shape", lambda every: every[:2])


@pytest.fixture
def panel(few_cases):
    made = stepper_panel(MUTEX)
    yield made
    made.close()


def test_a_newer_search_ends_the_older_one_and_says_so(panel):
    async def page():
        press(panel, "Find the shortest")
        before = states(await until(panel, "searching"))
        press(panel, "Find the shortest")
        seen = [await until(panel, "stopped after")]
        for _ in range(6):
            await slices(1)
            seen.append(told(panel))
        searches = len(asyncio.all_tasks()) - 1
        press(panel, "Stop")
        await slices(3)
        return before, seen, searches, len(asyncio.all_tasks()) - 1

    before, seen, *searches = asyncio.run(page())
    assert searches == [1, 0]
    assert all(line.startswith(f"the search before was stopped after {before:,} states; searching: ") for line in seen)
    assert [*map(states, seen)] == sorted(map(states, seen)), "two searches count in turns"
    assert told(panel) == f"stopped after {states(seen[-1]):,} states: nothing is shown by that"


def test_a_search_that_was_not_begun_yet_is_no_search_before(panel):
    async def page():
        press(panel, "Find the shortest")
        press(panel, "Find the shortest")
        return await until(panel, "searching")

    assert asyncio.run(page()).startswith("searching: ")


def test_a_stopped_search_stays_stopped_and_stop_without_a_search_says_nothing(panel):
    async def page():
        press(panel, "Stop")
        nothing = told(panel)
        press(panel, "Find the shortest")
        await until(panel, "searching")
        press(panel, "Stop")
        at_once = told(panel)
        await slices(5)
        return nothing, at_once

    nothing, at_once = asyncio.run(page())
    assert nothing == "" and at_once.startswith("stopped after") and told(panel) == at_once


def test_a_search_that_is_ended_in_the_middle_of_a_slice_tells_nothing_more(panel, monkeypatch):
    def judging(design, some):
        yield judged(complete=False)
        panel.stop()   # as a cell may: it is run in another thread
        yield judged()
        went_on.append(panel)

    went_on = []
    monkeypatch.setattr("numakit.show.stepper_search.judging", judging)
    press(panel, "Find the shortest")
    assert told(panel) == "stopped after 1,234 states: nothing is shown by that" and not went_on


def test_a_panel_that_is_closed_ends_its_search(panel):
    async def page():
        press(panel, "Find the shortest")
        await until(panel, "searching")
        again = stepper_panel(MUTEX)   # as a cell that is run again
        at_once = told(panel)
        await slices(5)
        again.close()
        return at_once

    at_once = asyncio.run(page())
    assert at_once.startswith("stopped after") and told(panel) == at_once


def test_what_is_refused_is_told_beside_a_search_that_goes_on(panel):
    async def page():
        press(panel, "Find the shortest")
        await until(panel, "searching")
        panel.show(read_schedule("mutex:all:0:1-2:1-2:"))
        press(panel, "Step Z")
        await slices(3)
        seen = told(panel)
        press(panel, "Stop")
        return seen

    refused, search = asyncio.run(page()).splitlines()
    assert refused == "there is no task 'Z'; there are F, A, B"
    assert search.startswith("searching mutex in scenario middle: ")


@pytest.mark.parametrize(("control", "value"), [("design", "retry"), ("scenario", "all"), ("page", 3)])
def test_a_search_that_ends_when_something_else_is_looked_at_leaves_it_there(panel, control, value):
    async def page():
        panel.set(wanted="sleep_in_atomic")
        press(panel, "Find the shortest")
        await until(panel, "searching")
        panel.controls[control].value = value
        press(panel, "Step A")
        looked_at = text(panel)
        await until(panel, "shortest way to")
        return looked_at

    looked_at = asyncio.run(page())
    assert text(panel) == looked_at and panel.values[control] == value
    assert panel.values["done"] == 1
    assert told(panel).startswith("mutex in scenario middle: shortest way to sleep_in_atomic: 0 switches, 7 steps; "
                                  "you look at something else by now: paste mutex:middle:0:1-2:1-2:F7 to see it")


def test_another_choice_takes_away_what_an_ended_search_has_told(panel):
    panel.set(wanted="sleep_in_atomic")
    press(panel, "Find the shortest")
    assert told(panel).startswith("shortest way to sleep_in_atomic")
    panel.controls["design"].value = "retry"
    assert told(panel) == ""


def test_a_schedule_that_does_not_read_is_told_where_a_search_would_begin(panel):
    async def page():
        panel.controls["schedule"].value = "junk"
        press(panel, "Find the shortest")
        await slices(3)

    asyncio.run(page())
    assert told(panel).startswith("'junk' is no schedule")


@pytest.fixture
def retried(few_cases):
    """What the search of retry comes to where any allocation may fail: nothing but what no design is free of."""
    quest = Quest(read_schedule(RETRY))
    return judge(quest.schedule.design, quest.cases())


def test_what_no_design_is_free_of_does_not_make_one_broken(retried):
    assert set(retried.findings) == ALWAYS
    answer = Quest(read_schedule(RETRY)).answer(retried)
    assert re.fullmatch(
        rf"retry can't be broken here: nothing is violated in any interleaving but {IN_ALWAYS}, of which no design is "
        r"free whose setters return \([\d,]+ states of 2 cases searched, all of them\); its shortest way is 2 "
        r'switches, 23 steps; step through it with "steps shown: one forward"', answer)


def test_the_panel_shows_what_no_design_is_free_of_where_there_is_nothing_else(monkeypatch, retried):
    monkeypatch.setattr("numakit.show.stepper_search.judging", lambda design, some: iter([retried]))
    panel = stepper_panel(RETRY)
    press(panel, "Find the shortest")
    assert told(panel).startswith("retry can't be broken here: nothing is violated")
    assert panel.values["done"] == 0 and panel.controls["done"].max == 23
    panel.set(done=23)
    assert IN_ALWAYS in panel.sentence


def judged(complete=True, **orders):
    """A Judgement of these findings, made up."""
    case = read_schedule(RETRY).case
    findings = {name: (case, Finding(name, "does it", Order.read(order))) for name, order in orders.items()}
    return Judgement(findings, 30 if complete else 29, 1234, 0, complete, 0.0)


def test_what_is_not_true_of_every_design_comes_first_however_long_its_way():
    quest = Quest(read_schedule(RETRY))
    both = judged(**{IN_ALWAYS: "F2A", "leak": "F4ABAFB3"})
    assert str(quest.found(both)) == "retry:failing:0:1-2:1-2:F4ABAFB3"
    assert quest.answer(both).startswith("shortest way to leak: 5 switches, 11 steps; step through it")
    asked = Quest(quest.schedule, IN_ALWAYS)
    assert asked.answer(both).startswith(f"shortest way to {IN_ALWAYS}: 1 switch, 3 steps; step through it")


@pytest.mark.parametrize("name", sorted(PROPERTIES.keys() - ALWAYS))
def test_any_other_property_makes_a_design_broken(name):
    assert Quest(read_schedule(RETRY)).answer(judged(**{name: "F2A"})).startswith(f"shortest way to {name}: 1 switch")


def test_where_nothing_at_all_is_found_that_is_said():
    quest, nothing = Quest(read_schedule(RETRY)), judged()
    searched = "(1,234 states of 30 cases searched, all of them)"
    assert quest.found(nothing) is None
    assert quest.answer(nothing) == ("retry can't be broken here: nothing is violated in any interleaving "
                                     f"{searched}")
    assert quest.answer(nothing, here=False).startswith("retry can't be broken in scenario failing: ")
    assert Quest(quest.schedule, "leak").answer(nothing) == ("retry can't be broken here: leak is violated in no "
                                                             f"interleaving {searched}")


@pytest.mark.parametrize("found", [{}, {IN_ALWAYS: "F2A"}])
def test_a_search_that_came_to_its_bound_does_not_say_that_nothing_can_be_broken(found):
    words = Quest(read_schedule(RETRY)).answer(judged(complete=False, **found))
    assert "can't be broken" not in words and "all of them" not in words
    assert words.startswith("retry was not searched to the end, it has too many states; so far nothing is violated")
    assert "(1,234 states searched, 29 of 30 cases to their end)" in words


def test_of_a_search_that_came_to_its_bound_the_shortest_is_so_far_the_shortest():
    words = Quest(read_schedule(RETRY)).answer(judged(complete=False, leak="F2A"))
    assert words.startswith("shortest way to leak so far: 1 switch, 3 steps")


def test_the_cases_are_those_of_the_scenario_with_its_switches():
    quest = Quest(read_schedule("retry:middle-no-reclaim:0:1-2:1-2:"), ANY)
    assert len(quest.cases()) == 30 and not any(case.reclaim for case in quest.cases())
    assert replace(quest, schedule=replace(quest.schedule, design=DESIGNS["mutex"])).cases() == quest.cases()
