# SPDX-License-Identifier: GPL-2.0-only
"""Tests of the panels: controls, sentences, errors, and what a notebook stores of them."""
from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from numakit.kernel import V3_8, V6_12
from numakit.show import (
    fight_panel,
    hinting_panel,
    mount_panel,
    placement_panel,
    range_map_panel,
    stepper_panel,
    topology_panel,
)
from numakit.show.panel import Panel, slider
from numakit.show.table import Table

CONTROLS = ("Dropdown", "IntSlider", "Text", "Combobox", "Button", "ToggleButton")
FACTORIES: list[Callable[[], Panel]] = [topology_panel, placement_panel, mount_panel, range_map_panel,
                                           hinting_panel, stepper_panel, fight_panel]
every_panel = pytest.mark.parametrize("make", FACTORIES, ids=lambda make: make.__name__)


class Square:
    """A thing to show: n squared."""

    def __init__(self, n: int) -> None:
        if n == 3:
            raise ValueError("3 is not shown")
        self.n = n

    def svg(self) -> str:
        return f"<svg>{self.n * self.n}</svg>"

    def sentence(self) -> str:
        return f"{self.n} squared is {self.n * self.n}."

    def table(self) -> Table:
        return Table(("n", "squared"), ((self.n, self.n * self.n),))


def squares(name: str = "squares") -> Panel:
    return Panel(Square, {"n": slider("number", 0, 5, 2)}, name=name, step="n")


def html_of(panel: Panel) -> str:
    return "".join(w.value for w in panel.widgets() if type(w).__name__ == "HTML")


def button(panel: Panel, words: str) -> Any:
    return next(w for w in panel.widgets() if hasattr(w, "click") and words in w.tooltip)


@every_panel
def test_every_control_has_a_label_and_a_tip_and_is_a_native_one(make: Callable[[], Panel]) -> None:
    panel = make()
    controls = [w for w in panel.widgets() if type(w).__name__ not in ("VBox", "Box", "HTML")]
    assert {type(w).__name__ for w in controls} <= set(CONTROLS)
    assert all(w.description and w.tooltip for w in controls)


@every_panel
def test_a_panel_shows_picture_and_sentence_and_no_fixed_width(make: Callable[[], Panel]) -> None:
    panel = make()
    assert panel.shown.svg() in html_of(panel) and 'role="status" aria-live="polite"' in html_of(panel)
    assert "overflow-x:auto" in html_of(panel) and panel.box.children[0].layout.flex_flow == "row wrap"


@every_panel
def test_a_notebook_stores_picture_and_sentence(make: Callable[[], Panel]) -> None:
    panel = make()
    bundle = panel._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "image/svg+xml", "application/vnd.jupyter.widget-view+json"}
    assert bundle["text/plain"] == panel.sentence and bundle["image/svg+xml"] == panel.shown.svg()
    again = make()._repr_mimebundle_()
    assert all(again[kind] == bundle[kind] for kind in ("text/plain", "image/svg+xml"))


def test_a_panel_is_followed_by_a_hint_for_the_day_after(capsys: pytest.CaptureFixture[str]) -> None:
    squares()._ipython_display_()
    picture, hint = capsys.readouterr().out.splitlines()
    assert "<svg>4</svg>" in picture and "Run this cell again" in hint


def test_a_changed_control_changes_picture_and_sentence() -> None:
    panel = squares()
    panel.controls["n"].value = 4
    assert panel.sentence == "4 squared is 16." and "<svg>16</svg>" in html_of(panel)


def test_an_error_is_told_and_the_last_picture_stays() -> None:
    panel = squares().set(n=3)
    assert "ValueError: 3 is not shown. The picture still shows the last choice that worked." in html_of(panel)
    assert "<svg>4</svg>" in html_of(panel) and panel.values == {"n": 3}
    assert '<p role="alert" aria-label="this choice does not work"' in html_of(panel)
    assert panel.set(n=1).sentence == "1 squared is 1." and "alert" not in html_of(panel)


