# SPDX-License-Identifier: GPL-2.0-only
"""Exercises, their checks and hints, and the ledger of the mail's claims."""
from __future__ import annotations

from numakit.learn.ledger import ledger
from numakit.learn.session import Session

_session = Session()
check = _session.check
hint = _session.hint

__all__ = ["check", "hint", "ledger"]
