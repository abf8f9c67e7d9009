# SPDX-License-Identifier: GPL-2.0-only
"""python -m numakit.proposals verdicts | replay SCHEDULE | costs: what every interleaving says of the designs.

Exit status: 0 if the command could be done, whatever its verdicts; 2 if what it was given can't be; 130 after Ctrl-C,
which shows what was searched by then.
"""
from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence

from numakit.errors import BadSchedule
from numakit.proposals.cases import SCENARIOS
from numakit.proposals.costs import costs_table
from numakit.proposals.designs import DESIGNS, design_named
from numakit.proposals.schedule import read_schedule
from numakit.proposals.tables import timeline, verdict_table
from numakit.proposals.verdicts import Question, Row, verdicts


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; gives its exit status."""
    args = _parser().parse_args(argv)
    try:
        return int(args.run(args) or 0)
    except BadSchedule as error:
        print(error, file=sys.stderr)
        return 2
    except BrokenPipeError:   # whoever reads has seen enough, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())   # what is left to flush at the end goes there
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m numakit.proposals", epilog=__doc__,
                                     description="Judges the locking designs of December 2012 by all interleavings.")
    commands = parser.add_subparsers(dest="command", required=True)
    judged = commands.add_parser("verdicts", help="search all interleavings of the designs")
    judged.add_argument("--design", metavar="D", nargs="+", action="extend", help=f"of {', '.join(DESIGNS)}")
    judged.add_argument("--scenario", choices=SCENARIOS, action="append", help="may be repeated; without it, middle")
    judged.add_argument("--no-reclaim", action="store_true", help="allocations don't take a page-table lock")
    judged.add_argument("--no-empty-test", action="store_true", help="lookups don't ask without a lock if it is empty")
    judged.add_argument("--json", action="store_true", help="print rows as JSON")
    judged.set_defaults(run=_verdicts)
    played = commands.add_parser("replay", help="print a schedule's timeline")
    played.add_argument("schedule", metavar="SCHEDULE", help="as `verdicts --json` prints it")
    played.set_defaults(run=lambda args: print(timeline(read_schedule(args.schedule))))
    counted = commands.add_parser("costs", help="count what a fault and a replace cost, for each design")
    counted.set_defaults(run=lambda args: print(costs_table()))
    return parser


def _verdicts(args: argparse.Namespace) -> int:
    names = list(dict.fromkeys(design_named(name).name for name in args.design or DESIGNS))
    scenarios = tuple(dict.fromkeys(args.scenario or ["middle"]))
    questions = [Question(name, scenarios, not args.no_reclaim, not args.no_empty_test) for name in names]
    rows, stopped = _as_they_come(questions)
    print(json.dumps([row.as_json() for row in rows], indent=1) if args.json else verdict_table(rows))
    if stopped:
        print(f"stopped: {len({row.design for row in rows})} of {len(names)} designs were searched", file=sys.stderr)
    return 130 if stopped else 0


def _as_they_come(questions: Sequence[Question]) -> tuple[list[Row], bool]:
    """The rows of all questions, or of those answered before Ctrl-C; and whether that came."""
    rows: list[Row] = []
    try:
        for number, some in enumerate(verdicts(questions), 1):
            rows += some
            if sys.stderr.isatty():
                print(f"\r{number} of {len(questions)} designs searched ", end="", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        return rows, True
    return rows, False


if __name__ == "__main__":
    sys.exit(main())