def test_a_panel_that_is_made_again_closes_its_old_self() -> None:
    old, other = squares(), squares("others")
    new = squares()
    assert all(w.comm is None for w in old.widgets()) and new.box.comm is not None and other.box.comm is not None
    new.close()
    assert new.box.comm is None


def test_a_panel_that_can_not_be_built_does_not_close_the_one_before() -> None:
    old = squares("kept")
    with pytest.raises(ValueError, match="3 is not shown"):
        Panel(Square, {"n": slider("number", 0, 5, 3)}, name="kept")
    assert old.box.comm is not None


def test_steps_go_back_and_forward_and_stop_at_the_ends() -> None:
    panel = squares()
    button(panel, "step forward").click()
    assert panel.values == {"n": 3}
    for _ in range(9):
        button(panel, "step back").click()
    assert panel.values == {"n": 0}
    panel.step("n", 99)
    assert panel.values == {"n": 5}


def test_a_list_can_be_stepped_too() -> None:
    panel = placement_panel()
    panel.step("option", 1)
    assert panel.values["option"] == "interleave:0-2"


def test_values_are_set_all_or_none() -> None:
    panel = placement_panel()
    before = panel.values
    with pytest.raises(ValueError, match="no control named 'inode'; one of option, i_ino, .* would do"):
        panel.set(inode=3)
    with pytest.raises(ValueError, match="kernel can't be"):
        panel.set(i_ino=5, option="local", kernel="Linux 1.0")
    assert panel.values == before


@pytest.mark.parametrize(("wrong", "said"), [
    ({"i_ino": 999}, "i_ino can't be 999; a whole number from 1 to 64 would do"),
    ({"i_ino": 2.5}, "i_ino can't be 2.5; a whole number"), ({"cpu": True}, "cpu can't be True; a whole number"),
    ({"option": "bind:77"}, "option can't be 'bind:77'; one of 'interleave:0-3', "),
    ({"order": 1}, "order can't be 1; one of '4 KiB', '2 MiB' would do"),
    ({"kernel": None}, "kernel can't be None; one of 'Linux 3.6'")])
def test_a_value_that_a_control_can_not_have_is_refused_with_what_would_do(wrong: dict[str, Any], said: str) -> None:
    panel = placement_panel()
    before, sentence = panel.values, panel.sentence
    with pytest.raises(ValueError) as refused:
        panel.set(**wrong)
    assert str(refused.value).startswith(said)
    assert (panel.values, panel.sentence) == (before, sentence)


def test_a_text_takes_nothing_but_text() -> None:
    with pytest.raises(ValueError, match="first can't be 5; a text would do, in quotes"):
        mount_panel().set(first=5)


def test_a_list_takes_its_labels_too() -> None:
    panel = placement_panel().set(kernel="Linux 6.12.117", order="2 MiB", spread="each page from the next CPU")
    assert (panel.values["kernel"], panel.values["order"], panel.values["spread"]) == (V6_12, 9, True)


def test_controls_that_depend_on_each_other_are_set_in_any_order() -> None:
    panel = topology_panel("two sockets", 1)
    assert panel.set(nid=700, machine="1,024 nodes").values["nid"] == 700
    with pytest.raises(ValueError, match="nid can't be 700; a whole number from 0 to 3 would do"):
        panel.set(machine="ring of 4", nid=700)
    assert panel.values["nid"] == 700 and panel.values["machine"] == "1,024 nodes"


@pytest.mark.parametrize("make", [lambda: placement_panel(i_ino=0), lambda: placement_panel(cpu=4),
                                  lambda: topology_panel("ring of 5"), lambda: topology_panel("ring of 4", 4),
                                  lambda: mount_panel(steps=7)])
def test_a_panel_is_not_begun_with_what_its_controls_can_not_have(make: Callable[[], Panel]) -> None:
    with pytest.raises(ValueError, match="can't be .* would do"):
        make()


def test_an_unknown_control_can_not_be_stepped() -> None:
    with pytest.raises(ValueError, match="no control named 'm'; one of n would do"):
        squares().step("m", 1)


