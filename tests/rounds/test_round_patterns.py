# SPDX-License-Identifier: GPL-2.0-only
"""Chance and patterns: for one page and for a stretch of pages they say the same."""
from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from numakit.errors import BadPattern, BadRange

np = pytest.importorskip("numpy")
rounds = pytest.importorskip("numakit.rounds")
hash_ = pytest.importorskip("numakit.rounds.hash")
arrays = pytest.importorskip("numakit.rounds.arrays")

words = st.integers(0, (1 << 64) - 1)
patterns = st.one_of(
    st.sampled_from([rounds.OwnPart(), rounds.PingPong(), rounds.Random(), rounds.RoundRobin()]),
    st.builds(rounds.SharedPart, st.floats(0, 1)),
    st.builds(rounds.Zipf, st.sampled_from([0.01, 0.1, 0.5, 1, 1.2, 16])),
    st.builds(rounds.Phases, st.integers(1, 9)))


@given(words, st.integers(0, 99), st.integers(0, 1 << 40), st.integers(1, 70))
def test_chance_is_the_same_for_one_page_and_for_many(seed, round, low, size):
    assert hash_.chances(seed, round, low, low + size).tolist() == [
        hash_.chance(seed, round, page) for page in range(low, low + size)]


def test_chance_is_splitmix64():
    # The generator with seed 0 gives this number first: its state is one step then.
    assert hash_.scramble(hash_.STEP) == 0xE220A8397B1DCDAF


def test_chance_uses_its_16_bits_evenly():
    bits = hash_.chances(1, 2, 0, 1 << 16)
    assert abs(float(bits.mean()) - 32767.5) < 300
    assert len(np.unique(bits)) == pytest.approx((1 - np.exp(-1)) * 65536, rel=0.02)


def told(pattern, round, low, high, setting):
    """The tasks of a stretch, one for each page; the counts that come with them are checked on the way."""
    found = []
    for start, end, who, each in pattern.firsts(round, low, high, setting):
        here = np.broadcast_to(who, end - start).tolist()
        assert start == low + len(found)
        assert each is None or each.tolist() == [here.count(task) for task in range(setting.tasks)]
        found += here
    return found


@settings(max_examples=300)
@given(patterns, st.integers(0, 9), st.integers(1, 300), st.integers(1, 20), words, st.data())
def test_a_pattern_says_the_same_of_a_page_and_of_a_stretch(pattern, round, pages, tasks, seed, data):
    setting = rounds.Setting(pages, tasks, seed)
    low = data.draw(st.integers(0, pages - 1))
    high = data.draw(st.integers(low + 1, pages))
    assert told(pattern, round, low, high, setting) == [
        pattern.first(round, page, setting) for page in range(low, high)]


@settings(max_examples=60)
@given(patterns, st.integers(0, 9), st.sampled_from([1, 3, 64, 1000]), st.integers(0, 900_000), words)
def test_so_it_does_of_a_million_pages(pattern, round, tasks, low, seed):
    setting, high = rounds.Setting(1_000_000, tasks, seed), low + 100_000
    found = np.concatenate([np.broadcast_to(who, end - start) for start, end, who, _ in pattern.firsts(
        round, low, high, setting)])
    assert all(found[page - low] == pattern.first(round, page, setting) for page in range(low, high, 1997))


def test_a_quarter_is_shared_and_every_task_gets_its_part_of_it():
    setting = rounds.Setting(1 << 18, 4)
    pattern = rounds.SharedPart(0.25)
    who, own = (np.array(told(p, 0, 0, 1 << 18, setting)) for p in (pattern, rounds.OwnPart()))
    assert (who != own).mean() == pytest.approx(0.25 * 3 / 4, abs=0.01)
    assert sum(pattern.is_shared(page) for page in range(1 << 18)) == 1 << 16


def test_zipf_touches_the_head_always_and_the_tail_seldom_but_not_never():
    pattern, setting = rounds.Zipf(1), rounds.Setting(1_000_000, 2)
    assert pattern.chance_of(0) == 65536
    assert pattern.chance_of(9) == 6554
    assert pattern.chance_of(999_999) == 1
    assert told(pattern, 3, 0, 1, setting) == [0]


@pytest.mark.parametrize("make", [
    lambda: rounds.SharedPart(1.5), lambda: rounds.SharedPart("all"), lambda: rounds.Zipf(0), lambda: rounds.Zipf(True),
    lambda: rounds.Phases(0), lambda: rounds.Phases(1.5)])
def test_a_pattern_without_a_meaning_is_refused(make):
    with pytest.raises(BadRange, match="would do"):
        make()


def scenario(function):
    return rounds.Scenario(rounds.Scenario().machine, 1000, pattern=function)


@pytest.mark.parametrize(("answer", "words"), [
    (lambda pages: pages[1:] * 0, r"pages 0 to \d+ int64\[\d+\]"), (lambda pages: pages * 0.5, "float64"),
    (lambda pages: 0, r"int64\[\]"), (lambda pages: np.where(pages == 7, 2, 0), "page 7 the task 2; .* 0 to 1"),
    (lambda pages: pages * 0 - 2, "page 0 the task -2"), (lambda pages: None, "object"),
    (lambda pages: 1 // 0, "ZeroDivisionError"), (lambda pages: pages > 3, "bool")])
@pytest.mark.parametrize("play", [rounds.play, rounds.play_plainly], ids=["arrays", "loop"])
def test_a_function_that_answers_wrongly_is_told_so_and_the_finished_rounds_are_kept(play, answer, words):
    bad = scenario(lambda round, pages: answer(pages) if round == 3 else pages * 0)
    with pytest.raises(BadPattern, match="in round 3 the pattern gave") as caught:
        play(bad, 5)
    assert play is rounds.play_plainly or caught.match(words)
    assert caught.value.history.rounds == 3
    assert not caught.value.history.complete
    assert isinstance(caught.value, ValueError)


@settings(max_examples=50)
@given(st.integers(1, 130), st.integers(1, 4), st.sampled_from([np.int8, np.int16]), words)
def test_a_histogram_is_a_bincount_whichever_way_it_is_counted(bins, run, dtype, seed):
    drawn = np.random.default_rng(seed)
    for length in (1, 40, 20_001, 40_000):
        values = np.repeat(drawn.integers(0, min(bins, 128), length), run ** 4)[:length].astype(dtype)
        mask = drawn.random(length) < drawn.random()
        assert arrays.histogram(values, bins).tolist() == np.bincount(values, minlength=bins).tolist()
        counted = arrays.by_node(values, mask, length, bins)
        assert counted.tolist() == np.bincount(values[mask], minlength=bins).tolist()
        first = arrays.first_of_each(values, mask, counted > 0)
        assert first.tolist() == [np.flatnonzero(mask & (values == bin))[0] for bin in np.flatnonzero(counted)]


