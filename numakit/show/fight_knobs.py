# SPDX-License-Identifier: GPL-2.0-only
"""The knobs of the fights: a control for each parameter that fights have, found by its name and kind."""
from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from numakit.fights import Fight
from numakit.kernel import ALL
from numakit.rounds import OwnPart, Phases, PingPong, Random, RoundRobin, SharedPart, Zipf
from numakit.show.panel import choice, slider

Option = tuple[str, Any]
AUTO = "auto"
"""Stands for None, which a list of ipywidgets takes for no choice at all."""
POLICIES = ("default", "local", "prefer:1", "bind:0-1", "bind:2", "interleave:0-3", "interleave:0-2", "interleave:0,2")
PATTERNS = (("at random", Random()), ("taking turns", PingPong()), ("each its own part", OwnPart()),
            ("round robin", RoundRobin()), ("parts that change every 4 rounds", Phases(4)),
            ("a quarter shared", SharedPart(0.25)), ("few pages often (zipf)", Zipf()))
KERNELS = tuple((kernel.title, kernel) for kernel in ALL)
PAIRS = tuple((f"{a} and {b}", (a, b)) for a in range(4) for b in range(4) if a != b)
WHEN = (("never", ()), ("round 0", (0,)), ("round 1", (1,)), ("rounds 0 and 2", (0, 2)))


@dataclass(frozen=True, slots=True)
class Knob:
    """A control for a parameter. among: (words, value) pairs for a list, or a range for a slider."""

    parameter: str
    label: str
    tip: str
    among: tuple[Option, ...] | range

    def fits(self, parameter: str, default: object) -> bool:
        """Whether this is the knob of a parameter with such a default."""
        whole = isinstance(default, int) and not isinstance(default, bool)
        return parameter == self.parameter and (whole or not isinstance(self.among, range))

    def options(self, default: object) -> tuple[Option, ...]:
        """What a list offers for one fight: its own default always, AUTO only where that is it."""
        assert not isinstance(self.among, range)
        offered = tuple(pair for pair in self.among if pair[1] != AUTO or default == AUTO)
        return offered if default in [value for _, value in offered] else ((_words(default), default), *offered)

    def control(self, default: Any) -> Any:
        """A control that stands at the default."""
        if isinstance(self.among, range):
            low, high = min(self.among.start, default), max(self.among.stop - 1, default)
            return slider(self.label, low, high, default, self.tip, cheap=False)
        return choice(self.label, self.options(default), default, self.tip)


def _policies(*first: Option) -> tuple[Option, ...]:
    return (*first, *((text, text) for text in POLICIES))


KNOBS: Mapping[str, Knob] = {
    "kernel": Knob("kernel", "kernel", "whose rules hold", KERNELS),
    "beside": Knob("beside", "beside", "the kernel on the other side", KERNELS),
    "i_ino": Knob("i_ino", "inode", "the file's inode number, i_ino", range(1, 65)),
    "policy": Knob("policy", "mpol=", "the file's policy", _policies()),
    "to_node": Knob("to", "task goes to node", "where the task runs from round 1 on", range(4)),
    "to_policy": Knob("to", "moved to", "the policy that mbind moves the pages to", _policies()),
    "first": Knob("first", "first page", "the policy of page 0", _policies(
        ("what turns the gate", AUTO), ("bind=balancing:0-1", "bind=balancing:0-1"))),
    "rest": Knob("rest", "all pages", "the policy of the file", _policies()),
    "nodes": Knob("nodes", "nodes", "the two nodes", PAIRS),
    "pages": Knob("pages", "pages", "how many pages of 4 KiB", (
        ("as the kernel needs", AUTO), *((f"{n:,}", n) for n in (6, 24, 48, 96, 192, 512)))),
    "rounds": Knob("rounds", "rounds", "how many scan periods", range(1, 61)),
    "turns": Knob("turns", "calls", "how many calls, in turn", range(1, 13)),
    "touched": Knob("touched", "mapped", "which pages each process has mapped", (
        ("all by both", "both"), ("a half by each", "halves"))),
    "pattern": Knob("pattern", "touched", "which task touches which page first in a round", PATTERNS),
    "kind": Knob("kind", "memory", "what the pages belong to", (("a tmpfs file", "shmem"), ("anonymous", "anon"))),
    "reachable": Knob("reachable", "may move", "whether the policy has MPOL_F_MOF", (
        ("as if a call could set it", True), ("as released: never", False))),
    "drop_after": Knob("drop_after", "dropped after", "when all pages are dropped and touched anew", WHEN),
    "round_ms": Knob("round_ms", "a round", "how long a scan period is", (
        ("100 ms", 100), ("1 second", 1000), ("5 seconds", 5000))),
    "seed": Knob("seed", "seed", "another chance", range(100)),
}
"""Control -> knob. A parameter that none fits keeps its default."""


def defaults_of(fight: Callable[..., Fight]) -> dict[str, Any]:
    """The controls that a fight has, in the order of its parameters, and where each stands at first."""
    found: dict[str, Any] = {}
    for name, parameter in inspect.signature(fight).parameters.items():
        control = next((key for key, knob in KNOBS.items() if knob.fits(name, parameter.default)), None)
        if control is not None and parameter.default is not inspect.Parameter.empty:
            found[control] = AUTO if parameter.default is None else parameter.default
    return found


def argument(value: Any) -> Any:
    """What a fight is given for a control's value."""
    return None if isinstance(value, str) and value == AUTO else value


def _words(value: object) -> str:
    """A default that the list did not have: 100000 as '100,000'."""
    return f"{value:,}" if isinstance(value, int) else str(value)
