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

from numakit.show.table import Table

HINT = "No controls here? Run this cell again."
_WRAP = {"display": "flex", "flex_flow": "row wrap", "align_items": "center", "max_width": "100%"}
_STYLE = "margin:.3em 0;line-height:1.4;white-space:normal;color:var(--jp-ui-font-color1, inherit)"
SHOW_TABLE, HIDE_TABLE = "Show the picture's figures as a table", "Hide the table again"
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

    actions: more buttons, in a row of their own. A panel of the same name that was made before is closed: a cell that
    runs again leaves none behind.
    """

    def __init__(self, build: Callable[..., Shown], controls: Mapping[str, Any], *, name: str, step: str = "",
                 actions: Sequence[Any] = ()) -> None:
        self._build, self.controls, self.name = build, dict(controls), name
        self._picture, self._sentence, self._table = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self._toggle = widgets.ToggleButton(description="As a table", tooltip=SHOW_TABLE)
        self.problem = ""
        self._held = False
        self.shown = build(**self.values)
        self.box = widgets.VBox(self._parts(step, actions), layout=widgets.Layout(max_width="100%"))
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
        """Set controls by name, all or none, and draw once: a slider's number, a list's value or its label, a text.

        Raises ValueError for a name that is no control's or a value that its control can't have.
        """
        before = self.values
        for name in values:
            self._control(name)
        self._held = True
        try:
            self._assign(values)
        except ValueError:
            self._assign(before)
            raise
        finally:
            self._held = False
        self._refresh()
        return self

    def step(self, control: str, by: int) -> None:
        """Move a control by so many steps, as its buttons do; at its ends it stays."""
        widget = self._control(control)
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

    def __repr__(self) -> str:
        stands = ", ".join(f"{name} {getattr(w, 'label', w.value)}" for name, w in self.controls.items())
        return f"<{self.name.split()[0]} panel: {stands}>"

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

    def _parts(self, step: str, actions: Sequence[Any]) -> list[Any]:
        buttons = self._step_buttons(step) if step else []
        controls = widgets.Box([*self.controls.values(), *buttons], layout=widgets.Layout(**_WRAP))
        more = [widgets.Box(list(actions), layout=widgets.Layout(**_WRAP))] if actions else []
        return [controls, *more, self._picture, self._sentence, self._toggle, self._table]

    def _step_buttons(self, control: str) -> list[Any]:
        # The words on a button are its accessible name: no arrows, which would be read aloud as triangles.
        label = self.controls[control].description
        return [button(f"{label}: one back", f"one step back: {label}", lambda: self.step(control, -1)),
                button(f"{label}: one forward", f"one step forward: {label}", lambda: self.step(control, +1))]

    def _watch(self) -> None:
        for control in self.controls.values():
            control.observe(self._refresh, names="value")
        self._toggle.observe(self._redraw, names="value")

    def _take_over(self) -> None:
        if self.name in _open:
            _open[self.name].close()
        _open[self.name] = self

    def _control(self, name: str) -> Any:
        if name not in self.controls:
            raise ValueError(f"there is no control named {name!r}; one of {', '.join(self.controls)} would do")
        return self.controls[name]

    def _assign(self, values: Mapping[str, Any]) -> None:
        # In the controls' own order: one may set another's range, as the machine that of its nodes.
        for name in (n for n in self.controls if n in values):
            self.controls[name].value = fitting(self.controls[name], name, values[name])

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
        self._picture.value = _scrolling(self.shown.svg(), "picture")
        self._sentence.value = _alert(self.problem) if self.problem else _live(self.sentence)
        self._table.value = _scrolling(self.shown.table().html(), "table") if self._toggle.value else ""
        self._toggle.tooltip = HIDE_TABLE if self._toggle.value else SHOW_TABLE

    def _every(self, widget: Any) -> list[Any]:
        return [widget, *(inner for child in getattr(widget, "children", ()) for inner in self._every(child))]


def fitting(control: Any, name: str, value: Any) -> Any:
    """The value as its control takes it: of a list, the value or its label. Raises ValueError with what would do."""
    if hasattr(control, "options") and not isinstance(control, widgets.Combobox):
        return _chosen(name, control.options, value)
    if hasattr(control, "max"):
        return _within(name, control.min, control.max, value)
    if not isinstance(value, str):
        raise ValueError(f"{name} can't be {value!r}; a text would do, in quotes")
    return value


def _chosen(name: str, options: Sequence[Any], value: Any) -> Any:
    pairs = [option if isinstance(option, tuple) else (str(option), option) for option in options]
    for label, offered in pairs:
        if value == label or (value == offered and type(value) is type(offered)):
            return offered
    raise ValueError(f"{name} can't be {value!r}; one of {', '.join(repr(label) for label, _ in pairs)} would do")


def _within(name: str, low: int, high: int, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"{name} can't be {value!r}; a whole number from {low} to {high} would do")
    return value


KEYS = "Space opens the list, arrows choose, Enter takes it"
"""For drop-downs: on a closed one JupyterLab takes letters and arrows for itself."""


def choice(label: str, options: Sequence[Any], value: Any = None, tooltip: str = "") -> Any:
    """A drop-down list with a label; options are values or (text, value) pairs. Raises ValueError for another value."""
    value = None if value is None else _chosen(label, options, value)
    return widgets.Dropdown(options=options, description=label, tooltip=f"{tooltip or label} ({KEYS})", **_labelled(),
                            **({} if value is None else {"value": value}))


def slider(label: str, low: int, high: int, value: int, tooltip: str = "", *, cheap: bool = True) -> Any:
    """A slider over whole numbers with a label; one that is not cheap draws when it is let go. Raises ValueError."""
    return widgets.IntSlider(_within(label, low, high, value), low, high, description=label, tooltip=tooltip or label,
                             continuous_update=cheap, **_labelled("230px"))


def entry(label: str, value: str, tooltip: str = "", *, cheap: bool = False, width: str = "auto") -> Any:
    """A line of text with a label; it draws on Enter or when it is left, unless it is cheap."""
    return widgets.Text(value, description=label, tooltip=tooltip or label, continuous_update=cheap, **_labelled(width))


def suggestions(label: str, value: str, options: Sequence[str], tooltip: str = "") -> Any:
    """A line of text with a label and a list of suggestions; anything may be typed."""
    return widgets.Combobox(value=value, options=tuple(options), description=label, tooltip=tooltip or label,
                            ensure_option=False, continuous_update=False, **_labelled())


IN_ROW = "calc(100% - 4px)"
"""As wide as a row at most, less the margins of 2 pixels that each widget has: else a narrow screen cuts its end."""


def _labelled(width: str = "auto") -> dict[str, Any]:
    return {"style": {"description_width": "initial"}, "layout": widgets.Layout(width=width, max_width=IN_ROW)}


def button(label: str, tooltip: str, act: Callable[[], None]) -> Any:
    """A button that does something when it is clicked."""
    made = widgets.Button(description=label, tooltip=tooltip, layout=widgets.Layout(width="auto"))
    made.on_click(lambda _: act())
    return made


def _scrolling(inside: str, name: str) -> str:
    # On a narrow screen it scrolls, by keyboard too (tabindex), and its text stays as large as it was drawn.
    style = "overflow-x:auto;max-width:100%;contain:inline-size"
    return f'<div tabindex="0" role="region" aria-label="{name}" style="{style}">{inside}</div>'


def _live(sentence: str) -> str:
    return f'<p role="status" aria-live="polite" aria-label="what it says" style="{_STYLE}">{escape(sentence)}</p>'


def _alert(problem: str) -> str:
    marked = f"{_STYLE};border-left:4px solid #d55e00;padding-left:8px"
    return f'<p role="alert" aria-label="this choice does not work" style="{marked}">⚠ {escape(problem)}</p>'
