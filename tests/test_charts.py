# SPDX-License-Identifier: GPL-2.0-only
"""Tests of the charts: what they drew, its labels, and that it can be read."""
from __future__ import annotations

import matplotlib
import matplotlib.pyplot as plt
import pytest
from matplotlib.colors import to_hex

from numakit.show import distances, pages_per_node, palette
from numakit.topology import ladder8, nodes64, ring4

matplotlib.use("Agg")

COUNTS = {"local": (24, 0, 0, 0), "interleave:0-3": (6, 6, 6, 6), "bind:1,3": (0, 12, 0, 12)}


def test_distances_draws_every_number_legibly() -> None:
    image = distances(ladder8())
    texts = image.axes.texts
    assert len(texts) == 64 and texts[0].get_text() == "10" and texts[7].get_text() == "34"
    for text in texts:
        row, column = divmod(texts.index(text), 8)
        shade = to_hex(image.to_rgba([[ladder8().distances[row][column]]])[0][0])
        assert palette.contrast(to_hex(text.get_color()), shade) >= 4.5
    plt.close(image.figure)


def test_distances_of_many_nodes_leaves_the_numbers_to_the_colour_bar() -> None:
    image = distances(nodes64())
    assert not image.axes.texts and len(image.figure.axes) == 2
    plt.close(image.figure)


def test_pages_per_node_stacks_the_bars_in_colour_and_hatch() -> None:
    bars = pages_per_node(COUNTS)
    assert [[int(b.get_width()) for b in node] for node in bars] == [[24, 6, 0], [0, 6, 12], [0, 6, 0], [0, 6, 12]]
    assert bars[3][1].get_x() == 18 and to_hex(bars[1][0].get_facecolor()) == palette.fill(1).lower()
    assert len({b[0].get_hatch() for b in bars}) == 4
    plt.close(bars[0][0].figure)


def test_charts_take_the_axes_that_they_are_given_and_label_them() -> None:
    figure, (left, right) = plt.subplots(1, 2)
    assert distances(ring4(), left).axes is left and pages_per_node(COUNTS, right)[0][0].axes is right
    assert all(a.get_xlabel() for a in (left, right)) and left.get_title() == "Distances, ring of 4"
    plt.close(figure)


@pytest.mark.parametrize("counts", [{}, {"a": (1, 2), "b": (1,)}])
def test_counts_that_do_not_fit_are_refused(counts: dict[str, tuple[int, ...]]) -> None:
    with pytest.raises(ValueError, match="each label needs pages for the same nodes"):
        pages_per_node(counts)
