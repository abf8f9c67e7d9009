# SPDX-License-Identifier: GPL-2.0-only
"""The picture of a fight, its filmstrip and its panel: every page counted, every text readable, from 1 page to 1e6."""
from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from svg_reading import NS, Picture

from numakit.errors import BadRange, KernelBug, NotEnoughMemory
from numakit.fights import FIGHTS, NOWHERE, Fight, Side
from numakit.kernel import V3_8, V6_1, V6_12
from numakit.rounds import History
from numakit.show import fight_panel, fight_picture, filmstrip, palette
from numakit.show.fight_figures import BANDS, COLUMNS, OTHERS, ROWS, figures, percent, row_edges, stack
from numakit.show.fight_knobs import KNOBS, defaults_of

CALLS = ("mbind(MPOL_MF_MOVE) over the whole file, whose words are long", "dropped", "touched anew")


def side(nodes, title="a side", count=None, words=None, history=None):
    nodes = np.asarray(nodes)
    words = words or tuple(f"round {r}" for r in range(len(nodes) - 1))
    return Side(title, nodes, words, count or int(nodes.max()) + 1, history)


def pull(pages, rounds, among=(1, 2), part=0.3, seed=0):
    """Pages that go to a node by chance, some of them in each round."""
    chance = np.random.default_rng(seed)
    rows = [chance.choice(among, pages)]
    for _ in range(rounds):
        rows.append(np.where(chance.random(pages) < part, chance.choice(among, pages), rows[-1]))
    return np.array(rows)


def fight(*sides, recorded="6.1.192: 120 of 192 pages.", source="Linux v6.1 mm/mempolicy.c"):
    return Fight("made", "Two tasks, one file: who gets the page?", sides, "Nobody wins. The pages go to and fro.",
                 recorded=recorded, source=source)


def counts(nodes, faults, local, refused):
    """A History that has these sums."""
    rounds, zero = len(nodes) - 1, np.zeros((len(nodes) - 1, 4), np.int64)
    summed = [zero.copy() for _ in range(3)]
    for of, number in zip(summed, (faults, local, refused), strict=True):
        of[0, 0] = number
    return History(zero, summed[0], summed[1], zero, summed[2], zero, np.bincount(nodes[0], minlength=4),
                   np.ones(rounds, np.bool_))


GROWING = np.where(np.arange(30)[None, :] < 3 * np.arange(12)[:, None], pull(30, 11, (0, 1)), NOWHERE)
FIGHTS_MADE = {
    "48 pages": fight(side(pull(48, 24, part=1), "the filter off, a long title that needs two lines at least"),
                      side(pull(48, 24), "the filter on")),
    "6 pages": fight(side(pull(6, 24)), side(pull(6, 24, part=1)), recorded="", source=""),
    "4 nodes, 60 rounds": fight(side(pull(40, 60, range(4)))),
    "64 nodes": fight(side(pull(48, 24, range(64))), side(pull(1000, 24, range(64)))),
    "1,024 nodes": fight(side(pull(24, 12, range(0, 1024, 7)), count=1024)),
    "20 pages on 16 nodes": fight(side(pull(20, 24, range(16), 0.1))),
    "one round": fight(side(pull(24, 1)), side(pull(24, 1))),
    "nothing done": fight(side(pull(24, 0))),
    "a page": fight(side([[0], [1]])),
    "calls": fight(side(pull(192, 3, range(4)), words=CALLS), side(pull(192, 3, range(4)), words=CALLS)),
    "growing": fight(side(GROWING, count=4)),
    "all is away": fight(side(np.full((5, 7), NOWHERE), count=4)),
    "300 rounds": fight(side(pull(48, 300)), side(pull(48, 300))),
    "faults": fight(side(pull(16, 8), count=4, history=counts(pull(16, 8), 128_000, 64_001, 68_924)),
                    side(pull(16, 8), count=4, history=counts(pull(16, 8), 0, 0, 0))),
    "67 pages": fight(side(pull(67, 24))),
    "100,000 pages": fight(side(pull(100_000, 12)), side(pull(100_000, 12))),
}
SEEN = {name: fight_picture(told) for name, told in FIGHTS_MADE.items()}
SEEN |= {f"{name}, a part": fight_picture(FIGHTS_MADE[name], 48) for name in ("calls", "100,000 pages")}
SEEN |= {f"film, {name}": filmstrip(told) for name, told in FIGHTS_MADE.items()}
SEEN |= {"film, one moment": filmstrip(FIGHTS_MADE["6 pages"], [3]),
         "film, eight": filmstrip(FIGHTS_MADE["64 nodes"], range(0, 24, 3)),
         "film, backwards": filmstrip(FIGHTS_MADE["calls"], (3, 0))}
