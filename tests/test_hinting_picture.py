# SPDX-License-Identifier: GPL-2.0-only
"""The picture of hinting faults and its panel: gates, marks, decisions in the rules' words, and the budget."""
from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from svg_reading import NS, Picture

from numakit.errors import BadRange, InvalidNodes, InvalidPolicy
from numakit.hinting import RATELIMIT_PAGES
from numakit.kernel import V3_6, V3_8, V3_13, V6_1, V6_12
from numakit.show import hinting_panel, hinting_picture, palette
from numakit.show.hinting import FULL, step_text
from numakit.show.hinting_stepper import KERNELS, POLICIES, nodes_of
from numakit.show.hinting_story import PAGES, Setting, steps

BUSY = 32765
PICTURES = {
    "nothing done": hinting_picture(done=0),
    **{f"{kernel.name}, {done}": hinting_picture((1, 1), kernel=kernel, done=done, page=7)
       for kernel in KERNELS for done in (1, 2, 4)},
    "refused": hinting_picture((1, 1), busy=BUSY, page=5),
    "the scanner waits": hinting_picture((1, 1, 1), busy=BUSY, done=5),
    "six rounds": hinting_picture((1, 2, 1, 2, 3, 0), option="interleave:0-3"),
    "three processes": hinting_picture((3,), processes=3, done=1, kind="anon", kernel=V6_1),
    "off the mask": hinting_picture((1, 1), option="bind=balancing:0,2", kernel=V6_12),
}
every_picture = pytest.mark.parametrize("seen", PICTURES.values(), ids=list(PICTURES))


@every_picture
def test_every_text_can_be_read_is_whole_and_meets_no_other(seen):
    drawn = Picture(seen.svg())
    for at, text in enumerate(drawn.texts):
        under = drawn.under(text)
        assert palette.contrast(text.fill, under.fill) >= 4.5 and text.size >= 10, text
        assert under.left <= text.left and text.right <= under.right and text.bottom <= drawn.height, text
        assert not [other for other in drawn.texts[at + 1:] if text.meets(other)], text


@every_picture
def test_the_description_is_the_sentence_and_each_page_has_a_row(seen):
    desc = Picture(seen.svg()).root.find(f"{NS}desc")
    assert desc is not None and desc.text == seen.sentence()
    assert seen.svg() == seen.svg() and len(seen.table().rows) == PAGES


@pytest.mark.parametrize(("story", "said"), [
    ({"done": 0}, "Nothing is done yet: the task has used every page once, on node 0."),
    ({"done": 1}, "8 of 8 entries are NUMA entries now. Page 0 is marked"),
    ({"done": 2}, "Page 0 stays: the page remembers no hinting fault, and two in a row"),
    ({"done": 4}, "8 pages move. Page 0 goes to node 1: the second hinting fault in a row from node 1"),
    ({"touches": (1, 2)}, "Page 0 stays: the fault that the page remembers came from node 1, this one from node 2"),
    ({"touches": (0,), "done": 1}, "The scanner marks nothing: the process has run on node 0 alone so far"),
    ({"size": 256, "done": 1}, "The scanner marks nothing: 256 pages are not the 512 of 2 MiB"),
    ({"processes": 2, "done": 1}, "Page 0 is not marked: 2 page-table entries map the page, not one"),
    ({"processes": 2}, "0 of 8 touches take a hinting fault, 0 pages move. Page 0: its entry is a normal one"),
    ({"option": "local"}, "Page 0 stays: 'local' lacks MPOL_F_MOF"),
    ({"kernel": V3_13, "option": "local", "done": 1}, "'local', in force at the mapping's start, lacks MPOL_F_MOF"),
    ({"kernel": V6_1, "done": 1}, "The scanner marks nothing: the file has no policy at the mapping's start"),
    ({"kernel": V3_13, "kind": "anon", "processes": 2, "touches": (1,)}, "8 pages move"),
    ({"kernel": V6_12, "touches": (1,)}, "8 pages move"),
    ({"kernel": V6_1, "option": "bind=balancing:0,2"}, "pages follow it there only within its nodes"),
    ({"kernel": V3_6, "done": 1}, "Linux 3.6 has no hinting faults"),
    ({"kernel": V6_1}, "Linux 6.1.192 has no rate limit."),
])
def test_the_sentence_says_in_the_rules_words_what_decided(story, said):
    assert said in hinting_picture(**story).sentence()


