# SPDX-License-Identifier: GPL-2.0-only
"""The claim ledger's form: what a Claim is, which statuses it may have, and the table of all.

The claims themselves are in claims.py. A status other than OPEN names the test that decided it.
"""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from numakit.folding import folded
from numakit.learn import claims
from numakit.show.table import Table


class Status(StrEnum):
    """What has become of a claim."""

    SHOWN = "shown"
    REFUTED = "refuted"
    NEVER_REACHED = "never reached within the stated bounds"
    JUDGEMENT = "a judgement: here are its costs"
    OUT_OF_MODEL = "out of the model"
    OPEN = "open"


@dataclass(frozen=True, slots=True, repr=False)
class Claim:
    """One claim of the mail of 21 December 2012.

    `claim` is in our words, but for what stands in “ ”, which is the mail's; `date` is the day it was sent;
    `decided_by` is a test, "tests/test_x.py::test_y", and empty while the claim is open; `lesson` shows, or will show,
    what decides it.
    """

    number: str
    who: str
    date: str
    claim: str
    status: Status
    decided_by: str
    lesson: str
    note: str = ""

    @property
    def standing(self) -> str:
        """The status and the note."""
        return f"{self.status}; {self.note}" if self.note else str(self.status)

    def __repr__(self) -> str:
        told = f"{self.claim} [{self.standing}; lesson {self.lesson}]"
        return folded(f"{self.number} ({self.who}, {self.date}): {told}", 4)


@dataclass(frozen=True, slots=True, repr=False)
class Ledger:
    """All claims, in order; ledger["C7"] is one of them."""

    claims: tuple[Claim, ...]

    def __iter__(self) -> Iterator[Claim]:
        return iter(self.claims)

    def __len__(self) -> int:
        return len(self.claims)

    def __getitem__(self, number: str) -> Claim:
        found = {claim.number: claim for claim in self}
        if number not in found:
            raise KeyError(f"the ledger has no claim {number!r}; it has {', '.join(found)}")
        return found[number]

    def table(self) -> Table:
        """The ledger as a table: a row for each claim, its caption counting the open ones."""
        rows = tuple((c.number, c.who, c.date, c.claim, c.standing, c.lesson, c.decided_by or "none yet") for c in self)
        return Table(("claim", "who", "sent", "what is claimed", "status", "lesson", "decided by"), rows, self.caption)

    @property
    def caption(self) -> str:
        """What the table is, and how far it has come."""
        still_open = sum(claim.status is Status.OPEN for claim in self)
        return f"The claims of the mail of 21 December 2012, and what decides them ({still_open} of {len(self)} open)"

    def __repr__(self) -> str:
        return self.table().text()

    def _repr_html_(self) -> str:
        return self.table().html()


def ledger() -> Ledger:
    """The ledger of the mail's claims, as far as the kit has come."""
    return Ledger(tuple(Claim(*row[:4], Status(row[4]), *row[5:]) for row in claims.CLAIMS))
