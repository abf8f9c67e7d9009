# SPDX-License-Identifier: GPL-2.0-only
"""What must hold of a file under any design: of its ranges as a setter's section ends, of all of it at the very end."""
from __future__ import annotations

from numakit.locking import Found, Step, Unlock, World, called
from numakit.proposals.fault import NONE
from numakit.proposals.file import LOCK, MUTEX, PAGES, SpNode, heap_of, mempolicy, seen_nodes, sp_node, tree_of
from numakit.proposals.mbind import history_of, policy_after


def section_ends(me: str, step: Step, world: World) -> tuple[Found, ...]:
    """Rule: when a setter releases a lock of the tree, the ranges are in order."""
    if me in "AB" and isinstance(step, Unlock) and step.name in (LOCK, MUTEX):
        return bad_ranges(world)
    return ()


def bad_ranges(world: World) -> tuple[Found, ...]:
    """bad_ranges, where a node is empty or overlaps the one before it."""
    before, found = SpNode(0, 0), []
    for name in tree_of(world):
        node = sp_node(world, name)
        if node.start >= node.end:
            found.append(f"[{node.start}, {node.end}), which is empty or reversed")
        elif node.start < before.end:
            found.append(f"[{before.start}, {before.end}) and [{node.start}, {node.end}), which overlap")
        before = max(before, node, key=lambda seen: seen.end)
    return (Found("bad_ranges", f"leaves in the tree {'; '.join(found)}"),) if found else ()


def all_ended(world: World) -> tuple[Found, ...]:
    """Judge the world in which all that began have ended."""
    return (*not_serializable(world), *leaks(world))


def not_serializable(world: World) -> tuple[Found, ...]:
    """not_serializable, where the pages' policies are those of no order of the setters."""
    nodes = seen_nodes(world)
    pages = tuple(next((n.value for n in nodes if n.start <= page < n.end), None) for page in range(PAGES))
    right = {order: tuple(policy_after(order, page) for page in range(PAGES))
             for order in history_of(world).final_orders()}
    if pages in right.values():
        return ()
    told = " ".join(value or "NULL" for value in pages)
    would_do = [f"{' then '.join(writer.name for writer in order) or 'nobody'} gives {' '.join(policies)}"
                for order, policies in right.items()]
    return (Found("not_serializable", f"ends last, and pages 0 to {PAGES - 1} have {told}; {', '.join(would_do)}"),)


def leaks(world: World) -> tuple[Found, ...]:
    """leak, where at the end an object lives that the tree does not hold, or a count is wrong."""
    nodes = {name: sp_node(world, name).policy for name in tree_of(world)}
    policies = [policy for policy in nodes.values() if policy is not None]
    lost = [name for name in heap_of(world) if name not in nodes and name not in policies]
    wrong = [f"{called(name)} ({heap_of(world)[name]}) is in no tree and never freed" for name in lost]
    wrong += [f"{called(name)}, in the tree, is freed" for name in policies if name not in list(heap_of(world))]
    wrong += [f"{called(name)} ({heap_of(world)[name]}) has the count {mempolicy(world, name).count}"
              for name in heap_of(world) if name in policies and mempolicy(world, name).count != policies.count(name)]
    if world.page != (world.pte != NONE):
        wrong.append(f"the page has {world.page} references, and its pte is {world.pte}")
    return (Found("leak", f"is the last to end, and {'; '.join(wrong)}"),) if wrong else ()
