# SPDX-License-Identifier: GPL-2.0-only
"""Reads folders of recordings: one JSON file a group, `{"header": {...}, "records": [...]}`, plain or gzipped."""
from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from numakit.errors import BadRecording
from numakit.kernel import UnknownKernel, version

DATA = Path(__file__).parent / "data"

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Recording:
    """One group of observations on one kernel. group: its letter; kernel: what header.kernel says."""

    path: Path
    kernel: str
    group: str
    header: Record
    records: tuple[Record, ...]

    @property
    def is_v3_8(self) -> bool:
        """Whether the records have v3.8's form (its prober wrote other fields than the modern one)."""
        return version(self.kernel) < (4,)

    def __repr__(self) -> str:
        return f"<{self.kernel}, group {self.group}: {len(self.records)} observations>"


@lru_cache(1)
def own() -> tuple[Recording, ...]:
    """The package's own recordings, oldest kernel first."""
    return tuple(sorted(read(DATA), key=lambda r: (version(r.kernel), r.kernel, r.group)))


def read(folder: Path | str) -> tuple[Recording, ...]:
    """All recordings of a folder, of the folders in it, or of one file. Raises BadRecording, naming what is wrong."""
    folder = Path(folder)
    if folder.is_file():
        return (_read_file(folder),)
    if not folder.is_dir():
        raise BadRecording(f"{folder}: no such file or folder")
    files = sorted(p for p in folder.rglob("*") if p.name.endswith((".json", ".json.gz")) and p.is_file())
    if not files:
        raise BadRecording(f"{folder}: no .json or .json.gz file is in it")
    return tuple(_read_file(p) for p in files)


def _read_file(path: Path) -> Recording:
    content = _parse(path)
    if not isinstance(content, dict) or not isinstance(content.get("header"), dict) \
            or not isinstance(content.get("records"), list):
        raise BadRecording(f"{path}: not an object with a header and a list of records")
    header, records = content["header"], content["records"]
    for number, record in enumerate(records):
        if not isinstance(record, dict):
            raise BadRecording(f"{path}: record {number} is not an object")
    try:
        version(header.get("kernel", ""))
    except UnknownKernel as error:
        raise BadRecording(f"{path}: header.kernel {header.get('kernel')!r} names no kernel") from error
    return Recording(path, header["kernel"], path.name[0], header, tuple(records))


def _parse(path: Path) -> object:
    """The JSON of a file. Raises BadRecording where it can't be read."""
    try:
        raw = path.read_bytes()
        return json.loads(gzip.decompress(raw) if path.name.endswith(".gz") else raw)
    except (OSError, EOFError, zlib.error, ValueError, RecursionError) as error:
        raise BadRecording(f"{path}: can't be read: {error}") from error
