# SPDX-License-Identifier: GPL-2.0-only
"""The picture of a file's range map under mbind, and its panel: rules told in words, bars, recordings, BUG()."""
from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from svg_reading import NS, Picture

from numakit.errors import BadRange, InvalidMount, InvalidPolicy
from numakit.kernel import V3_8, V3_8_3, V3_8_SPLIT_MENDED, V3_13, V6_1, V6_12
from numakit.mempolicy import policy_text
from numakit.mount_option import policy
from numakit.recordings.mbind_lookup import recorded_policies
from numakit.show import palette, range_map_panel, range_map_picture
from numakit.show.mbind_panel import OWN, STORIES
from numakit.show.mbind_script import LONGEST, machine_for, parse_script, runs, script_text, states
from numakit.show.mbind_visits import visits
from numakit.vma import PAGE_SIZE, AddressSpace
from numakit.vma_merge import mbind_range

POLICIES = ("default", "local", "bind:1", "bind:2-3", "interleave:0-3")
KERNELS = (V3_8_SPLIT_MENDED, V3_13, V6_1)
EDGES = "A 4-9 bind:1; A 8-18 default"
MANY = "; ".join(f"{'AB'[page % 2]} {page} {('bind:0-3', 'prefer:1', 'interleave=static:0,2')[page % 3]}"
                 for page in range(3, 15))
SPLIT = "A 8-15 interleave:0-3"

PICTURES = {
    **{f"{name}, {done}": range_map_picture(parse_script(story.script)[:done], story.options, story.kernel)
       for name, story in STORIES.items() for done in range(len(parse_script(story.script)) + 1)},
    "many": range_map_picture(parse_script(MANY), "mpol=interleave=relative:0-2"),
    "a dead kernel": range_map_picture(parse_script(SPLIT + "; A 0 local"), "mpol=bind:1", V3_8),
    "three processes": range_map_picture(parse_script("C 0-31 weighted interleave:0-3; A 31 local"), "", V6_12),
}
every_picture = pytest.mark.parametrize("seen", PICTURES.values(), ids=list(PICTURES))


def picture(script, options="", kernel=V6_1, done=None):
    """The picture of a script, beside its recording."""
    calls = parse_script(script)
    return range_map_picture(calls, options, kernel, done, recorded_policies(kernel, options, calls[:done]))


@every_picture
def test_every_text_can_be_read_is_whole_and_meets_no_other(seen):
    drawn = Picture(seen.svg())
    for at, text in enumerate(drawn.texts):
        under = drawn.under(text)
        assert palette.contrast(text.fill, under.fill) >= 4.5 and text.size >= 10, text
        assert under.left <= text.left and text.right <= under.right and text.bottom <= drawn.height, text
        assert not [other for other in drawn.texts[at + 1:] if text.meets(other)], text


@every_picture
def test_the_description_is_the_sentence_and_the_bytes_are_the_same(seen):
    desc = Picture(seen.svg()).root.find(f"{NS}desc")
    assert desc is not None and desc.text == seen.sentence()
    assert seen.svg() == seen.svg() and seen.table().caption and len(seen.table().rows) == seen.done + 1


@pytest.mark.parametrize(("script", "kernel", "said"), [
    ("A 8-15 bind:3", V6_1, "A's mapping of pages 0 to 31 is cut in three: pages 8 to 15 get bind:3"),
    ("A 0 bind:3", V6_1, "A's mapping of pages 0 to 31 is cut in two: page 0 gets bind:3"),
    ("A 0-31 bind:3", V6_1, "A's mapping of pages 0 to 31 is named as a whole: it gets bind:3"),
    ("A 0-31 bind:3; A 0-31 default", V6_1, "it loses its policy, and so does the file there."),
    ("A 0-7 bind:3; A 3-4 bind:3", V6_1, "A's mapping of pages 0 to 7 has bind:3 already: it is skipped"),
    ("A 3-4 default", V6_1, "has no policy, which is what default asks for: it is skipped"),
    ("A 0-7 bind:3; A 8-9 bind:3", V6_1,
     "Pages 8 to 9 join A's left neighbour, which has bind:3 already: one mapping of pages 0 to 9. "
     "The file is then told for all of that mapping, pages 0 to 9."),
    ("A 0-7 bind:3; A 8 bind:3", V3_8_SPLIT_MENDED, "Page 8 joins A's left neighbour, which has bind:3 already: one "
     "mapping of pages 0 to 8. This kernel then goes on without telling the file."),
    ("A 8-15 bind:3; A 8-15 default", V6_1,
     "join A's neighbours on both sides, which have no policy either: one mapping of pages 0 to 31."),
    ("A 8-31 bind:3; A 0-7 bind:3", V3_8_SPLIT_MENDED, "A's mapping of pages 0 to 7 grows over its right neighbour, "
     "which has bind:3 already, but keeps its old policy, default, for both (case 8 of vma_merge)"),
    ("A 8-31 bind:3; A 0-7 bind:3", V3_13, "Pages 0 to 7 join A's right neighbour"),
])
def test_the_sentence_says_which_rule_acted(script, kernel, said):
    assert said in picture(script, "", kernel).verdict()


