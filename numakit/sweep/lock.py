# SPDX-License-Identifier: GPL-2.0-only
"""A file for one sweep at a time: locked against other processes, and remembered in this one."""
from __future__ import annotations

import errno
import os
import threading

from numakit.sweep.told import BadSweep

try:
    import fcntl
except ImportError:   # Windows, a browser: there, only this process is kept out
    fcntl = None  # type: ignore[assignment]

Key = tuple[int, int]

_GUARD = threading.Lock()
_CLAIMED: set[Key] = set()


def claim(path: str) -> tuple[int, Key]:
    """Open a file to read it and to append to it, for us alone; it is made if need be. Raises BadSweep, OSError."""
    with _GUARD:
        # Asked before it is opened: to close a second descriptor of a file gives up this process's lock on it.
        if os.path.exists(path) and _key(os.stat(path)) in _CLAIMED:
            raise _busy(path)
        fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        try:
            _lock(fd, path)
        except BaseException:
            os.close(fd)
            raise
        key = _key(os.fstat(fd))
        _CLAIMED.add(key)
        return fd, key


def give_back(fd: int, key: Key) -> None:
    """Close the file; another sweep may have it."""
    with _GUARD:
        _CLAIMED.discard(key)
        os.close(fd)


def _lock(fd: int, path: str) -> None:
    """A lock of the process and not of the open file: workers that outlive a killed sweep don't hold it."""
    try:
        if fcntl:
            fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EAGAIN):
            raise _busy(path) from None
        # A file system without locks: each line is one append, so two runs do the work twice and lose none of it.


def _key(found: os.stat_result) -> Key:
    return found.st_dev, found.st_ino


def _busy(path: str) -> BadSweep:
    return BadSweep(f"{path} is being written by another sweep", "wait for its end, or name another file",
                    "two at once would run each point twice")
