# SPDX-License-Identifier: GPL-2.0-only
"""A small drawing in SVG: strings alone, the same input gives the same bytes.

A picture is read aloud by its title and description, stands on its own opaque paper (so a dark theme does no harm),
and takes its ids from a hash of what it shows: two different pictures on a page don't clash.
"""
from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from html import escape

from numakit.show import palette

FONT = "system-ui,Segoe UI,Helvetica,Arial,sans-serif"
SIZE = 13.0
_ID = "\ue000"  # stands for the id until all is drawn; a private character that no text may hold

_EMS = {letter: width for width, letters in {
    0.32: " ',.IJijl|", 0.40: "!()-/:;[\\]frt", 0.52: "\"*_`sz", 0.61: "?FLPTYacekovxy", 0.66: "$0123456789bdghnpqu{}",
    0.70: "ABCEKRSVXZ", 0.79: "&DGHNOQUw"}.items() for letter in letters} | {"W": 1.0, "m": 0.98, "%": 0.96, "@": 1.0}

_STROKES = {
    "/": "M-1,7 L7,-1 M-1,1 L1,-1 M5,7 L7,5", "\\": "M-1,-1 L7,7 M5,-1 L7,1 M-1,5 L1,7",
    "-": "M0,1.5 H6 M0,4.5 H6", "|": "M1.5,0 V6 M4.5,0 V6", "+": "M0,3 H6 M3,0 V6",
    "x": "M0,0 L6,6 M6,0 L0,6", ".": "M1,1.5 h1 M4,4.5 h1",
}


def short(number: float) -> str:
    """A number as an attribute has it: at most one decimal, no needless zero."""
    return f"{number:.1f}".removesuffix(".0")


def plain(text: object) -> str:
    """The text, safe between tags and in attributes."""
    return escape(str(text).replace(_ID, ""))


@lru_cache(4096)
def text_width(text: str, size: float = SIZE, weight: int = 400) -> float:
    """About how wide the text is, in pixels, by the letters of DejaVu Sans: usual fonts are narrower."""
    ems = sum(_EMS.get(letter, 0.84) for letter in text)
    return ems * size * (1.11 if weight >= 600 else 1.0)


