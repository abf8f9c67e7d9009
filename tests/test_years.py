# SPDX-License-Identifier: GPL-2.0-only
"""The years after: each id and each date stands in the facts, where these are there; lessons and claims exist."""
from __future__ import annotations

from pathlib import Path

import pytest

from numakit.learn import ledger
from numakit.learn.years import YEARS, Year, years

ROOT = Path(__file__).parent.parent
FACTS = ROOT.parent / "shared" / "kernel-facts.md"
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()

needs_facts = pytest.mark.skipif(not FACTS.exists(), reason="kernel-facts.md is not beside the repository")


def lines_with(*words: str) -> list[str]:
    return [line for line in FACTS.read_text(encoding="utf-8").splitlines() if all(word in line for word in words)]


def when(year: Year) -> tuple[int, int, int]:
    """A date for sorting; a day or a month that is not told counts as the last."""
    *rest, number = year.date.split()
    month = MONTHS.index(rest[-1]) if rest else 12
    return int(number), month, int(rest[0].partition("-")[0]) if len(rest) > 1 else 31


def test_the_years_are_in_order() -> None:
    assert [when(year) for year in years()] == sorted(when(year) for year in YEARS)


@needs_facts
@pytest.mark.parametrize("year", YEARS, ids=lambda year: f"{year.date}, {year.source}")
def test_each_date_stands_in_the_facts_with_its_id(year: Year) -> None:
    if year.ids:
        assert lines_with(year.ids[0], year.date), year
        assert all(lines_with(one) for one in year.ids)
    else:
        assert lines_with(year.date), year


@needs_facts
@pytest.mark.parametrize("year", [y for y in YEARS if y.release], ids=lambda year: f"{year.release}, {year.source}")
def test_each_release_stands_in_the_facts_and_one_that_is_not_confirmed_is_called_so(year: Year) -> None:
    said = lines_with(year.ids[0], year.release.removeprefix("v3.8-")) if year.ids else lines_with(year.release)
    assert said or lines_with(year.date, year.release), year   # what went in on the day of rc2 is in v3.8
    if any("UNVERIFIED" in line and f"{year.release} — version UNVERIFIED" in line for line in said):
        assert "release" in year.unconfirmed


@needs_facts
def test_what_is_said_not_to_be_confirmed_is_marked_in_the_facts() -> None:
    assert lines_with("42288fe366c4", "not rc3", "UNVERIFIED") and lines_with("Mainline commit ids", "UNVERIFIED")
    assert lines_with("page_mapcount", "commit id UNVERIFIED") and lines_with("d230991493b5", "release UNVERIFIED")
    assert lines_with("4a8c7bb59ac8", "v4.6 — version UNVERIFIED")
    assert lines_with("4ad099559b00", "v5.18 — version UNVERIFIED")


def test_each_lesson_exists_and_names_the_id_and_each_claim_is_in_the_ledger() -> None:
    for year in years():
        lessons = [next((ROOT / "notebooks").glob(f"{number}_*.ipynb")) for number in year.lessons]
        told = "".join(path.read_text(encoding="utf-8") for path in lessons)
        assert not year.ids or year.ids[0] in told or "2026" in told, year
        assert all(ledger()[number] for number in year.claims)


def test_the_table_has_a_row_for_each_and_says_mails_where_there_is_no_id() -> None:
    table = years().table()
    assert len(table.rows) == len(YEARS) and table.caption
    assert all(("mails" == row[2]) is (not year.ids) for row, year in zip(table.rows, YEARS, strict=True))
    assert "<table>" in years()._repr_html_() and repr(years()) == table.text()
