# SPDX-License-Identifier: GPL-2.0-only
"""The mount option mpol=, read and written by each release's grammar: `mode[=flag][:nodes]`."""
from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from numakit.errors import InvalidNodes, InvalidPolicy
from numakit.kernel import Kernel
from numakit.machine import Machine
from numakit.mempolicy import (
    INTERLEAVING,
    NAMES,
    NO_NODES,
    Flag,
    Mempolicy,
    Mode,
    contextualise,
    modes_of,
    mpol_new,
    policy_text,
)
from numakit.nodelist import parse_digits, parse_regions
from numakit.nodemask import Nodemask

FLAGS = {"static": Flag.STATIC, "relative": Flag.RELATIVE}


@dataclass(frozen=True, slots=True)
class Parts:
    """An option cut up: mode, the flag after '=' and the list after ':', None where there is none."""

    mode: str
    flag: str | None
    nodes: str | None


def cut(text: str, kernel: Kernel) -> Parts:
    """The option's three parts: v3.8 reads the list before it cuts at '=', v6.1 cuts at the first '=' wherever it is.

    Linux v3.8 and v6.1 mm/mempolicy.c, mpol_parse_str().
    """
    if not kernel.flag_cut_first:
        head, colon, nodes = text.partition(":")
        mode, equals, flag = head.partition("=")
        if not equals:
            _, equals, flag = nodes.partition("=")  # which the list's parser sees too, and refuses
        return Parts(mode, flag if equals else None, nodes if colon else None)
    colon_at, equals_at = text.find(":"), text.find("=")
    ends = sorted(at for at in (colon_at, equals_at) if at >= 0)
    mode = text[:ends[0]] if ends else text
    return Parts(mode, _until(text, equals_at, colon_at), _until(text, colon_at, equals_at))


def _until(text: str, start: int, other: int) -> str | None:
    """What stands behind one mark, up to the other one if that comes later."""
    if start < 0:
        return None
    return text[start + 1:other] if other > start else text[start + 1:]


def mpol_parse_str(text: str, machine: Machine) -> Mempolicy | None:
    """The policy of an option such as 'interleave:0-3', without a context yet; None for 'default'.

    Raises InvalidPolicy, saying what came, what would do and that the mount fails with EINVAL.
    Linux v3.8 and v6.1 mm/mempolicy.c, mpol_parse_str().
    """
    if not isinstance(text, str):
        _refuse(text, "it is not text")
    parts = cut(text, machine.kernel)
    nodes = _parse_nodes(text, parts.nodes, machine)
    mode = _parse_mode(text, parts.mode, machine.kernel)
    _check_nodes(text, mode, parts.nodes, nodes)
    if mode is Mode.DEFAULT:
        return None  # a flag behind "default" is never looked at
    if mode is Mode.LOCAL and parts.flag is not None:
        _refuse(text, "local takes no flag")
    flags = _parse_flag(text, parts.flag)
    if parts.nodes is None and mode in INTERLEAVING:
        nodes = machine.memory
    try:
        # local is the oldest word for prefer without a node: the option knows it where system calls may not
        return mpol_new(Mode.PREFERRED if mode is Mode.LOCAL else mode, nodes, flags, machine.kernel)
    except InvalidPolicy as error:
        raise _refusal(text, str(error).split(";")[0]) from None


def policy_args(text: str, machine: Machine | None = None) -> tuple[Mode, Nodemask, Flag]:
    """A policy in the option's words as the arguments of mbind() and set_mempolicy(): mode, nodes, flags.

    Where the system calls have no word for local it is PREFERRED without a node, which is the same.
    """
    machine = machine or Machine()
    parsed = mpol_parse_str(text, machine)
    if parsed is None:
        return Mode.DEFAULT, NO_NODES, Flag.NONE
    if parsed.mode is Mode.LOCAL and not machine.kernel.local_by_system_call:
        return Mode.PREFERRED, NO_NODES, parsed.flags
    return parsed.mode, parsed.user_nodes, parsed.flags


def _parse_nodes(text: str, nodes: str | None, machine: Machine) -> Nodemask:
    """The list behind ':', all of whose nodes must have memory."""
    if nodes is None:
        return NO_NODES
    parse = parse_digits if machine.kernel.node_list == "digits" else parse_regions
    try:
        found = Nodemask(parse(nodes))
    except InvalidNodes as error:
        raise _refusal(text, str(error).split(";")[0]) from None
    if not found.issubset(machine.memory):
        missing = found - machine.memory
        what = f"node {missing}" if len(missing) == 1 else f"nodes {missing}"
        _refuse(text, f"names {what}, without memory ({machine.memory} {'has' if len(machine.memory) == 1 else 'have'}"
                      " some)")
    return found


def _parse_mode(text: str, word: str, kernel: Kernel) -> Mode:
    """The mode by its exact word, letter case included."""
    modes = {NAMES[m]: m for m in modes_of(kernel)}
    if word not in modes:
        _refuse(text, f"{word!r} is no mode of {kernel.title} ({', '.join(modes)} are)")
    return modes[word]


def _check_nodes(text: str, mode: Mode, listed: str | None, nodes: Nodemask) -> None:
    """Which modes want a list, which must not have one; prefer wants one number, digits only."""
    if mode is Mode.PREFERRED and listed is not None and not (listed.isascii() and listed.isdigit() or listed == ""):
        _refuse(text, "prefer takes one node, in digits only")
    if mode in (Mode.LOCAL, Mode.DEFAULT) and listed is not None:
        _refuse(text, f"{NAMES[mode]} takes no nodes")
    if mode in (Mode.BIND, Mode.PREFERRED_MANY) and listed is None:
        _refuse(text, f"{NAMES[mode]} needs a list of nodes")
    if listed is not None and not nodes:
        _refuse(text, "the list of nodes is empty")


def _parse_flag(text: str, word: str | None) -> Flag:
    if word is not None and word not in FLAGS:
        _refuse(text, f"{word!r} is no flag (static and relative are)")
    return FLAGS[word] if word is not None else Flag.NONE


def mpol_to_str(policy: Mempolicy | None) -> str:
    """What /proc/mounts shows of a mount's policy: '' for none, else 'mpol=' and mode, flag and nodes.

    Linux v3.8 mm/shmem.c, shmem_show_mpol().
    """
    return "" if policy is None else f"mpol={policy_text(policy)}"


def policy(text: str, machine: Machine | None = None, allowed: Nodemask | None = None) -> Mempolicy | None:
    """A policy in the option's words, fitted to the nodes of a machine: what a task or a file would hold.

    >>> policy('interleave=relative:1-2')
    Mempolicy('interleave=relative:1-2')
    """
    machine = machine or Machine()
    return contextualise(mpol_parse_str(text, machine), machine, allowed)


def _refuse(text: object, why: str) -> NoReturn:
    raise _refusal(text, why)


def _refusal(text: object, why: str) -> InvalidPolicy:
    return InvalidPolicy(f"mpol={text}: {why}" if isinstance(text, str) else f"mpol={text!r}: {why}",
                         "an option such as 'interleave:0-3', 'bind=static:1', 'prefer:0' or 'local' would do",
                         "mount and remount fail with EINVAL")
