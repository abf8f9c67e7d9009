# SPDX-License-Identifier: GPL-2.0-only
"""The rate limit's windows in arrays, set beside the loop that they stand for: what they remember after some pages."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numakit.hinting import rate_limit
from numakit.rounds import windows

NODES = 4


def one_by_one(plain, places, targets, round, full):
    """Which pages may move; `plain` is charged. By the rule as it is written: end, then full, then count."""
    goes = []
    for page, node in zip(places, targets, strict=True):
        now_ms = round * plain.round_ms + page * plain.round_ms // plain.page_count
        if now_ms > plain.end_ms[node]:
            plain.end_ms[node], plain.charged[node] = now_ms + rate_limit.MIGRATE_INTERVAL_MS, 0
        goes.append(plain.charged[node] <= full)
        plain.charged[node] += goes[-1]
    return goes


@given(st.integers(0, 2**32), st.sampled_from((100, 250, 1000, 5000)), st.sampled_from((3, 20, 1000)),
       st.booleans())
def test_windows_in_arrays_remember_what_a_loop_remembers(seed, round_ms, full, listed):
    rng, pages = np.random.default_rng(seed), 600
    ours, plain = (windows.Windows.closed(NODES, pages, round_ms) for _ in range(2))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rate_limit, "RATELIMIT_PAGES", full)
        for round in range(3):
            for low, high in ((0, 200), (200, 600)):
                target = rng.integers(0, NODES, high - low).astype(np.int8)
                goes = rng.random(high - low) < rng.random()
                if not goes.any():
                    continue
                places = np.flatnonzero(goes) + low
                want = one_by_one(plain, places.tolist(), target[goes].tolist(), round, full)
                wanted = np.bincount(target[goes], minlength=NODES)
                if listed:
                    got = np.ones(len(places), bool)
                    refused = ours.admit(got, target[goes], wanted, places, round)
                else:
                    got = goes.copy()
                    refused = ours.admit(got, target, wanted, range(low, high), round)
                    got = got[goes]
                assert got.tolist() == want
                assert refused.tolist() == np.bincount(target[goes][~np.array(want)], minlength=NODES).tolist()
                assert ours.end_ms.tolist() == plain.end_ms.tolist()
                assert ours.charged.tolist() == plain.charged.tolist()
