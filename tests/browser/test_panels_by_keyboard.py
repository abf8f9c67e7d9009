# SPDX-License-Identifier: GPL-2.0-only
"""Panels are worked by keyboard alone, and show what the model says to each value."""

from statistics import median

import pytest
from same_panel import same_mount, same_placement

pytestmark = pytest.mark.browser

BAD, GOOD = "mpol=bind:9", "mpol=bind:2"


@pytest.fixture
def placement(open_lesson):
    """The placement panel of lesson 03."""
    return open_lesson("03").run_all().panel_of("placement_panel")


@pytest.fixture
def mount(open_lesson):
    """The mount panel of lesson 03."""
    return open_lesson("03").run_all().panel_of("mount_panel")


def assert_shows(panel, model):
    """The page shows the picture and the sentence of the model's panel."""
    panel.wait_for_picture(model.shown.svg())
    panel.wait_for_sentence(model.sentence)  # the picture may stay as it was, and the sentence come later


def test_arrow_keys_move_the_inode_and_the_picture_follows_the_model(placement, shoot):
    model = same_placement(placement)
    before = placement.place("inode")
    assert_shows(placement, model)
    for steps, key in enumerate(("ArrowRight", "ArrowRight", "ArrowRight"), start=1):
        placement.press(placement.slider("inode"), key)
        assert_shows(placement, model.set(i_ino=before + steps))
    placement.press(placement.slider("inode"), "ArrowLeft")
    assert_shows(placement, model.set(i_ino=before + 2))
    shoot("placement-after-keys", placement.box)


def test_a_key_brings_the_new_picture_soon(placement, tell):
    times = placement.key_to_picture(placement.slider("inode"), ["ArrowRight"] * 20 + ["ArrowLeft"] * 10)
    tell(f"key to picture: median {median(times):.0f} ms, max {max(times):.0f} ms (n={len(times)})")
    assert max(times) < 2000  # a bound of sanity; how fast it should be is in the benchmarks' table


def test_the_steps_of_the_mount_go_back_and_forth_by_slider_and_buttons(mount, shoot):
    model = same_mount(mount)
    mount.press(mount.slider("steps done"), "Home")
    assert_shows(mount, model.set(steps=1))
    mount.press(mount.slider("steps done"), "ArrowRight", "ArrowRight")
    assert_shows(mount, model.set(steps=3))
    mount.press(mount.button("steps done: one back"), "Space")
    assert_shows(mount, model.set(steps=2))
    mount.press(mount.button("steps done: one forward"), "Enter", "Enter")
    assert_shows(mount, model.set(steps=4))
    shoot("mount-4-steps", mount.box)


def test_a_bad_option_is_told_and_the_last_picture_stays_until_a_good_one_comes(mount, shoot):
    model = same_mount(mount)
    mount.write("remount -o", BAD)
    mount.wait_for_sentence(BAD)
    assert "EINVAL" in mount.sentence.text_content()
    mount.wait_for_picture(model.shown.svg())
    shoot("mount-bad-option", mount.box)
    mount.write("remount -o", GOOD)
    assert_shows(mount, model.set(then=GOOD))


def test_the_table_is_opened_and_closed_by_keyboard(mount, shoot):
    assert mount.table.count() == 0
    mount.press(mount.button("As a table"), "Space")
    mount.table.wait_for(timeout=5000)
    assert mount.table.locator("tbody tr").count() == 6
    shoot("mount-table", mount.box)
    mount.press(mount.button("As a table"), "Space")
    mount.table.wait_for(state="detached", timeout=5000)


def test_the_kernel_is_chosen_by_keyboard(mount, shoot):
    # An arrow key on a closed list belongs to the notebook: it goes to the next cell. Space opens the list first.
    mount.press(mount.choice("kernel"), "Space", "Home", "Enter")
    assert_shows(mount, same_mount(mount))
    mount.press(mount.choice("kernel"), "Space", "ArrowDown", "ArrowDown", "ArrowDown", "Enter")
    assert mount.choice("kernel").input_value() == "Linux 3.8"
    assert_shows(mount, same_mount(mount))
    shoot("mount-linux-3.8", mount.box)


def test_tab_reaches_every_control_in_order_and_leaves_the_panel(open_lesson):
    for panel in open_lesson("03").run_all().panels():
        panel.box.locator("select, input").first.focus()
        visited = []
        while (at := panel.focused()) >= 0 and len(visited) < 50:
            visited.append(at)
            panel.page.keyboard.press("Tab")
        assert visited == list(range(panel.controls()))
