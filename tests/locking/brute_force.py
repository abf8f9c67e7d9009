# SPDX-License-Identifier: GPL-2.0-only
"""Tasks in a tiny language, told twice: as Python source for the explorer, and to a machine that tries each schedule.

The machine shares nothing with numakit.locking: it has its own locks, heap and rules, knows no merging and no clever
order, and keeps for each property the least (switches, steps) that any schedule has. A task is a tuple of words:

    ("lock", L) ("unlock", L)      s, t are spinlocks, m is a mutex
    ("add", C)                     one step: the cell counts 0 1 2 0 ...
    ("read", V, C) ("write", C, V) one step each: variable from cell, cell from variable
    ("copy", C, D)                 two steps in one line: C from D, the value in no variable
    ("sum", V, C)                  V + (yield C): the left side waits on the frame's stack
    ("forget", V)                  no step: V is 0 again, an answer is dead
    ("if", C, word)                a step, and the word where the cell is not 0
    ("spin", C)                    looks until the cell is not 0
    ("tries", C)                   the same, but gives up after two: a `for` over an iterator
    ("alloc",) ("free",) ("touch",) ("publish",) ("take",)   objects: variable p, and the cell shelf
    ("check", C)                   a step that finds "seen" where the cell is 2
    ("next", word) ("noted", word) book-keeping with the word's first step, or its last
"""
from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import NamedTuple

from small_scenes import free, get, put, touch

from numakit.locking import (
    Found,
    Heap,
    Outcome,
    Scene,
    Setting,
    Unlock,
    World,
    change,
    kmalloc,
    look,
    mutex_lock,
    mutex_unlock,
    note,
    note_next,
    spin_lock,
    spin_unlock,
)

CELLS = {"x": 0, "y": 0, "n": 1, "shelf": None, "s": None, "t": None, "m": None}


# ---- for the explorer: source text, with a line for each word


def count(world, cell):
    return world.having(**{cell: (getattr(world, cell) + 1) % 3})


def check(world, cell):
    return Outcome(world, None, (Found("seen", "sees 2"),) if getattr(world, cell) == 2 else ())


def book(world):
    found = (Found("noted", "notes 2"),) if world.x == 2 else ()
    return Outcome(world.having(n=(2 * world.n + world.x) % 8), None, found)


def rule(me, step, world):
    return (Found("ruled", "unlocks at 2"),) if isinstance(step, Unlock) and world.y == 2 else ()


def at_end(world):
    return (Found("uneven", "leaves 1"),) if world.x == 1 else ()


def lines(word):
    """The source lines of one word."""
    kind, *args = word
    if kind in ("lock", "unlock"):
        return [f"yield {'mutex' if args[0] == 'm' else 'spin'}_{kind}({args[0]!r})"]
    if kind == "if":
        return [f"if (yield look(get, {args[0]!r})):", *("    " + line for line in lines(args[1]))]
    if kind == "next":
        return ["yield note_next(book)", *lines(args[0])]
    if kind == "noted":
        return [*lines(args[0]), "yield note(book)"]
    return {
        "add": "yield change(count, {0!r})",
        "read": "{0} = yield look(get, {1!r})",
        "write": "yield change(put, {0!r}, {1})",
        "copy": "yield change(put, {0!r}, (yield look(get, {1!r})))",
        "sum": "{0} = ({0} + (yield look(get, {1!r}))) % 3",
        "forget": "{0} = 0",
        "spin": "while not (yield look(get, {0!r})):\n        pass",
        "tries": "for _ in iter((1, 2)):\n        if (yield look(get, {0!r})):\n            break",
        "alloc": "p = yield from kmalloc(0)",
        "free": "if p: yield change(free, p)",
        "touch": "if p: yield look(touch, p)",
        "publish": "yield change(put, 'shelf', p)",
        "take": "p = yield look(get, 'shelf')",
        "check": "yield look(check, {0!r})",
    }[kind].format(*args).split("\n")