@pytest.mark.parametrize(("make", "text"), [
    (squares, "<squares panel: n 2>"),
    (placement_panel, "<placement panel: option interleave:0-3, i_ino 7, cpu 1, spread all from that CPU, "
                      "order 4 KiB, kernel Linux 6.1.192>"),
    (topology_panel, "<topology panel: machine ring of 4, nid 1, rule later kernels: points are added>")])
def test_a_panel_says_itself(make: Callable[[], Panel], text: str) -> None:
    assert repr(make()) == text


@every_panel
def test_buttons_are_named_in_words_that_can_be_read_aloud(make: Callable[[], Panel]) -> None:
    names = [w.description for w in make().widgets() if type(w).__name__ in ("Button", "ToggleButton")]
    assert len(set(names)) == len(names) >= 3
    assert all(re.fullmatch("[A-Za-z: ]+", name) for name in names)


@every_panel
def test_what_can_be_scrolled_is_a_named_region(make: Callable[[], Panel]) -> None:
    panel = make()
    next(w for w in panel.widgets() if type(w).__name__ == "ToggleButton").value = True
    regions = re.findall('<div tabindex="0" role="region" aria-label="([^"]+)"', html_of(panel))
    assert regions == ["picture", "table"] and html_of(panel).count("tabindex") == 2


def test_the_table_stands_there_when_asked_for() -> None:
    panel = squares()
    toggle = next(w for w in panel.widgets() if type(w).__name__ == "ToggleButton")
    assert "<table>" not in html_of(panel)
    toggle.value = True
    assert (toggle.description, toggle.tooltip) == ("As a table", "Hide the table again")
    assert '<th scope="col">squared</th>' in html_of(panel)
    panel.set(n=5)
    assert "<td>25</td>" in html_of(panel)


def test_topology_panel_keeps_the_node_within_the_machine() -> None:
    panel = topology_panel("ladder of 8", 7).set(machine="two sockets")
    assert panel.values["nid"] == 1 and panel.sentence == "A task on node 1 takes memory from node 1, then 0."
    assert panel.set(machine="1,024 nodes", nid=700).shown.nid == 700  # type: ignore[attr-defined]


def test_placement_panel_looks_the_recording_up() -> None:
    asked = []

    def lookup(kernel: object, option: str, i_ino: int, cpu: int, how: str) -> tuple[int, ...]:
        asked.append((kernel, option, i_ino, cpu, how))
        return (3, 0, 1, 2) * 6

    panel = placement_panel(recorded=lookup)
    assert "put every page there too" in panel.sentence
    panel.set(spread=True, kernel=V6_12)
    assert asked[-1] == (V6_12, "interleave:0-3", 7, 1, "spread-cpus")
    panel.set(order=9)
    assert len(asked) == 2


def test_placement_panel_begins_with_a_recorded_case() -> None:
    panel = placement_panel()
    assert "The recorded kernel put every page there too." in panel.sentence
    assert "no recording of this very case" in panel.set(i_ino=63).shown.sentence()
    assert "no recording" in panel.set(i_ino=7, kernel=V3_8).sentence


def test_placement_panel_tells_what_a_kernel_refuses() -> None:
    panel = placement_panel(typed=True).set(option="bind:9")
    assert panel.sentence.startswith("InvalidPolicy: mpol=bind:9: names node 9")
    assert "EINVAL" in panel.sentence and "inode 7" in html_of(panel)


def test_mount_panel_is_told_step_by_step() -> None:
    panel = mount_panel(steps=1, kernel=V3_8)
    assert panel.sentence.endswith("There is no file yet.")
    button(panel, "step forward").click()
    assert "After create a" in panel.sentence


def test_pictures_need_neither_widgets_nor_arrays() -> None:
    code = ("import sys; from numakit.show import topology_picture, placement_picture, mount_picture;"
            "placement_picture().svg(); print(sorted({'numpy', 'matplotlib', 'ipywidgets'} & set(sys.modules)))")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
