# SPDX-License-Identifier: GPL-2.0-only
"""The panel of the fights in a real browser, by keyboard alone: other rounds, another fight, another kernel."""

import pytest

from numakit import V6_1
from numakit.fights import FIGHTS

pytestmark = pytest.mark.browser


def test_the_panel_of_fights_follows_the_keys(open_lesson, shoot):
    panel = open_lesson("14").run_all().panel_of("fight_panel")
    panel.wait_for_sentence(FIGHTS["tug_of_war"]().sentence)
    panel.press(panel.slider("rounds"), "ArrowLeft")
    panel.wait_for_sentence(FIGHTS["tug_of_war"](rounds=23).sentence)
    panel.choice("fight").select_option(label="by inode")
    panel.wait_for_sentence(FIGHTS["by_inode"]().sentence)
    panel.choice("kernel").select_option(label=V6_1.title)
    panel.press(panel.slider("inode"), "ArrowRight")
    panel.wait_for_sentence(FIGHTS["by_inode"](V6_1, i_ino=8).sentence)
    shoot("fight-panel", panel.box)