every_picture = pytest.mark.parametrize("seen", SEEN.values(), ids=list(SEEN))


@every_picture
def test_every_text_can_be_read_is_whole_and_meets_no_other(seen):
    drawn = Picture(seen.svg())
    assert drawn.width <= 836
    for at, text in enumerate(drawn.texts):
        under = drawn.under(text)
        assert palette.contrast(text.fill, under.fill) >= 4.5 and text.size >= 10, text
        assert under.left <= text.left and text.right <= under.right and text.bottom <= drawn.height, text
        assert not [other for other in drawn.texts[at + 1:] if text.meets(other)], text


@every_picture
def test_the_description_is_the_sentence_and_a_table_says_the_same(seen):
    desc = Picture(seen.svg()).root.find(f"{NS}desc")
    assert desc is not None and desc.text == seen.sentence() == repr(seen)
    assert seen.svg() == seen.svg() and seen.table().rows and seen.table().caption == seen.fight.question


def tiles(svg, colour):
    """The area of all tiles of a colour above the small charts, in pixels."""
    paths = re.findall(r'<path d="([^"]*)" fill="([^"]*)"/>', svg)
    boxes = [box for d, fill in paths if fill == colour for box in re.findall(r"M\S+ \S+h([\d.]+)v([\d.]+)h", d)]
    return sum(float(wide) * float(high) for wide, high in boxes)


@pytest.mark.parametrize("pages", [8, 48, 160, 1000])
def test_the_area_of_a_colour_is_the_share_of_its_node(pages):
    nodes = np.array([np.arange(pages) % 4] * 9)   # nothing moves: a quarter on each
    areas = [tiles(fight_picture(fight(side(nodes))).svg(), palette.fill(nid)) for nid in range(4)]
    assert max(areas) == pytest.approx(min(areas), rel=0.02)


def test_the_table_counts_moves_and_nodes_step_by_step():
    table = fight_picture(fight(side([[0, 0, 1], [0, 1, 1], [0, 1, 0]], "left"))).table()
    assert table.header == ("side", "step", "what is done", "elsewhere than before", "moved again later", "on node 0",
                            "on node 1")
    assert table.rows == (("left", 0, "start", "", 2, 2, 1), ("left", 1, "round 0", 1, 1, 1, 2),
                          ("left", 2, "round 1", 1, 0, 2, 1))


def test_the_table_of_many_nodes_names_the_one_with_most_pages():
    table = fight_picture(FIGHTS_MADE["64 nodes"]).table()
    assert table.header[-2:] == ("most are on", "so many") and len(table.rows) == 50


def test_the_numbers_under_a_side_are_moves_and_their_share():
    words = Picture(fight_picture(fight(side([[0, 0, 1, 1]] + [[1, 0, 1, 1]] * 2))).svg()).words()
    assert "1 move, 12 % of page-rounds" in words
    calls = fight(side([[0, 0, 1], [0, 1, 0], [0, 1, 1], [1, 1, 1]], words=CALLS))
    assert "3 of 3 pages moved, 4 moves" in Picture(fight_picture(calls).svg()).words()


def test_hinting_faults_and_what_the_limit_refused_are_told_where_they_were_counted():
    words = Picture(SEEN["faults"].svg()).words()
    assert "128,000 hinting faults, 50 % of them local; 68,924 refused by the rate limit." in words.replace(" | ", " ")
    assert "0 hinting faults." in words and "hinting" not in Picture(SEEN["6 pages"].svg()).words()


@pytest.mark.parametrize(("part", "of", "said"), [
    (0, 8, "0 %"), (1, 8, "12 %"), (8, 8, "100 %"), (999_999, 1_000_000, "over 99 %"), (150, 1_000_000, "0.01 %"),
    (0, 0, "0 %")])