def test_pages_that_were_not_named_are_said_to_be_wiped_out_and_whose_they_were():
    seen = picture(STORIES["A names the pages beside B's"].script)
    assert seen.beyond == tuple(range(8, 16)) and seen.refused == ()
    assert "on pages that it did not name, B's interleave:0-3 on pages 8 to 15." in seen.sentence()


def test_pages_that_the_call_named_in_vain_are_said_to_keep_their_policy():
    seen = picture(STORIES["A sets again what B replaced"].script)
    assert seen.refused == tuple(range(8, 16)) and seen.changed == ()
    assert "The file keeps bind:1 on pages 8 to 15, although the call asked for bind:3." in seen.sentence()


def test_3_8_joins_without_telling_the_file_and_6_1_takes_the_mounts_policy_away_as_well():
    old, new = (picture(EDGES, "mpol=bind:1,2", kernel) for kernel in (V3_8_SPLIT_MENDED, V6_1))
    assert "The recorded kernel showed the same for every page." in old.sentence() and old.changed == ()
    assert new.beyond == tuple(range(19, 32)) and "the mount's bind:1-2 on pages 19 to 31" in new.sentence()


def test_a_kernel_that_dies_keeps_the_last_state_and_does_no_more():
    seen = picture(SPLIT + "; A 0 local", "mpol=bind:1", V3_8)
    assert (seen.done, seen.changed) == (1, ()) and "kernel BUG at mm/mempolicy.c" in seen.sentence()
    assert "The picture shows what was there before the call." in seen.sentence()
    assert {policy_text(value) for value in seen.last.policies()} == {"bind:1"}


def test_3_8_3_loses_what_lies_behind():
    seen = picture(SPLIT, "mpol=bind:1", V3_8_3)
    assert seen.beyond == tuple(range(16, 32)) and "the mount's bind:1 on pages 16 to 31" in seen.sentence()


def test_a_recording_that_says_something_else_is_told():
    seen = range_map_picture(parse_script("A 0-7 bind:1"), recorded={0: None, 9: None})
    assert seen.differing == (0,) and "The recorded kernel showed something else for page 0." in seen.sentence()


def test_the_picture_has_a_bar_over_what_is_named_and_one_under_what_changed():
    red = [box for box in Picture(picture("A 8-15 bind:3").svg()).boxes if box.fill == palette.TONES["bad"][1]]
    none = Picture(picture(STORIES["A sets again what B replaced"].script).svg()).boxes
    assert len(red) == 1 and palette.TONES["bad"][1] not in {box.fill for box in none}


def test_a_narrow_box_has_a_letter_and_the_key_says_which_policy_it_is():
    words = Picture(picture("A 8 bind:0-2").svg()).words()
    assert "| p |" in words and "p = bind:0-2" in words


@pytest.mark.parametrize(("text", "calls"), [
    ("A 8-15 bind:3; B 0 default", (("A", 8, 8, "bind:3"), ("B", 0, 1, "default"))),
    (" A 0 - 1  weighted interleave:0-2 ;\n", (("A", 0, 2, "weighted interleave:0-2"),)),
    ("", ()),
])
def test_a_script_reads_as_calls(text, calls):
    assert parse_script(text) == calls and parse_script(script_text(calls)) == calls


