# SPDX-License-Identifier: GPL-2.0-only
"""A panel: controls, and what one plain value built from them shows as a picture, a sentence and a table.

Plain widgets and observe: nothing is captured, nothing runs by itself. Only the panels need ipywidgets.
"""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any, Protocol

import ipywidgets as widgets
from IPython.display import display
from traitlets import TraitError

from numakit.show.table import Table

HINT = "No controls here? Run this cell again."
_WRAP = {"display": "flex", "flex_flow": "row wrap", "align_items": "center", "max_width": "100%"}
_open: dict[str, Panel] = {}
_publish: Any = display


class Shown(Protocol):
    """What a panel shows: one value that says itself in three ways."""

    def svg(self) -> str:
        """The picture."""

    def sentence(self) -> str:
        """What the picture says."""

    def table(self) -> Table:
        """The figures of the picture."""


class Panel:
    """Controls and what build(**values of the controls) shows. A ValueError of build is told, the last picture stays.

    A panel of the same name that was made before is closed: a cell that runs again leaves none behind.
    """

    def __init__(self, build: Callable[..., Shown], controls: Mapping[str, Any], *, name: str, step: str = "") -> None:
        self._build, self.controls, self.name = build, dict(controls), name
        self._picture, self._sentence, self._table = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self._toggle = widgets.ToggleButton(description="As a table", tooltip="Show the picture's figures as a table")
        self.problem = ""
        self._held = False
        self.shown = build(**self.values)
        self.box = widgets.VBox(self._parts(step), layout=widgets.Layout(max_width="100%"))
        self._watch()
        self._take_over()
        self._redraw()

    @property
    def values(self) -> dict[str, Any]:
        """The value of each control, by name."""
        return {name: control.value for name, control in self.controls.items()}

    @property
    def sentence(self) -> str:
        """The sentence that stands under the picture: what it says, or what was wrong with the last value."""
        return self.problem or self.shown.sentence()

    def set(self, **values: Any) -> Panel:
        """Set controls by name, all or none, and draw once. Raises ValueError for a name or value not to be had."""
        before = self.values
        if unknown := values.keys() - before.keys():
            raise ValueError(f"no control named {', '.join(sorted(unknown))}; there are {', '.join(before)}")
        self._held = True
        try:
            self._assign(values)
        except TraitError as error:
            self._assign(before)
            raise ValueError(f"a control refuses {values}: {error}") from error
        finally:
            self._held = False
        self._refresh()
        return self

    def step(self, control: str, by: int) -> None:
        """Move a control by so many steps, as its buttons do; at its ends it stays."""
        widget = self.controls[control]
        if hasattr(widget, "options"):
            widget.index = min(max(widget.index + by, 0), len(widget.options) - 1)
        else:
            widget.value = min(max(widget.value + by * widget.step, widget.min), widget.max)

    def close(self) -> None:
        """Close all widgets of the panel."""
        for widget in self._every(self.box):
            widget.close()
        if _open.get(self.name) is self:
            del _open[self.name]

    def widgets(self) -> list[Any]:
        """All widgets of the panel, the outermost first."""
        return self._every(self.box)

    def _ipython_display_(self) -> None:
        # The hint is an output of its own: after a restart JupyterLab shows "model not found" in place of the panel.
        _publish(self._repr_mimebundle_(), raw=True)
        _publish({"text/html": f"<small>{HINT}</small>", "text/plain": HINT}, raw=True)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        bundle = self.box._repr_mimebundle_(include=include, exclude=exclude)
        data: dict[str, Any] = dict(bundle[0] if isinstance(bundle, tuple) else bundle)
        data["text/plain"] = self.sentence
        data["image/svg+xml"] = self.shown.svg()
        return data

    def _parts(self, step: str) -> list[Any]:
        buttons = self._step_buttons(step) if step else []
        controls = widgets.Box([*self.controls.values(), *buttons], layout=widgets.Layout(**_WRAP))
        return [controls, self._picture, self._sentence, self._toggle, self._table]

    def _step_buttons(self, control: str) -> list[Any]:
        label = self.controls[control].description
        return [_button(f"◀ {label}", f"one step back: {label}", lambda: self.step(control, -1)),
                _button(f"{label} ▶", f"one step forward: {label}", lambda: self.step(control, +1))]

    def _watch(self) -> None:
        for control in self.controls.values():
            control.observe(self._refresh, names="value")
        self._toggle.observe(self._redraw, names="value")

    def _take_over(self) -> None:
        if self.name in _open:
            _open[self.name].close()
        _open[self.name] = self

    def _assign(self, values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            self.controls[name].value = value

    def _refresh(self, change: Any = None) -> None:
        if self._held:
            return
        try:
            self.shown, self.problem = self._build(**self.values), ""
        except ValueError as error:
            self.problem = f"{type(error).__name__}: {error}. The picture still shows the last choice that worked."
        self._redraw()

    def _redraw(self, change: Any = None) -> None:
        # A new picture of the same bytes is not sent again: ipywidgets compares.
        self._picture.value = _scrolling(self.shown.svg())
        self._sentence.value = _live(self.sentence)
        self._table.value = _scrolling(self.shown.table().html()) if self._toggle.value else ""

    def _every(self, widget: Any) -> list[Any]:
        return [widget, *(inner for child in getattr(widget, "children", ()) for inner in self._every(child))]


def choice(label: str, options: Sequence[Any], value: Any = None, tooltip: str = "") -> Any:
    """A drop-down list with a label; options are values or (text, value) pairs."""
    return widgets.Dropdown(options=options, description=label, tooltip=tooltip or label, **_labelled(),
                            **({} if value is None else {"value": value}))


def slider(label: str, low: int, high: int, value: int, tooltip: str = "", *, cheap: bool = True) -> Any:
    """A slider over whole numbers with a label; one that is not cheap draws when it is let go."""
    return widgets.IntSlider(value, low, high, description=label, tooltip=tooltip or label, continuous_update=cheap,
                             **_labelled("230px"))


def entry(label: str, value: str, tooltip: str = "", *, cheap: bool = False) -> Any:
    """A line of text with a label; it draws on Enter or when it is left, unless it is cheap."""
    return widgets.Text(value, description=label, tooltip=tooltip or label, continuous_update=cheap, **_labelled())


def suggestions(label: str, value: str, options: Sequence[str], tooltip: str = "") -> Any:
    """A line of text with a label and a list of suggestions; anything may be typed."""
    return widgets.Combobox(value=value, options=tuple(options), description=label, tooltip=tooltip or label,
                            ensure_option=False, continuous_update=False, **_labelled())


def _labelled(width: str = "auto") -> dict[str, Any]:
    return {"style": {"description_width": "initial"}, "layout": widgets.Layout(width=width, max_width="100%")}


def _button(label: str, tooltip: str, act: Callable[[], None]) -> Any:
    button = widgets.Button(description=label, tooltip=tooltip, layout=widgets.Layout(width="auto"))
    button.on_click(lambda _: act())
    return button


def _scrolling(inside: str) -> str:
    # On a narrow screen it scrolls, by keyboard too (tabindex), and its text stays as large as it was drawn.
    return f'<div tabindex="0" style="overflow-x:auto;max-width:100%">{inside}</div>'


def _live(sentence: str) -> str:
    style = "margin:.3em 0;line-height:1.4;white-space:normal;color:var(--jp-ui-font-color1, inherit)"
    return f'<p role="status" aria-live="polite" style="{style}">{escape(sentence)}</p>'
