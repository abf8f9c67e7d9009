# SPDX-License-Identifier: GPL-2.0-only
"""Mempolicy: what a policy is, how the kernel makes one, fits it to the nodes allowed, and reads it back.

`None` stands for "no policy", which user space calls default: the kernel keeps a NULL pointer there.
"""
from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum, IntFlag
from typing import NoReturn

from numakit.checks import is_whole
from numakit.errors import InvalidPolicy
from numakit.kernel import Kernel
from numakit.machine import Machine
from numakit.nodemask import Nodemask, checked_mask, node_remap

NO_NODES = Nodemask()


class Mode(IntEnum):
    """The modes, with the numbers of include/uapi/linux/mempolicy.h."""

    DEFAULT = 0
    PREFERRED = 1
    BIND = 2
    INTERLEAVE = 3
    LOCAL = 4
    PREFERRED_MANY = 5
    WEIGHTED_INTERLEAVE = 6


INTERLEAVING = (Mode.INTERLEAVE, Mode.WEIGHTED_INTERLEAVE)
"""The modes that spread pages by an index."""


class Flag(IntFlag):
    """Mode flags as user space gives them, and the two internal ones of hinting faults.

    MOF: migrate on fault; MORON: migrate (on reference) towards the node that refers to the page.
    """

    NONE = 0
    MOF = 1 << 3
    MORON = 1 << 4
    BALANCING = 1 << 13
    RELATIVE = 1 << 14
    STATIC = 1 << 15


USER_FLAGS = Flag.STATIC | Flag.RELATIVE | Flag.BALANCING
"""What user space may give. Linux v6.1 include/uapi/linux/mempolicy.h, MPOL_MODE_FLAGS."""

NAMES = {Mode.DEFAULT: "default", Mode.PREFERRED: "prefer", Mode.BIND: "bind", Mode.INTERLEAVE: "interleave",
         Mode.LOCAL: "local", Mode.PREFERRED_MANY: "prefer (many)", Mode.WEIGHTED_INTERLEAVE: "weighted interleave"}
"""The words of the mount option and of numa_maps. Linux v6.1 mm/mempolicy.c, policy_modes[]."""


@dataclass(frozen=True, slots=True)
class Mempolicy:
    """One policy: the nodes that it works on, and the mask that the user gave.

    nodes: the effective nodes, after the cpuset and the folding of RELATIVE; user_nodes: as given.
    unset: for `local` in v3.8, what the memory held where the preferred node would stand: only `mpol_equal` looks.
    """

    mode: Mode
    nodes: Nodemask = NO_NODES
    flags: Flag = Flag.NONE
    user_nodes: Nodemask = NO_NODES
    unset: int = 0

    def __str__(self) -> str:
        return policy_text(self)

    def __repr__(self) -> str:
        return f"Mempolicy('{self}')"


def policy_text(policy: Mempolicy | None) -> str:
    """A policy in the mount option's words, 'bind=static:1-2'; 'default' for None.

    For a mount this is what /proc/mounts shows (v3.8 and v6.1 mm/mempolicy.c, mpol_to_str()). For a policy that was
    fitted to a cpuset it is the kit's own way to say it: with the user's nodes where a flag keeps them, where
    numa_maps prints the effective ones.
    """
    if policy is None:
        return NAMES[Mode.DEFAULT]
    words = [name for flag, name in FLAG_NAMES.items() if policy.flags & flag]
    flags = "=" + "|".join(words) if words else ""
    nodes = shown_nodes(policy)
    return f"{NAMES[policy.mode]}{flags}" + (f":{nodes}" if nodes else "")


FLAG_NAMES = {Flag.STATIC: "static", Flag.RELATIVE: "relative", Flag.BALANCING: "balancing"}


def shown_nodes(policy: Mempolicy) -> Nodemask:
    """The nodes that a policy is told with: the user's under STATIC or RELATIVE, else the effective ones."""
    return policy.user_nodes if policy.flags & (Flag.STATIC | Flag.RELATIVE) else policy.nodes