@pytest.mark.parametrize(("script", "error", "said"), [
    ("bind:3", BadRange, "'A 8-15 bind:3'"),
    ("A 8-15", BadRange, "'A 8-15' is no call"),
    ("a 1 local", BadRange, "is no call"),
    ("A 30-33 local", BadRange, "pages 0 to 31 would do"),
    ("A 9-3 local", BadRange, "A names -5 pages"),
    ("A 0 bind:9", InvalidPolicy, "node 9"),
    ("A 0 nonsense", InvalidPolicy, "nonsense"),
    ("; ".join(["A 0 local"] * (LONGEST + 1)), BadRange, "13 calls are too many to draw"),
])
def test_a_bad_script_is_refused_with_what_would_do(script, error, said):
    with pytest.raises(error, match=said):
        picture(script)


def test_a_bad_mount_or_number_of_calls_is_refused():
    with pytest.raises((InvalidMount, InvalidPolicy)):
        picture("A 0 local", "mpol=foo")
    with pytest.raises(BadRange, match="0 to 1 would do"):
        range_map_picture(parse_script("A 0 local"), done=2)


def spans():
    """Ranges of pages [first, first + pages) of a file of 32."""
    return st.integers(0, 31).flatmap(lambda first: st.tuples(st.just(first), st.integers(1, 32 - first)))


@settings(max_examples=80)
@given(st.lists(st.tuples(spans(), st.sampled_from(POLICIES)), max_size=9), st.sampled_from(KERNELS))
def test_visiting_mapping_by_mapping_gives_what_mbind_gives_in_one_go(calls, kernel):
    machine = machine_for(kernel)
    space = AddressSpace().mmap(pages=32, shared=True)
    for (first, pages), text in calls:
        start = space.vmas[0].start + first * PAGE_SIZE
        end, new = start + pages * PAGE_SIZE, policy(text, machine)
        found, after = visits(space, start, end, new, kernel)
        done = mbind_range(space, start, end, new, kernel)
        assert after == done.space and len([v for v in found if v.is_set]) == len(done.to_set)
        space = after


@settings(max_examples=60)
@given(st.lists(st.tuples(spans(), st.sampled_from(POLICIES), st.sampled_from("AB")), max_size=8),
       st.sampled_from(KERNELS))
def test_what_the_sentence_calls_unchanged_is_unchanged(calls, kernel):
    script = tuple((who, first, pages, text) for (first, pages), text, who in calls)
    for done in range(1, len(script) + 1):
        seen = range_map_picture(script, "mpol=prefer:2", kernel, done)
        told = {page for visit in seen.last.visits if visit.is_set
                for page in range(visit.after.pgoff, visit.after.pgoff + visit.after.pages)}
        assert set(seen.changed) <= told and set(seen.refused).isdisjoint(seen.changed)


def test_states_are_one_more_than_calls_and_runs_count_equal_texts():
    assert len(states(parse_script("A 0 local; B 1 local"), "", V6_1)) == 3
    assert runs(["a", "a", "b"]) == ((0, 2, "a"), (2, 3, "b"))


def test_a_story_writes_the_other_controls_and_begins_at_its_beginning():
    panel = range_map_panel().set(done=2)
    panel.set(story="default over an edge, on 3.8")
    assert panel.values["script"] == EDGES and panel.values["options"] == "mpol=bind:1,2"
    assert panel.values["kernel"] == V3_8_SPLIT_MENDED and panel.values["done"] == 0
    assert panel.controls["done"].max == 2


@pytest.mark.parametrize("story", STORIES)
def test_every_story_was_recorded_to_its_end(story):
    panel = range_map_panel(story)
    panel.set(done=panel.controls["done"].max)
    assert panel.values["story"] == story and "The recorded kernel showed the same for" in panel.sentence


def test_calls_of_ones_own_are_called_so_and_the_slider_fits_them():
    panel = range_map_panel().set(script="A 0-7 bind:1; B 0-7 local; A 0-7 default; B 3 bind:2", done=4)
    assert panel.values["story"] == OWN and panel.controls["done"].max == 4
    assert "Call 4 of 4, B: mbind(page 3, bind:2)." in panel.sentence


def test_a_script_that_does_not_read_is_told_and_the_picture_stays():
    panel = range_map_panel(done=1)
    before = panel.shown.svg()
    panel.set(script="A 8-15")
    assert "'A 8-15' is no call" in panel.sentence and panel.shown.svg() == before


def test_the_panel_steps_and_3_8_as_released_dies_in_it():
    panel = range_map_panel(script=SPLIT, options="mpol=bind:1", kernel=V3_8)
    panel.step("done", 1)
    assert "kernel BUG" in panel.sentence and panel.values["done"] == 1
    panel.step("done", -1)
    assert "Nothing is done yet" in panel.sentence
