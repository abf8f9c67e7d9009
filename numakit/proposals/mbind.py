# SPDX-License-Identifier: GPL-2.0-only
"""The setter: mbind on a shared mapping, up to the design's own shared_policy_replace.

Linux v3.8 mm/mempolicy.c, mpol_set_shared_policy(), sp_alloc(), sp_free().
"""
from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, cast

from numakit.locking import (
    History,
    Outcome,
    Step,
    Task,
    World,
    Writer,
    change,
    kmalloc,
    look,
    note,
    note_next,
    steps_of,
)
from numakit.proposals import file
from numakit.proposals.file import OLD, Policy, Range, SpNode

ENOMEM = -12
Replace = Callable[[int, int, Range], Generator[Step, Any, int]]
"""shared_policy_replace(start, end, new): 0, or -ENOMEM with the tree as it was."""


def mbind(me: str, start: int, end: int, shared_policy_replace: Replace) -> Task:
    """Set pages [start, end) to this setter's own policy, which has the setter's name."""
    yield note_next(begins, me, start, end)
    new = yield from sp_alloc(start, end, me)
    err = ENOMEM if new is None else (yield from steps_of(shared_policy_replace(start, end, new), "the replace"))
    if err and new is not None:
        yield from sp_free(new)
    yield note(returns, me, bool(err))


def sp_alloc(start: int, end: int, value: str | None) -> Generator[Step, Any, Range | None]:
    """A node with a copy of a policy of its own, not in the tree yet; None where memory is out."""
    node = yield from kmalloc(SpNode())
    if node is None:
        return None
    policy = yield from kmalloc(Policy(value))
    if policy is None:
        yield change(file.kfree, node)
        return None
    return Range(node, start, end, policy, value)


def sp_free(n: Range) -> Generator[Step, Any, None]:
    """Put the policy, free the node."""
    yield change(file.mpol_put, n.policy)
    yield change(file.kfree, n.node)


def carve(start: int, end: int) -> Generator[Step, Any, Range | None]:
    """Make room for pages [start, end), node by node; the node that spans them all is left as it is, and answered."""
    n = yield look(file.sp_lookup, start, end)
    while n is not None and n.start < end:
        if n.start < start and n.end > end:
            return cast(Range, n)
        n = yield change(file.cut, n, start, end)
    return None


def begins(world: World, me: str, start: int, end: int) -> Outcome:
    """Book-keeping: a setter begins."""
    return Outcome(world.having(history=history_of(world).begun(me, range(start, end))))


def returns(world: World, me: str, failed: bool) -> Outcome:
    """Book-keeping: a setter returns."""
    return Outcome(world.having(history=history_of(world).ended(me, failed)))


def history_of(world: World) -> History:
    """The setters that have begun."""
    return cast(History, world.history)


def policy_after(order: tuple[Writer, ...], pgoff: int) -> str:
    """The policy that a page has after setters took effect in an order."""
    return next((writer.name for writer in reversed(order) if pgoff in cast(range, writer.what)), OLD)