@cache
def task(words):
    """The generator function of some words."""
    body = ["a, b, p = 0, 0, None", *(line for word in words for line in lines(word))]
    names = dict(globals())
    exec(compile("\n".join(["def task():", *("    " + line for line in body)]), f"<{words}>", "exec"), names)
    return names["task"]


def scene(programs, fails=False, reclaims=None, ruled=False):
    """The scene of some tasks in words; A and B are twins if they are told the same."""
    twins = ("A", "B") if programs["A"] == programs["B"] else None
    setting = Setting(fails, reclaims, (rule,) if ruled else ())
    tasks = {name: task(words) for name, words in programs.items()}
    return Scene(tasks, World(**CELLS, heap=Heap()), setting, at_end, twins)


IN_SOURCE = (change, kmalloc, look, mutex_lock, mutex_unlock, note, note_next, spin_lock, spin_unlock, free, get, put,
             touch)
"""Used by the source text alone."""


# ---- and for the machine


class At(NamedTuple):
    """Where a task is: the instruction, its variables (h: on the frame's stack), locks, how many objects it asked for,
    book-keeping that is due with its next step."""

    pc: int = 0
    a: int = 0
    b: int = 0
    h: int = 0
    p: object = None
    held: tuple = ()
    asked: int = 0
    due: int = 0
    begun: bool = False

    @property
    def atomic(self):
        return bool({"s", "t"} & set(self.held))


FREE = ("forget", "has", "next", "noted")
"""Instructions that cost no step."""


def code(word):
    """The instructions of a word."""
    kind, *args = word
    if kind == "copy":
        return [("read", "h", args[1]), ("write", args[0], "h"), ("forget", "h")]
    if kind == "if":
        return [("unless", args[0], len(code(args[1]))), *code(args[1])]
    if kind == "next":
        return [("next",), *code(args[0])]
    if kind == "noted":
        return [*code(args[0]), ("noted",)]
    if kind == "spin":
        return [("unless", args[0], -1)]
    if kind == "tries":  # the first look goes past the second where the cell is not 0
        return [("unless", args[0], 0, 1), ("unless", args[0], 0)]
    if kind == "alloc":  # and behind it what it does if it reclaims
        return [("alloc",), ("lock", "reclaim"), ("unlock", "reclaim")]
    if kind in ("free", "touch"):
        return [("has", 1), (kind,)]
    return [word]


class Way(NamedTuple):
    """How a step may go."""

    at: At
    world: dict
    found: tuple = ()
    ends: bool = False
    how: str = ""


