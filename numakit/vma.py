# SPDX-License-Identifier: GPL-2.0-only
"""Vma and AddressSpace: what a process has mapped, and whose policy a page gets.

Addresses and lengths are in bytes, `pgoff` in pages, as in the kernel. A mapping of a tmpfs file has no policy of its
own that counts: the file's tree is asked.
"""
from __future__ import annotations

from dataclasses import dataclass, replace

from numakit.checks import is_whole
from numakit.errors import BadAddress, BadRange
from numakit.mempolicy import Mempolicy, policy_text
from numakit.shared_policy import checked_pgoff
from numakit.task import Task
from numakit.tmpfs import Inode, Mount

PAGE_SIZE = 4096
TASK_SIZE = (1 << 47) - PAGE_SIZE
"""The first address that no 64-bit x86 process can map (4-level page tables)."""

MMAP_BASE = 0x7F00_0000_0000
"""Where the model begins to map; the kernel chooses at random."""


@dataclass(frozen=True, slots=True)
class Vma:
    """One mapping: addresses [start, end), of a tmpfs file from page `pgoff` on, or anonymous (file None)."""

    start: int
    end: int
    file: str | None = None
    pgoff: int = 0
    shared: bool = True
    policy: Mempolicy | None = None

    @property
    def pages(self) -> int:
        """Its length in pages."""
        return (self.end - self.start) // PAGE_SIZE

    def address(self, page: int) -> int:
        """The address of its page number `page`, 0 for the first. Raises BadAddress."""
        if not is_whole(page, 0, self.pages):
            raise BadAddress(f"the mapping has no page {page!r}", f"0 to {self.pages - 1} would do",
                             "a touch outside every mapping gets SIGSEGV")
        return self.start + page * PAGE_SIZE

    def pgoff_of(self, address: int) -> int:
        """The file's page at an address within the mapping (linear_page_index)."""
        return self.pgoff + (address - self.start) // PAGE_SIZE

    def part(self, start: int, end: int) -> Vma:
        """The same mapping cut to [start, end)."""
        return replace(self, start=start, end=end, pgoff=self.pgoff_of(start))

    def __repr__(self) -> str:
        what = "anonymous" if self.file is None else f"{self.file} from page {self.pgoff}"
        kind = "shared" if self.shared else "private"
        return f"<{kind} mapping of {what}, {self.pages} pages, {policy_text(self.policy)}>"


@dataclass(frozen=True, slots=True)
class AddressSpace:
    """All mappings of one process, lowest address first."""

    vmas: tuple[Vma, ...] = ()

    def mmap(self, file: Inode | None = None, pages: int | None = None, pgoff: int = 0, shared: bool = True,
             at: int | None = None) -> AddressSpace:
        """The space with one more mapping: of a file's pages, or anonymous; `space.newest` gives it.

        pages: None for the rest of the file; at: an address, None for a free place with a gap around it.
        mmap() itself joins no neighbours here. Raises BadRange, BadAddress. Linux v3.8 mm/mmap.c, do_mmap_pgoff().
        """
        checked_pgoff(pgoff)
        count = _pages(file.pages - pgoff if pages is None and file is not None else pages)
        start = self._free_place() if at is None else checked_start(at)
        if file is None:  # a private mapping counts pages by address; a shared one is a file of its own, from page 0
            pgoff = 0 if shared else start // PAGE_SIZE
        vma = Vma(start, start + count * PAGE_SIZE, file.name if file is not None else None, pgoff, shared)
        self._check_place(vma)
        return AddressSpace(tuple(sorted((*self.vmas, vma), key=lambda v: v.start)))

    def _free_place(self) -> int:
        return max((v.end for v in self.vmas), default=MMAP_BASE) + PAGE_SIZE

    def _check_place(self, vma: Vma) -> None:
        if vma.end > TASK_SIZE:
            raise BadAddress(f"a mapping can't end at {vma.end:#x}", f"{TASK_SIZE:#x} or below would do",
                             "mmap fails with ENOMEM", "ENOMEM")
        if any(v.start < vma.end and vma.start < v.end for v in self.vmas):
            raise BadAddress(f"something is mapped at {vma.start:#x} already", "a free place would do",
                             "mmap with MAP_FIXED_NOREPLACE fails with EEXIST", "EEXIST")

    def munmap(self, vma: Vma) -> AddressSpace:
        """The space without one of its mappings. Raises BadAddress where it has no such mapping."""
        if vma not in self.vmas:
            raise BadAddress(f"{vma!r} is not mapped here", "one of space.vmas would do",
                             "munmap of a free range returns 0 and does nothing", "EINVAL")
        return AddressSpace(tuple(v for v in self.vmas if v != vma))

    def find(self, address: int) -> Vma:
        """The mapping that covers an address. Raises BadAddress."""
        for vma in self.vmas:
            if is_whole(address, vma.start, vma.end):
                return vma
        raise BadAddress(f"nothing is mapped at {address!r}", "an address within a mapping would do",
                         "a touch there gets SIGSEGV, get_mempolicy and mbind fail with EFAULT")

    @property
    def newest(self) -> Vma:
        """The mapping at the highest address: where `at` was not given, the newest. Raises BadAddress."""
        if not self.vmas:
            raise BadAddress("nothing is mapped", "mmap first", "a process without mappings has just exited")
        return self.vmas[-1]

    def __repr__(self) -> str:
        return f"<{len(self.vmas)} mappings: {', '.join(map(repr, self.vmas)) or 'none'}>"


def get_vma_policy(vma: Vma, address: int, mount: Mount | None, task: Task) -> Mempolicy | None:
    """The policy of one page of a mapping: the file's tree, else the mapping's own, else the task's, else None.

    For a tmpfs mapping, shared or private, the mapping's own policy is never looked at: where the tree has a hole,
    the task decides. Linux v3.8 mm/mempolicy.c, get_vma_policy(); mm/shmem.c, shmem_get_policy().
    """
    if vma.file is not None and mount is not None:
        own = mount[vma.file].policy(vma.pgoff_of(address))
    else:
        own = vma.policy
    return own if own is not None else task.policy


def checked_start(address: int) -> int:
    """An address at which a page may begin. Raises BadAddress."""
    if not is_whole(address, PAGE_SIZE, TASK_SIZE) or address % PAGE_SIZE:
        raise BadAddress(f"a mapping can't begin at {address!r}",
                         f"a multiple of {PAGE_SIZE} from {PAGE_SIZE} to {TASK_SIZE:#x} would do",
                         "mmap with MAP_FIXED fails with EINVAL, at page 0 with EPERM", "EINVAL")
    return address


def _pages(pages: int | None) -> int:
    if not is_whole(pages, 1, TASK_SIZE // PAGE_SIZE + 1):
        raise BadRange(f"a mapping of {pages!r} pages is empty or too long", "1 page or more would do",
                       "mmap fails with EINVAL for a length of 0 and with ENOMEM beyond the address space")
    return pages
