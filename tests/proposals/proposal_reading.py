# SPDX-License-Identifier: GPL-2.0-only
"""What the tests of the proposals share: a case from its text, findings of one case, the properties of a trace."""
from __future__ import annotations

from numakit.proposals.schedule import read_schedule
from numakit.proposals.verdicts import judge


def case_of(text):
    """The case of `middle:0:1-2:1-2`."""
    return read_schedule(f"mutex:{text}:").case


def searched(design, *cases):
    """Property -> finding, the shortest of some cases given as texts. The search must be complete."""
    told = judge(design, [case_of(case) for case in cases])
    assert told.complete
    return {name: finding for name, (_, finding) in told.findings.items()}


def played(schedule):
    """The trace of a schedule given as text."""
    return read_schedule(schedule).trace()


def broken_by(trace):
    """Each property that any step of a trace breaks, or the state that it ends in."""
    found = [found for row in trace.rows for found in row.found] + list(trace.found_here())
    return {one.name for one in found}
