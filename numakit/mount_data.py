# SPDX-License-Identifier: GPL-2.0-only
"""The data string of a tmpfs mount, "size=1m,mpol=bind:0,2,mode=755", cut into options as each kernel cuts it."""
from __future__ import annotations

import re
from collections.abc import Callable

from numakit.errors import InvalidMount

SIZE = re.compile(r"(0[xX][0-9a-fA-F]+|\d+)?[kKmMgGtTpPeE]?", re.ASCII)
"""What memparse() reads: a number, perhaps hexadecimal, and a power of 1,024. lib/cmdline.c"""


def _is_size(value: str) -> bool:
    return bool(SIZE.fullmatch(value.removesuffix("%")) and value)


def _is_number(value: str) -> bool:
    return bool(SIZE.fullmatch(value) and value)


def _is_octal(value: str) -> bool:
    return bool(re.fullmatch(r"[0-7]+", value, re.ASCII))


VALUES: dict[str, Callable[[str], bool]] = {
    "size": _is_size, "nr_blocks": _is_number, "nr_inodes": _is_number, "mode": _is_octal, "uid": _is_number,
    "gid": _is_number, "huge": {"never", "always", "within_size", "advise"}.__contains__}
"""tmpfs options with a value, and what the value may be; only their form is looked at, by v6.1's rules.

Linux v6.1 mm/shmem.c, shmem_fs_parameters[]. That releases differ in these (huge= since v4.8, inode32 and inode64 since
v5.9, noswap since v6.4, what 3.8 skips on a remount) is not told apart: mpol= alone is held against the kernels."""

BARE = {"inode32", "inode64", "noswap", "ro", "rw", "sync", "async", "dirsync", "mand", "nomand", "lazytime",
        "nolazytime"}
"""Options without a value, those of every file system included. fs/fs_context.c"""


def split_options(data: str) -> list[str]:
    """The options of a data string: commas part them, but not before a digit, for the sake of mpol's lists.

    Linux v3.8 mm/shmem.c, shmem_parse_options().
    """
    if not isinstance(data, str):
        raise InvalidMount(f"the mount options {data!r} are not text", "a string such as 'mpol=local' would do",
                           "mount reads them as text")
    return [option for option in re.split(r",(?!\d)", data, flags=re.ASCII) if option]


def mpol_options(data: str) -> list[str]:
    """The values of all mpol= options, in order: each must parse, the last one counts. Raises InvalidMount.

    Every other option is checked for its form, because one bad option makes the whole mount fail.
    """
    found = []
    for option in split_options(data):
        name, equals, value = option.partition("=")
        if name == "mpol" and equals:
            found.append(value)
        elif not _known(name, value if equals else None):
            raise InvalidMount(f"the mount option {option!r} in {data!r} means nothing to tmpfs",
                               "options such as 'mpol=bind:0-1', 'size=50%' or 'mode=755' would do",
                               "mount fails with EINVAL")
    return found


def _known(name: str, value: str | None) -> bool:
    if value is None:
        return name in BARE
    return name in VALUES and VALUES[name](value)
