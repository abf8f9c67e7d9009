# SPDX-License-Identifier: GPL-2.0-only
"""Process: a task with its mappings and what stands behind them, and the page faults that bring pages in.

A page of a shared mapping is the file's. A page of a private mapping is the file's until it is written: then it is a
copy of one's own, placed by the policy that holds for the mapping at that address.
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from numakit import placement
from numakit.checks import is_whole
from numakit.errors import BadAddress, BadRange
from numakit.task import Task
from numakit.tmpfs import Mount, checked_page
from numakit.vma import PAGE_SIZE, AddressSpace, Vma, get_vma_policy


def nothing() -> Mapping[int, int]:
    """No pages: address -> nid, read-only."""
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Process:
    """A task and its memory. own: address -> nid of anonymous and copied pages; mapped: the addresses at which a page
    of a file is mapped. Both by the address of the page's first byte.
    """

    task: Task = Task()
    space: AddressSpace = AddressSpace()
    own: Mapping[int, int] = field(default_factory=nothing, hash=False)
    mapped: frozenset[int] = frozenset()

    def fork(self, cpu: int) -> Process:
        """A child on another CPU: the same mappings, the same policy, and no page mapped yet.

        fork() copies no page table of a shared mapping; pages of one's own are not followed into the child here.
        """
        return Process(replace(self.task, cpu=cpu), self.space)

    def node(self, address: int, mount: Mount) -> int | None:
        """The node of the page that this process sees at an address, None where it has none there.

        Any address within a page means that page. Raises BadAddress where nothing is mapped.
        """
        address = page_at(self, address)
        if address in self.own:
            return self.own[address]
        if address not in self.mapped:
            return None
        vma = self.space.find(address)
        return mount[str(vma.file)].nodes[vma.pgoff_of(address)]

    def nodes(self, vma: Vma, mount: Mount) -> tuple[int | None, ...]:
        """The node of each page of a mapping, as `node` gives it."""
        return tuple(self.node(a, mount) for a in addresses(vma))

    def __repr__(self) -> str:
        return f"<{self.task!r}, {len(self.space.vmas)} mappings, {len(self.own)} pages of its own>"


def addresses(vma: Vma, pages: Iterable[int] | None = None) -> list[int]:
    """The addresses of a mapping's pages, or of some of them by their place. Raises BadAddress."""
    if pages is not None and not isinstance(pages, Iterable):
        raise BadAddress(f"{pages!r} are no pages", "a list such as [0, 3] would do", "a program touches page by page")
    return [vma.address(p) for p in (range(vma.pages) if pages is None else pages)]


def page_at(process: Process, address: int) -> int:
    """The address of the first byte of the page that holds an address. Raises BadAddress where nothing is mapped."""
    process.space.find(address)
    return address - address % PAGE_SIZE


def pages_at(process: Process, where: Iterable[int]) -> list[int]:
    """The same for each of several addresses, in their order. Raises BadAddress."""
    if not isinstance(where, Iterable):
        raise BadAddress(f"{where!r} are no addresses", "a list, as `addresses(vma)` gives one, would do",
                         "a program touches memory address by address")
    return [page_at(process, address) for address in where]


def write(process: Process, mount: Mount, where: Iterable[int]) -> tuple[Process, Mount]:
    """The process and the mount after a write to each address: what is missing comes, a private page is copied.

    A file's page that a private mapping writes to is brought into the file as well, since the copy is made from it.
    Linux v3.8 mm/memory.c, do_cow_fault and do_wp_page by way of __do_fault(). Raises BadAddress, BadRange.
    """
    where = pages_at(process, where)
    process, mount = read(process, mount, where)
    vmas = {a: process.space.find(a) for a in where}
    copied = {a: node_of_own_page(vma, a, mount, process.task) for a, vma in vmas.items()
              if not vma.shared and vma.file is not None and a not in process.own}
    return replace(process, own=MappingProxyType({**process.own, **copied}),
                   mapped=process.mapped - frozenset(copied)), mount


