# SPDX-License-Identifier: GPL-2.0-only
"""The recordings' operations, done on the model: one small function for each word, in one place.

A Scene is the state between two operations: a mount, the prober's process, other processes that keep pages mapped.
"""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from numakit.errors import BadRecording, LinuxError
from numakit.machine import Machine
from numakit.mbind import set_mempolicy
from numakit.mempolicy import Flag, Mempolicy
from numakit.moving import MF, Moved, mbind, migrate_pages, move_pages
from numakit.nodemask import Nodemask
from numakit.process import Process, drop, need, punch, read, write
from numakit.tmpfs import Mount
from numakit.vma import MMAP_BASE, PAGE_SIZE, AddressSpace

Op = Sequence[Any]

GAP = 1 << 20
"""Pages between two mappings, so that no two ever touch."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a record stands. names: mapping -> its first address and pages; ino: what the created file gets.

    page_mod12: the address in pages of anonymous mappings, modulo 12, which decides where they begin to interleave;
    used_from: the nodes from which pages were used for seconds, in order.
    """

    mount: Mount
    process: Process = Process()
    others: tuple[Process, ...] = ()
    names: tuple[tuple[str, int, int], ...] = ()
    ino: int | None = None
    page_mod12: int = 0
    errno: int = 0
    used_from: tuple[int, ...] = ()
    asked: tuple[Mempolicy | None, ...] = ()

    def addresses(self, name: str, first: int = 0, pages: int | None = None) -> list[int]:
        """The addresses of a mapping's pages, by the mapping's name. Raises BadRecording."""
        for known, start, count in self.names:
            if known == name:
                last = count if pages is None else first + pages
                return [start + i * PAGE_SIZE for i in range(first, last)]
        raise BadRecording(f"no mapping is called {name!r}")

    def nodes(self, name: str) -> list[int | None]:
        """The nodes of a mapping's pages as the process sees them."""
        return [self.process.node(a, self.mount) for a in self.addresses(name)]

    def policy_at(self, name: str, page: int) -> Mempolicy | None:
        """What get_mempolicy with MPOL_F_ADDR says: the file's policy or the mapping's own, never the task's."""
        vma = self.process.space.find(self.addresses(name)[page])
        if vma.file is None:
            return vma.policy
        return self.mount[vma.file].policy(vma.pgoff_of(self.addresses(name)[page]))


def scene(machine: Machine, record: Mapping[str, Any]) -> Scene:
    """The scene before a record's operations."""
    return Scene(Mount.new(machine=machine), ino=record.get("ino"), page_mod12=record.get("vma_page_mod12", 0))


def play(at: Scene, ops: Sequence[Op]) -> Scene:
    """The scene after operations, each of which may fail: `errno` is the last one's. Raises BadRecording."""
    for op in ops:
        word, *args = op
        if word not in WORDS:
            raise BadRecording(f"{word!r} is no operation that is replayed here ({', '.join(WORDS)} are)")
        try:
            at = replace(WORDS[word](at, *args), errno=0)
        except LinuxError as error:
            at = replace(at, errno=error.errno)
    return at


def _mount(at: Scene, options: str) -> Scene:
    return replace(at, mount=Mount.new(options=options, machine=at.mount.machine))


def _remount(at: Scene, options: str) -> Scene:
    return replace(at, mount=at.mount.remount(options))


def _create(at: Scene, name: str, pages: int) -> Scene:
    return replace(at, mount=at.mount.create(name, pages, i_ino=at.ino))


def _map(at: Scene, name: str, file: str, kind: str, first: int, pages: int) -> Scene:
    start = _place(at)
    space = at.process.space.mmap(at.mount[file], pages, first, kind.startswith("shared"), start)
    return _mapped(at, name, space, start, pages)


