# SPDX-License-Identifier: GPL-2.0-only
"""python -m numakit.recordings check [DIR ...] [--kernel NAME] [--json]: is the model right?

Exit status: 0 if all that was compared is reproduced and something was, 1 if not, 2 if something can't be read.
"""
from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from numakit.errors import BadRecording
from numakit.kernel import UnknownKernel, named
from numakit.recordings.check import NAMES, Row, check
from numakit.recordings.reader import own, read

SHOWN = 3
"""How many of a group's differences the table tells."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; gives its exit status."""
    args = _parser().parse_args(argv)
    try:
        rules = named(args.kernel) if args.kernel else None
        recordings = [r for folder in args.dirs for r in read(folder)] if args.dirs else own()
        rows = check(recordings, rules)
    except (BadRecording, UnknownKernel) as error:
        print(error, file=sys.stderr)
        return 2
    print(json.dumps([as_json(row) for row in rows], indent=1) if args.json else table(rows))
    return 0 if any(r.compared for r in rows) and all(r.all_reproduced for r in rows) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m numakit.recordings",
                                     description="Holds the model against recordings of real kernels.")
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("check", help="replay recordings on the model", epilog=__doc__)
    one.add_argument("dirs", metavar="DIR", nargs="*", help="folders of recordings; without one, the package's own")
    one.add_argument("--kernel", metavar="NAME", help="use this kernel's rules, whatever header.kernel says")
    one.add_argument("--json", action="store_true", help="print rows as JSON")
    return parser


def as_json(row: Row) -> dict[str, object]:
    """A row as --json prints it; differ: the record's number (from 0) and what differs."""
    return {"kernel": row.kernel, "group": row.group, "rules": row.rules, "compared": row.compared,
            "reproduced": row.reproduced, "left_out": row.left_out, "reasons": row.reasons,
            "differ": [{"record": n, "told": told} for n, told in row.differ.items()]}


def table(rows: Sequence[Row]) -> str:
    """The rows for a person: counts, what was left out and why, the first differences, and a last sentence."""
    lines = [f"{'kernel':18} {'group':22} {'compared':>8} {'reproduced':>10} {'left out':>8}"]
    for row in rows:
        name = f"{row.group} {NAMES.get(row.group, '')}"
        lines.append(f"{row.kernel:18} {name:22} {row.compared:8} {row.reproduced:10} {row.left_out:8}")
        if row.rules != row.kernel:
            lines.append(f"    by the rules of {row.rules}")
        lines += [f"    left out: {count} {reason}" for reason, count in row.reasons.items()]
        lines += [f"    differs: record {n}: {told}" for n, told in list(row.differ.items())[:SHOWN]]
        if len(row.differ) > SHOWN:
            lines.append(f"    and {len(row.differ) - SHOWN} more that differ")
    return "\n".join([*lines, "", summary(rows)])


def summary(rows: Sequence[Row]) -> str:
    """The outcome in one sentence."""
    compared, reproduced = sum(r.compared for r in rows), sum(r.reproduced for r in rows)
    left_out = sum(r.left_out for r in rows)
    if not compared:
        return f"Nothing could be compared: {left_out} observations left out."
    word = "All" if compared == reproduced else f"{reproduced:,} of"
    return f"{word} {compared:,} observations compared are reproduced; {left_out:,} left out."


if __name__ == "__main__":
    sys.exit(main())