class BruteForce:
    """All schedules of some tasks. found: the least (switches, steps) of each property; outcomes: how all may end."""

    def __init__(self, programs, fails=False, reclaims=None, ruled=False):
        self.names, self.fails, self.reclaims, self.ruled = tuple(programs), fails, reclaims, ruled
        self.code = {name: [i for word in words for i in code(word)] for name, words in programs.items()}
        self.found, self.outcomes, self.schedules = {}, set(), 0
        self._nexts, self._first = defaultdict(set), {}
        world = {**CELLS, "heap": ()}
        self.start = tuple(self._settled(name, At(), world, [])[0] for name in self.names), world
        self._search(self.start, None, 0, 0, frozenset())

    # the search

    def _search(self, state, last, switches, steps, path):
        key = frozen(state)
        if key in path:  # round in a circle: without it the schedule is shorter
            return
        self._first[key] = min(self._first.get(key, (switches, steps)), (switches, steps))
        path, stuck = path | {key}, True
        for name in self.names:
            rank = switches + (last not in (None, name)), steps + 1
            waits, attempted, ways = self.tried(state, name)
            self._note(attempted, rank)
            for way in ways:
                stuck = False
                self._note(way.found, rank)
                after = self.after(state, name, way)
                self._nexts[key].add(None if way.ends else frozen(after))
                if not way.ends:
                    self._note(self.found_in(after), rank)
                    self._search(after, name, *rank, path)
        self.schedules += stuck

    def _note(self, found, rank):
        for name in found:
            self.found[name] = min(self.found.get(name, rank), rank)

    def after(self, state, name, way):
        """The state after a step."""
        ats = tuple(way.at if name == other else at for other, at in zip(self.names, state[0], strict=True))
        return ats, way.world

    def found_in(self, state):
        """What is broken by a state: deadlock, or what is judged at the end."""
        begun = [(name, at) for name, at in zip(self.names, state[0], strict=True) if at.begun]
        if all(self.ended(name, at) for name, at in begun):
            self.outcomes.add(frozen_world(state[1]))
            return ("uneven",) if state[1]["x"] == 1 else ()
        waits = {name: self.tried(state, name)[0] for name, _ in begun}
        return ("deadlock",) if any(circle(waits, name) for name in waits) else ()

    @property
    def doomed(self):
        """The least (switches, steps) to a state from which a task that began can't end, whoever runs; or None."""
        before = defaultdict(set)
        for state, nexts in self._nexts.items():
            for after in nexts:
                before[after].add(state)
        hopeless = [self._first[state] for t, name in enumerate(self.names)
                    for state in self._first.keys() - self._hopeful(t, name, before) if state[0][t].begun]
        return min(hopeless, default=None)

    def _hopeful(self, t, name, before):
        """The states from which a task can end, or the path does."""
        ahead = [*before[None], *(state for state in self._first if self.ended(name, state[0][t]))]
        hopeful = set(ahead)
        while ahead:
            new = before[ahead.pop()] - hopeful
            hopeful |= new
            ahead += new
        return hopeful

    # one step

    def ended(self, name, at):
        return at.pc == len(self.code[name])

    def tried(self, state, name):
        """Whom a task must wait for, what it breaks by trying, and the ways of its next step."""
        at, world = state[0][self.names.index(name)], state[1]
        if self.ended(name, at):
            return None, (), ()
        kind, *args = self.code[name][at.pc]
        lock = self.reclaims if args == ["reclaim"] else args[0] if args else None
        sleeps = ()
        if at.atomic and (kind == "alloc" or (kind, lock) == ("lock", "m") and world[lock] != name):
            sleeps = ("sleep_in_atomic",)  # taking a mutex twice is a bad_unlock, and nothing besides
        if kind == "lock" and world[lock] not in (None, name):
            return world[lock], sleeps and (*sleeps, "would_block_in_atomic"), ()
        return None, sleeps, [self._went(name, way, kind) for way in self._ways(name, at, world, kind, lock, args)]

    def _ways(self, name, at, world, kind, lock, args):
        """The ways of an instruction, before book-keeping."""
        for _ in range(at.due):
            world, noted = booked(world)
            if noted:
                yield from (way._replace(found=("noted", *way.found)) for way in self._ways(
                    name, at._replace(due=at.due - 1), world, kind, lock, args))
                return
        at = at._replace(due=0, begun=True)
        on = at._replace(pc=at.pc + 1)
        bad = Way(at, world, ("bad_unlock",), True)
        if kind == "lock":
            yield bad if world[lock] == name else Way(on._replace(held=(*at.held, lock)), {**world, lock: name})
        elif kind == "unlock":
            left = tuple(held for held in at.held if held != lock)
            yield bad if world[lock] != name else Way(on._replace(held=left), {**world, lock: None})
        elif kind == "alloc":
            yield from self._allocated(name, at._replace(asked=at.asked + 1), world)
        elif kind in ("free", "touch"):
            yield self._touched(on, world, kind)
        elif kind == "unless":
            jump = args[1] if not world[args[0]] else args[2] if len(args) > 2 else 0
            yield Way(on._replace(pc=on.pc + jump), world)
        else:
            yield self._changed(on, world, kind, args)

    def _allocated(self, name, at, world):
        made = name, at.asked
        after = {**world, "heap": tuple(sorted((*world["heap"], made)))}
        yield Way(at._replace(pc=at.pc + 3, p=made), after)
        if self.reclaims:
            yield Way(at._replace(pc=at.pc + 1, p=made), after, how="r")
        if self.fails:
            yield Way(at._replace(pc=at.pc + 3, p=None), world, how="x")

    @staticmethod
    def _touched(on, world, kind):
        if on.p not in world["heap"]:
            return Way(on, world, ("use_after_free",), True)
        left = tuple(name for name in world["heap"] if name != on.p)
        return Way(on, {**world, "heap": left} if kind == "free" else world)

    @staticmethod
    def _changed(on, world, kind, args):
        if kind == "add":
            return Way(on, {**world, args[0]: (world[args[0]] + 1) % 3})
        if kind == "read":
            return Way(on._replace(**{args[0]: world[args[1]]}), world)
        if kind == "sum":
            return Way(on._replace(**{args[0]: (getattr(on, args[0]) + world[args[1]]) % 3}), world)
        if kind == "write":
            return Way(on, {**world, args[0]: getattr(on, args[1])})
        if kind == "publish":
            return Way(on, {**world, "shelf": on.p})
        if kind == "take":
            return Way(on._replace(p=world["shelf"]), world)
        assert kind == "check"
        return Way(on, world, ("seen",) if world[args[0]] == 2 else ())

    def _went(self, name, way, kind):
        """A way with all that belongs to it: the rule, book-keeping behind it, and locks held at the end."""
        if way.ends:
            return way
        found = list(way.found)
        if self.ruled and kind == "unlock" and way.world["y"] == 2:
            found.append("ruled")
        at, world = self._settled(name, way.at, way.world, found)
        if self.ended(name, at) and at.held:
            return Way(at, world, (*found, "bad_unlock"), True, way.how)
        return Way(at, world, tuple(found), False, way.how)

    def _settled(self, name, at, world, found):
        """A task before its next instruction that is a step."""
        while not self.ended(name, at) and self.code[name][at.pc][0] in FREE:
            kind, *args = self.code[name][at.pc]
            at = at._replace(pc=at.pc + 1)
            if kind == "forget":
                at = at._replace(**{args[0]: 0})
            elif kind == "has" and at.p is None:
                at = at._replace(pc=at.pc + args[0])
            elif kind == "next":
                at = at._replace(due=at.due + 1)
            elif kind == "noted":
                world, more = booked(world)
                found += more
        return at, world

    def played(self, order):
        """What the last step of a schedule breaks, or the state after it."""
        state, broken = self.start, ()
        for turn in order.turns:
            waits, attempted, ways = self.tried(state, turn.task)
            broken = attempted
            if ways:
                way = next(way for way in ways if way.how == turn.how)
                state = self.after(state, turn.task, way)
                broken += way.found + (() if way.ends else self.found_in(state))
        return broken


def booked(world):
    """Book-keeping, and what it finds."""
    return {**world, "n": (2 * world["n"] + world["x"]) % 8}, ["noted"] if world["x"] == 2 else []


def circle(waits, name):
    """Whether who waits for whom leads back to a task."""
    other = waits.get(name)
    for _ in waits:
        if other == name:
            return True
        other = waits.get(other)
    return False


def frozen_world(world):
    return tuple(world.values())


def frozen(state):
    return state[0], frozen_world(state[1])


def plain(outcome, names=None):
    """A World of the explorer as the machine tells it; names: of tasks to be exchanged."""
    names = names or {}
    cells = {cell: exchanged(value, names) for cell, value in outcome.cells.items() if cell != "heap"}
    return (*cells.values(), tuple(sorted(exchanged(name, names) for name in outcome.heap)))


def exchanged(value, names):
    """An object's name as the other twin's."""
    return (names.get(value[0], value[0]), value[1]) if isinstance(value, tuple) else value
