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
     "a judgement: here are its costs",
     "tests/claims/test_two_locks_and_a_released_one.py::"
     "test_c1_a_fault_pays_nothing_for_the_second_lock_and_a_replace_one_take_or_two",
     "09", "a replace takes three locks where one spinlock needs one or two"),
    ("C2", *TORVALDS,
     "To avoid a partly duplicated sp_alloc is a weak reason for the mutex of b22d127a39dd",
     "a judgement: here are its costs",
     "tests/claims/test_the_mutex.py::"
     "test_c2_the_mutex_costs_every_hinting_fault_its_right_to_ask",
     "08", "saves a lock and a search at a split; every hinting fault that asks may sleep"),
    ("C3", *TORVALDS,
     "“Conditional locking is error-prone”",
     "a judgement: here are its costs",
     "tests/claims/test_two_locks_and_a_released_one.py::"
     "test_c3_each_slip_of_a_caller_breaks_a_rule_of_its_own",
     "10", "four slips of a caller; no rule is broken by two of them"),
    ("C4", *TORVALDS,
     "To release the page-table lock on a condition is “*guaranteed* to result in subtle locking issues”",
     "never reached within the stated bounds",
     "tests/claims/test_two_locks_and_a_released_one.py::"
     "test_c4_the_conditional_release_as_posted_violates_nothing",
     "10", "the patch as posted; one entry, one fault, no walk over many"),
    ("C5", *TORVALDS,
     "“drop the lock, allocate, re-get the lock, and see if we still need the new allocation” is beautiful code",
     "a judgement: here are its costs",
     "tests/claims/test_retry_and_hoist.py::"
     "test_c5_the_idea_breaks_only_what_an_answer_used_late_breaks_and_costs_a_second_look_at_a_split",
     "11", "the idea holds; it was merged with three slips, mended in 2013 and 2022"),
    ("C6", *DICKINS,
     "A suspicion that Mel Gorman's patch is “incomplete as is”: huge_memory.c may need the same change",
     "refuted",
     "tests/claims/test_two_locks_and_a_released_one.py::"
     "test_c6_no_mapping_of_tmpfs_has_huge_pages_on_v3_8",
     "10", "in v3.8 no mapping with huge pages has a get_policy"),
    ("C7", *DICKINS,
     "Anonymous pages of a private mapping from tmpfs “are subject to the same mempolicy as the shared file pages”",
     "shown", "tests/test_claims.py::test_c7_every_recorded_copy_lies_where_the_files_policy_wants_it", "04",
     "before v6.7 interleaved without the inode number"),
    ("C8", *DICKINS,
     "Something prevents khugepaged “from gathering those into THPages”: it didn't happen when tried",
     "shown",
     "tests/claims/test_private_and_thp.py::"
     "test_c8_khugepaged_takes_anonymous_memory_and_leaves_every_private_tmpfs_mapping_alone",
     "13", "in v3.8 three gates refuse a mapping that has vm_ops; recorded 0 against 14,336 kB"),
    ("C9", *DICKINS,
     "“page_mapcount has nothing to do with whether a page belongs to shm/shmem/tmpfs”",
     "shown", "tests/test_claims.py::test_c9_a_tmpfs_page_is_scanned_if_mapped_once_and_not_if_mapped_twice", "05",
     "it counts the page-table entries that map a page"),
    ("C10", *DICKINS,
     "It is “easy enough to reproduce Sasha's warning”, with a remount to mpol=local",
     "shown",
     "tests/claims/test_the_warning.py::"
     "test_c10_after_a_remount_to_local_a_new_file_warns_and_an_older_one_does_not",
     "06", "recorded on v3.8.0 with the mutex put back"),
    ("C11", *DICKINS,
     "The mutex and spinlock of Peter Zijlstra and David Rientjes would do for rc1",
     "a judgement: here are its costs",
     "tests/claims/test_two_locks_and_a_released_one.py::"
     "test_c11_the_two_locks_mend_all_that_the_mutex_violates_and_let_a_reader_see_a_half_done_tree",
     "09", "no sleep, no deadlock; a reader may be told NULL"),
    ("C12", *DICKINS,
     "get_vma_policy() can be called first, “outside the page table lock”, and its answer passed to mpol_misplaced()",
     "shown",
     "tests/claims/test_retry_and_hoist.py::"
     "test_c12_who_asks_before_the_lock_neither_sleeps_in_it_nor_blocks_anybody",
     "12", "within the search's bounds; an answer may be older than the lock"),
    ("C13", *DICKINS,
     "That does not work efficiently “unless it also returns the range that that policy is valid for”",
     "shown",
     "tests/claims/test_retry_and_hoist.py::"
     "test_c13_without_its_range_an_answer_is_used_for_other_pages_or_asked_for_at_each_page",
     "12", "one look-up for each range instead of one for each page; inferred"),
    ("C14", *DICKINS,
     "“NUMA placement faults will be fighting shmem_alloc_page's choices”, since the i_ino offset is not exposed",
     "never reached within the stated bounds",
     "tests/claims/test_fights.py::"
     "test_c14_the_two_disagree_before_v6_7_and_no_release_lets_anybody_set_the_mark_that_would_move_a_page",
     "14", "real as code until v6.7, latent in every release checked; each page would have moved once for each time "
     "that it was allocated, which is inferred"),
)
