# SPDX-License-Identifier: GPL-2.0-only
"""What the tests of the stepper share: press a button, read its text and its status line."""

import re
from html import unescape


def text(panel):
    """The schedule in the panel's text."""
    return panel.controls["schedule"].value


def told(panel):
    """The lines of the status line."""
    return unescape(re.sub("<[^>]*>", "", panel.status.value.replace("<br>", "\n")))


def press(panel, name):
    """Click a button by its words."""
    next(w for w in panel.widgets() if getattr(w, "description", "") == name and hasattr(w, "click")).click()
