# SPDX-License-Identifier: GPL-2.0-only
"""The fifteen properties that every design is judged by: when each is violated, and why it matters."""
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Property:
    """One property. violated_when: the rule; because: why a kernel must keep it, or what its violation costs; ends: a
    path ends with it, since nothing after it means anything."""

    name: str
    violated_when: str
    because: str
    ends: bool = False


ALWAYS = frozenset({"superseded_at_use"})
"""No design whose setters return is free of it."""
AT_THE_END = frozenset({"not_serializable", "leak"})
"""What is judged where all tasks that began have ended."""
PROPERTIES = {p.name: p for p in (
    Property("sleep_in_atomic", "a mutex_lock or a GFP_KERNEL allocation is reached while the task holds a spinlock",
             "who holds a spinlock must not give up the CPU: others spin for it, and may be the very ones to wait for"),
    Property("would_block_in_atomic", "a mutex is asked for under a spinlock while another task owns it",
             "here the task really would sleep with a spinlock held; sleep_in_atomic only says that it might"),
    Property("use_after_free", "a freed node or policy is read or put",
             "what lies there now is anybody's: garbage is read, or another's count is changed", ends=True),
    Property("sp_insert_bug", "the new range lies within a node of the tree as sp_insert is called",
             "sp_insert finds no side for it, and BUG() stops the task with its locks held", ends=True),
    Property("bad_ranges", "when a writer's section ends, ranges overlap or one is empty or reversed",
             "a look-up then finds one policy or another by the tree's shape, or none"),
    Property("not_serializable", "at the end the pages' policies are those of no order of the setters",
             "two mbinds at once may come in either order, but the file must look as after one of these orders"),
    Property("lookup_not_linearizable", "a look-up's answer was the page's policy at no moment of the look-up",
             "the fault is told a policy that the file never had there, often none at all"),
    Property("leak", "at the end an object lives that the tree does not hold, or a count is wrong",
             "memory is lost for good, or will be freed while it is in use"),
    Property("bad_unlock", "a task unlocks what it doesn't hold, takes what it holds, or ends holding a lock",
             "the lock's owner no longer has it to himself, or nobody ever gets it again", ends=True),
    Property("deadlock", "some task can never finish",
             "tasks wait for each other in a circle, or one goes round for ever"),
    Property("stale_pte", "a pte is written from a snapshot although it changed while the PTL was dropped",
             "the entry of a page that was taken away comes back, and maps memory that belongs to somebody else"),
    Property("freed_page", "a page without references is touched",
             "nobody keeps the page from being freed and given to somebody else", ends=True),
    Property("superseded_at_use", "a right answer is used after an mbind that replaced it has returned",
             "the page is judged by a policy of a moment ago. No mbind here waits for a fault, so that every "
             "design violates it whose setters return; the price is one wrong or missing move (inferred)"),
    Property("superseded_before_lock", "a right answer is used in a PTL section that began after it had been replaced",
             "the answer is older than the section that uses it: only who asks before the lock can be so late"),
    Property("outside_range", "a policy is used for a page outside the range that it was looked up for",
             "the page is judged by another page's policy"),
)}
