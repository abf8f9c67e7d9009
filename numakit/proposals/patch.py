# SPDX-License-Identifier: GPL-2.0-only
"""A patch of one's own: what it is made of, what it may do, and what is wrong with one that can't be searched."""
from __future__ import annotations

import re
from collections.abc import Callable, Generator
from dataclasses import replace
from inspect import signature
from typing import Any

from numakit.errors import ModelError
from numakit.locking import Guard, Step
from numakit.locking.steps import Act, Lock, Note, Unlock, steps_of
from numakit.proposals import file
from numakit.proposals.cases import LINES
from numakit.proposals.design import Design
from numakit.proposals.file import LOCK, MUTEX, PTL, Range
from numakit.proposals.mbind import ENOMEM, carve, sp_alloc, sp_free
from numakit.proposals.retry import alloc_new
from numakit.proposals.schedule import FORM

WORDS = (file.root_is_null, file.sp_lookup, file.sp_lookup_get, file.sp_next, file.cut, file.trim, file.sp_delete,
         file.sp_insert, file.insert_copy, file.mpol_put, file.kfree)
"""What a patch may do to the tree in one step."""
READS = (file.root_is_null, file.sp_lookup, file.sp_next)
PARTS = (carve, sp_alloc, alloc_new, sp_free)
"""And what it need not write anew: several steps each."""
SLEEPS = {PTL: False, LOCK: False, MUTEX: True}
TAKES = {"lookup": ("sp", "pgoff"), "replace": ("start", "end", "new")}
"""What a patch's two functions are called with."""


def unfit(design: object) -> str:
    """Why something is no patch, before it is run; "" where it is one."""
    if not isinstance(design, Design):
        return f"{design!r} is no patch; a Design would do: Design('mine', my_lookup, my_replace)"
    if not FORM.fullmatch(f"{design.name}:middle:0:1-2:1-2:"):
        return f"{design.name!r} can't stand in a schedule; a name of letters, digits and _ would do"
    return next((why for name in TAKES if (why := _uncallable(name, getattr(design, name)))), "")


def _uncallable(name: str, function: object) -> str:
    if not callable(function):
        return f"the {name} is {function!r}; a function would do: {_wanted(name)}"
    try:
        signature(function).bind(*TAKES[name])
    except (TypeError, ValueError) as error:
        return f"the {name} does not take what it is called with ({error}); {_wanted(name)} would do"
    return ""


def _wanted(name: str) -> str:
    return f"my_{name}({', '.join(TAKES[name])})"


def of_no_kernel(step: Step) -> str:
    """Why a step of a patch is refused: its lock is of the other kind, or its function is none of numakit's, and would
    do in one step, between which and the next nobody can come, whatever it likes."""
    if isinstance(step, Lock | Unlock):
        return _of_the_other_kind(step)
    if not isinstance(step, Act | Note):
        return ""
    function, name = step.function, getattr(step.function, "__name__", repr(step.function))
    if not callable(function):
        return f"{name} is no function; look and change want the function itself, as in change(trim, n, start, end)"
    if not (getattr(function, "__module__", None) or "").startswith("numakit."):
        return (f"the step {name} is a function of your own, which touches the world directly: all that "
                "it does would be one step, as no kernel does it. Functions of numakit.proposals.file would do: "
                f"{', '.join(word.__name__ for word in WORDS)}")
    if isinstance(step, Act) and function in WORDS and step.changes == (function in READS):
        return f"{name} {'only reads' if step.changes else 'changes the tree'}; {_step(function)} would do"
    return ""


def _of_the_other_kind(step: Lock | Unlock) -> str:
    sleeps = SLEEPS.get(step.name, step.sleeps)
    if sleeps == step.sleeps:
        return ""
    kind = "mutex" if sleeps else "spin"
    call = "lock" if isinstance(step, Lock) else "unlock"
    return f"{step}: that lock is a {'mutex' if sleeps else 'spinlock'}; {kind}_{call} would do"


def words() -> str:
    """What a patch is made of, as text: how each is called, and its docstring's first sentence."""
    calls = [_step(word) for word in WORDS]
    calls += [f"yield from {part.__name__}({', '.join(signature(part).parameters)})" for part in PARTS]
    told = [(word.__doc__ or "").replace("\n", " ").split(". ")[0].split(";")[0] for word in (*WORDS, *PARTS)]
    return "\n".join(f"{call:52} {' '.join(sentence.split()).rstrip('.')}"
                     for call, sentence in zip(calls, told, strict=True))


def _step(word: Callable[..., object]) -> str:
    call = ", ".join([word.__name__, *list(signature(word).parameters)[1:]])
    return f"{'look' if word in READS else 'change'}({call})"


PATCH = Guard(LINES, of_no_kernel)
"""What a patch under review may do."""


def answering(design: Design, scenario: str) -> Design:
    """The design, with its replace held to what a setter needs of it: 0, or ENOMEM where memory may be refused. Raises
    ModelError, as it runs, where it answers anything else."""
    def held_to_it(start: int, end: int, new: Range) -> Generator[Step, Any, int]:
        """The design's own replace, and a look at its answer."""
        err = yield from steps_of(design.replace(start, end, new), "the replace")
        if type(err) is not int or err not in (0, ENOMEM):
            raise ModelError(f"the replace answers {err}; 0 would do, or ENOMEM where memory was refused")
        if err and scenario != "failing":
            raise ModelError("the replace answers ENOMEM, and no memory was refused")
        return int(err)
    return replace(design, replace=held_to_it)


REMARKS = (
    (r"'generator' object|yields a generator",
     "A function of several steps, such as carve or alloc_new, is run by `yield from`"),
    (r"'(Act|Lock|Unlock|Allocation)' object|answers (Act|Lock|Unlock)\(",
     "That is a step which was not taken: a single step wants a plain `yield`; without one it does nothing"),
    (r"the world has no '", "The tree's locks are LOCK and MUTEX, without quotes"),
    (r"'Shared' object", "`sp` has nothing for you: the tree is reached by look and change, its locks are LOCK, MUTEX"),
    (r"'NoneType' object", "A look that finds no range answers None, and so does a request for memory that is refused"),
    (r"FrozenInstanceError", "What was read is a copy, and stays so: change(trim, n, start, end) alters the tree"),
    (r"depends? on (nothing else|more)",
     "The search runs your functions many times, and goes back: nothing may outlast a call, no global, no list or "
     "dictionary from outside, no chance, no clock"),
)


def explained(error: ModelError) -> str:
    """What a patch can't be searched for, and what that mostly comes from."""
    told = re.sub(r"<(generator|coroutine) object (\S+) at 0x[0-9a-f]+>", r"a \1 of \2", str(error))
    told = re.sub(r"^<string>:\d+: |(?<=<function )(\S+) at 0x[0-9a-f]+", r"\1", told).rstrip(": .")
    called = re.search(r"TypeError: (\w+)\(\) (missing|takes)", told)
    remarks = [f"It is called so: yield {_step(word)}" for word in WORDS if called and word.__name__ == called[1]]
    remarks += [remark for pattern, remark in REMARKS if re.search(pattern, told)]
    return ". ".join([told, *remarks[:1]])
