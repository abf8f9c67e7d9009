# SPDX-License-Identifier: GPL-2.0-only
"""Charts that are read rather than dragged, by matplotlib. Each returns what it drew and takes ax=None.

nbval does not compare their pixels: a lesson shows the numbers beside a chart.
"""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, cast

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.container import BarContainer
from matplotlib.image import AxesImage

from numakit.show import palette

NUMBERS_UP_TO = 16  # nodes; with more, a number would be smaller than a reader can see


class HasDistances(Protocol):
    """Anything with a table of distances and a name, such as a Topology."""

    @property
    def name(self) -> str:
        """What the table is of."""

    @property
    def distances(self) -> Sequence[Sequence[int]]:
        """distances[a][b]: from node a to node b, 10 is local."""


def distances(topology: HasDistances, ax: Axes | None = None) -> AxesImage:
    """The distance table as a heat map, darker is farther, with numbers up to 16 nodes; returns the image."""
    ax = ax or _new_axes(6, 5)
    image = ax.imshow([list(row) for row in topology.distances], cmap="cividis_r")
    ax.set(title=f"Distances, {topology.name}", xlabel="to node", ylabel="from node")
    ax.figure.colorbar(image, ax=ax, label="SLIT distance (10 is local)")
    if len(topology.distances) <= NUMBERS_UP_TO:
        _number_cells(ax, image, topology.distances)
    return image


def pages_per_node(counts_by_label: Mapping[str, Sequence[int]], ax: Axes | None = None) -> list[BarContainer]:
    """Bars of pages, a bar for each label, stacked by node in its colour and hatch; returns the bars of each node."""
    if len({len(counts) for counts in counts_by_label.values()}) != 1:
        raise ValueError("each label needs pages for the same nodes; what came: "
                         + ", ".join(f"{label!r} has {len(counts)}" for label, counts in counts_by_label.items()))
    ax = ax or _new_axes(6, 1.5 + 0.5 * len(counts_by_label))
    labels, left, drawn = list(counts_by_label), [0] * len(counts_by_label), []
    for nid, pages in enumerate(zip(*counts_by_label.values(), strict=True)):
        drawn.append(_bars(ax, labels, nid, pages, left))
        left = [a + b for a, b in zip(left, pages, strict=True)]
    ax.set(xlabel="pages", ylabel="")
    ax.invert_yaxis()
    ax.legend(title="node", loc="center left", bbox_to_anchor=(1, 0.5))
    return drawn


def _new_axes(width: float, height: float) -> Axes:
    return plt.subplots(figsize=(width, height), layout="constrained")[1]


def _number_cells(ax: Axes, image: AxesImage, table: Sequence[Sequence[int]]) -> None:
    ax.set(xticks=range(len(table)), yticks=range(len(table)))
    for a, row in enumerate(table):
        for b, value in enumerate(row):
            ax.text(b, a, str(value), ha="center", va="center", color=palette.readable_on(_colour(image, value)))


def _colour(image: AxesImage, value: int) -> str:
    colours, norm = cast(Any, image.get_cmap()), cast(Any, image.norm)
    return to_hex(colours(norm(value)))


def _bars(ax: Axes, labels: list[str], nid: int, pages: Sequence[int], left: list[int]) -> BarContainer:
    bars = ax.barh(labels, pages, left=left, color=palette.fill(nid), hatch=palette.hatch(nid) * 2,
                   edgecolor=palette.ink(nid), linewidth=0, label=str(nid))
    plate = {"facecolor": palette.fill(nid), "edgecolor": "none", "pad": 1.5}
    for text in ax.bar_label(bars, [str(n) if n else "" for n in pages], label_type="center", color=palette.ink(nid)):
        if text.get_text():
            text.set_bbox(plate)
    return bars
