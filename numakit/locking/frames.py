# SPDX-License-Identifier: GPL-2.0-only
"""Where a suspended generator stands: two histories that leave the same line and the same locals are one state.

CPython keeps more than locals in a frame: an iterator of a `for`, the left side of `a + (yield b)`. Where such a value
waits on the frame's stack, its place is not told here, and histories stay apart: slower, never wrong.
"""
from __future__ import annotations

import dis
from collections.abc import Generator, Hashable, Iterator
from functools import cache
from types import CodeType, FrameType, GeneratorType
from typing import Any


def position(generator: Generator[Any, Any, Any]) -> Hashable | None:
    """Code, instruction and locals of the generator and of those that it waits for; None where that is not all."""
    frames: list[Hashable] = []
    waiting: object = generator
    while waiting is not None:
        if not isinstance(waiting, GeneratorType) or waiting.gi_frame is None:
            return None
        inner = waiting.gi_yieldfrom
        if stack_depths(waiting.gi_frame.f_code).get(waiting.gi_frame.f_lasti) != 1 + (inner is not None):
            return None
        frames.append(_place(waiting.gi_frame, inner))
        waiting = inner
    try:
        hash(key := tuple(frames))
    except TypeError:
        return None
    return key


def _place(frame: FrameType, inner: object) -> Hashable:
    seen = tuple((name, value.__class__, value) for name, value in frame.f_locals.items() if value is not inner)
    return frame.f_code, frame.f_lasti, seen


@cache
def stack_depths(code: CodeType) -> dict[int, int]:
    """How many values lie on the stack as each instruction begins, by its offset, where that can be told.

    Counted from the first RESUME on, along every jump; exception handlers are not followed.
    """
    ops = list(dis.get_instructions(code))
    at = {op.offset: i for i, op in enumerate(ops)}
    start = next((i for i, op in enumerate(ops) if op.opname == "RESUME"), 0)
    depths = {ops[start].offset: 0}
    ahead = [start]
    while ahead:
        i = ahead.pop()
        for follower, effect in _followers(ops, at, i):
            if ops[follower].offset not in depths:
                depths[ops[follower].offset] = depths[ops[i].offset] + effect
                ahead.append(follower)
    return depths


ENDS = {"RETURN_VALUE", "RETURN_CONST", "RAISE_VARARGS", "RERAISE"}


def _followers(ops: list[dis.Instruction], at: dict[int, int], i: int) -> Iterator[tuple[int, int]]:
    """What may run after an instruction, each with the change of depth on the way."""
    op = ops[i]
    arg = op.arg if op.opcode >= dis.HAVE_ARGUMENT else None
    jumps = op.opcode in dis.hasjrel or op.opcode in dis.hasjabs
    if jumps and op.argval in at:
        yield at[op.argval], dis.stack_effect(op.opcode, arg, jump=True)
    always = op.opname in ENDS or (op.opname.startswith("JUMP_") and "IF" not in op.opname)
    if not always and i + 1 < len(ops):
        yield i + 1, dis.stack_effect(op.opcode, arg, jump=False)
