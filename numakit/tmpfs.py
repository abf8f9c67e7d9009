# SPDX-License-Identifier: GPL-2.0-only
"""tmpfs: a mount with its policy, its files, and what a remount does and does not do.

A Mount and an Inode are values: `tmp = tmp.create('f', 8)` gives a new mount, and the old one still answers.
"""
from __future__ import annotations

from dataclasses import dataclass, replace

from numakit.checks import is_whole
from numakit.errors import BadRange, InvalidMount, InvalidPolicy
from numakit.machine import Machine
from numakit.mempolicy import Mempolicy, Mode, contextualise, policy_text
from numakit.mount_data import mpol_options
from numakit.mount_option import mpol_parse_str, mpol_to_str
from numakit.nodemask import Nodemask, checked_nid
from numakit.shared_policy import SharedPolicy, checked_pgoff

FIRST_INO = 2
"""A fresh mount's root directory is inode 1, its first file 2, recorded on 6.1 and later.

Each mount counts for itself since e809d5f0b5c9 (v5.9, UNVERIFIED). Before, and still on the kernel's own mount (memfd,
SysV), one counter runs over all, in batches of 1,024 a CPU: there say `first_ino`."""

MAX_FILE_PAGES = 1 << 20
"""The largest file here, 4 GiB: of the model, not of Linux."""


@dataclass(frozen=True, slots=True)
class Inode:
    """One file: its number, the policy of its ranges, and the node of each of its pages (None: not there yet)."""

    name: str
    i_ino: int
    shared_policy: SharedPolicy
    nodes: tuple[int | None, ...]

    @property
    def pages(self) -> int:
        """The size in pages of 4 KiB."""
        return len(self.nodes)

    def policy(self, index: int = 0) -> Mempolicy | None:
        """The file's own policy for one page, None for none: then the task decides (shmem_get_policy)."""
        return self.shared_policy.lookup(index)

    def put(self, placed: dict[int, int]) -> Inode:
        """The file with pages on nodes: page -> nid. What is there stays where it is. Raises BadRange, InvalidNodes."""
        nodes = list(self.nodes)
        for page, nid in placed.items():
            if nodes[checked_page(page, self)] is None:
                nodes[page] = checked_nid(nid)
        return replace(self, nodes=tuple(nodes))

    def truncate(self, pages: int) -> Inode:
        """The file at another size: pages beyond it go, new ones are holes, the ranges' policies stay."""
        checked_size(pages)
        kept = self.nodes[:pages]
        return replace(self, nodes=kept + (None,) * (pages - len(kept)))

    def __repr__(self) -> str:
        return f"<{self.name}: inode {self.i_ino}, {self.pages} pages, {policy_text(self.policy())} on page 0>"


