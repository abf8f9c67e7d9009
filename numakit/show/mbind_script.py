# SPDX-License-Identifier: GPL-2.0-only
"""A script of mbind calls by several processes that map one file, and what stands after each call."""
from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from numakit.errors import BadRange, KernelBug
from numakit.kernel import Kernel
from numakit.machine import Machine
from numakit.mbind import make_policy, mbind
from numakit.mempolicy import Mempolicy, policy_text
from numakit.mount_option import policy_args
from numakit.show.mbind_visits import Visit, pages_text, visits
from numakit.task import Task
from numakit.tmpfs import Mount
from numakit.topology import recorded4, recorded4_v3_8
from numakit.vma import PAGE_SIZE, AddressSpace

FILE_PAGES = 32
FILE = "f"
LONGEST = 12  # calls

Call = tuple[str, int, int, str]
"""Process, first page, number of pages, policy in the option's words: ('A', 8, 8, 'bind:3')."""


@dataclass(frozen=True, slots=True)
class State:
    """Every process's mappings and the file, after a call. owners: for each page who changed its policy last.

    visits: what the call came to; bug: what the kernel died of; then all else is as before the call.
    """

    spaces: dict[str, AddressSpace]
    mount: Mount
    owners: tuple[str, ...]
    visits: tuple[Visit, ...] = ()
    bug: str = ""

    def policies(self) -> tuple[Mempolicy | None, ...]:
        """What the file's tree says for each of its pages."""
        return tuple(self.mount[FILE].policy(page) for page in range(FILE_PAGES))


def parse_script(text: str) -> tuple[Call, ...]:
    """'A 8-15 bind:3; B 0 default' as calls. Raises BadRange for what does not read so."""
    parts = [part.strip() for part in re.split(r"[;\n]", text) if part.strip()]
    return tuple(_parse_call(part) for part in parts)


def _parse_call(text: str) -> Call:
    found = re.fullmatch(r"([A-Z])\s+(\d{1,9})(?:\s*-\s*(\d{1,9}))?\s+(\S.*)", text)
    if found is None:
        raise BadRange(f"{text!r} is no call", "a process, pages and a policy would do, such as 'A 8-15 bind:3'",
                       "mbind takes an address, a length, a mode and nodes")
    first = int(found[2])
    last = int(found[3]) if found[3] else first
    return found[1], first, last - first + 1, found[4]


def script_text(calls: Sequence[Call]) -> str:
    """Calls as the text that parse_script reads."""
    return "; ".join(f"{who} {first}-{first + pages - 1} {policy}" if pages > 1 else f"{who} {first} {policy}"
                     for who, first, pages, policy in calls)


def call_text(call: Call) -> str:
    """A call in words: 'A: mbind(pages 8 to 15, bind:3)'."""
    who, first, pages, policy = call
    return f"{who}: mbind({pages_text(first, first + pages)}, {policy})"


def machine_for(kernel: Kernel) -> Machine:
    """A machine of four nodes as the recordings of such a kernel were made on."""
    return Machine(recorded4() if kernel.node_load != "set falling" else recorded4_v3_8(), kernel)


def states(calls: Sequence[Call], options: str, kernel: Kernel) -> tuple[State, ...]:
    """The state before the first call and after each, as far as the kernel lives. Raises BadRange, InvalidPolicy."""
    for call in calls:
        _check(call)
    if len(calls) > LONGEST:
        raise BadRange(f"{len(calls)} calls are too many to draw", f"{LONGEST} would do", "Linux has no such limit")
    machine = machine_for(kernel)
    mount = Mount.new("/tmp", options, machine).create(FILE, FILE_PAGES)
    space = AddressSpace().mmap(mount[FILE])
    names = sorted({"A", "B"} | {who for who, *_ in calls})
    found = [State(dict.fromkeys(names, space), mount, ("mount",) * FILE_PAGES)]
    for call in calls:
        found.append(after(found[-1], call))
        if found[-1].bug:
            break
    return tuple(found)


def after(state: State, call: Call) -> State:
    """The state after one more call. Raises InvalidPolicy where the kernel refuses the policy."""
    (who, first, pages, text), machine = call, state.mount.machine
    mode, nodes, flags = policy_args(text, machine)
    space = state.spaces[who]
    start = space.vmas[0].start + first * PAGE_SIZE
    new = make_policy(mode, nodes, flags, machine, Task())
    told, _ = visits(space, start, start + pages * PAGE_SIZE, new, machine.kernel)
    try:
        space, mount = mbind(space, state.mount, start, pages * PAGE_SIZE, mode, nodes, flags)
    except KernelBug as error:
        return replace(state, visits=told, bug=str(error))
    done = State({**state.spaces, who: space}, mount, state.owners, told)
    pairs = zip(state.policies(), done.policies(), state.owners, strict=True)
    return replace(done, owners=tuple(owner if old == now else who for old, now, owner in pairs))


def _check(call: Call) -> None:
    who, first, pages, _ = call
    if pages < 1 or first + pages > FILE_PAGES:
        raise BadRange(f"{who} names {pages} pages from page {first} on", f"pages 0 to {FILE_PAGES - 1} would do",
                       "mbind fails with EFAULT beyond the mapping, and does nothing for no page")




def runs(texts: Sequence[str]) -> tuple[tuple[int, int, str], ...]:
    """Equal texts in a row as [start, end) with the text."""
    found: list[tuple[int, int, str]] = []
    for page, text in enumerate(texts):
        if found and found[-1][2] == text:
            found[-1] = (found[-1][0], page + 1, text)
        else:
            found.append((page, page + 1, text))
    return tuple(found)


def policies_text(policies: Sequence[Mempolicy | None]) -> str:
    """Which pages of a file have which policy: '0-7 default, 8-15 bind:3'."""
    return ", ".join(f"{start}-{end - 1} {text}" if end > start + 1 else f"{start} {text}"
                     for start, end, text in runs([policy_text(p) for p in policies]))
