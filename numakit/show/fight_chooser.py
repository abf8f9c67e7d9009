# SPDX-License-Identifier: GPL-2.0-only
"""The panel of the fights: choose one, turn its knobs, see who gets the pages."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from numakit.errors import KernelBug, ModelError
from numakit.fights import FIGHTS, Fight
from numakit.show.fight import FightPicture, fight_picture
from numakit.show.fight_figures import ROWS
from numakit.show.fight_knobs import AUTO, KNOBS, argument, defaults_of
from numakit.show.panel import Panel, choice, fitting

Fights = Mapping[str, Callable[..., Fight]]
DRAWN = (("the first 48 pages", 48), ("all, by density", 0))
FEW = 1000
"""A fight that has more pages at first is drawn by density at first."""


class FightPanel(Panel):
    """A panel whose controls are those of the fight that is chosen; the others are hidden, and keep their values."""

    def __init__(self, name: str, fights: Fights, values: Mapping[str, Any]) -> None:
        self._fights = fights
        self._knobs = {fight: defaults_of(function) for fight, function in fights.items()}
        self._played: tuple[tuple[str, dict[str, Any]], Fight] | None = None
        self._held = False
        controls = self._made_controls(name)
        controls["fight"].observe(self._chosen, names="value")
        self.controls = controls
        self._tell(name)
        for key, value in values.items():
            self._control(key).value = fitting(self._control(key), key, value)
        super().__init__(self._shown_by, controls, name=f"fight {name} {dict(values)}", step="fight")

    def _made_controls(self, name: str) -> dict[str, Any]:
        made = {"fight": choice("fight", [(fight.replace("_", " "), fight) for fight in self._fights], name,
                                "who pulls at the pages"),
                "drawn": choice("drawn", DRAWN, 48, "which pages the grid has, where there are more than 64")}
        for fight in (name, *self._fights):
            for key, default in self._knobs[fight].items():
                if key not in made:
                    made[key] = KNOBS[key].control(default)
        return made

    def _shown_by(self, fight: str, drawn: int, **values: Any) -> FightPicture:
        """The fight as its knobs stand. It is played anew only where one of them was turned."""
        asked = (fight, {KNOBS[key].parameter: argument(values[key]) for key in self._knobs[fight]})
        if self._played is None or self._played[0] != asked:
            self._played = asked, self._fought(*asked)
        told = self._played[1]
        least = min(side.nodes.shape[1] for side in told.sides)
        return fight_picture(told, drawn if least > ROWS else 0)

    def _fought(self, fight: str, arguments: Mapping[str, Any]) -> Fight:
        try:
            return self._fights[fight](**arguments)
        except (KernelBug, ModelError, MemoryError) as error:
            raise ValueError(f"{type(error).__name__}: {error}") from error

    def _chosen(self, change: Any) -> None:
        """Another fight: its own knobs, at their defaults, and one picture in the end."""
        held, self._held = self._held, True
        try:
            self._tell(change["new"])
        finally:
            self._held = held

    def _tell(self, fight: str) -> None:
        mine = self._knobs[fight]
        pages = mine.get("pages", AUTO)
        self.controls["drawn"].value = 0 if pages != AUTO and pages > FEW else 48
        for key, control in self.controls.items():
            if key in KNOBS:
                control.layout.display = None if key in mine else "none"
        for key, default in mine.items():
            control = self.controls[key]
            if hasattr(control, "options"):
                control.options = KNOBS[key].options(default)
            control.value = default

    def __repr__(self) -> str:
        shown = ("fight", "drawn", *self._knobs[self.controls["fight"].value])
        stands = ", ".join(f"{key} {getattr(self.controls[key], 'label', self.controls[key].value)}" for key in shown)
        return f"<fight panel: {stands}>"


def fight_panel(name: str = "tug_of_war", fights: Fights = FIGHTS, **values: Any) -> FightPanel:
    """A placement fight with its knobs. name: which of `fights`; values: where the knobs stand at first, by name.

    Raises ValueError for a fight or a knob that there is not, and for values that a knob can't have.
    """
    if name not in fights:
        raise ValueError(f"there is no fight named {name!r}; one of {', '.join(fights)} would do")
    return FightPanel(name, fights, values)
