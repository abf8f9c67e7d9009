# SPDX-License-Identifier: GPL-2.0-only
"""Pictures and panels: what the trunk says, drawn, told in a sentence, and laid out as a table.

The names come when they are first asked for: the pictures need the standard library alone (those of a fight numpy),
the panels ipywidgets.
"""
from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "topology_picture": "topology", "placement_picture": "placement", "mount_picture": "mount",
    "topology_panel": "panels", "placement_panel": "panels", "mount_panel": "panels",
    "range_map_picture": "range_map", "range_map_panel": "mbind_panel",
    "hinting_picture": "hinting", "hinting_panel": "hinting_stepper",
    "schedule_picture": "schedule", "stepper_panel": "stepper",
    "fight_picture": "fight", "filmstrip": "fight_film", "fight_panel": "fight_chooser",
    "side_by_side_picture": "side_by_side", "variants_table": "side_by_side",
    "distances": "charts", "pages_per_node": "charts", "Table": "table", "grammar_table": "grammar",
}
__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"numakit.show has no {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(f"numakit.show.{_HOME[name]}"), name)
