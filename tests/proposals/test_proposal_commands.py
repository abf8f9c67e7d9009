# SPDX-License-Identifier: GPL-2.0-only
"""python -m numakit.proposals: verdicts, replay, costs; what is refused; and who does the work."""
from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace

import pytest

from numakit.proposals import file
from numakit.proposals import verdicts as room
from numakit.proposals.__main__ import main
from numakit.proposals.cases import SCENARIOS
from numakit.proposals.designs import DESIGNS
from numakit.proposals.properties import PROPERTIES
from numakit.proposals.schedule import read_schedule
from numakit.proposals.verdicts import Question, verdicts

KEYS = ["design", "scenario", "property", "verdict", "switches", "steps", "schedule", "states", "complete", "seconds"]


@pytest.fixture
def few(monkeypatch):
    """Only the first two cases of each scenario are searched, in this process."""
    monkeypatch.setattr(room, "one_of_each_shape", lambda every: list(every)[:2])
    monkeypatch.setattr(room.os, "cpu_count", lambda: 1)


def told(capsys, *argv):
    assert main(argv) == 0
    return capsys.readouterr().out


def refused(capsys, *argv):
    """What a command that can't be done says on stderr; it prints nothing else."""
    try:
        status = main(argv)
    except SystemExit as end:  # argparse's own refusals
        status = end.code
    said = capsys.readouterr()
    assert status == 2 and said.out == ""
    return said.err


def test_json_has_a_row_for_each_design_scenario_and_property(few, capsys):
    rows = json.loads(told(capsys, "verdicts", "--design", "mutex", "retry", "--scenario", "all", "--scenario",
                           "failing", "--json"))
    assert all(list(row) == KEYS for row in rows)
    asked = {(design, scenario, name) for design in ("mutex", "retry") for scenario in ("all", "failing")
             for name in PROPERTIES}
    assert len(rows) == len(asked) == 60
    assert {(row["design"], row["scenario"], row["property"]) for row in rows} == asked


def test_a_row_has_numbers_and_a_schedule_just_where_it_is_violated(few, capsys):
    for row in json.loads(told(capsys, "verdicts", "--design", "mutex", "--scenario", "all", "--json")):
        there = row["verdict"] == "violated"
        assert row["verdict"] in ("violated", "holds") and row["complete"] is True
        assert isinstance(row["states"], int) and row["seconds"] >= 0
        assert all((row[key] is not None) == there for key in ("switches", "steps", "schedule"))


def test_designs_may_be_given_at_once_or_one_by_one_and_count_once(few, capsys):
    argv = ("verdicts", "--scenario", "all", "--json", "--design", "mutex")
    at_once, one_by_one = told(capsys, *argv, "retry"), told(capsys, *argv, "--design", "retry", "--design", "mutex")
    assert without_seconds(at_once) == without_seconds(one_by_one)


def test_without_a_design_all_are_searched_and_without_a_scenario_middle(monkeypatch, capsys):
    asked = []
    monkeypatch.setattr("numakit.proposals.__main__.verdicts", lambda questions: asked.extend(questions) or iter(()))
    told(capsys, "verdicts", "--json")
    assert [(one.design, one.scenarios, one.reclaim, one.empty_test) for one in asked] == [
        (name, ("middle",), True, True) for name in DESIGNS]


@pytest.mark.parametrize(("switch", "gone", "design", "scenario"), [
    ("--no-reclaim", "deadlock", "mutex", "middle"), ("--no-empty-test", "lookup_not_linearizable", "mutex", "all")])
def test_a_switch_reaches_the_search_and_the_schedules(switch, gone, design, scenario, monkeypatch, capsys):
    monkeypatch.setattr(room, "one_of_each_shape", lambda every: [
        case for case in every if (case.page, case.a, case.b) in ((1, (1, 2), (1, 2)), (0, (0, 1), (0, 5)))])
    argv = ("verdicts", "--design", design, "--scenario", scenario, "--json")
    verdict = {row["property"]: row for row in json.loads(told(capsys, *argv))}
    other = {row["property"]: row for row in json.loads(told(capsys, *argv, switch))}
    assert (verdict[gone]["verdict"], other[gone]["verdict"]) == ("violated", "holds")
    assert f"{scenario}{switch[1:]}:" in other["sleep_in_atomic"]["schedule"]
    assert f"{scenario}:" in verdict["sleep_in_atomic"]["schedule"]


