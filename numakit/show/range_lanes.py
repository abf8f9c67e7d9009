# SPDX-License-Identifier: GPL-2.0-only
"""Lanes of boxes over a file's pages: a box is a range with its policy, in words or, where narrow, by a letter."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from numakit.show import palette
from numakit.show.drawing import Drawing, note_height, text_width
from numakit.show.mbind_script import FILE_PAGES

LEFT, LABELS, PITCH, BOX = 24, 176, 19, 28
WIDTH = LABELS + FILE_PAGES * PITCH + LEFT
LINE, LANE, SMALL = 18, 48, 11.0

TINTS = ("#dcebf7", "#fdf2df", "#e8f4ec", "#f3e3ee", "#e3e3e3", "#fbe3d6", "#e4e0f5", "#dff1f1")
"""A box's colour by its policy: no node's colour, and the policy's words or letter stand in the box."""

LETTERS = "pqrstuvwxyzabcdefghijklmno"
NONE = "default"

Box = tuple[int, int, str]
"""Pages [start, end) and their policy in words."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One row of boxes. above: the pages under a black bar; below: those over a red one; remark: said in its place."""

    name: str
    what: str
    boxes: tuple[Box, ...]
    above: tuple[int, ...] = ()
    below: tuple[int, ...] = ()
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that is drawn. leads: lines under the title; script: the calls, of which the `done`-th is the last done.

    words: all policies in the order in which they get their colours and letters.
    """

    title: str
    desc: str
    leads: tuple[str, ...]
    script: tuple[str, ...]
    done: int
    lanes: tuple[Lane, ...]
    words: tuple[str, ...]
    verdict: str
    tone: str

    def drawing(self) -> Drawing:
        """The sheet as a Drawing."""
        key, wide = self._key_rows(), WIDTH - 2 * LEFT
        script = 68 + 19 * len(self.leads)
        lanes = script + len(self.script) * LINE + 38
        note = lanes + len(self.lanes) * LANE + len(key) * 24 + 4
        drawing = Drawing(WIDTH, note + note_height(self.verdict, wide) + 24, self.title, self.desc)
        drawing.text(LEFT, 34, self.title, 17, weight=600)
        for at, lead in enumerate(self.leads):
            drawing.text(LEFT, 56 + 19 * at, lead, fill=palette.SOFT)
        self._draw_script(drawing, script)
        _draw_numbers(drawing, lanes - 16)
        for at, lane in enumerate(self.lanes):
            self._draw_lane(drawing, lanes + at * LANE, lane)
        _draw_key(drawing, lanes + len(self.lanes) * LANE, key)
        drawing.note(LEFT, note, wide, self.verdict, self.tone)
        return drawing

    def _draw_script(self, drawing: Drawing, y: float) -> None:
        for number, call in enumerate(self.script, start=1):
            colour = palette.INK if number <= self.done else palette.SOFT
            drawing.text(LEFT, y, f"{number}. {call}", fill=colour, weight=600 if number == self.done else 400)
            y += LINE

    def _draw_lane(self, drawing: Drawing, y: float, lane: Lane) -> None:
        drawing.text(LEFT, y + 12, lane.name, weight=600)
        drawing.text(LEFT, y + 27, lane.what, 12, palette.SOFT)
        if lane.remark:
            drawing.text(_x(0), y + 19, lane.remark, fill=palette.SOFT)
        for box in lane.boxes:
            self._draw_box(drawing, y, box)
        _draw_bars(drawing, lane.above, y - 7, palette.INK)
        _draw_bars(drawing, lane.below, y + BOX + 4, palette.TONES["bad"][1])

    def _draw_box(self, drawing: Drawing, y: float, box: Box) -> None:
        start, end, words = box
        width = (end - start) * PITCH - 2
        drawing.rect(_x(start) + 1, y, width, BOX, self._tint(words), rx=3, stroke=palette.RULE)
        drawing.text(_x(start) + 1 + width / 2, y + 18, words if _fits(box) else self._letters()[words], SMALL,
                     palette.SOFT if words == NONE else palette.INK, "middle")

    def _named(self) -> list[str]:
        return [words for words in dict.fromkeys(self.words) if words != NONE]

    def _letters(self) -> dict[str, str]:
        return dict(zip(self._named(), LETTERS, strict=False)) | {NONE: "–"}

    def _tint(self, words: str) -> str:
        return palette.PAPER if words == NONE else TINTS[self._named().index(words) % len(TINTS)]

    def _key_rows(self) -> list[list[str]]:
        """The policies that stand somewhere as a letter only, in rows that fit."""
        small = {box[2] for lane in self.lanes for box in lane.boxes if not _fits(box)}
        return _packed([f"{letter} = {words}" for words, letter in self._letters().items() if words in small])


def in_a_row(pages: Sequence[int]) -> list[range]:
    """Page numbers, rising, as ranges of those that follow one another."""
    found: list[range] = []
    for page in pages:
        if found and found[-1].stop == page:
            found[-1] = range(found[-1].start, page + 1)
        else:
            found.append(range(page, page + 1))
    return found


def _x(page: int) -> float:
    return LABELS + page * PITCH


def _fits(box: Box) -> bool:
    start, end, words = box
    return text_width(words, SMALL) + 6 <= (end - start) * PITCH - 2


def _draw_numbers(drawing: Drawing, y: float) -> None:
    drawing.text(LEFT, y, "file page", 12, palette.SOFT)
    for page in range(0, FILE_PAGES, 4):
        drawing.text(_x(page) + PITCH / 2, y, page, 12, palette.SOFT, "middle")


def _draw_bars(drawing: Drawing, pages: Sequence[int], y: float, colour: str) -> None:
    for row in in_a_row(pages):
        drawing.rect(_x(row.start) + 1, y, len(row) * PITCH - 2, 4, colour)


def _draw_key(drawing: Drawing, y: float, rows: Sequence[Sequence[str]]) -> None:
    for row in rows:
        x = float(LABELS)
        for text in row:
            drawing.text(x, y + 10, text, 12)
            x += text_width(text, 12) + 24
        y += 24


def _packed(texts: Sequence[str]) -> list[list[str]]:
    """Texts in rows that are at most as wide as the lanes."""
    rows: list[list[str]] = []
    used = 0.0
    for text in texts:
        wide = text_width(text, 12) + 24
        if rows and used + wide <= FILE_PAGES * PITCH:
            rows[-1].append(text)
            used += wide
        else:
            rows.append([text])
            used = wide
    return rows
