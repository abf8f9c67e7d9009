# SPDX-License-Identifier: GPL-2.0-only
"""Tasks that pull, limits that hide, files that follow or do not."""
import numpy as np
import pytest

from numakit.errors import InvalidNodes, InvalidPolicy
from numakit.fights import bind, default_shmem, first_page, rate_limited, tug_of_war
from numakit.hinting import RATELIMIT_PAGES
from numakit.kernel import ALL, V3_8, V3_8_3, V3_13, V6_1, V6_8, V6_12, V6_18, V7_3
from numakit.rounds import OwnPart, PingPong


def by_turns(round, pages):
    """Both tasks touch in turn, twice each: 0, 0, 1, 1, 0, 0 ..."""
    return np.full(len(pages), round // 2 % 2)


# Two tasks, one file

def test_turns_of_one_and_two_rounds_counted_by_hand():
    # One round each: without the filter all pages move in all rounds but the first, with v3.8's filter none does.
    assert tug_of_war(V3_8, pattern=PingPong(), rounds=4).told["without"]["moves"] == 3 * 512
    assert tug_of_war(V3_8, pattern=PingPong(), rounds=4).told["with"]["moves"] == 0
    # Two rounds each: without it they move in rounds 2 and 4, with it a round later, in 3 and 5.
    free, filtered = tug_of_war(V3_8, pattern=by_turns, rounds=6).sides
    assert free.moves.tolist() == [0, 0, 512, 0, 512, 0]
    assert filtered.moves.tolist() == [0, 0, 0, 512, 0, 512]


def test_by_chance_half_of_the_page_rounds_move_without_the_filter_and_a_sixth_with_it():
    # With it a page waits for two in a row from the other node: 6 rounds on average.
    told = tug_of_war(V3_8, rounds=12, pages=512).told
    assert 0.46 < told["without"]["share"] < 0.51 and 0.12 < told["with"]["share"] < 0.18
    assert told["without"]["faults"] == told["with"]["faults"] == 12 * 512


def test_later_filters_let_the_first_fault_pass_so_more_moves():
    strict, early = (tug_of_war(k, kind="anon", pages=512, rounds=4).told["with"]["moves"] for k in (V3_8, V6_12))
    assert strict < early


def test_tasks_that_keep_to_their_parts_move_each_page_once_at_most():
    for kernel in (V3_8, V6_12):
        assert all(told["most moves of a page"] == 1
                   for told in tug_of_war(kernel, pattern=OwnPart(), rounds=4).told.values())


def test_a_file_that_is_not_scanned_is_said_so_and_memory_is_scanned():
    assert "no policy at the mapping's start" in tug_of_war(V6_1).sentence
    assert tug_of_war(V6_1, kind="anon", rounds=4).told["with"]["moves"] > 0


# The rate limit

def test_the_first_window_takes_32769_pages_for_each_node():
    free, limited = rate_limited(V3_8, rounds=2, pattern=OwnPart()).sides
    assert free.moves.tolist() == [0, 100_000]
    assert limited.history.migrations.tolist() == [[0] * 4, [0, RATELIMIT_PAGES + 1, RATELIMIT_PAGES + 1, 0]]
    assert limited.history.refused_by_limit.sum() == 100_000 - 2 * (RATELIMIT_PAGES + 1)


def test_v3_8s_scanner_keeps_off_and_v3_13s_comes_again():
    v3_8, v3_13 = (rate_limited(k, kind="anon").told["with"] for k in (V3_8, V3_13))
    assert v3_8["scans"] < 16 == v3_13["scans"]
    assert v3_13["refused"] > 0 and v3_13["moves"] > v3_8["moves"]


def test_a_file_that_fits_its_window_knows_no_limit():
    told = rate_limited(V3_8, pages=RATELIMIT_PAGES, rounds=8).told
    assert told["with"] == told["without"] and told["with"]["refused"] == 0


def test_nodes_that_there_are_not_are_refused():
    with pytest.raises(InvalidNodes):
        rate_limited(nodes=(1, 9))


# A file without a policy, and mpol=local

def test_default_tmpfs_was_balanced_in_v3_8_not_from_v3_13_and_again_since_the_fix():
    shares = default_shmem().told["by release"]
    assert {name for name, share in shares.items() if share == 1} == {
        "3.8-rc1", "3.8", "3.8-mutex", "3.8-split-mended", V3_8_3.name, V6_12.name, V7_3.name}
    assert {name for name, share in shares.items() if share == 0} == {k.name for k in (V3_13, V6_1, V6_8, V6_18)}


def test_mpol_local_pays_in_v3_8_and_is_left_alone_later():
    told = default_shmem(V3_8).told
    assert told["local"] == {"pages": 512, "moves": 0, "faults": 3 * 512}
    assert told["default"] == {"pages": 512, "moves": 512, "faults": 3 * 512}
    assert "pays and never gains" in default_shmem(V3_8).sentence
    for kernel in (V3_13, V6_1, V6_12, V7_3):
        assert default_shmem(kernel).told["local"] == {"pages": 48, "moves": 0, "faults": 0}


def test_the_second_fault_moves_a_page_in_v3_8_and_the_first_in_v6_12():
    assert default_shmem(V3_8).sides[0].moves.tolist() == [0, 0, 512, 0]
    assert default_shmem(V6_12).sides[0].moves.tolist() == [0, 48, 0, 0]


def test_a_task_that_stays_has_nothing_to_gain():
    assert default_shmem(V6_12, to=0).told["default"]["moves"] == 0
    assert "has run on node 0 alone" in default_shmem(V3_8, to=0).sentence


# BIND with and without the flag, and who decides for a mapping

@pytest.mark.parametrize("kernel", ALL, ids=repr)
def test_bound_pages_follow_with_the_flag_alone(kernel):
    told = bind(kernel).told
    assert told["bind:0-1"]["moves"] == 0
    if kernel.balancing_with:
        assert told["bind=balancing:0-1"]["moves"] == 48
    else:
        assert len(told) == 1 and "fails with EINVAL" in bind(kernel).sentence


def test_a_task_outside_the_mask_pays_for_faults_and_gains_nothing():
    told = bind(V6_1, nodes=(0, 2)).told["bind=balancing:0,2"]
    assert told["moves"] == 0 and told["faults"] == 4 * 48


def test_nodes_without_memory_are_refused_for_both_sides():
    with pytest.raises(InvalidPolicy):
        bind(nodes=(9,))


def test_one_page_opens_the_gate_for_all():
    plain, opened = first_page(V6_1).sides
    assert plain.moves.tolist() == [0] * 4 and opened.moves_of_page.tolist() == [1] * 48


def test_one_page_shuts_the_gate_for_all():
    plain, shut = first_page(V6_12, first="bind:0-1").sides
    assert plain.moves_of_page.tolist() == [1] * 48 and shut.moves.tolist() == [0] * 4


def test_v3_8_does_not_ask_the_first_page():
    _, changed = first_page(V3_8, first="bind:0-1").sides
    assert changed.moves_of_page.tolist() == [0] + [1] * 511


def test_the_first_page_moves_and_an_interleaved_rest_stays_as_recorded():
    _, side = first_page(V6_1, first="bind=balancing:0-1", rest="interleave:0-3").sides
    assert side.moves_of_page.tolist() == [1] + [0] * 47
