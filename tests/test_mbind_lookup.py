# SPDX-License-Identifier: GPL-2.0-only
"""Looking up recorded sequences of mbind calls through long-lived mappings."""
from __future__ import annotations

from dataclasses import replace

import pytest

from numakit.errors import InvalidPolicy
from numakit.kernel import V3_8, V3_8_SPLIT_MENDED, V6_1, V6_12
from numakit.mempolicy import policy_text
from numakit.recordings.mbind_lookup import recorded_policies, recorded_through
from numakit.show.range_map import range_map_picture

REPLACED = (("A", 8, 8, "bind:3"), ("B", 8, 8, "bind:1"), ("A", 8, 8, "bind:3"))


def told(seen):
    """What was recorded, in words."""
    return {page: policy_text(value) for page, value in seen.items()}


@pytest.mark.parametrize("kernel", [V6_1, V6_12])
def test_a_sequence_that_was_told_step_by_step_is_found_after_each_step(kernel):
    found = [recorded_policies(kernel, "", REPLACED[:done]) for done in (1, 2, 3)]
    assert [told(seen)[8] for seen in found] == ["bind:3", "bind:1", "bind:1"]
    assert set(found[0]) == {0, 8, 16, 24}


def test_the_names_of_the_processes_say_nothing():
    other = tuple(({"A": "B", "B": "A"}[who], *rest) for who, *rest in REPLACED)
    assert recorded_policies(V6_1, "", other) == recorded_policies(V6_1, "", REPLACED)


def test_who_calls_does_matter():
    alone = tuple(("A", *rest) for _, *rest in REPLACED)
    assert recorded_policies(V6_1, "", alone) is None


def test_a_sequence_of_3_8_is_found_with_all_its_pages():
    seen = recorded_policies(V3_8_SPLIT_MENDED, "mpol=bind:1,2", (("A", 4, 6, "bind:1"), ("A", 8, 11, "default")))
    assert len(seen) == 32 and {told(seen)[p] for p in range(4, 10)} == {"bind:1"}


@pytest.mark.parametrize(("kernel", "options", "calls"), [
    (V3_8, "", REPLACED),
    (replace(V6_1, name="mine"), "", REPLACED),
    (V6_1, "mpol=local", REPLACED),
    (V6_1, "", REPLACED[:2] * 3),
    (V6_1, "", ()),
])
def test_what_was_not_recorded_is_not_found(kernel, options, calls):
    assert recorded_policies(kernel, options, calls) is None


def test_a_policy_that_the_kernel_refuses_is_refused_here_too():
    with pytest.raises(InvalidPolicy, match="node 9"):
        recorded_policies(V6_1, "", (("A", 0, 1, "bind:9"),))


def test_the_picture_agrees_with_what_was_recorded():
    for done in range(1, 4):
        seen = recorded_policies(V6_1, "", REPLACED[:done])
        assert range_map_picture(REPLACED, "", V6_1, done, seen).differing == ()


@pytest.mark.parametrize("through", ["MAP_PRIVATE", "MAP_SHARED read-only"])
@pytest.mark.parametrize("kernel", [V6_1, V6_12])
def test_a_call_through_a_private_or_read_only_mapping_was_seen_through_a_shared_one(kernel, through):
    assert told(recorded_through(kernel, through)) == {0: "default", 4: "bind:3"}
    assert recorded_through(V3_8, through) == {} == recorded_through(kernel, "a window")
