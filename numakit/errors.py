# SPDX-License-Identifier: GPL-2.0-only
"""What can go wrong, each as a class of its own under the builtin that a caller would catch.

An error answers three questions: what came, what would do, and what Linux does.
"""
from __future__ import annotations

import errno as _errno
from typing import Any


class LinuxError(ValueError):
    """Input that the kernel refuses; `errno_name` says with which errno, by name."""

    errno_name = "EINVAL"

    def __init__(self, came: str, would_do: str, linux: str, errno_name: str | None = None):
        self.errno_name = errno_name or type(self).errno_name
        self._told = came, would_do, linux, errno_name
        super().__init__(f"{came}; {would_do}; {linux}")

    def __reduce__(self) -> tuple[Any, ...]:
        """How a process tells it to another."""
        return type(self), self._told, self.__dict__

    @property
    def errno(self) -> int:
        """The number behind `errno_name`, 22 for EINVAL."""
        return int(getattr(_errno, self.errno_name))


class InvalidNodes(LinuxError):
    """A node, or a list of nodes, that does not exist or does not parse."""


class InvalidPolicy(LinuxError):
    """A memory policy that the kernel refuses to make."""


class InvalidTopology(LinuxError):
    """Distances, CPUs or memory that don't make a machine."""


class InvalidMount(LinuxError):
    """A mount option that tmpfs refuses, or a file that a mount can't make."""


class BadAddress(LinuxError):
    """An address, or a range of them, that no mapping covers."""

    errno_name = "EFAULT"


class BadRange(LinuxError):
    """A range of pages or an offset that is empty, negative or too large."""


class BadPattern(LinuxError):
    """An access pattern that names no task there is, or answers in another shape.

    history: the rounds that were finished before, None where nothing was played.
    """

    history: Any = None


class NotEnoughMemory(MemoryError):
    """More memory is needed than is free; nothing was allocated yet."""


class BadRecording(ValueError):
    """A folder or file of recordings that can't be read; the message names it and says what is wrong."""


class BadSchedule(ValueError):
    """A schedule that does not read or can't be played, or the name of a design or scenario that there is none of."""


class KernelBug(RuntimeError):
    """The modelled kernel itself dies here: BUG(), as it was seen to do."""


class ModelError(RuntimeError):
    """The model was used in a way that makes its answer meaningless: a fault of the kit or of a design."""