def _anon(at: Scene, name: str, pages: int) -> Scene:
    start = _place(at)
    start += (at.page_mod12 - start // PAGE_SIZE) % 12 * PAGE_SIZE
    return _mapped(at, name, at.process.space.mmap(None, pages, shared=False, at=start), start, pages)


def _unnamed_file(at: Scene, name: str, pages: int) -> Scene:
    """Shared anonymous or SysV memory: a file without a name on the kernel's own tmpfs, which has no policy."""
    with_file = replace(at.mount, mpol=None).create(f"({name})", pages)
    at = replace(at, mount=replace(with_file, mpol=at.mount.mpol))
    return _map(at, name, f"({name})", "shared", 0, pages)


def _unmap(at: Scene, name: str) -> Scene:
    gone = at.process.space.find(at.addresses(name)[0])
    process = drop(at.process, at.addresses(name))
    return replace(at, process=replace(process, space=process.space.munmap(gone)))


def _place(at: Scene) -> int:
    return MMAP_BASE + len(at.names) * GAP * PAGE_SIZE


def _mapped(at: Scene, name: str, space: AddressSpace, start: int, pages: int) -> Scene:
    return replace(at, process=replace(at.process, space=space), names=(*at.names, (name, start, pages)))


def _cpu(at: Scene, cpu: int) -> Scene:
    return replace(at, process=replace(at.process, task=replace(at.process.task, cpu=cpu)))


def _touch(at: Scene, name: str) -> Scene:
    process, mount = write(at.process, at.mount, at.addresses(name))
    return replace(at, process=process, mount=mount)


def _look(at: Scene, name: str, pages: int | None = None) -> Scene:
    process, mount = read(at.process, at.mount, at.addresses(name, 0, pages))
    return replace(at, process=process, mount=mount)


def _ask(at: Scene, name: str, page: int) -> Scene:
    return replace(at, asked=(*at.asked, at.policy_at(name, page)))


def _write_file(at: Scene, name: str, first: int, pages: int) -> Scene:
    mount = at.mount
    for page in range(first, first + pages):
        mount = need(mount, name, page, at.process.task)
    return replace(at, mount=mount)


def _punch(at: Scene, name: str, first: int, pages: int) -> Scene:
    vma = at.process.space.find(at.addresses(name)[first])
    gone = at.addresses(name, first, pages)
    return replace(at, mount=punch(at.mount, str(vma.file), vma.pgoff_of(gone[0]), pages),
                   process=drop(at.process, gone))


def _drop(at: Scene, name: str, first: int, pages: int) -> Scene:
    return replace(at, process=drop(at.process, at.addresses(name, first, pages)))


def _mbind(at: Scene, name: str, first: int, pages: int, mode: int, flags: int, mask: int, mf: int) -> Scene:
    start = at.addresses(name)[0] + first * PAGE_SIZE
    return _moved(at, mbind(at.process, at.mount, start, pages * PAGE_SIZE, mode, Nodemask(mask), Flag(flags), MF(mf),
                            at.others))


def _set_mempolicy(at: Scene, mode: int, flags: int, mask: int) -> Scene:
    task = set_mempolicy(at.process.task, mode, Nodemask(mask), Flag(flags), at.mount.machine)
    return replace(at, process=replace(at.process, task=task))


def _migrate_pages(at: Scene, old: int, new: int) -> Scene:
    return _moved(at, migrate_pages(at.process, at.mount, Nodemask(old), Nodemask(new)))


def _move_pages(at: Scene, name: str, nodes: Sequence[int]) -> Scene:
    return _moved(at, move_pages(at.process, at.mount, dict(zip(at.addresses(name), nodes, strict=True)),
                                 at.others))


def _moved(at: Scene, moved: Moved) -> Scene:
    return replace(at, process=moved.process, mount=moved.mount)


def _fork_looks(at: Scene, name: str, cpu: int) -> Scene:
    child, mount = read(at.process.fork(cpu), at.mount, at.addresses(name))
    return replace(at, others=(*at.others, child), mount=mount)


def _second_looks(at: Scene, name: str, cpu: int) -> Scene:
    """Another process with a mapping of its own of the same pages reads them and keeps them mapped."""
    second = Process(replace(at.process.task, cpu=cpu), at.process.space)
    second, mount = read(second, at.mount, at.addresses(name))
    return replace(at, others=(*at.others, second), mount=mount)


def _use(at: Scene, name: str) -> Scene:
    """Pages used over and over: nothing by itself, but balancing goes on meanwhile."""
    at.addresses(name)
    return replace(at, used_from=(*at.used_from, at.mount.machine.node_of_cpu(at.process.task.cpu)))


def _nothing(at: Scene, *_: object) -> Scene:
    """What the model need not see: the CPU's batches emptied; another process that uses the pages meanwhile."""
    return at


WORDS: dict[str, Callable[..., Scene]] = {
    "mount": _mount, "remount": _remount, "create": _create, "map": _map, "anon": _anon, "cpu": _cpu, "touch": _touch,
    "look": _look, "ask": _ask, "write_file": _write_file, "punch": _punch, "drop": _drop, "mbind": _mbind,
    "set_mempolicy": _set_mempolicy, "migrate_pages": _migrate_pages, "move_pages": _move_pages,
    "fork_looks": _fork_looks, "second_looks": _second_looks, "shared_anon": _unnamed_file, "sysv": _unnamed_file,
    "unmap": _unmap, "drain": _nothing, "use": _use, "use_reading": _use, "fork_uses": _nothing}