def read(process: Process, mount: Mount, where: Iterable[int]) -> tuple[Process, Mount]:
    """The process and the mount after a read of each address: a file's page is mapped, an anonymous one is made.

    A page of one's own is read with no fault, whatever became of the file's. (Linux maps its zero page for the first
    read of an anonymous page; here it is made at once, as for a write.) Raises BadAddress, BadRange.
    """
    own, mapped = dict(process.own), set(process.mapped)
    for address in pages_at(process, where):
        vma = process.space.find(address)
        if address in own:
            continue
        if vma.file is None:
            own[address] = node_of_own_page(vma, address, mount, process.task)
        else:
            mount = need(mount, vma.file, vma.pgoff_of(address), process.task)
            mapped.add(address)
    return replace(process, own=MappingProxyType(own), mapped=frozenset(mapped)), mount


def need(mount: Mount, name: str, index: int, task: Task) -> Mount:
    """The mount after a task needed one page of a file."""
    file = mount[name]
    if file.nodes[checked_page(index, file)] is not None:
        return mount
    return mount.with_file(placement.touch(file, mount.machine, task, [index]))


def node_of_own_page(vma: Vma, address: int, mount: Mount, task: Task) -> int:
    """The node of an anonymous page, or of a private copy of a file's page.

    Linux v3.8 mm/mempolicy.c, alloc_pages_vma(): the policy in force at the address, interleaved by `vma_ilx`.
    """
    machine = mount.machine.within(task.allowed)
    policy = get_vma_policy(vma, address, mount, task)
    here = machine.node_of_cpu(task.cpu)
    return placement.node_of_new_page(policy, vma_ilx(vma, address, mount), here, machine)


def vma_ilx(vma: Vma, address: int, mount: Mount) -> int:
    """The interleave index of an address in a mapping: its page in the file, or its page number if anonymous.

    Since v6.7 a file's inode number is added, as in the file itself; before, nobody outside tmpfs knew of it.
    Linux v6.1 mm/mempolicy.c, interleave_nid(); v6.8, get_vma_policy().
    """
    index = vma.pgoff_of(address)
    if vma.file is None or not mount.machine.kernel.ilx_known_to_fault_path:
        return index
    return index + mount[vma.file].i_ino


def mapcount(processes: Iterable[Process], name: str, index: int) -> int:
    """How many page-table entries map one page of a file: what page_mapcount() says, tmpfs or not."""
    return sum(vma.start + (index - vma.pgoff) * PAGE_SIZE in p.mapped
               for p in processes for vma in p.space.vmas
               if vma.file == name and is_whole(index, vma.pgoff, vma.pgoff + vma.pages))


def punch(mount: Mount, name: str, first: int, pages: int) -> Mount:
    """The mount after MADV_REMOVE of pages of a file: they are gone for everybody, but for private copies.

    Whoever had them mapped is to `drop` them: the mount does not know its readers. Raises BadRange, InvalidMount.
    """
    file = mount[name]
    if not is_whole(first) or not is_whole(pages):
        raise BadRange(f"{pages!r} pages from page {first!r} on are no range", "whole numbers from 0 would do",
                       "madvise fails with EINVAL where a range wraps")
    gone = {checked_page(p, file) for p in range(first, first + pages)}
    return mount.with_file(replace(file, nodes=tuple(None if p in gone else n for p, n in enumerate(file.nodes))))


def drop(process: Process, where: Iterable[int]) -> Process:
    """The process after MADV_DONTNEED: its own pages are gone, a file's pages are unmapped and stay in the file.

    Raises BadAddress.
    """
    gone = frozenset(pages_at(process, where))
    return replace(process, own=MappingProxyType({a: n for a, n in process.own.items() if a not in gone}),
                   mapped=process.mapped - gone)
