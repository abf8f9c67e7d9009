# SPDX-License-Identifier: GPL-2.0-only
"""C2, of lesson 08: what the mutex saves, and what it costs."""
from inspect import getsource

from numakit.learn.schedules import broken_on_the_way
from numakit.proposals import DESIGNS, read_schedule
from numakit.proposals.costs import fault_costs, split_costs
from numakit.proposals.mbind import sp_alloc
from numakit.proposals.retry import alloc_new

# C2: what the mutex saves, and what it costs

def test_c2_the_mutex_saves_one_lock_and_one_search_at_a_split_and_nothing_at_a_fault():
    mutex, retry = (split_costs(DESIGNS[name]) for name in ("mutex", "retry"))
    assert (mutex.spinlocks + mutex.mutexes, mutex.lookups) == (1, 1)
    assert (retry.spinlocks + retry.mutexes, retry.lookups) == (2, 2)
    assert mutex.allocations == retry.allocations == 4
    for costs in (fault_costs(DESIGNS["mutex"]), fault_costs(DESIGNS["retry"])):
        assert (costs.spinlocks + costs.mutexes, costs.lookups, costs.allocations) == (1, 1, 0)


def test_c2_what_is_duplicated_is_a_part_of_sp_alloc():
    one, other = (getsource(function).splitlines() for function in (sp_alloc, alloc_new))
    assert 0 < sum(line in one for line in other) < len(other)


def test_c2_the_mutex_costs_every_hinting_fault_its_right_to_ask():
    asking = "middle:0:1-2:1-2:F"
    broken = {name: broken_on_the_way(read_schedule(f"{name}:{asking}12")) for name in ("mutex", "spinlock", "retry")}
    assert broken == {"mutex": {"sleep_in_atomic"}, "spinlock": set(), "retry": set()}
    assert "deadlock" in broken_on_the_way(read_schedule("mutex:middle:0:1-2:1-2:F6A4Ar"))