def checked_mode(mode: int, flags: Flag, kernel: Kernel) -> Mode:
    """The mode, if this release has it and it may carry these flags. Raises InvalidPolicy.

    Linux v6.1 mm/mempolicy.c, sanitize_mpol_flags().
    """
    if not is_whole(flags, 0, 1 << 32):
        _refuse(f"{flags!r} are no mode flags", "Flag.NONE or Flag.STATIC would do")
    if mode not in modes_of(kernel) or (mode == Mode.LOCAL and not kernel.local_by_system_call):
        _refuse(f"{mode!r} is no policy mode of {kernel.title}",
                f"one of {', '.join(NAMES[m] for m in modes_of(kernel))} would do")
    if flags & ~USER_FLAGS or (flags & Flag.BALANCING and not kernel.balancing_with):
        _refuse(f"{_names(flags)} is not for user space to set in {kernel.title}", "static or relative would do")
    if flags & Flag.STATIC and flags & Flag.RELATIVE:
        _refuse("static and relative exclude each other", "one of them would do")
    if flags & Flag.BALANCING and NAMES[Mode(mode)] not in kernel.balancing_with:
        _refuse(f"MPOL_F_NUMA_BALANCING can't go with {NAMES[Mode(mode)]} in {kernel.title}",
                f"{' or '.join(kernel.balancing_with)} would do")
    return Mode(mode)


def modes_of(kernel: Kernel) -> tuple[Mode, ...]:
    """The modes that a release's mount option knows; its system calls may not know LOCAL."""
    late = {Mode.PREFERRED_MANY: kernel.preferred_many, Mode.WEIGHTED_INTERLEAVE: kernel.weighted_interleave}
    return tuple(m for m in Mode if late.get(m, True))


def mpol_new(mode: int, nodes: Nodemask, flags: Flag, kernel: Kernel) -> Mempolicy | None:
    """A policy without a context: which modes want nodes, and which must not have any. Raises InvalidPolicy.

    Linux v3.8 and v6.1 mm/mempolicy.c, mpol_new().
    """
    mode, flags = checked_mode(mode, flags, kernel), Flag(flags)
    checked_mask(nodes)
    kept = bool(flags & (Flag.STATIC | Flag.RELATIVE))
    if mode in (Mode.DEFAULT, Mode.LOCAL) and nodes:
        _refuse(f"{NAMES[mode]} was given the nodes {nodes}", "no nodes would do")
    if mode is Mode.DEFAULT:
        return None
    if not nodes and (mode is Mode.PREFERRED or mode is Mode.LOCAL):
        return _local(mode, flags, kept, kernel)
    if not nodes:
        _refuse(f"{NAMES[mode]} names no node", "at least one node would do")
    return Mempolicy(mode, nodes, flags | _balancing(flags), nodes)


def _local(mode: Mode, flags: Flag, kept: bool, kernel: Kernel) -> Mempolicy:
    """local, and prefer without a node, which is the same. v3.8 took `local` with a flag by system call."""
    if kept and (mode is Mode.PREFERRED or kernel.local_is_a_mode):
        _refuse(f"{NAMES[mode]} names no node that {_names(flags)} could mean", "no flag, or a node, would do")
    return Mempolicy(Mode.LOCAL, flags=flags)


def _balancing(flags: Flag) -> Flag:
    """What MPOL_F_NUMA_BALANCING sets inside: move on fault, towards the one who faults."""
    return Flag.MOF | Flag.MORON if flags & Flag.BALANCING else Flag.NONE


def contextualise(policy: Mempolicy | None, machine: Machine, allowed: Nodemask | None = None) -> Mempolicy | None:
    """The policy on the nodes that have memory and that the cpuset allows. Raises InvalidPolicy where none is left.

    RELATIVE folds the user's mask onto them, else it is cut with them; PREFERRED keeps the first node.
    allowed: the task's cpuset (mems_allowed), None for all. Linux v3.8 and v6.1 mm/mempolicy.c, mpol_set_nodemask().
    """
    if policy is None or policy.mode is Mode.LOCAL:
        return policy
    usable = machine.memory if allowed is None else machine.memory & checked_mask(allowed)
    nodes = _fit(policy.user_nodes, policy.flags, usable)
    if not nodes:
        _refuse(f"'{policy}' leaves no node of {usable or 'an empty set'}, which have memory and are allowed",
                "a node with memory would do")
    return replace(policy, nodes=_kept(policy.mode, nodes))


def _fit(user: Nodemask, flags: Flag, usable: Nodemask) -> Nodemask:
    """The user's nodes on the usable ones: folded onto them under RELATIVE, else cut with them."""
    if flags & Flag.RELATIVE:
        return user.fold(len(usable)).onto(usable) if usable else NO_NODES
    return user & usable


def _kept(mode: Mode, nodes: Nodemask) -> Nodemask:
    """PREFERRED keeps one node, the first; the others keep all."""
    return Nodemask.of(nodes.first) if mode is Mode.PREFERRED else nodes


