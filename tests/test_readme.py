# SPDX-License-Identifier: GPL-2.0-only
"""The README says what is so: its picture, its links, its commands, its example."""
import doctest
import re
from pathlib import Path

import pytest

import readme_picture
from numakit.learn.registry import exercises, lessons

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def test_the_picture_is_what_the_kit_draws():
    assert readme_picture.PICTURE.read_text() == readme_picture.drawn(), "run `make picture`"


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README))))
def test_each_link_leads_to_a_file(link):
    assert (ROOT / link).is_file()


@pytest.mark.parametrize("target", sorted(set(re.findall(r"`make ([a-z-]+)|^make ([a-z-]+)", README, re.M))))
def test_each_make_target_exists(target):
    target = "".join(target)
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.M)


def test_the_example_gives_what_it_shows():
    test = doctest.DocTestParser().get_doctest(README.split("```python\n")[1].split("```")[0], {}, "README", None, 0)
    assert doctest.DocTestRunner().run(test).failed == 0


def test_lessons_and_exercises_are_as_many_as_it_says():
    said = re.search(r"seventeen lessons with (\d+) exercises", README)
    assert len(list((ROOT / "notebooks").glob("*.ipynb"))) == 17
    assert said and int(said[1]) == sum(len(exercises(lesson)) for lesson in lessons())
