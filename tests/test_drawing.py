# SPDX-License-Identifier: GPL-2.0-only
"""Tests of the small drawing: colours, text, ids."""
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from svg_reading import NS, Picture

from numakit.show import palette
from numakit.show.drawing import Drawing, note_height, short, text_width, wrap
from numakit.show.table import Table

NODES = range(64)


def drawn(title: str = "a title", *nodes: int) -> Drawing:
    drawing = Drawing(400, 80, title, "what it shows")
    for place, nid in enumerate(nodes):
        drawing.cell(10 + place * 40, 10, nid)
    return drawing


@pytest.mark.parametrize(("a", "b", "ratio"), [("#000000", "#ffffff", 21.0), ("#777777", "#777777", 1.0),
                                               ("#ffffff", "#0072b2", 5.19), ("#767676", "#ffffff", 4.54)])
def test_contrast_is_that_of_wcag(a: str, b: str, ratio: float) -> None:
    assert palette.contrast(a, b) == pytest.approx(ratio, abs=0.01)
    assert palette.contrast(b, a) == palette.contrast(a, b)


@pytest.mark.parametrize("nid", range(8))
def test_a_number_reads_well_on_the_colour_of_its_node(nid: int) -> None:
    assert palette.contrast(palette.ink(nid), palette.fill(nid)) >= 4.5


@pytest.mark.parametrize("tone", palette.TONES.values(), ids=list(palette.TONES))
def test_a_note_reads_well(tone: tuple[str, str]) -> None:
    assert palette.contrast(*tone) >= 4.5


def test_colours_of_the_first_nodes_are_okabe_and_itos() -> None:
    assert [palette.fill(n) for n in range(4)] == ["#0072B2", "#E69F00", "#009E73", "#CC79A7"]
    assert palette.ink(0) == palette.PAPER and palette.ink(1) == palette.INK


def test_no_two_of_64_nodes_share_both_colour_and_hatch() -> None:
    assert len({(palette.fill(n), palette.hatch(n)) for n in NODES}) == 64


def test_neighbouring_nodes_differ_in_colour_and_in_hatch() -> None:
    assert all(palette.fill(n) != palette.fill(n + 1) and palette.hatch(n) != palette.hatch(n + 1) for n in range(7))


def test_a_picture_has_a_role_a_title_a_description_and_opaque_paper() -> None:
    picture = Picture(str(drawn("<&> \"title\"")))
    title, desc = picture.root.find(f"{NS}title"), picture.root.find(f"{NS}desc")
    assert title is not None and desc is not None
    assert picture.root.get("role") == "img" and title.text == "<&> \"title\"" and desc.text == "what it shows"
    assert picture.root.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"
    assert picture.boxes[0].fill == palette.PAPER and picture.boxes[0].right == picture.width


def test_the_same_picture_is_the_same_bytes() -> None:
    assert str(drawn("x", 0, 1, 12)) == str(drawn("x", 0, 1, 12))
    drawing = drawn("x", 3)
    assert str(drawing) == str(drawing)


def test_ids_of_two_pictures_differ_and_each_is_used_once() -> None:
    one, two = Picture(str(drawn("one", 1, 2))), Picture(str(drawn("two", 1, 2)))
    assert not set(one.ids) & set(two.ids)
    assert len(one.ids) == len(set(one.ids)) == 4


@pytest.mark.parametrize("nid", [0, 1, 7, 8, 63, 512, 1023])
def test_a_cell_has_its_number_on_a_clear_patch_and_its_hatch(nid: int) -> None:
    picture = Picture(str(drawn("x", nid)))
    (number,) = picture.texts
    patch = picture.under(number)
    assert number.text == str(nid) and patch.fill == palette.fill(nid)
    assert patch.left <= number.left and number.right <= patch.right
    assert any(b.fill.startswith("url(#") for b in picture.boxes) == bool(palette.hatch(nid))


def test_every_hatch_that_is_used_is_defined_in_the_picture() -> None:
    svg = str(drawn("x", *range(1, 9)))
    assert {part.split(")")[0] for part in svg.split("url(#")[1:]} <= set(Picture(svg).ids)


@given(st.text())
def test_any_text_is_safe_in_a_picture(text: str) -> None:
    drawing = Drawing(100, 50, "t", "d")
    drawing.text(1, 20, "".join(c for c in text if c.isprintable()))
    Picture(str(drawing))


@given(st.lists(st.text("abcimW10:-", min_size=1, max_size=9), min_size=1).map(" ".join), st.integers(120, 900))
def test_wrapping_keeps_every_word_and_no_line_is_too_wide(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert " ".join(lines).split() == text.split()
    assert all(text_width(line) <= width or " " not in line for line in lines)


def test_a_note_is_as_high_as_said_beforehand_and_holds_its_text() -> None:
    words = "16 of 16 pages disputed. " * 5
    drawing = Drawing(400, 300, "t", "d")
    assert drawing.note(10, 10, 380, words, "bad") == note_height(words, 380)
    picture = Picture(str(drawing))
    box = picture.boxes[1]
    assert all(box.holds(t.left, t.top) and box.holds(t.right, t.bottom) for t in picture.texts)


@pytest.mark.parametrize(("number", "text"), [(3, "3"), (3.0, "3"), (2.25, "2.2"), (0.04, "0.0"), (-1.5, "-1.5")])
def test_numbers_are_short(number: float, text: str) -> None:
    assert short(number) == text.replace("0.0", "0")


def test_a_drawing_says_itself() -> None:
    assert repr(drawn("where?")) == "a drawing of 400 x 80: where?"


TABLE = Table(("page", "node <n>"), ((0, 3), (1, "a|b")), "Where")


def test_a_table_in_html_says_what_its_headers_head() -> None:
    html = TABLE.html()
    left = ' style="text-align:left"'    # words; numbers stand where the page puts them
    assert html.startswith(f'<table><caption>Where</caption><thead><tr><th scope="col">page</th><th scope="col"{left}>')
    assert f'<tr><th scope="row">1</th><td{left}>a|b</td></tr>' in html


def test_a_very_long_word_of_a_table_may_be_broken_and_reads_the_same() -> None:
    word = "tests/claims/test_the_mutex.py::test_c2_the_mutex_costs_every_fault_its_right"
    html = Table(("decided by", "which"), (("C2", word), ("C3", "a/b_c"))).html()
    assert "tests/<wbr>claims/<wbr>test_<wbr>the_<wbr>" in html and word in html.replace("<wbr>", "")
    assert ">a/b_c</td>" in html


def test_a_table_in_text_stands_in_columns() -> None:
    assert str(TABLE) == "Where\npage  node <n>\n0     3\n1     a|b"


def test_a_table_in_markdown_keeps_its_bars() -> None:
    assert TABLE.markdown() == "| page | node <n> |\n| --- | --- |\n| 0 | 3 |\n| 1 | a\\|b |"


def test_a_ragged_table_is_refused() -> None:
    with pytest.raises(ValueError, match="a row of 1 cells under a header of 2"):
        Table(("a", "b"), ((1,),))