def test_a_share_is_never_rounded_to_none_or_all(part, of, said):
    assert percent(part, of) == said


def test_steps_that_are_no_rounds_are_told_in_words():
    words = Picture(SEEN["calls"].svg()).words().replace(" | ", " ")
    assert "2. dropped" in words and "3. touched anew" in words and "step" in words


def test_steps_among_rounds_have_letters_and_rounds_their_own_numbers():
    nodes = [[0, 1]] * 2 + [[NOWHERE] * 2] + [[1, 1]] * 2
    told = figures(side(nodes, words=("round 0", "dropped", "touched anew", "round 1")))
    assert told.names == ("start", "0", "a", "b", "1") and told.legend == ("a: dropped", "b: touched anew")
    assert (told.moves, told.returned) == (0, 1)
    assert "1 page came back on another node." in Picture(fight_picture(fight(side(nodes))).svg()).words()


@pytest.mark.parametrize(("counted", "bands"), [
    ((3, 1), [(0, 0, 0.75), (1, 0.75, 1)]), ((0, 2), [(1, 0, 0.5), (NOWHERE, 0.5, 1)]), ((0, 0), [(NOWHERE, 0, 1)])])
def test_a_row_of_pages_is_parted_as_its_pages_are(counted, bands):
    assert stack(counted, (0, 1), 4) == tuple(bands)


def test_nodes_with_few_pages_are_drawn_together():
    bands = stack([1] * 64, range(64), 64)
    assert bands[-1][0] == OTHERS and len(bands) <= BANDS + 1 and bands[-1][2] == 1
    assert stack([10**6 - 1, 1], (0, 1), 10**6) == ((0, 0, 1),)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 5000), min_size=1, max_size=80), st.integers(0, 3000))
def test_bands_fill_a_row_without_gaps_and_no_band_is_far_from_its_share(counted, away):
    pages = sum(counted) + away
    if not pages:
        return
    bands = stack(counted, range(len(counted)), pages)
    assert bands[0][1] == 0 and bands[-1][2] == pytest.approx(1)
    assert all(a[2] == b[1] for a, b in zip(bands, bands[1:], strict=False))
    assert all(abs(high - low - counted[nid] / pages) <= 1 / 48 for nid, low, high in bands if nid >= 0)


@pytest.mark.parametrize(("pages", "rows"), [(1, 1), (ROWS, ROWS), (ROWS + 1, 13), (67, 12), (192, 16), (10**6, 16)])
def test_more_pages_than_rows_are_parted_into_equal_rows(pages, rows):
    edges = row_edges(pages)
    sizes = np.diff(edges)
    assert (edges[0], edges[-1], len(sizes)) == (0, pages, rows) and sizes.max() - sizes.min() <= 1


def test_a_million_pages_are_a_small_picture():
    nodes = np.zeros((25, 10**6), np.int8)
    for step in range(1, 25):
        nodes[step, :40_000 * step] = 1   # the pages follow, part by part
    seen = fight_picture(fight(side(nodes)))
    assert len(seen.svg()) < 100_000 and "960,000 moves, 4 % of page-rounds" in Picture(seen.svg()).words()
    told = seen.sides[0]
    assert len(told.rows) == 16 and told.rows[0][0] == ((0, 0, 1),) and told.rows[0][-1] == ((1, 0, 1),)
    assert told.changed[0][1] == pytest.approx(40_000 / 62_500)


def test_the_dark_line_also_tells_of_pages_that_were_away_and_came_back_elsewhere():
    nodes = np.zeros((4, 128), np.int8)
    nodes[2], nodes[3, :64] = NOWHERE, 1
    told = figures(side(nodes, count=2, words=("touched", "dropped", "touched anew")))
    assert [row[3] for row in told.changed] == [1] * 8 + [0] * 8 and told.returned == 64 and told.moves == 0


def test_of_many_states_the_first_and_the_last_are_drawn_and_the_numbers_are_of_all():
    told = figures(side(pull(8, 300)))
    assert (len(told.columns), told.columns[0], told.columns[-1]) == (COLUMNS, 0, 300)
    assert told.moves == int(side(pull(8, 300)).moves.sum())
    assert "not all are drawn" in Picture(SEEN["300 rounds"].svg()).words()