def test_the_rule_that_decided_is_named_with_its_place():
    assert hinting_picture(done=0).source() == "" == hinting_picture(processes=2).source()
    assert hinting_picture(done=1).source() == "Linux v3.8 mm/mprotect.c, change_pte_range()"
    assert hinting_picture(done=2).source() == "Linux v3.8 mm/mempolicy.c, mpol_misplaced()"
    assert hinting_picture(busy=BUSY, page=5).source() == "Linux v3.8 mm/migrate.c, migrate_misplaced_page()"


def test_four_pages_pass_a_window_that_others_have_nearly_filled():
    seen = hinting_picture((1, 1, 1, 1), busy=BUSY, page=4, done=4)
    assert seen.nodes == (1, 1, 1, 1, 0, 0, 0, 0) and seen.last.limit(1).pages == FULL == RATELIMIT_PAGES + 1
    assert "refused: more than 32768 pages came to node 1" in seen.sentence() and "0 more may" in seen.budget()
    waits = hinting_picture((1, 1, 1, 1), busy=BUSY, page=4, done=5)
    assert "node 1 has had its fill of pages" in waits.sentence() and "which is over" in waits.budget()
    assert hinting_picture((1, 1, 1, 1), busy=BUSY).last.moved == 4


def test_each_round_takes_two_steps_and_time_goes_on():
    told = steps(Setting(hinting_picture().setting.machine), (1, 2, 1))
    assert [step.doing for step in told] == ["first touch", "scan", "touch", "scan", "touch", "scan", "touch"]
    assert [step.now_ms for step in told] == sorted({step.now_ms for step in told})
    assert step_text("scan", 2) == "scan, the task being on node 2"


@settings(max_examples=60)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=6), st.sampled_from(POLICIES), st.sampled_from(KERNELS),
       st.sampled_from(("shmem", "anon")), st.integers(1, 3))
def test_only_marked_pages_fault_and_only_faults_move_pages(touches, option, kernel, kind, processes):
    try:
        told = hinting_picture(touches, option, kernel, kind=kind, processes=processes).steps
    except InvalidPolicy:
        assert "balancing" in option and not kernel.balancing_with
        return
    for before, after in zip(told, told[1:], strict=False):
        for old, new, fault in zip(before.pages, after.pages, after.faults or (None,) * PAGES, strict=True):
            assert (fault is not None) == (after.doing == "touch" and old.marked)
            assert old.node == new.node or (fault is not None and fault.moved)


@pytest.mark.parametrize(("story", "error"), [
    ({"touches": ()}, BadRange), ({"touches": (1,) * 7}, BadRange), ({"touches": (9,)}, InvalidNodes),
    ({"option": "bind:9"}, InvalidPolicy), ({"option": "bind=balancing:0-1"}, InvalidPolicy),
    ({"kind": "file"}, BadRange), ({"page": 8}, BadRange), ({"done": 5}, BadRange), ({"processes": 0}, BadRange),
    ({"size": 0}, BadRange)])
def test_what_can_not_be_is_refused(story, error):
    with pytest.raises(error):
        hinting_picture(**story)


# The panel

def test_the_panel_steps_forward_and_back():
    panel = hinting_panel()
    assert "Nothing is done yet" in panel.sentence
    panel.step("done", 4)
    assert "Step 4 of 4" in panel.sentence and "8 pages move" in panel.sentence
    panel.step("done", -1)
    assert "Step 3 of 4" in panel.sentence


def test_the_slider_fits_the_touches():
    panel = hinting_panel("1,2,1,2", done=8).set(touches="1,1", page=3)
    assert panel.controls["done"].max == 4 and panel.values["done"] == 4 and "Page 3 goes" in panel.sentence


@pytest.mark.parametrize("text", ["", "one", "1,2,1,2,1,2,1", "-1", "1;2", "²"])
def test_touches_that_do_not_read_are_told_and_the_picture_stays(text):
    panel = hinting_panel(done=2)
    before = panel.shown.svg()
    panel.set(touches=text)
    assert f"{text!r} are no touches" in panel.sentence and panel.shown.svg() == before
    with pytest.raises(BadRange):
        nodes_of(text)


def test_a_kernel_that_does_not_know_the_policy_says_so():
    panel = hinting_panel(kernel=V6_1).set(option="bind=balancing:0-1", done=2)
    assert "goes to node 1" in panel.sentence
    assert panel.set(kernel=V3_8).sentence.startswith("InvalidPolicy")