def test_the_table_says_what_its_columns_are_and_that_all_was_searched(few, capsys):
    text = told(capsys, "verdicts", "--design", "mutex", "retry", "--scenario", "all")
    head = text.splitlines()[0]
    assert head.startswith("all:") and "switches / steps" in head
    shown = [name for name in PROPERTIES if f"  {name}: {PROPERTIES[name].violated_when}" in text]
    assert "sleep_in_atomic" in shown and "0/7" in text and "stale_pte" not in shown
    assert "stale_pte" in text.split("violated by none of these: ")[1]
    assert "searched to the end" in text and "NOT searched" not in text


def test_two_scenarios_are_two_tables(few, capsys):
    text = told(capsys, "verdicts", "--design", "retry", "--scenario", "middle", "--scenario", "all")
    assert [line.split(":")[0] for line in text.splitlines() if "switches / steps" in line] == ["middle", "all"]


def test_an_unknown_design_is_refused_in_one_sentence_that_names_those_there_are(capsys):
    said = refused(capsys, "verdicts", "--design", "mutex", "ticket_lock")
    assert len(said.splitlines()) == 1
    assert said.startswith("'ticket_lock' is no design") and all(name in said for name in DESIGNS)


def test_an_unknown_scenario_is_refused_and_those_there_are_named(capsys):
    said = refused(capsys, "verdicts", "--scenario", "most")
    assert "'most'" in said and all(name in said for name in SCENARIOS)


@pytest.mark.parametrize("argv", [(), ("judge",), ("replay",)])
def test_a_command_that_there_is_not_is_refused(argv, capsys):
    assert "usage: python -m numakit.proposals" in refused(capsys, *argv)


def test_replay_prints_each_step_with_the_locks_owners_and_what_it_comes_to(capsys):
    lines = told(capsys, "replay", "mutex:middle:0:1-2:1-2:A3F7").splitlines()
    assert lines[0] == "mutex:middle:0:1-2:1-2:A3F7"
    head = next(line for line in lines if "PTL" in line)
    assert head.index("F: ") < head.index("A: ") < head.index("PTL") < head.index("sp->mutex")
    steps = [line for line in lines if line.split() and line.split()[0].isdigit()]
    assert [int(line.split()[0]) for line in steps] == list(range(1, 11))
    assert "mutex_lock(sp->mutex)" in steps[2] and steps[2].split()[-1] == "A"  # A owns it from its third step on
    assert steps[4].split()[-3:] == ["F", ".", "A"]                             # and F the PTL, from its second
    assert "waits" in steps[9] and "!" in steps[9]
    assert any(line.startswith("would_block_in_atomic: F ") for line in lines)
    assert "the tree: [0, 5) old" in lines


def test_replay_of_no_step_and_of_a_schedule_that_breaks_nothing(capsys):
    for order in ("", "F6"):
        assert "no property is violated by the last step" in told(capsys, "replay", f"mutex:middle:0:1-2:1-2:{order}")


def test_replay_says_how_an_allocation_went(capsys):
    assert "reclaims" in told(capsys, "replay", "mutex:middle:0:1-2:1-2:Ar")
    assert "fails" in told(capsys, "replay", "mutex:failing:0:1-2:1-2:Ax")


