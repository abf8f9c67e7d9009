# SPDX-License-Identifier: GPL-2.0-only
"""Locks, tasks, and the search through all their interleavings. This room knows nothing of NUMA.

A task is a generator whose yields are its only touch of a shared, immutable world; `explore` searches all the ways in
which tasks can be interleaved and gives a Result, `replay` plays one of them. docs/explorer.md tells how and how far.
"""
from numakit.locking.explore import ALL, PLAIN, Reductions, explore
from numakit.locking.found import Found, PathEnds
from numakit.locking.guard import TRUSTED, Guard
from numakit.locking.heap import Heap, Name, called
from numakit.locking.history import History, Writer
from numakit.locking.perform import Setting
from numakit.locking.result import Finding, Order, Result, Turn
from numakit.locking.scene import Call, Scene
from numakit.locking.steps import (
    Outcome,
    Step,
    Task,
    Unlock,
    change,
    kmalloc,
    look,
    mutex_lock,
    mutex_unlock,
    note,
    note_next,
    spin_lock,
    spin_unlock,
    steps_of,
)
from numakit.locking.trace import Row, Trace, begin, replay
from numakit.locking.world import World

__all__ = [
    "ALL", "Call", "Finding", "Found", "Guard", "Heap", "History", "Name", "Order", "Outcome", "PLAIN", "PathEnds",
    "Reductions", "Result", "Row", "Scene", "Setting", "Step", "TRUSTED", "Task", "Trace", "Turn", "Unlock", "World",
    "Writer", "begin", "called", "change", "explore", "kmalloc", "look", "mutex_lock", "mutex_unlock", "note",
    "note_next", "replay", "spin_lock", "spin_unlock", "steps_of",
]
