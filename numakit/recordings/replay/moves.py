# SPDX-License-Identifier: GPL-2.0-only
"""Group g, and the demos of group d: operations step by step, each step's return and what it left behind."""
from __future__ import annotations

from numakit.machine import Machine
from numakit.recordings.outcome import Compared, Fields, Outcome
from numakit.recordings.reader import Record
from numakit.recordings.replay.ops import play, scene
from numakit.recordings.replay.words import modern

DEMO_PAGES = (0, 8, 16, 24)


def replay(record: Record, machine: Machine) -> Outcome:
    """Every step's return and nodes; of migrate_pages' return only whether it is an error."""
    at = play(scene(machine, record), record.get("ops", []))
    observed: Fields = {}
    model: Fields = {}
    for number, step in enumerate(record["steps"]):
        at = play(at, step["ops"])
        counts_pages = any(op[0] == "migrate_pages" for op in step["ops"])
        name = f"step {number} ({step['do']})"
        observed[name] = (min(step["ret"], 0) if counts_pages else step["ret"], step["nodes"])
        model[name] = (-at.errno, at.nodes("a"))
    return Compared(observed, model)


def replay_demo(record: Record, machine: Machine) -> Outcome:
    """Several mappings of one file: each step's return, and the policy of four pages."""
    at = play(scene(machine, record), record["ops"])
    observed: Fields = {}
    model: Fields = {}
    for number, step in enumerate(record["steps"]):
        at = play(at, step["ops"])
        observed |= {f"step {number} {name}": value for name, value in step.items() if name not in ("do", "ops")}
        said: Fields = {f"page{p}": modern(at.policy_at("A", p), machine.kernel) for p in DEMO_PAGES}
        model |= {f"step {number} {name}": value for name, value in (said | {"ret": -at.errno}).items()}
    return Compared(observed, model)
