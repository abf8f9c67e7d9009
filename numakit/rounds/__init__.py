# SPDX-License-Identifier: GPL-2.0-only
"""Placement over many rounds of scanning and touching, for up to a hundred million pages; needs numpy.

In reading order: `scenario` (with `runner`, `patterns`, `steady` and `chancy`), `plainly` (one page at a time), `play`
(the same in arrays), `history`.
"""
from numakit.rounds.chancy import Random, SharedPart, Zipf
from numakit.rounds.history import History
from numakit.rounds.memory import CHUNK, memory_needed
from numakit.rounds.patterns import NOBODY, Pattern, Setting, Told
from numakit.rounds.plainly import play_plainly
from numakit.rounds.play import play, playing
from numakit.rounds.runner import Runner
from numakit.rounds.scenario import Scenario
from numakit.rounds.steady import OwnPart, Phases, PingPong, RoundRobin

__all__ = [
    "CHUNK", "NOBODY", "History", "OwnPart", "Pattern", "Phases", "PingPong", "Random", "RoundRobin", "Runner",
    "Scenario", "Setting", "SharedPart", "Told", "Zipf",
    "memory_needed", "play", "play_plainly", "playing",
]
