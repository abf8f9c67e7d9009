# SPDX-License-Identifier: GPL-2.0-only
"""Colours and hatches of the nodes: the same in every picture, never the colour alone."""
from __future__ import annotations

FILLS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000")
"""Okabe and Ito's eight colours, which the usual kinds of colour blindness tell apart."""

HATCHES = ("", "/", "\\", "-", "|", "+", "x", ".")
"""Eight hatches, by matplotlib's letters; "" is plain."""

PAPER = "#ffffff"
INK = "#111111"  # darker than the mock-ups' ink: on #D55E00 that one stays under 4.5 : 1
SOFT = "#5f6368"
RULE = "#c4c7cc"
LOCAL = "#dcebf7"
REMOTE = ("#f4f4f4", "#e3e3e3", "#cfcfcf", "#b5b5b5", "#9a9a9a")
TONES = {"bad": ("#fceeec", "#b3261e"), "good": ("#e8f4ec", "#1b5e34"), "old": ("#fdf2df", "#6b4300"),
         "plain": ("#eef1f5", INK)}
"""A note's fill and ink, by what it says."""


def fill(nid: int) -> str:
    """The colour of node nid; from node 8 on colours come again, with other hatches."""
    return FILLS[nid % len(FILLS)]


def ink(nid: int) -> str:
    """The colour of a number on node nid's colour: white or dark, whichever reads better."""
    return readable_on(fill(nid))


def hatch(nid: int) -> str:
    """The hatch of node nid; colour and hatch together are different for nodes 0 to 63."""
    return HATCHES[(nid + nid // len(FILLS)) % len(HATCHES)]


def readable_on(colour: str) -> str:
    """White or dark ink, whichever has the greater contrast on the colour; black where neither has 4.5 : 1."""
    better = max((PAPER, INK), key=lambda candidate: contrast(candidate, colour))
    return better if contrast(better, colour) >= 4.5 else "#000000"


def contrast(a: str, b: str) -> float:
    """The contrast ratio of two colours '#rrggbb', 1 to 21, as WCAG 2 defines it."""
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    """The relative luminance of '#rrggbb', 0 to 1, as WCAG 2 defines it."""
    red, green, blue = (_linear(int(colour[i:i + 2], 16) / 255) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
