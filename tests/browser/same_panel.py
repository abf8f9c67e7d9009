# SPDX-License-Identifier: GPL-2.0-only
"""The panel of the page made once more in this process, with the same values: what the model says to them."""

from numakit.kernel import ALL
from numakit.show.panels import mount_panel, placement_panel


def kernel_titled(title):
    """The kernel that a drop-down list shows under this title."""
    return next(kernel for kernel in ALL if kernel.title == title)


def same_placement(panel):
    """A placement panel with the policy, inode, CPU and kernel of the one in the page."""
    return placement_panel(panel.choice("mpol=").input_value(), panel.place("inode"), panel.place("CPU"),
                           kernel_titled(panel.choice("kernel").input_value()))


def same_mount(panel):
    """A mount panel with the options, kernel and steps of the one in the page."""
    options = [panel.text(label).input_value() for label in ("mount -o", "remount -o", "remount again -o")]
    kernel = kernel_titled(panel.choice("kernel").input_value())
    return mount_panel(*options, kernel=kernel, steps=panel.place("steps done"))
