# SPDX-License-Identifier: GPL-2.0-only
"""The claim ledger: complete, in order, each decision backed by a test that exists, each quotation by the mail."""
from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from numakit.learn import ledger
from numakit.learn.ledger import Claim, Ledger, Status

ROOT = Path(__file__).parent.parent
MAIL = ROOT.parent / "shared" / "mail-dickins-2012-12-21.txt"


def names_of_tests(path: Path) -> set[str]:
    """The names of the test functions of a file, in classes too."""
    found = ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if path.is_file() else ()
    return {node.name for node in found if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def complaints(claims: Iterable[Claim]) -> list[str]:
    """The claims whose status and test don't go together."""
    return [claim.number for claim in claims if not is_backed(claim)]


def is_backed(claim: Claim) -> bool:
    if claim.status is Status.OPEN:
        return claim.decided_by == ""
    path, _, name = claim.decided_by.partition("::")
    return path.startswith("tests/") and name.partition("[")[0] in names_of_tests(ROOT / path)


def quotes(claim: Claim) -> list[str]:
    return re.findall("“(.*?)”", claim.claim)


def unquoted(mail: str) -> str:
    """A mail in one line, without the marks of quotation."""
    return " ".join(" ".join(line.lstrip("> ") for line in mail.splitlines()).split())


def test_the_claims_are_c1_to_c14_in_order() -> None:
    assert [claim.number for claim in ledger()] == [f"C{n}" for n in range(1, 15)]


def test_each_decided_claim_names_a_test_that_exists_and_each_open_one_none() -> None:
    assert complaints(ledger()) == []


def test_a_decision_without_a_test_would_be_noticed() -> None:
    claim = ledger()["C9"]
    here = "tests/test_ledger.py::test_the_claims_are_c1_to_c14_in_order"
    bad = [replace(claim, status=Status.SHOWN, decided_by=by) for by in
           ("", "tests/test_ledger.py::test_of_nothing", "tests/test_none.py::test_x", here.removeprefix("tests/"))]
    assert len(complaints(bad)) == len(bad)
    assert complaints([replace(claim, status=Status.OPEN, decided_by=here)]) == ["C9"]
    assert complaints([replace(claim, status=Status.SHOWN, decided_by=here)]) == []


def test_each_claim_names_who_when_and_the_lesson_that_decides() -> None:
    for claim in ledger():
        assert claim.who in {"David Rientjes", "Linus Torvalds", "Hugh Dickins"}
        assert re.fullmatch(r"2[01] Dec 2012", claim.date)
        assert re.fullmatch(r"\d\d", claim.lesson)


def test_a_decided_claim_has_its_lesson() -> None:
    for claim in ledger():
        lesson = list((ROOT / "notebooks").glob(f"{claim.lesson}_*.ipynb"))
        assert claim.status is Status.OPEN or len(lesson) == 1, claim


def test_quotations_stand_in_the_mail() -> None:
    if not MAIL.is_file():
        pytest.skip("the mail that the ledger quotes does not lie beside the project")
    mail = unquoted(MAIL.read_text(encoding="utf-8"))
    found = [quote for claim in ledger() for quote in quotes(claim)]
    assert len(found) >= 10
    assert [quote for quote in found if quote not in mail] == []


def test_quotation_marks_are_paired() -> None:
    assert all(c.claim.count("“") == c.claim.count("”") == len(quotes(c)) for c in ledger())


def test_the_ledger_is_a_table_to_read_and_to_hear() -> None:
    text, html = repr(ledger()), ledger()._repr_html_()
    caption = ledger().caption
    assert text.splitlines()[0] == caption and f"<caption>{caption}</caption>" in html
    assert len(text.splitlines()) == 2 + len(ledger())
    assert '>C14</th>' in html and html.count("<tr>") == 1 + len(ledger())


def test_the_caption_counts_what_is_open() -> None:
    shown = replace(ledger()["C1"], status=Status.SHOWN)
    still_open = replace(ledger()["C2"], status=Status.OPEN)
    assert Ledger((shown, still_open)).caption.endswith("(1 of 2 open)")


def test_an_unknown_claim_says_which_exist() -> None:
    with pytest.raises(KeyError, match=r"no claim 'C15'; it has C1, .*C14"):
        ledger()["C15"]


def test_a_claim_says_itself_in_one_line() -> None:
    claim = Claim("C9", "Hugh Dickins", "21 Dec 2012", "“words”", Status.OPEN, "", "05")
    assert repr(claim) == "C9 (Hugh Dickins, 21 Dec 2012): “words” [open; lesson 05]"
    assert replace(claim, status=Status.SHOWN, note="on v3.8").standing == "shown; on v3.8"
