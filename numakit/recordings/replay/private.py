# SPDX-License-Identifier: GPL-2.0-only
"""Group e: private copies, task against file, mbind through other mappings, full nodes."""
from __future__ import annotations

import signal

from numakit.errors import BadRecording
from numakit.full import killed_early, order_when_full
from numakit.machine import Machine
from numakit.mbind import make_policy
from numakit.mempolicy import Flag, Mempolicy
from numakit.mount_option import policy
from numakit.nodemask import Nodemask
from numakit.recordings.outcome import Compared, Outcome
from numakit.recordings.reader import Record
from numakit.recordings.replay.ops import play, scene
from numakit.recordings.replay.words import modern
from numakit.task import Task
from numakit.tmpfs import Mount

CPU_NODE = 0
"""Where the prober filled the nodes up from."""


def replay(record: Record, machine: Machine) -> Outcome:
    """A modern record, by its kind."""
    kinds = {"cow": _cow, "precedence": _precedence, "mbind_other": _mbind_other, "fill": _fill,
             "bind_full": _bind_full}
    if record["exp"] not in kinds:
        raise BadRecording(f"{record['exp']!r} is no kind of this group ({', '.join(kinds)} are)")
    return kinds[record["exp"]](record, machine)


def _cow(record: Record, machine: Machine) -> Outcome:
    """Copies of a file's pages in two private mappings, one of which begins further on."""
    at = play(scene(machine, record), record["ops"])
    model = {"file_nodes": at.nodes("s"), "cow_nodes": at.nodes("p"), "cow_nodes_off": at.nodes("q")}
    return Compared({name: record[name] for name in model}, model)


def _precedence(record: Record, machine: Machine) -> Outcome:
    """What get_mempolicy says at the address, and where the pages are, under a task's and a mount's policy."""
    at = play(scene(machine, record), record["ops"])
    model = {"at_addr": modern(at.asked[0], machine.kernel), "nodes": at.nodes("a")}
    return Compared({name: record[name] for name in model}, model)


def _mbind_other(record: Record, machine: Machine) -> Outcome:
    """mbind through a private or a read-only mapping, seen through it and through a shared one."""
    before, after = [op for op in record["ops"] if op[0] != "touch"], [op for op in record["ops"] if op[0] == "touch"]
    bound = play(scene(machine, record), before)
    at = play(bound, after)
    model = {"mbind": -bound.errno, "own_page4": modern(at.policy_at("p", 4), machine.kernel),
             "shared_page0": modern(at.policy_at("s", 0), machine.kernel),
             "shared_page4": modern(at.policy_at("s", 4), machine.kernel), "shared_nodes": at.nodes("s")}
    if "private_nodes" in record:
        model["private_nodes"] = at.nodes("p")
    return Compared({name: record[name] for name in model}, model)


def _fill(record: Record, machine: Machine) -> Outcome:
    """Pages until the nodes are full: the order of the nodes, as far as it got.

    The address of the mapping was not recorded, so interleave may begin on any of its nodes.
    """
    mode, flags, mask = record["task"]
    mine = make_policy(mode, Nodemask(mask), Flag(flags), machine, Task())
    own = Mount.new(options=record["mpol"], machine=machine).create("f", 1)["f"].policy()
    seen = list(dict.fromkeys(node for node, _ in record["runs"]))
    filled = own if own is not None else mine
    begins = range(len(filled.nodes) or 1) if filled is not None else range(1)
    orders = [list(order_when_full(filled, CPU_NODE, machine, ilx)[:len(seen)]) for ilx in begins]
    return Compared({"order of nodes": seen}, {"order of nodes": seen if seen in orders else orders[0]})


def _bind_full(record: Record, machine: Machine) -> Outcome:
    """BIND with its nodes full: errno and signal."""
    killed = killed_early(_named_policy(record["what"], machine))
    return Compared({"errno": record["errno"], "signal": record["signal"]},
                    {"errno": 0, "signal": int(signal.Signals.SIGKILL) if killed else 0})


def _named_policy(what: str, machine: Machine) -> Mempolicy | None:
    """The policy in the words of a record: 'tmpfs write, mpol=bind:3', 'anon touch, task bind:3'."""
    return policy(what.rpartition(" ")[2].removeprefix("mpol="), machine)
