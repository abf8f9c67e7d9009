# SPDX-License-Identifier: GPL-2.0-only
"""The designs side by side: the picture, its sentence and its table say what the stored verdicts and the costs say."""
from __future__ import annotations

import pytest
from svg_reading import Picture

from numakit.errors import BadRange, BadSchedule
from numakit.proposals.costs import fault_costs, split_costs
from numakit.proposals.designs import DESIGNS
from numakit.proposals.known import KNOWN, known_verdicts
from numakit.proposals.properties import PROPERTIES
from numakit.show import side_by_side_picture, variants_table
from numakit.show.side_by_side import THREAD, variant_of
from numakit.show.side_by_side_rows import GROUPS, LATE

each_scenario = pytest.mark.parametrize("scenario", KNOWN)


def test_the_groups_have_every_property_once() -> None:
    assert sorted(name for names in GROUPS.values() for name in names) == sorted(PROPERTIES)


@each_scenario
def test_the_table_says_of_each_design_and_property_what_is_stored(scenario: str) -> None:
    table = side_by_side_picture(scenario).table()
    cells = {(row[1], design): cell for row in table.rows for design, cell in zip(THREAD, row[2:], strict=True)}
    for row in known_verdicts(scenario, THREAD):
        words = cells[row.property, row.design]
        assert (words == "holds") is (row.verdict == "holds")
        assert row.switches is None or str(words).split()[0] == str(row.switches or "no")


@each_scenario
def test_the_picture_has_a_red_cross_for_each_violation_that_is_counted_and_none_for_who_is_left(scenario: str) -> None:
    seen = side_by_side_picture(scenario)
    bad = [row for row in known_verdicts(scenario, THREAD) if row.verdict == "violated" and row.property not in LATE]
    counted = [row for row in bad if row.property not in seen.excused(row.design)]
    heads = {row.design for row in counted}
    assert Picture(seen.svg()).crosses() == len(counted) + len(heads)
    assert {*THREAD} - heads == {*seen.left()}


def test_only_the_unlocked_question_excuses_and_only_who_keeps_the_rule_without_it() -> None:
    seen = side_by_side_picture("all")
    assert {design for design in THREAD if seen.excused(design)} == {*THREAD} - {"spinlock", "mutex_and_spinlock"}
    assert not any(side_by_side_picture("middle").excused(design) for design in THREAD)
    assert side_by_side_picture("middle", ("mutex",)).left() == ()
    assert side_by_side_picture("middle", ("mutex",)).sentence() == (
        "In the scenario middle, every design breaks sleep_in_atomic, would_block_in_atomic and deadlock.")


@each_scenario
def test_what_all_keep_is_told_in_words_and_what_some_break_has_a_row(scenario: str) -> None:
    words = Picture(side_by_side_picture(scenario).svg()).words()
    assert all(name in words for name in PROPERTIES)
    assert Picture(side_by_side_picture(scenario).svg()).width <= 836


def test_in_the_middle_three_designs_are_left_and_one_of_them_asks_without_a_mutex() -> None:
    seen = side_by_side_picture("middle")
    assert seen.left() == ("drop_ptl", "retry", "range_lookup") and seen.all_break() == ()
    assert seen.sentence() == (
        "In the scenario middle only drop_ptl, retry and range_lookup break nothing worse than that an answer may be "
        "late (range_lookup: in 2 ways). Of these, retry alone lets a fault ask without a mutex, which may have to "
        "wait for a writer's memory. Locks taken at a split: retry 2; drop_ptl and range_lookup 1.")
    without_mutex = [d for d in seen.left() if not fault_costs(DESIGNS[d]).mutexes]
    assert without_mutex == ["retry"] and split_costs(DESIGNS["retry"]).spinlocks == 2


def test_in_all_everybody_answers_wrongly_for_the_empty_test_and_it_is_said_whose_fault_that_is() -> None:
    seen = side_by_side_picture("all")
    assert seen.all_break() == ("lookup_not_linearizable",)
    assert seen.sentence().startswith(
        "In the scenario all, every design breaks lookup_not_linearizable; without the unlocked question “is the tree "
        "empty?” spinlock and mutex_and_spinlock do so still. Besides that only drop_ptl, retry and range_lookup "
        "break ")
    still = {row.design for row in known_verdicts("all-no-empty-test", THREAD)
             if (row.property, row.verdict) == ("lookup_not_linearizable", "violated")}
    assert still == {"spinlock", "mutex_and_spinlock"}


@each_scenario
def test_in_every_scenario_the_same_three_are_left(scenario: str) -> None:
    assert side_by_side_picture(scenario).left() == ("drop_ptl", "retry", "range_lookup")


def test_where_all_are_left_the_sentence_says_all() -> None:
    assert side_by_side_picture("middle", ("drop_ptl", "retry")).sentence().startswith(
        "In the scenario middle all of these break nothing worse than")
    assert side_by_side_picture("middle", ("retry",)).sentence() == (
        "In the scenario middle only retry breaks nothing worse than that an answer may be late.")


def test_where_nobody_is_left_the_sentence_says_so() -> None:
    seen = side_by_side_picture("middle", ("spinlock", "mutex"))
    assert seen.sentence() == ("In the scenario middle each of them breaks more than that an answer may be late.")


def test_a_split_that_ends_in_a_bug_is_said_to() -> None:
    table = side_by_side_picture().table()
    row = next(row for row in table.rows if row[1] == "split: tree's locks")
    assert dict(zip(THREAD, row[2:], strict=True))["retry_as_merged"] == "2 spin, BUG()"


def test_a_variant_is_of_the_design_whose_name_its_own_begins_with() -> None:
    of = {name: variant_of(name) for name in DESIGNS if name not in THREAD}
    assert of["mutex_and_spinlock_repaired"] == "mutex_and_spinlock" and of["retry_split_mended"] == "retry"
    assert of["drop_ptl_huge_path"] == "drop_ptl" and of["range_lookup_ignored"] == "range_lookup"


@each_scenario
def test_the_variants_table_says_what_each_slip_adds_and_each_repair_takes_away(scenario: str) -> None:
    broken = {name: {row.property for row in known_verdicts(scenario, [name]) if row.verdict == "violated"}
              for name in DESIGNS}
    table = variants_table(scenario)
    assert [row[0] for row in table.rows] == [name for name in DESIGNS if name not in THREAD]
    for name, of, more, less in table.rows:
        assert [word for word in str(more).replace(",", "").split() if word in PROPERTIES] == [
            p for p in PROPERTIES if p in broken[str(name)] - broken[str(of)]]
        assert all(p in str(less) for p in broken[str(of)] - broken[str(name)])


def test_more_than_seven_designs_none_or_a_name_that_is_none_are_refused() -> None:
    for designs in (tuple(DESIGNS), ()):
        with pytest.raises(BadRange, match="1 to 7 would do"):
            side_by_side_picture("middle", designs)
    with pytest.raises(BadSchedule, match="would do"):
        side_by_side_picture("middle", ("semaphore",))
