# SPDX-License-Identifier: GPL-2.0-only
"""The fourteen claims of Hugh Dickins' mail of 21 December 2012, and of the mails that it quotes.

A row: number, who, date of sending, claim (the mail's own words stand in “ ”, all else is ours), status (a Status of
ledger.py), the test that decides it, the lesson that shows it, a note. A lesson that decides a claim changes its row.
"""
from __future__ import annotations

Row = tuple[str, str, str, str, str, str, str, str]

RIENTJES = ("David Rientjes", "20 Dec 2012")
TORVALDS = ("Linus Torvalds", "21 Dec 2012")
DICKINS = ("Hugh Dickins", "21 Dec 2012")

CLAIMS: tuple[Row, ...] = (
    ("C1", *RIENTJES,
     "This path is not worth optimising “at the cost of having both a spinlock and mutex”",
     "open", "", "09", ""),
    ("C2", *TORVALDS,
     "To avoid a partly duplicated sp_alloc is a weak reason for the mutex of b22d127a39dd",
     "open", "", "08", ""),
    ("C3", *TORVALDS,
     "“Conditional locking is error-prone”",
     "open", "", "10", ""),
    ("C4", *TORVALDS,
     "To release the page-table lock on a condition is “*guaranteed* to result in subtle locking issues”",
     "open", "", "10", ""),
    ("C5", *TORVALDS,
     "“drop the lock, allocate, re-get the lock, and see if we still need the new allocation” is beautiful code",
     "open", "", "11", ""),
    ("C6", *DICKINS,
     "Mel Gorman's patch is “incomplete as is”: huge_memory.c may need the same change",
     "open", "", "10", ""),
    ("C7", *DICKINS,
     "Anonymous pages of a private mapping from tmpfs “are subject to the same mempolicy as the shared file pages”",
     "shown", "tests/test_claims.py::test_c7_every_recorded_copy_lies_where_the_files_policy_wants_it", "04",
     "before v6.7 interleaved without the inode number"),
    ("C8", *DICKINS,
     "Something prevents khugepaged “from gathering those into THPages”: it didn't happen when tried",
     "open", "", "13", ""),
    ("C9", *DICKINS,
     "“page_mapcount has nothing to do with whether a page belongs to shm/shmem/tmpfs”",
     "shown", "tests/test_claims.py::test_c9_a_tmpfs_page_is_scanned_if_mapped_once_and_not_if_mapped_twice", "05",
     "it counts the page-table entries that map a page"),
    ("C10", *DICKINS,
     "It is “easy enough to reproduce Sasha's warning”, with a remount to mpol=local",
     "open", "", "06", ""),
    ("C11", *DICKINS,
     "The mutex and spinlock of Peter Zijlstra and David Rientjes would do for rc1",
     "open", "", "09", ""),
    ("C12", *DICKINS,
     "get_vma_policy() can be called first, “outside the page table lock”, and its answer passed to mpol_misplaced()",
     "open", "", "12", ""),
    ("C13", *DICKINS,
     "That does not work efficiently “unless it also returns the range that that policy is valid for”",
     "open", "", "12", ""),
    ("C14", *DICKINS,
     "“NUMA placement faults will be fighting shmem_alloc_page's choices”, since the i_ino offset is not exposed",
     "open", "", "14", ""),
)
