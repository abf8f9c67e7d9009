# SPDX-License-Identifier: GPL-2.0-only
"""The years after the mail: what was settled when, by which commit, as far as it could be confirmed.

An id is a commit of Linux (or a tag). `unconfirmed` says what of a row was not seen for certain.
"""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from numakit.show.table import Table


@dataclass(frozen=True, slots=True)
class Year:
    """One thing that was settled: date, as the commit or the mail has it; release, the first that has it; ids, of
    commits; settled, in our words; lessons; claims, of the ledger; unconfirmed, "" where nothing is."""

    date: str
    release: str
    ids: tuple[str, ...]
    settled: str
    lessons: tuple[str, ...]
    claims: tuple[str, ...] = ()
    unconfirmed: str = ""

    @property
    def source(self) -> str:
        """The ids, or that a mail says it."""
        return ", ".join(self.ids) or "mails"


YEARS: tuple[Year, ...] = (
    Year("21 Dec 2012", "v3.8-rc1", (),
         "Released with the mutex under the page-table lock: no stop-gap went in", ("06", "08"), ("C11",),
         "v3.8-rc1's own tree was not read"),
    Year("2 Jan 2013", "v3.8-rc2", ("42288fe366c4", "d1c3ed669a2d"),
         "The spinlock is back, with drop, allocate, retry: no hinting fault sleeps under a lock any more",
         ("06", "11"), ("C2", "C5", "C11"), "that the commit is in rc2 (the second id) and not in rc3"),
    Year("2 Jan 2013", "v3.8", ("f2a07f40dbc6",),
         "Reading /proc/mounts no longer sets a stray bit after mpol=local or prefer: Hugh Dickins met it some days "
         "after he had recommended that remount", ("03", "06"), ("C10",)),
    Year("22 Feb 2013", "v3.8.3", ("5f00110f7273",),
         "A remount without mpol= no longer leaves a policy that is freed; since then none leads back to default",
         ("03",)),
    Year("25-28 Feb 2013", "v3.13", (),
         "The two slips of the split are mended: Sasha Levin's report, repairs by Hillf Danton and KOSAKI Motohiro",
         ("04", "11"), ("C5",), "both ids, and the first release with both: v3.8.3 has one of them, v3.13 both"),
    Year("2013", "v3.13", ("fc3147245d19",),
         "The scanner leaves out mappings whose policy lets no page move; files without a policy fall out with them",
         ("05", "14")),
    Year("2013", "v3.13", (),
         "Pages mapped more than once are scanned as well: the test of page_mapcount is gone", ("05",), ("C9",),
         "the commit's id"),
    Year("2016", "v4.6", ("4a8c7bb59ac8",),
         "The spinlock becomes an rwlock: look-ups no longer stand in each other's way on thousands of cores",
         ("11",), ("C1",), "the release"),
    Year("2021", "v5.12", ("bda420b98505",),
         "A policy can be told to let its pages move: BIND only, so that the fight of the offset stays out of reach",
         ("05", "14"), ("C14",)),
    Year("2022", "v5.18", ("4ad099559b00",),
         "The count of a spare that is not needed is set: the third slip, a leak", ("11",), ("C5",), "the release"),
    Year("Oct 2023", "v6.7", ("ddc1a5cbc05d", "2cafb582173f"),
         "Hugh Dickins' series shows the offset to the fault path too, and takes out the dead code that might have let "
         "the two fight", ("14",), ("C7", "C14"), "the release, which is inferred"),
    Year("29 Jun 2026", "", ("d230991493b5",),
         "Files without a policy are scanned again, as in v3.8", ("14",), (),
         "the release; the id is linux-next's. Not in v7.1.5"),
)
"""Only what settled a matter of the mail, or came of it. The hoist is not among them: it was never made."""


@dataclass(frozen=True, slots=True, repr=False)
class Years:
    """All rows in order."""

    rows: tuple[Year, ...] = YEARS

    def __iter__(self) -> Iterator[Year]:
        return iter(self.rows)

    def table(self) -> Table:
        """A row for each."""
        rows = tuple((y.date, y.release, y.source, y.settled, ", ".join(y.lessons), ", ".join(y.claims), y.unconfirmed)
                     for y in self)
        return Table(("date", "release", "commit", "what it settled", "lesson", "claim", "not confirmed"), rows,
                     "The years after the mail of 21 December 2012")

    def __repr__(self) -> str:
        return self.table().text()

    def _repr_html_(self) -> str:
        return self.table().html()


def years() -> Years:
    """The years after the mail, as a table."""
    return Years()
