# SPDX-License-Identifier: GPL-2.0-only
"""Panels can be read on a narrow screen and in a dark theme."""

import pytest

pytestmark = pytest.mark.browser

SCROLLER = """svg => {
    const scrolls = box => box.scrollWidth > box.clientWidth && getComputedStyle(box).overflowX === 'auto';
    let box = svg.parentElement;
    while (box && !scrolls(box)) box = box.parentElement;
    const place = box?.getBoundingClientRect();
    return box && {wide: box.clientWidth, left: place.left, right: place.right};
}"""
PAPER = """svg => {
    const paper = svg.querySelector('rect'), style = getComputedStyle(paper);
    const mine = paper.getBBox(), all = svg.viewBox.baseVal;
    return {fill: style.fill, opacity: style.opacity * style.fillOpacity,
            covers: mine.width >= all.width && mine.height >= all.height};
}"""
BEYOND = """box => {
    const edge = box.getBoundingClientRect().right + 1;
    const controls = [...box.querySelectorAll('.widget-inline-hbox, button')];
    const parts = controls.flatMap(each => [each, ...each.querySelectorAll('select, input')]);
    const beyond = parts.filter(each => each.getBoundingClientRect().right > edge);
    return beyond.map(each => each.textContent || each.tagName);
}"""
INKS = """words => {
    const ground = element => getComputedStyle(element).backgroundColor;
    let behind = words;
    while (ground(behind) === 'rgba(0, 0, 0, 0)') behind = behind.parentElement;
    return [getComputedStyle(words).color, ground(behind)];
}"""


def parts(colour):
    """Red, green, blue and opacity, each 0 to 1, of 'rgb(1, 2, 3)' or 'rgba(1, 2, 3, 0.5)'."""
    red, green, blue, *opacity = map(float, colour.split("(")[1].rstrip(")").split(","))
    return red / 255, green / 255, blue / 255, *(opacity or [1.0])


def luminance(red, green, blue):
    """The relative luminance by the Web Content Accessibility Guidelines 2; each part is 0 to 1."""
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (red, green, blue)]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(ink, ground):
    """The contrast ratio, 1 to 21, of an ink that may be clear in part on an opaque ground."""
    *inked, opacity = parts(ink)
    seen = [opacity * part + (1 - opacity) * under for part, under in zip(inked, parts(ground)[:3], strict=True)]
    low, high = sorted((luminance(*seen), luminance(*parts(ground)[:3])))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("number", ["00", "03", "08", "14"])
def test_at_360_pixels_the_picture_scrolls_and_its_text_stays_readable(open_lesson, shoot, number):
    lesson = open_lesson(number).run_all()
    lesson.page.keyboard.press("Control+b")  # away with the file list, as anybody would on so small a screen
    lesson.page.set_viewport_size({"width": 360, "height": 740})
    for at, panel in enumerate(lesson.panels()):
        panel.bring_into_view()
        around = panel.picture.evaluate(SCROLLER)
        assert around, "nothing around the picture scrolls"
        assert around["wide"] > 150 and 0 <= around["left"] < around["right"] <= 360
        assert min(panel.text_sizes()) >= 9
        assert panel.box.evaluate(BEYOND) == [], "controls that go beyond the panel"
        shoot(f"lesson-{number}-360-panel-{at}", lesson.page)


@pytest.mark.parametrize("number", ["00", "03", "08", "14"])
def test_in_the_dark_theme_the_picture_brings_its_own_opaque_paper(dark, open_lesson, shoot, number):
    lesson = open_lesson(number).run_all()
    assert lesson.page.locator("body").get_attribute("data-jp-theme-light") == "false"
    for at, panel in enumerate(lesson.panels()):
        paper = panel.picture.evaluate(PAPER)
        assert paper["opacity"] == 1 and paper["covers"] and luminance(*parts(paper["fill"])[:3]) > 0.8
        assert contrast(*panel.sentence.evaluate(INKS)) >= 4.5
        shoot(f"lesson-{number}-dark-panel-{at}", panel.box)
