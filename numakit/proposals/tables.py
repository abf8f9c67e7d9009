# SPDX-License-Identifier: GPL-2.0-only
"""Verdicts and schedules as text in columns."""
from __future__ import annotations

from collections.abc import Sequence

from numakit.locking import Row as LockRow
from numakit.locking import Trace
from numakit.proposals import file
from numakit.proposals.file import LOCK, MUTEX, PTL
from numakit.proposals.properties import PROPERTIES
from numakit.proposals.schedule import Schedule
from numakit.proposals.verdicts import Row

LOCKS = (PTL, LOCK, MUTEX)


def verdict_table(rows: Sequence[Row]) -> str:
    """Design x property, a table for each scenario: switches/steps of the shortest violation, a dot where it holds."""
    if not rows:
        return "no design was searched"
    return "\n\n".join(_scenario(scenario, [row for row in rows if row.scenario == scenario])
                       for scenario in dict.fromkeys(row.scenario for row in rows))


def _scenario(scenario: str, rows: Sequence[Row]) -> str:
    names = list(dict.fromkeys(row.design for row in rows))
    shown = [name for name in PROPERTIES if any(row.property == name and row.switches is not None for row in rows)]
    lines = [f"{scenario}: fewest context switches / steps to a violation; . holds, ? not searched to the end"]
    letters = dict(zip(shown, LETTERS, strict=False))
    lines += [f"  {letter}  {name}: {PROPERTIES[name].violated_when}" for name, letter in letters.items()]
    lines.append(f"{'':27}" + "".join(f"{letter:>6}" for letter in letters.values()) + f"{'states':>11}")
    for name in names:
        own = {row.property: row for row in rows if row.design == name}
        states = next(iter(own.values())).states
        lines.append(f"{name:27}" + "".join(f"{_cell(own[p]):>6}" for p in shown) + f"{states:>11,}")
    held = [name for name in PROPERTIES if name not in shown]
    whole = "searched to the end" if all(row.complete for row in rows) else "NOT searched to the end"
    seconds = sum({row.design: row.seconds for row in rows}.values())
    lines.append(f"violated by none of these: {', '.join(held) or 'nothing'}; {whole}, {seconds:.1f} s of CPU")
    return "\n".join(lines)


LETTERS = "abcdefghijklmno"


def _cell(row: Row) -> str:
    if row.verdict == "violated":
        return f"{row.switches}/{row.steps}"
    return "." if row.verdict == "holds" else "?"


def timeline(schedule: Schedule) -> str:
    """A schedule played: a column for each task, one for each lock with its owner, and what it came to."""
    trace = schedule.trace()
    width = 2 + max((len(_step(row)) for row in trace.rows), default=0)
    lines = [str(schedule), ""]
    lines.append(f"{'':>3}  " + "".join(f"{name:{width}}" for name in trace.names) + "".join(f"{k:>10}" for k in LOCKS))
    for n, row in enumerate(trace.rows, 1):
        cells = [_step(row) if row.turn.task == name else "" for name in trace.names]
        owners = [f"{row.world.cells[lock] or '.':>10}" for lock in LOCKS]
        lines.append(f"{n:>3}  " + "".join(f"{cell:{width}}" for cell in cells) + "".join(owners))
    return "\n".join([*lines, "", *_end(trace)])


def _step(row: LockRow) -> str:
    how = {"r": " (reclaims)", "x": " fails"}.get(row.turn.how, "")
    return f"{row.step}{how}{' waits' if row.waits else ''}{' !' if row.found else ''}"


def _end(trace: Trace) -> list[str]:
    """The tree at the end, and what the last step broke."""
    nodes = [file.read_node(trace.world, name) for name in file.tree_of(trace.world)]
    lines = [f"the tree: {', '.join(map(str, nodes)) or 'empty'}"]
    who = trace.rows[-1].turn.task if trace.rows else ""
    lines += [f"{found.name}: {who} {found.sentence} - {PROPERTIES[found.name].because}."
              for found in trace.found_here()]
    return lines if len(lines) > 1 else [*lines, "no property is violated by the last step"]
