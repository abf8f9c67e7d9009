# SPDX-License-Identifier: GPL-2.0-only
"""Reads a picture back from its SVG, so that tests can calculate what a reader would see."""
from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree

from numakit.show.drawing import text_width

NS = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True)
class Box:
    """An element's place; fill is a colour, or url(...) for a hatch; text is '' for a rectangle."""

    left: float
    top: float
    right: float
    bottom: float
    fill: str
    text: str = ""
    size: float = 0

    def holds(self, x: float, y: float) -> bool:
        return self.left <= x <= self.right and self.top <= y <= self.bottom

    def meets(self, other: Box) -> bool:
        return (self.left < other.right and other.left < self.right
                and self.top < other.bottom and other.top < self.bottom)


class Picture:
    """All boxes of an SVG in the order in which they are painted."""

    def __init__(self, svg: str) -> None:
        self.root = ElementTree.fromstring(svg)
        self.width, self.height = float(self.root.get("width", 0)), float(self.root.get("height", 0))
        painted = [e for e in self.root if e.tag in (f"{NS}rect", f"{NS}text")]
        self.boxes = [self._text(e) if e.tag == f"{NS}text" else self._rect(e) for e in painted]
        self.ids = [e.get("id") for e in self.root.iter() if e.get("id")]

    @property
    def texts(self) -> list[Box]:
        return [b for b in self.boxes if b.text]

    def words(self) -> str:
        return " | ".join(b.text for b in self.texts)

    def under(self, text: Box) -> Box:
        """The topmost rectangle painted before a text, under its beginning."""
        x, y = text.left + 0.5, (text.top + text.bottom) / 2
        before = self.boxes[:self.boxes.index(text)]
        return [b for b in before if not b.text and b.holds(x, y)][-1]

    def crosses(self) -> int:
        return sum(e.get("stroke") == "#b3261e" for e in self.root.iter(f"{NS}path"))

    def _rect(self, e: ElementTree.Element) -> Box:
        if e.get("width") == "100%":
            return Box(0, 0, self.width, self.height, e.get("fill", ""))
        x, y, w, h = (float(e.get(name, 0)) for name in ("x", "y", "width", "height"))
        return Box(x, y, x + w, y + h, e.get("fill", ""))

    def _text(self, e: ElementTree.Element) -> Box:
        x, y, size = (float(e.get(name, 0)) for name in ("x", "y", "font-size"))
        wide = text_width(e.text or "", size, int(e.get("font-weight", 400)))
        left = x - wide * {"start": 0.0, "middle": 0.5, "end": 1.0}[e.get("text-anchor", "start")]
        return Box(left, y - size * 0.75, left + wide, y + size * 0.2, e.get("fill", ""), e.text or "", size)