def test_a_part_is_said_to_be_a_part():
    seen = SEEN["100,000 pages, a part"]
    assert "Drawn are the first 48 pages; the numbers are of all." in seen.lead() and len(seen.sides[0].rows) == 48
    assert seen.table() == SEEN["100,000 pages"].table()


@pytest.mark.parametrize("shown", [-1, 49, 2.0, True])
def test_a_part_that_there_is_not_is_refused(shown):
    with pytest.raises(BadRange, match="would do"):
        fight_picture(FIGHTS_MADE["48 pages"], shown)


def of_files(*files):
    return fight(replace(side(pull(12, 2)), files=files))


def test_the_files_stand_beside_their_rows_in_place_of_page_numbers():
    texts = Picture(fight_picture(of_files(2, 3, 70)).svg()).texts
    named = [text for text in texts if text.text.startswith("inode ")]
    assert [text.text for text in named] == ["inode 2", "inode 3", "inode 70"]
    assert not any(text.text in ("page 0", "11") for text in texts)
    assert not any(a.meets(b) for a in named for b in texts if a is not b)


@pytest.mark.parametrize("seen", [fight_picture(of_files(2, 3), 6), fight_picture(
    fight(replace(side(pull(168, 2)), files=tuple(range(2, 58)))))], ids=["a part is shown", "rows of several files"])
def test_where_a_file_has_no_rows_of_its_own_pages_are_numbered(seen):
    texts = [text.text for text in Picture(seen.svg()).texts]
    assert "page 0" in texts and not any(text.startswith("inode ") for text in texts)


@pytest.mark.parametrize("sides", [0, 3])
def test_one_side_or_two_can_be_drawn(sides):
    with pytest.raises(BadRange, match="1 or 2 can be drawn"):
        fight_picture(fight(*[side(pull(6, 2))] * sides))


def test_a_filmstrip_frames_the_pages_that_lie_elsewhere_and_counts_them():
    seen = filmstrip(fight(side([[0, 0, 1], [0, 1, 1], [1, 0, 1]])), (0, 1, 2))
    assert "1 elsewhere" in Picture(seen.svg()).words() and "2 elsewhere" in Picture(seen.svg()).words()
    assert seen.svg().count(f'stroke="{palette.INK}" stroke-width="2"') == 4 * 3
    assert [row[2] for row in seen.table().rows] == ["", 1, 2]
    assert seen.sentence().endswith("Shown: at the start; after round 0; after round 1.")


@pytest.mark.parametrize("steps", [(), (25,), (-1,), (1.5,), tuple(range(9))])
def test_moments_that_there_are_not_are_refused(steps):
    with pytest.raises(BadRange, match="would do"):
        filmstrip(FIGHTS_MADE["48 pages"], steps)


def one(kernel=V3_8, *, pages: int | None = None, rounds: int = 4, to: int = 1) -> Fight:
    """A made-up fight that says what it was given."""
    if rounds == 13:
        raise KernelBug("kernel BUG at mm/mempolicy.c")
    if rounds == 14:
        raise NotEnoughMemory("too much")
    if rounds == 15:
        raise BadRange("15 rounds", "others would do", "Linux does not count")
    return Fight("one", "One?", (side(pull(pages or 70, rounds)),), f"{kernel.name} {pages} {rounds} to node {to}")


def other(kernel=V6_1, *, to: str = "bind:3", reachable: bool = True, pages: int = 2000, odd: tuple[int, ...] = ()):
    """Another one, with a parameter that no knob fits."""
    return Fight("other", "Other?", (side(pull(pages, 2)),), f"{kernel.name} to {to} {reachable} {pages} {odd}")


MADE: MappingProxyType[str, Callable[..., Fight]] = MappingProxyType({"one": one, "other_one": other})


def hidden(panel):
    return {name for name, control in panel.controls.items() if control.layout.display == "none"}


def test_a_panel_has_the_knobs_of_its_fight_and_hides_the_others():
    panel = fight_panel("one", MADE)
    assert hidden(panel) == {"to_policy", "reachable"}
    assert panel.sentence == "3.8 None 4 to node 1" and panel.values["pages"] == "auto"
    panel.set(fight="other_one")
    assert hidden(panel) == {"rounds", "to_node"} and panel.sentence == "6.1.192 to bind:3 True 2000 ()"
    assert repr(panel) == ("<fight panel: fight other one, drawn all, by density, kernel Linux 6.1.192, to_policy "
                           "bind:3, reachable as if a call could set it, pages 2,000>")