@pytest.mark.parametrize(("schedule", "says"), [
    ("mutex", ("'mutex'", "mutex:middle:0:1-2:1-2:F7")),
    ("", ("DESIGN:SCENARIO:PAGE:A-RANGE:B-RANGE:ORDER",)),
    ("futex:middle:0:1-2:1-2:F7", ("'futex'", "mutex")),
    ("mutex:most:0:1-2:1-2:F7", ("'most'", "middle")),
    ("mutex:middle:9:1-2:1-2:F7", ("9:1-2:1-2", "page 0 to 4")),
    ("mutex:middle:0:0-2:1-2:F7", ("0:0-2:1-2", "1-4")),
    ("mutex:all:0:2-2:1-2:F7", ("0:2-2:1-2", "0-5")),
    ("mutex:middle-no-luck:0:1-2:1-2:F7", ("'mutex:middle-no-luck:0:1-2:1-2:F7'",)),
    ("mutex:middle:0:1-2:1-2:f7", ("'f7'", "F4A2")),
    ("mutex:middle:0:1-2:1-2:7F", ("'7F'",)),
    ("mutex:middle:0:1-2:1-2:F7é", ("'é'",)),
    ("mutex:middle:0:1-2:1-2:Q", ("'Q'", "F, A, B, Z")),
    ("mutex:all:0:1-2:1-2:Z", ("'Z'", "F, A, B")),               # nobody zaps in `all`
    ("mutex:middle:0:1-2:1-2:Fx", ("step 1", "F", "'x'")),       # a read does not fail
    ("mutex:middle:0:1-2:1-2:Ax", ("step 1", "A", "'x'")),       # nor does memory, outside `failing`
    ("mutex:middle-no-reclaim:0:1-2:1-2:Ar", ("step 1", "A", "'r'")),
    ("retry:middle:0:1-2:1-2:F14", ("step 14", "F", "has ended")),
    ("retry_as_merged:middle:0:1-2:1-2:A10B", ("step 11", "B", "the path is over")),
    ("range_lookup_unreferenced:all:0:0-5:0-5:F5A5F6", ("step 16", "F", "the path is over")),
])
def test_a_schedule_that_can_t_be_played_is_refused_in_one_sentence(schedule, says, capsys):
    said = refused(capsys, "replay", schedule)
    assert len(said.splitlines()) == 1
    assert all(word in said for word in says), said


def test_either_setter_may_have_the_higher_range():
    low, high = read_schedule("mutex:middle:0:1-2:3-4:A10B10"), read_schedule("mutex:middle:0:3-4:1-2:B10A10")
    assert pages_of(low.trace()) == ["old", "A", "old", "B", "old"]
    assert pages_of(high.trace()) == ["old", "B", "old", "A", "old"]


def pages_of(trace):
    return [file.sp_lookup(trace.world, page, page + 1).value for page in range(file.PAGES)]


def costs_of(capsys, kind):
    """Design -> the numbers of its row, in one of the tables of `costs`."""
    table = next(part for part in told(capsys, "costs").split("\n\n") if part.startswith(f"{kind}, "))
    return {line.split()[0]: tuple(map(int, line.split()[1:])) for line in table.splitlines()
            if line.split()[0] in DESIGNS and "-" not in line.split()}


# sp->lock, mutex, PTL, PTL drops, look-ups, allocations
@pytest.mark.parametrize(("kind", "design", "numbers"), [
    # The fault takes the PTL once, and in it the tree's lock, for one look-up. It allocates nothing in any design.
    ("a fault", "mutex", (0, 1, 1, 0, 1, 0)),
    ("a fault", "retry", (1, 0, 1, 0, 1, 0)),
    # It looks up first, then takes the PTL, and page 0's answer serves: nothing is dropped.
    ("a fault", "range_lookup", (0, 1, 1, 0, 1, 0)),
    # Page 1 is A's since A set it: for the two that ask under the PTL that is no matter.
    ("a fault on a page of another range", "mutex", (0, 1, 1, 0, 1, 0)),
    ("a fault on a page of another range", "retry", (1, 0, 1, 0, 1, 0)),
    # Asked for page 0: [0, 1). Page 1 is not in it: PTL taken, dropped, asked again, taken again.
    ("a fault on a page of another range", "range_lookup", (0, 2, 2, 1, 2, 0)),
    # A node and a policy for A, both again for the tail, all in one section of the mutex.
    ("a replace that splits a range", "mutex", (0, 1, 0, 0, 1, 4)),
    ("a replace that splits a range", "range_lookup", (0, 1, 0, 0, 1, 4)),
    # The lock is dropped for the spare; then it is taken and the tree looked up once more.
    ("a replace that splits a range", "retry", (2, 0, 0, 0, 2, 4)),
    # No split: a node and a policy, one section.
    ("a replace of a whole range", "mutex", (0, 1, 0, 0, 1, 2)),
    ("a replace of a whole range", "range_lookup", (0, 1, 0, 0, 1, 2)),
    ("a replace of a whole range", "retry", (1, 0, 0, 0, 1, 2)),
    # Two locks: the mutex once, the spinlock for each insert and each erase: tail and new; erase and new.
    ("a replace that splits a range", "mutex_and_spinlock", (2, 1, 0, 0, 1, 4)),
    ("a replace of a whole range", "mutex_and_spinlock", (2, 1, 0, 0, 1, 2)),
    # The PTL is dropped before asking; who writes the entry afterwards takes it again.
    ("a fault", "drop_ptl", (0, 1, 1, 1, 1, 0)),
    ("a fault", "drop_ptl_retake_checked", (0, 1, 2, 1, 1, 0)),
])
def test_costs_are_as_counted_by_hand(kind, design, numbers, capsys):
    assert costs_of(capsys, kind)[design] == numbers


