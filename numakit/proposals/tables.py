# SPDX-License-Identifier: GPL-2.0-only
"""Verdicts and schedules as text in columns."""
from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill

from numakit.locking import Row as LockRow
from numakit.locking import Trace
from numakit.locking.steps import Act
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
    lines.append(f"violated by none of these: {', '.join(held) or 'nothing'}; {whole}, "
                 f"{seconds:.1f} s, all processes together")
    return "\n".join(lines)


LETTERS = "abcdefghijklmno"


def _cell(row: Row) -> str:
    if row.verdict == "violated":
        return f"{row.switches}/{row.steps}"
    return "." if row.verdict == "holds" else "?"


def timeline(schedule: Schedule) -> str:
    """A schedule played: a column for each task that runs, one for each lock with its owner, and what it came to."""
    trace, told = schedule.trace(), schedule.case.told()
    tasks = [name for name in trace.names if any(row.turn.task == name for row in trace.rows)]
    heads = ["", *(f"{name}: {told[name]}" for name in tasks), *LOCKS]
    cells = [[str(n), *(step_words(row) if row.turn.task == name else "" for name in tasks),
              *(str(row.world.cells[lock] or ".") for lock in LOCKS)] for n, row in enumerate(trace.rows, 1)]
    cells += [["", *(words if name == who else "" for name in tasks), *[""] * len(LOCKS)]
              for who, words in waiting(trace).items()]
    return "\n".join([str(schedule), "", *_columns([heads, *cells]), "", *_end(trace)])


def waiting(trace: Trace) -> dict[str, str]:
    """By task: what it would do next, where it has begun and must wait for that; not the one whose try is the last
    step."""
    tried = {row.turn.task for row in trace.rows[-1:] if row.waits}
    return {name: f"{trace.place(name).step} waits for {trace.world.cells[lock]}" for name in trace.names
            if trace.started(name) and name not in tried and (lock := trace.next_moves(name).waits_for) is not None}


def _columns(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def step_words(row: LockRow) -> str:
    """A step as a cell: what was done, how it went, what the task was told."""
    how = {"r": ", reclaims", "x": ", fails"}.get(row.turn.how, "")
    told = f" -> {_word(row.answer)}" if isinstance(row.step, Act) and row.answer is not None else ""
    return f"{row.step}{how}{told}{' waits' if row.waits else ''}{' !' if row.found else ''}"


def _word(answer: object) -> str:
    return ("yes" if answer else "no") if isinstance(answer, bool) else str(answer)


def _end(trace: Trace) -> list[str]:
    """The tree at the end, and what the last step broke."""
    nodes = file.seen_nodes(trace.world)
    lines = [f"the tree: {', '.join(map(str, nodes)) or 'empty'}"]
    who = trace.rows[-1].turn.task if trace.rows else ""
    for found in trace.found_here():
        lines += [f"{found.name}: {who} {found.sentence}.",
                  fill(f"{PROPERTIES[found.name].because}.", 116, initial_indent="    ", subsequent_indent="    ")]
    return lines if len(lines) > 1 else [*lines, "no property is violated by the last step"]
