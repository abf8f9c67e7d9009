# SPDX-License-Identifier: GPL-2.0-only
"""`python -m benchmarks`: measures all there is, prints a table, and writes benchmarks/results.json."""
from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import importing, painting, range_map, report, rounds, rounds_loops, spin, verdict_table, whole

RESULTS = Path(__file__).with_name("results.json")


def main() -> None:
    """Measures, prints, writes."""
    with TemporaryDirectory() as folder:
        program, loops = range_map.compiled(Path(folder)), rounds_loops.compiled(Path(folder))
        rows = [*range_map.rows(program, range_map.work()), *painting.rows(), *importing.rows(),
                *whole.picture_rows(), *whole.fallback_rows(), *rounds.rows(loops),
                *spin.rows(spin.one_case(), "a case of retry", Path(folder)),
                *spin.rows(spin.three_setters(), "retry with three setters", Path(folder), times=1),
                *verdict_table.lesson_rows(), *verdict_table.rows()]
    left_out = [*([] if program else [range_map.NO_COMPILER]), *rounds.left_out(loops),
                *([] if spin.has_spin() else [spin.NO_SPIN])]
    print(report.table(rows, left_out))
    RESULTS.write_text(report.as_json(rows, left_out), encoding="utf-8")


if __name__ == "__main__":
    main()