def rebind(policy: Mempolicy | None, old: Nodemask, new: Nodemask, kernel: Kernel) -> Mempolicy | None:
    """A task's or a mapping's policy after its cpuset went from `old` to `new`, both nodes with memory.

    A file's tree is *not* rebound: mpol_rebind_mm() visits the mappings alone. v3.8's two steps for a task, which
    keep the mask from being empty for a moment, have this as their result.
    Linux v3.8 mm/mempolicy.c, mpol_rebind_policy(), mpol_rebind_nodemask(), mpol_rebind_preferred().
    """
    if policy is None or not new or (policy.mode is Mode.LOCAL and not policy.user_nodes):
        return policy
    if policy.mode in (Mode.PREFERRED, Mode.PREFERRED_MANY) and not kernel.preferred_follows_cpuset:
        return policy
    if policy.mode in (Mode.PREFERRED, Mode.LOCAL):
        return _rebind_preferred(policy, old, new)
    if policy.flags & (Flag.STATIC | Flag.RELATIVE):
        return replace(policy, nodes=_fit(policy.user_nodes, policy.flags, new) or new)
    if policy.flags & Flag.BALANCING and kernel.balancing_reads_back_raw:
        # One field holds the user's mask or the old cpuset: with BALANCING the kernel takes one for the other.
        return replace(policy, nodes=policy.nodes.remap(policy.user_nodes, new) or new, user_nodes=new)
    return replace(policy, nodes=policy.nodes.remap(old, new) or new)


def _rebind_preferred(policy: Mempolicy, old: Nodemask, new: Nodemask) -> Mempolicy:
    """v3.8's PREFERRED: STATIC is local while its node is not allowed, else the node is remapped."""
    if policy.flags & Flag.STATIC:
        node = policy.user_nodes.first
        there = (Mode.PREFERRED, Nodemask.of(node)) if node in new else (Mode.LOCAL, NO_NODES)
        return replace(policy, mode=there[0], nodes=there[1])
    if policy.flags & Flag.RELATIVE:
        return replace(policy, nodes=Nodemask.of(_fit(policy.user_nodes, policy.flags, new).first))
    return replace(policy, nodes=Nodemask.of(node_remap(policy.nodes.first, old, new)))


def read_back(policy: Mempolicy | None, kernel: Kernel) -> tuple[int, int, int]:
    """What get_mempolicy gives for a policy: (mode, mode flags, mask of nodes as bits).

    With a flag that keeps the user's mask the raw mask comes back, nodes that don't exist included; before LOCAL
    was a mode, it reads as PREFERRED without nodes (v3.8's LOCAL with a flag reads back memory that nobody set: here
    no nodes). Linux v6.1 mm/mempolicy.c, do_get_mempolicy().
    """
    if policy is None:
        return (0, 0, 0)
    raw = Flag.STATIC | Flag.RELATIVE | (Flag.BALANCING if kernel.balancing_reads_back_raw else Flag.NONE)
    mode = policy.mode
    if mode is Mode.LOCAL:
        number = mode if kernel.local_is_a_mode else Mode.PREFERRED
        return int(number), int(policy.flags & USER_FLAGS), policy.user_nodes.bits
    nodes = policy.user_nodes if policy.flags & raw else policy.nodes
    return int(mode), int(policy.flags & USER_FLAGS), nodes.bits


def mpol_equal(a: Mempolicy | None, b: Mempolicy | None) -> bool:
    """Whether mbind takes two policies for the same: mode, flags, nodes, and the user's mask where a flag keeps it.

    v3.8 compares two `local` by a node that nothing sets: by chance, told here by `unset`, 0 unless the caller says
    otherwise; since v5.14 local equals local. Linux v6.1 mm/mempolicy.c, __mpol_equal().
    """
    if a is None or b is None:
        return a is b
    kept = a.flags & (Flag.STATIC | Flag.RELATIVE | Flag.BALANCING)
    mine, other = (p.user_nodes if kept else NO_NODES for p in (a, b))
    return (a.mode, a.flags, a.nodes, mine, a.unset) == (b.mode, b.flags, b.nodes, other, b.unset)


def _names(flags: Flag) -> str:
    return " and ".join(name for flag, name in FLAG_NAMES.items() if flags & flag) or f"the flag {int(flags):#x}"


def _refuse(came: str, would_do: str) -> NoReturn:
    raise InvalidPolicy(came, would_do, "set_mempolicy and mbind fail with EINVAL")