def test_costs_has_each_design_in_each_table(capsys):
    tables = told(capsys, "costs").strip().split("\n\n")
    assert len(tables) == 4
    for table in tables:
        assert [line.split()[0] for line in table.splitlines()[2:]] == list(DESIGNS)


class Homemade(Executor):
    """An executor of one's own: it works when a result is asked for, and notes what it was given."""

    def __init__(self):
        self.given = []

    def submit(self, function, /, *args, **kwargs):
        self.given.append((function, args))
        future = Future()
        future.set_result(function(*args, **kwargs))
        return future


def plain_rows(some):
    return [[replace(row, seconds=0.0) for row in rows] for rows in some]


def without_seconds(text):
    return [{**row, "seconds": 0.0} for row in json.loads(text)]


class Few(Question):
    """A question about the first two cases of each scenario."""

    def cases(self, scenario):
        return super().cases(scenario)[:2]


QUESTIONS = [Few("mutex", ("all",)), Few("retry_as_merged", ("middle", "failing")), Few("range_lookup", ("all",))]


@pytest.fixture
def cpus(monkeypatch):
    """cpus(2): this machine has two."""
    return lambda number: monkeypatch.setattr(room.os, "cpu_count", lambda: number)


@pytest.fixture
def alone(cpus):
    """What this process alone answers."""
    cpus(1)
    return plain_rows(verdicts(QUESTIONS))


def test_the_rows_come_question_by_question_in_order(alone):
    assert [rows[0].design for rows in alone] == ["mutex", "retry_as_merged", "range_lookup"]
    assert [row.scenario for row in alone[1]] == ["middle"] * 15 + ["failing"] * 15


def test_threads_give_the_same_rows(alone):
    with ThreadPoolExecutor(2) as threads:
        assert plain_rows(verdicts(QUESTIONS, threads)) == alone
        assert threads.submit(int, "7").result() == 7  # an executor that was handed in is left open


def test_an_executor_of_ones_own_gives_the_same_rows(alone):
    own = Homemade()
    assert plain_rows(verdicts(QUESTIONS, own)) == alone
    assert [args[0] for _, args in own.given] == QUESTIONS


def test_processes_give_the_same_rows(alone, cpus):
    cpus(2)
    assert plain_rows(verdicts(QUESTIONS)) == alone


@pytest.mark.parametrize("why", [ImportError, NotImplementedError, OSError])
def test_where_no_processes_can_be_had_this_one_does_it_all(why, alone, cpus, monkeypatch):
    def refuses(*args, **kwargs):
        raise why("no processes here")

    cpus(2)
    monkeypatch.setattr("concurrent.futures.ProcessPoolExecutor", refuses)
    assert plain_rows(verdicts(QUESTIONS)) == alone


def test_a_reader_that_has_seen_enough_is_no_error():
    asked = [sys.executable, "-c", "import sys; from numakit.proposals.__main__ import main; "
             "sys.stdin.read(); sys.exit(main(['costs']))"]
    with subprocess.Popen(asked, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        run.stdout.close()
        run.stdin.close()
        assert run.stderr.read() == b""
    assert run.returncode == 0
