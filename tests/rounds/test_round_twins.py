# SPDX-License-Identifier: GPL-2.0-only
"""The twins: `play` in arrays gives what `play_plainly` gives page by page, to the last page, for any chunk."""
from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import policies, topologies

from numakit.errors import KernelBug
from numakit.hinting import rate_limit
from numakit.kernel import V3_8, V3_13, V6_1, V6_8, V6_12, V6_18, V7_3
from numakit.machine import Machine
from numakit.mempolicy import Flag
from numakit.shared_policy import SharedPolicy
from numakit.topology import ladder8, ring4, two_sockets

rounds = pytest.importorskip("numakit.rounds")

internal = st.sampled_from([Flag.NONE, Flag.NONE, Flag.MOF, Flag.MOF | Flag.MORON])
kernels = st.sampled_from([V3_8, V3_13, V6_1, V6_8, V6_12, V6_18, V7_3])


def by_hand(round, pages):
    """A user's function: task 1, task 0 or nobody."""
    return (pages * 7 + round * 3) % 3 - 1


def now_and_then(round, pages):
    """A user's function: task 0 or nobody."""
    return -((pages * 5 + round * 2) % 3 // 2)


patterns = st.sampled_from([
    rounds.OwnPart(), rounds.PingPong(), rounds.Random(), rounds.RoundRobin(), rounds.Zipf(0.3), rounds.Zipf(2),
    rounds.SharedPart(0.4), rounds.SharedPart(1), rounds.Phases(2), by_hand])

patterns_of_one = st.sampled_from([rounds.OwnPart(), rounds.Zipf(0.1), now_and_then])


@st.composite
def trees(draw, machine, pages):
    """A file's policies: none, or a few ranges, some with the internal flags."""
    tree = SharedPolicy()
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, pages - 1))
        policy = draw(policies(machine))
        policy = policy and replace(policy, flags=policy.flags | draw(internal))
        tree = tree.replace(start, draw(st.integers(start + 1, pages + 9)), policy)
    return tree


def runners(machine):
    """Tasks that stay or move, with or without a preferred node."""
    nid = st.integers(0, machine.topology.nodes - 1)
    nodes = st.lists(nid, min_size=1, max_size=3).map(tuple)
    return st.builds(rounds.Runner, nodes, st.integers(1, 2), st.none() | nid)


@st.composite
def scenarios(draw, kernels=kernels):
    """Anything that fits: v3.8's gate of 512 pages is opened for small mappings."""
    kernel = replace(draw(kernels), small_vma_gate=False)
    if draw(st.integers(0, 9)) == 0:
        kernel = replace(kernel, two_stage_filter="none")
    machine = Machine(draw(topologies(most=5)), kernel)
    pages = draw(st.integers(1, 40))
    tasks = draw(st.lists(runners(machine), min_size=1, max_size=4).map(tuple))
    nid = st.integers(0, machine.topology.nodes - 1)
    start = st.none() | st.integers(0, len(tasks) - 1) | st.lists(nid, min_size=pages, max_size=pages)
    return rounds.Scenario(
        machine, pages, tasks, draw(patterns if len(tasks) > 1 else patterns_of_one),
        draw(st.sampled_from(["shmem", "anon"])), draw(st.booleans()),
        draw(trees(machine, pages)), draw(st.integers(0, 9)), draw(st.none() | policies(machine)),
        draw(st.sampled_from([1, 1, 1, 2])), draw(start), draw(st.sampled_from([1, 7, 100, 1000])),
        draw(st.integers(0, 5)))


def outcome(play, *args):
    """A history, or the BUG() that the kernel hits."""
    try:
        return play(*args)
    except KernelBug as bug:
        return str(bug)


@settings(max_examples=300)
@given(scenarios(), st.integers(1, 8), st.sampled_from([1, 7, 64, None]))
def test_arrays_and_loop_agree_to_the_last_page(scenario, count, chunk):
    plain = outcome(rounds.play_plainly, scenario, count, True)
    assert outcome(rounds.play, scenario, count, True, chunk or scenario.pages + 1) == plain


@st.composite
def hot_scenarios(draw):
    """Default policy, rounds of some hundred ms, tasks that pull pages to and fro; no node without memory."""
    machine = Machine(draw(st.sampled_from([ring4(), ladder8(), two_sockets()])), replace(
        draw(st.sampled_from([V3_8, V3_13])), small_vma_gate=False, first_nid_gate=False,
        scanner_heeds_rate_limit=draw(st.booleans())))
    pages = draw(st.integers(1, 60))
    tasks = draw(st.lists(runners(machine), min_size=2, max_size=8).map(tuple))
    start = draw(st.lists(st.integers(0, machine.topology.nodes - 1), min_size=pages, max_size=pages))
    round_ms, seed = draw(st.sampled_from([1, 30, 99, 100, 101, 250, 1000])), draw(st.integers(0, 5))
    return rounds.Scenario(machine, pages, tasks, draw(patterns), "anon", False, start=start, round_ms=round_ms,
                           seed=seed)


@settings(max_examples=300)
@given(hot_scenarios(), st.integers(1, 12), st.sampled_from([1, 7, 64]), st.integers(0, 6))
def test_arrays_and_loop_agree_where_a_window_holds_but_a_few_pages(scenario, count, chunk, few):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rate_limit, "RATELIMIT_PAGES", few)
        plain = rounds.play_plainly(scenario, count, True)
        assert rounds.play(scenario, count, True, chunk) == plain


@pytest.mark.parametrize("pattern", [rounds.OwnPart(), rounds.SharedPart(0.3), rounds.Random(), rounds.Phases(2)],
                         ids=str)
def test_the_size_of_a_chunk_changes_nothing_where_windows_of_the_kernels_own_size_are_filled(pattern):
    hot = rounds.Scenario(Machine(ladder8(), V3_8), 400_000, tuple(rounds.Runner((nid,)) for nid in (3, 1, 0)), pattern,
                          start=[7, 6, 5, 4] * 100_000, round_ms=700)
    whole = rounds.play(hot, 5, True)
    assert whole.moves.any()
    for chunk in (3_001, 1 << 16):
        assert rounds.play(hot, 5, True, chunk) == whole
