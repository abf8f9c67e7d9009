# SPDX-License-Identifier: GPL-2.0-only
"""Panels can be read on a narrow screen and in a dark theme."""

import pytest

pytestmark = pytest.mark.browser

SCROLLER = """svg => {
    const box = svg.parentElement, left = box.getBoundingClientRect().left;
    return {x: getComputedStyle(box).overflowX, inside: box.scrollWidth, wide: box.clientWidth, left};
}"""
PAPER = """svg => {
    const paper = svg.querySelector('rect'), style = getComputedStyle(paper);
    const mine = paper.getBBox(), all = svg.viewBox.baseVal;
    return {fill: style.fill, opacity: style.opacity * style.fillOpacity,
            covers: mine.width >= all.width && mine.height >= all.height};
}"""
INKS = """words => {
    const ground = element => getComputedStyle(element).backgroundColor;
    let behind = words;
    while (ground(behind) === 'rgba(0, 0, 0, 0)') behind = behind.parentElement;
    return [getComputedStyle(words).color, ground(behind)];
}"""


def luminance(colour):
    """The relative luminance of 'rgb(1, 2, 3)' by the Web Content Accessibility Guidelines 2."""
    parts = [int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    """The contrast ratio of two colours, 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("number", ["00", "03"])
def test_at_360_pixels_the_picture_scrolls_and_its_text_stays_readable(open_lesson, shoot, number):
    lesson = open_lesson(number).run_all()
    lesson.page.keyboard.press("Control+b")  # away with the file list, as anybody would on so small a screen
    lesson.page.set_viewport_size({"width": 360, "height": 740})
    for at, panel in enumerate(lesson.panels()):
        panel.picture.scroll_into_view_if_needed()
        around = panel.picture.evaluate(SCROLLER)
        assert around["x"] == "auto" and around["inside"] > around["wide"] > 150
        assert around["left"] + around["wide"] <= 360
        assert min(panel.text_sizes()) >= 9
        shoot(f"lesson-{number}-360-panel-{at}", lesson.page)


@pytest.mark.parametrize("number", ["00", "03"])
def test_in_the_dark_theme_the_picture_brings_its_own_opaque_paper(dark, open_lesson, shoot, number):
    lesson = open_lesson(number).run_all()
    assert lesson.page.locator("body").get_attribute("data-jp-theme-light") == "false"
    for at, panel in enumerate(lesson.panels()):
        paper = panel.picture.evaluate(PAPER)
        assert paper["opacity"] == 1 and paper["covers"] and luminance(paper["fill"]) > 0.8
        assert contrast(*panel.sentence.evaluate(INKS)) >= 4.5
        shoot(f"lesson-{number}-dark-panel-{at}", panel.box)