def test_another_fight_begins_with_its_own_defaults_and_is_played_once():
    played = []

    def counting(kernel=V3_8, *, rounds: int = 3, seed: int = 5, i_ino: int = 8) -> Fight:
        played.append((kernel.name, rounds, seed, i_ino))
        return fight(side(pull(6, rounds)))

    panel = fight_panel("one", {**MADE, "counted": counting}, rounds=7, kernel=V6_12)
    panel.controls["fight"].value = "counted"
    assert played == [("3.8", 3, 5, 8)]
    panel.set(fight="one", rounds=6).set(fight="counted", rounds=2, kernel=V6_1)
    assert played == [("3.8", 3, 5, 8), ("6.1.192", 2, 5, 8)]
    assert panel.set(fight="one").sentence == "3.8 None 4 to node 1"


def test_what_a_fight_can_not_be_set_to_leaves_the_panel_as_it_was():
    panel = fight_panel("one", MADE, rounds=9)
    before = panel.values
    with pytest.raises(ValueError, match="to_policy can't be 'bind:77'"):
        panel.set(fight="other_one", to_policy="bind:77")
    assert panel.values == before and panel.sentence == "3.8 None 9 to node 1" and "rounds" not in hidden(panel)


def test_the_buttons_go_from_fight_to_fight():
    panel = fight_panel("one", MADE)
    next(w for w in panel.widgets() if "step forward" in (getattr(w, "tooltip", "") or "")).click()
    assert panel.values["fight"] == "other_one" and "to bind:3" in panel.sentence


def test_a_fight_and_its_knobs_can_be_set_at_once():
    panel = fight_panel("one", MADE).set(fight="other_one", to_policy="local", kernel=V6_12)
    assert panel.sentence == "6.12.117 to local True 2000 ()"
    assert fight_panel("one", MADE, rounds=9, pages=48).sentence == "3.8 48 9 to node 1"


def test_a_fight_is_not_played_again_for_another_drawing_of_it():
    played = []

    def counting(rounds: int = 3) -> Fight:
        played.append(rounds)
        return fight(side(pull(100, rounds)))

    panel = fight_panel("counted", {"counted": counting})
    panel.set(drawn=0).set(drawn="the first 48 pages")
    assert played == [3] and panel.set(rounds=4) and played == [3, 4]


@pytest.mark.parametrize(("rounds", "told"), [(13, "KernelBug: kernel BUG"), (14, "NotEnoughMemory: too much"),
                                              (15, "BadRange: 15 rounds")])
def test_what_can_not_be_played_is_told_and_the_last_picture_stays(rounds, told):
    panel = fight_panel("one", MADE)
    before = panel.shown.svg()
    assert told in panel.set(rounds=rounds).sentence and panel.shown.svg() == before
    assert panel.set(rounds=5).sentence == "3.8 None 5 to node 1"


@pytest.mark.parametrize(("name", "values", "said"), [
    ("none", {}, "no fight named 'none'; one of one, other_one would do"),
    ("one", {"knob": 1}, "no control named 'knob'"), ("one", {"rounds": 61}, "rounds can't be 61"),
    ("one", {"pages": 7}, "pages can't be 7")])
def test_a_panel_is_not_begun_with_what_there_is_not(name, values, said):
    with pytest.raises(ValueError, match=said):
        fight_panel(name, MADE, **values)


@pytest.mark.parametrize("name", FIGHTS)
def test_every_fight_of_the_kit_can_be_shown_and_its_knobs_are_its_own_parameters(name):
    panel = fight_panel(name)
    assert {"kernel"} < set(defaults_of(FIGHTS[name])) <= set(KNOBS) and not panel.problem
    drawn = Picture(panel.shown.svg())
    for at, text in enumerate(drawn.texts):
        assert 0 <= text.left and text.right <= drawn.width and text.bottom <= drawn.height, text
        assert not [also for also in drawn.texts[at + 1:] if text.meets(also)], text