@dataclass(frozen=True, slots=True)
class Mount:
    """A mounted tmpfs: the policy that *new* files get, and the files that are there.

    mpol: without a context, None for default; stale: v3.8's remount left a freed policy in it.
    """

    path: str
    machine: Machine
    mpol: Mempolicy | None = None
    files: tuple[Inode, ...] = ()
    next_ino: int = FIRST_INO
    stale: bool = False

    @classmethod
    def new(cls, path: str = "/tmp", options: str = "", machine: Machine | None = None,
            first_ino: int = FIRST_INO) -> Mount:
        """mount -t tmpfs -o OPTIONS. Raises InvalidMount or InvalidPolicy where Linux says EINVAL.

        first_ino: what the first file gets; before v5.9 one counter ran over all mounts, so say it there.
        """
        machine = machine or Machine()
        chosen = _last_mpol(options, machine)
        return cls(path, machine, chosen[-1] if chosen else None, (), checked_pgoff(first_ino))

    def remount(self, options: str) -> Mount:
        """mount -o remount,OPTIONS: changes what *new* files get; no file, no tree and no page changes.

        mpol=default: v3.8 takes the policy away, later kernels keep it (`remount_default_clears`). Without mpol=
        v3.8 puts the old policy and keeps the pointer (`remount_keeps_mpol`); the model goes on with what was there
        and marks it stale. Raises InvalidMount or InvalidPolicy, and then nothing has changed.
        Linux v3.8 mm/shmem.c, shmem_remount_fs().
        """
        chosen = _last_mpol(options, self.machine)
        kernel = self.machine.kernel
        if not chosen:
            return replace(self, stale=self.stale or (self.mpol is not None and not kernel.remount_keeps_mpol))
        if chosen[-1] is None and not kernel.remount_default_clears:
            return self
        return replace(self, mpol=chosen[-1], stale=False)

    def create(self, name: str, pages: int, allowed: Nodemask | None = None, i_ino: int | None = None) -> Mount:
        """The mount with one more regular file of that many pages, none of them there yet.

        allowed: the creator's cpuset. Where it leaves no node of the mount's policy, the file silently has none.
        i_ino: another inode number than the next. Raises InvalidMount, BadRange.
        Linux v3.8 mm/shmem.c, shmem_get_inode(), and mm/mempolicy.c, mpol_shared_policy_init().
        """
        checked_size(pages)
        if not isinstance(name, str) or not name or "/" in name or name in self:
            raise InvalidMount(f"{name!r} can't be a new file of {self.path}", "a name that is not taken would do",
                               "open fails with EEXIST or ENOENT", "EEXIST")
        ino = self.next_ino if i_ino is None else checked_pgoff(i_ino)
        tree = whole_file(self.mpol, self.machine, allowed)
        file = Inode(name, ino, tree, (None,) * pages)
        return replace(self, files=(*self.files, file), next_ino=ino + 1)

    def with_file(self, changed: Inode) -> Mount:
        """The mount with one file in the place of that of the same name. Raises InvalidMount."""
        old = self[changed.name]
        return replace(self, files=tuple(changed if f is old else f for f in self.files))

    def __getitem__(self, name: str) -> Inode:
        for file in self.files:
            if file.name == name:
                return file
        have = ", ".join(f.name for f in self.files) or "no files"
        raise InvalidMount(f"{self.path} has no file {name!r}", f"it has {have}", "open fails with ENOENT", "ENOENT")

    def __contains__(self, name: object) -> bool:
        return any(f.name == name for f in self.files)

    def shown(self) -> str:
        """What /proc/mounts says of the policy: 'mpol=interleave:0-3', '' for none."""
        return mpol_to_str(self.mpol)

    @property
    def show_corrupts(self) -> bool:
        """Whether a look at /proc/mounts would now set a stray bit in memory (`Kernel.show_corrupts`)."""
        return self.machine.kernel.show_corrupts and self.mpol is not None and self.mpol.mode in (
            Mode.PREFERRED, Mode.LOCAL)

    def __repr__(self) -> str:
        note = " (freed: CVE-2013-1767)" if self.stale else ""
        return f"<{self.path} {self.shown() or 'mpol=default'}{note}>"


def whole_file(mpol: Mempolicy | None, machine: Machine, allowed: Nodemask | None = None) -> SharedPolicy:
    """A new file's tree: one range over the whole file, or empty where there is no policy or no node for it."""
    if mpol is None:
        return SharedPolicy()
    try:
        own = contextualise(mpol, machine, allowed)
    except InvalidPolicy:
        return SharedPolicy()  # mpol_shared_policy_init() has no way to fail: the file gets the default
    return SharedPolicy().replace(0, machine.kernel.whole_file_pages, own)


def _last_mpol(options: str, machine: Machine) -> list[Mempolicy | None]:
    """All mpol= of a data string, parsed; the caller takes the last. Raises where any of them is bad."""
    return [mpol_parse_str(value, machine) for value in mpol_options(options)]


def checked_size(pages: int) -> int:
    """A file's size in pages, if the model can hold it. Raises InvalidMount."""
    if not is_whole(pages, 1, MAX_FILE_PAGES + 1):
        raise InvalidMount(f"a file of {pages!r} pages has nothing to place", f"1 to {MAX_FILE_PAGES} would do",
                           "Linux makes an empty file, and a touch beyond its end gets SIGBUS")
    return pages


def checked_page(page: int, inode: Inode) -> int:
    """A page of a file, if it has it. Raises BadRange."""
    if checked_pgoff(page) >= inode.pages:
        raise BadRange(f"{inode.name} has no page {page}", f"0 to {inode.pages - 1} would do",
                       "a touch beyond the end of a file gets SIGBUS", "EFAULT")
    return page