def wrap(text: str, width: float, size: float = SIZE, weight: int = 400) -> list[str]:
    """The text in lines that are at most width pixels wide; a single word may be wider."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size, weight) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def fitted(text: str, width: float, size: float = SIZE, weight: int = 400) -> str:
    """The text, if need be shortened to so many pixels, with dots at its end."""
    if text_width(text, size, weight) <= width:
        return text
    while text and text_width(text + "…", size, weight) > width:
        text = text[:-1]
    return text + "…"


class Drawing:
    """A picture of width x height pixels, drawn in order; str() is the whole inline <svg>."""

    def __init__(self, width: float, height: float, title: str, desc: str) -> None:
        self.width, self.height, self.title, self.desc = width, height, title, desc
        self._parts: list[str] = []
        self._hatches: dict[tuple[str, str], int] = {}

    def __repr__(self) -> str:
        return f"a drawing of {short(self.width)} x {short(self.height)}: {self.title}"

    def __str__(self) -> str:
        inside = f"<title id=\"{_ID}t\">{plain(self.title)}</title><desc id=\"{_ID}d\">{plain(self.desc)}</desc>"
        inside += self._defs() + f'<rect width="100%" height="100%" fill="{palette.PAPER}"/>' + "".join(self._parts)
        w, h = short(self.width), short(self.height)
        whole = (f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="{_ID}t {_ID}d" '
                 f'viewBox="0 0 {w} {h}" width="{w}" height="{h}" font-family="{FONT}" fill="{palette.INK}">'
                 f"{inside}</svg>")
        return whole.replace(_ID, "n" + sha256(whole.encode()).hexdigest()[:10])

    def rect(self, x: float, y: float, width: float, height: float, fill: str,
             rx: float = 0, stroke: str = "none") -> None:
        """A rectangle, its corners rounded by rx."""
        self._parts.append(f'<rect x="{short(x)}" y="{short(y)}" width="{short(width)}" height="{short(height)}" '
                           f'rx="{short(rx)}" fill="{fill}" stroke="{stroke}"/>')

    def line(self, x1: float, y1: float, x2: float, y2: float, stroke: str = palette.RULE, width: float = 1) -> None:
        """A straight line."""
        self._parts.append(f'<line x1="{short(x1)}" y1="{short(y1)}" x2="{short(x2)}" y2="{short(y2)}" '
                           f'stroke="{stroke}" stroke-width="{short(width)}"/>')

    def text(self, x: float, y: float, text: object, size: float = SIZE, fill: str = palette.INK,
             anchor: str = "start", weight: int = 400) -> None:
        """One line of text; y is its base line, x its start, middle or end by the anchor."""
        self._parts.append(f'<text x="{short(x)}" y="{short(y)}" font-size="{short(size)}" fill="{fill}" '
                           f'text-anchor="{anchor}" font-weight="{weight}">{plain(text)}</text>')

    def lines(self, x: float, y: float, texts: list[str], size: float = SIZE, fill: str = palette.INK,
              weight: int = 400) -> float:
        """Lines of text one under another from base line y; returns the base line after them."""
        for text in texts:
            self.text(x, y, text, size, fill, weight=weight)
            y += size * 1.4
        return y

    def cell(self, x: float, y: float, nid: int, size: float = 28) -> None:
        """A node: a rounded square in its colour and hatch, its number on a clear patch."""
        self._square(x, y, size, size, nid)
        number, points = str(nid), size * (0.36 if nid > 99 else 0.46) if size > 24 else 10.0
        patch = text_width(number, points, 600) + 3
        self.rect(x + (size - patch) / 2, y + size * 0.21, patch, size * 0.58, palette.fill(nid), rx=3)
        self.text(x + size / 2, y + size / 2 + points * 0.36, number, points, palette.ink(nid), "middle", 600)

    def swatch(self, x: float, y: float, width: float, height: float, nid: int) -> None:
        """A bar in the colour and hatch of a node, without its number: put the number beside it."""
        self._square(x, y, width, height, nid)

    def cross(self, x: float, y: float, size: float = 10, colour: str = palette.TONES["bad"][1]) -> None:
        """A cross around the point (x, y): these two disagree."""
        half = size / 2
        self._path(f"M{short(x - half)} {short(y - half)} l{short(size)} {short(size)} "
                   f"m0 -{short(size)} l-{short(size)} {short(size)}", colour)

    def tick(self, x: float, y: float, size: float = 10, colour: str = palette.TONES["good"][1]) -> None:
        """A tick around the point (x, y): these two agree."""
        self._path(f"M{short(x - size / 2)} {short(y)} l{short(size * 0.35)} {short(size * 0.4)} "
                   f"l{short(size * 0.65)} -{short(size * 0.8)}", colour)

    def note(self, x: float, y: float, width: float, text: str, tone: str = "plain", size: float = 14) -> float:
        """A box with a sentence in it, wrapped; returns its height, which note_height() knows beforehand."""
        fill, ink = palette.TONES[tone]
        height = note_height(text, width, size)
        self.rect(x, y, width, height, fill, rx=4)
        self.lines(x + 16, y + 12 + size * 0.85, wrap(text, width - 32, size, 600), size, ink, weight=600)
        return height

    def _square(self, x: float, y: float, width: float, height: float, nid: int) -> None:
        self.rect(x, y, width, height, palette.fill(nid), rx=4)
        if palette.hatch(nid):
            which = self._hatches.setdefault((palette.hatch(nid), palette.ink(nid)), len(self._hatches))
            self.rect(x, y, width, height, f"url(#{_ID}h{which})", rx=4)

    def _path(self, d: str, colour: str) -> None:
        self._parts.append(f'<path d="{d}" fill="none" stroke="{colour}" stroke-width="2.4" stroke-linecap="round"/>')

    def _defs(self) -> str:
        patterns = "".join(
            f'<pattern id="{_ID}h{which}" width="6" height="6" patternUnits="userSpaceOnUse">'
            f'<path d="{_STROKES[hatch]}" fill="none" stroke="{ink}" stroke-width="1" stroke-opacity="0.4"/></pattern>'
            for (hatch, ink), which in self._hatches.items())
        return f"<defs>{patterns}</defs>" if patterns else ""


def note_height(text: str, width: float, size: float = 14) -> float:
    """How high a note of this width will be, in pixels."""
    return 24 + len(wrap(text, width - 32, size, 600)) * size * 1.4 - size * 0.4
