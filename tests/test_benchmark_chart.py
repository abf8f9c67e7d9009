# SPDX-License-Identifier: GPL-2.0-only
"""The chart of the benchmarks: it is what the tool makes of the committed results, and says what the table says."""

import re
from xml.etree import ElementTree

import pytest

import benchmark_chart
from benchmarks import report
from benchmarks.timing import Row

ROWS = [Row("fast", "ns", 1.0, 2.0, "at most 1x a C loop"), Row("slow; other: C", "ns", 6.0, 2.0, "at most 1x C"),
        Row("big", "ms", 30.0, goal="at most 60 ms"), Row("free", "s", 0.5)]
PAGE = benchmark_chart.ROOT / "docs" / "benchmarks.md"


def test_the_chart_is_what_the_tool_makes_of_the_results():
    made = benchmark_chart.drawn(benchmark_chart.rows_of())
    assert benchmark_chart.CHART.read_text(encoding="utf-8") == made, "run `make chart`"


def test_the_chart_is_whole_and_shows_every_row():
    rows = benchmark_chart.rows_of()
    root = ElementTree.fromstring(benchmark_chart.drawn(rows))
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    for row in rows:
        assert row.what.partition("; other: ")[0] in texts


@pytest.mark.parametrize(("row", "part"), [(ROWS[0], 0.5), (ROWS[1], 3), (ROWS[2], 0.5)])
def test_a_share_is_what_was_measured_for_each_one_of_the_goal(row, part):
    assert benchmark_chart.share(row) == part


def test_a_row_without_a_goal_has_no_share():
    with pytest.raises(ValueError, match="no goal to measure by: free"):
        benchmark_chart.share(ROWS[3])


def test_a_bar_is_as_long_for_half_as_for_double_and_ends_at_the_scale():
    assert benchmark_chart.along(0.5) == -benchmark_chart.along(2) < 0
    assert benchmark_chart.along(1) == 0
    assert benchmark_chart.along(1e9) == benchmark_chart.along(16)
    assert benchmark_chart.along(0) == -benchmark_chart.along(16)


@pytest.mark.parametrize("row", ROWS)
def test_the_sign_says_what_the_table_says(row):
    def signs(rows):
        return len(re.findall("<path ", benchmark_chart.drawn(rows)))
    assert signs([row]) - signs([]) == (report.met(row) != "-")


def test_the_summary_counts():
    assert benchmark_chart.summary(ROWS).startswith("2 goals met, 1 missed; 1 rows have none.")


def test_the_same_rows_give_the_same_bytes():
    assert benchmark_chart.drawn(ROWS) == benchmark_chart.drawn(list(ROWS))


@pytest.mark.parametrize(("number", "text"), [
    (52.4, "52"), (4.12, "4.1"), (0.483, "0.48"), (0.000126, "0.00013"), (1e-9, "under 0.0001")])
def test_numbers_have_two_figures(number, text):
    assert benchmark_chart.figures(number) == text


def test_the_page_shows_the_chart():
    assert f"]({benchmark_chart.CHART.name})" in PAGE.read_text(encoding="utf-8")
