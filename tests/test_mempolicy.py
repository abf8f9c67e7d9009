# SPDX-License-Identifier: GPL-2.0-only
"""Mempolicy: which modes, flags and masks make one, what the nodes allowed leave of it, rebinding, reading back."""
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import machines, policies, subsets

from numakit.errors import InvalidPolicy
from numakit.kernel import V3_8, V3_13, V6_1, V6_12, V7_3
from numakit.machine import Machine
from numakit.mbind import make_policy
from numakit.mempolicy import (
    NAMES,
    Flag,
    Mempolicy,
    Mode,
    contextualise,
    modes_of,
    mpol_equal,
    mpol_new,
    read_back,
    rebind,
)
from numakit.nodemask import Nodemask
from numakit.task import Task
from numakit.topology import from_distances, recorded4

NOTHING, NODE_1, ALL4 = Nodemask(), Nodemask.of(1), Nodemask.parse("0-3")
S, R, B = Flag.STATIC, Flag.RELATIVE, Flag.BALANCING
EIGHT = Machine(from_distances("eight", [[10 if a == b else 20 for b in range(8)] for a in range(8)]), V3_8)


# mpol_new(): what each mode wants. DEFAULT ignores static and relative; LOCAL with them only in v3.8.
@pytest.mark.parametrize(("kernel", "mode", "nodes", "flags"), [
    (V3_8, Mode.DEFAULT, NODE_1, Flag.NONE), (V3_8, Mode.LOCAL, NODE_1, Flag.NONE),
    (V3_8, Mode.BIND, NOTHING, Flag.NONE),
    (V3_8, Mode.PREFERRED, NOTHING, S), (V3_8, Mode.PREFERRED, NOTHING, R), (V3_8, Mode.INTERLEAVE, NOTHING, Flag.NONE),
    (V3_8, Mode.BIND, NODE_1, S | R), (V3_8, Mode.BIND, NODE_1, B), (V3_8, Mode.PREFERRED_MANY, NODE_1, Flag.NONE),
    (V6_1, Mode.INTERLEAVE, NODE_1, B), (V6_1, Mode.PREFERRED_MANY, NODE_1, B), (V6_1, Mode.DEFAULT, NOTHING, B),
    (V6_1, Mode.LOCAL, NOTHING, S), (V6_1, Mode.LOCAL, NOTHING, R), (V6_1, Mode.WEIGHTED_INTERLEAVE, NODE_1, Flag.NONE),
    (V6_12, Mode.WEIGHTED_INTERLEAVE, NODE_1, B), (V6_12, Mode.WEIGHTED_INTERLEAVE, NOTHING, Flag.NONE),
    (V6_12, 7, NODE_1, Flag.NONE), (V6_12, -1, NODE_1, Flag.NONE), (V6_12, Mode.BIND, NODE_1, Flag.MOF),
    (V6_12, Mode.BIND, NODE_1, Flag.MORON), (V6_12, Mode.BIND, NODE_1, Flag(1 << 12)),
], ids=str)
def test_what_the_kernel_refuses_to_make_is_einval(kernel, mode, nodes, flags):
    with pytest.raises(InvalidPolicy) as refused:
        mpol_new(mode, nodes, flags, kernel)
    assert refused.value.errno_name == "EINVAL"


@pytest.mark.parametrize(("kernel", "mode", "nodes", "flags", "text"), [
    (V3_8, Mode.DEFAULT, NOTHING, S, None), (V6_1, Mode.DEFAULT, NOTHING, R, None),
    (V3_8, Mode.LOCAL, NOTHING, Flag.NONE, "local"), (V3_8, Mode.LOCAL, NOTHING, S, "local=static"),
    (V3_8, Mode.PREFERRED, NOTHING, Flag.NONE, "local"), (V6_1, Mode.PREFERRED, NOTHING, Flag.NONE, "local"),
    (V6_1, Mode.BIND, NODE_1, B, "bind=balancing:1"),
    (V6_12, Mode.PREFERRED_MANY, NODE_1, B, "prefer (many)=balancing:1"),
    (V6_12, Mode.BIND, NODE_1, B | S, "bind=static|balancing:1"),
    (V6_12, Mode.WEIGHTED_INTERLEAVE, ALL4, R, "weighted interleave=relative:0-3"),
])
def test_what_the_kernel_makes_is_told_in_the_options_words(kernel, mode, nodes, flags, text):
    made = mpol_new(mode, nodes, flags, kernel)
    assert (made if made is None else str(made)) == text


def test_balancing_sets_move_on_fault_and_towards_the_one_who_faults():
    assert mpol_new(Mode.BIND, NODE_1, B, V6_1).flags == B | Flag.MOF | Flag.MORON
    assert mpol_new(Mode.BIND, NODE_1, S, V6_1).flags == S


@pytest.mark.parametrize(("kernel", "modes"), [(V3_8, 5), (V3_13, 5), (V6_1, 6), (V6_12, 7)], ids=str)
def test_each_release_has_its_modes(kernel, modes):
    assert modes_of(kernel) == tuple(Mode)[:modes]


# mpol_set_nodemask(): masks cut with memory and cpuset; relative folded onto what is allowed.
@pytest.mark.parametrize(("mode", "flags", "user", "allowed", "nodes"), [
    (Mode.BIND, R, "0,2,5", "4,6-7", "4,7"), (Mode.BIND, S, "0,5", "4-5", "5"), (Mode.BIND, R, "0-3", "2-3", "2-3"),
    (Mode.BIND, Flag.NONE, "0,4", "0-3", "0"), (Mode.BIND, R, "4", "0-3", "0"),
    (Mode.PREFERRED, Flag.NONE, "0-1", "1-3", "1"),
    (Mode.PREFERRED, R, "1-2", "4-6", "5"), (Mode.INTERLEAVE, Flag.NONE, "1-3", "0-7", "1-3"),
    (Mode.BIND, Flag.NONE, "0", "1", None), (Mode.BIND, S, "0-3", "4-7", None), (Mode.PREFERRED, S, "0", "1", None),
    (Mode.BIND, R, "0", "", None), (Mode.BIND, Flag.NONE, "9", "0-7", None)])
def test_a_policy_is_fitted_to_the_nodes_allowed(mode, flags, user, allowed, nodes):
    made = mpol_new(mode, Nodemask.parse(user), flags, V3_8)
    if nodes is None:
        with pytest.raises(InvalidPolicy):
            contextualise(made, EIGHT, Nodemask.parse(allowed))
    else:
        fitted = contextualise(made, EIGHT, Nodemask.parse(allowed))
        assert (fitted.nodes, fitted.user_nodes) == (Nodemask.parse(nodes), Nodemask.parse(user))


def test_local_and_default_need_no_node_at_all():
    local = mpol_new(Mode.LOCAL, NOTHING, Flag.NONE, V6_1)
    assert contextualise(local, EIGHT, NOTHING) == local
    assert contextualise(None, EIGHT, NOTHING) is None


@given(st.data())
def test_a_fitted_policy_lies_on_nodes_with_memory_and_fits_again_unchanged(data):
    machine = data.draw(machines())
    policy = data.draw(policies(machine))
    assert contextualise(policy, machine) == policy
    if policy is not None and policy.mode is not Mode.LOCAL:
        assert policy.nodes and policy.nodes.issubset(machine.memory)


# mpol_rebind_policy(): what a cpuset's change does in v3.8; in v6.1 PREFERRED stays.
@pytest.mark.parametrize(("kernel", "mode", "flags", "user", "old", "new", "result"), [
    (V3_8, Mode.BIND, Flag.NONE, "1,3", "0-3", "4-5", "bind:5"),
    (V3_8, Mode.INTERLEAVE, Flag.NONE, "0,2", "0-3", "4-6", "interleave:4,6"),
    (V3_8, Mode.BIND, S, "0,5", "0-3", "4-5", "bind:5"), (V3_8, Mode.BIND, S, "0-1", "0-3", "4-5", "bind:4-5"),
    (V3_8, Mode.BIND, R, "0,2,5", "0-7", "4,6-7", "bind:4,7"),
    (V3_8, Mode.PREFERRED, Flag.NONE, "1", "0-3", "4-7", "prefer:5"),
    (V3_8, Mode.PREFERRED, S, "1", "0-3", "4-7", "local"),
    (V3_8, Mode.PREFERRED, S, "1", "0-3", "1,4", "prefer:1"), (V3_8, Mode.PREFERRED, R, "1", "0-3", "4-5", "prefer:5"),
    (V6_1, Mode.PREFERRED, Flag.NONE, "1", "0-3", "4-7", "prefer:1"),
    (V6_1, Mode.PREFERRED_MANY, Flag.NONE, "1-2", "0-3", "4-7", "prefer (many):1-2"),
    (V6_1, Mode.BIND, Flag.NONE, "1,3", "0-3", "4-5", "bind:5")])
def test_a_cpusets_change_rebinds_a_policy(kernel, mode, flags, user, old, new, result):
    machine = Machine(EIGHT.topology, kernel)
    fitted = contextualise(mpol_new(mode, Nodemask.parse(user), flags, kernel), machine, Nodemask.parse(old))
    moved = rebind(fitted, Nodemask.parse(old), Nodemask.parse(new), kernel)
    assert f"{NAMES[moved.mode]}:{moved.nodes}".rstrip(":") == result
    assert moved.user_nodes == fitted.user_nodes


@given(st.data())
def test_rebinding_to_the_same_cpuset_changes_no_nodes(data):
    machine = data.draw(machines())
    policy = data.draw(policies(machine))
    again = rebind(policy, machine.memory, machine.memory, machine.kernel)
    assert (again and again.nodes) == (policy and policy.nodes)


@given(st.data())
def test_rebinding_never_leaves_the_new_cpuset_where_a_policy_follows_it(data):
    machine = data.draw(machines())
    policy, new = data.draw(policies(machine)), data.draw(subsets(machine.memory))
    again = rebind(policy, machine.memory, new, machine.kernel)
    stays = policy is not None and policy.mode in (Mode.PREFERRED, Mode.PREFERRED_MANY)
    if again is not None and not (stays and not machine.kernel.preferred_follows_cpuset):
        assert again.nodes.issubset(new)
        assert again.nodes or again.mode is Mode.LOCAL


def test_a_static_preferred_node_is_local_while_the_cpuset_lacks_it_and_comes_back():
    mine = contextualise(mpol_new(Mode.PREFERRED, NODE_1, S, V3_8), EIGHT)
    away = rebind(mine, Nodemask.first_nodes(8), Nodemask.of(4, 5), V3_8)
    assert (away.mode, away.nodes) == (Mode.LOCAL, NOTHING)
    assert rebind(away, Nodemask.of(4, 5), Nodemask.of(1, 4), V3_8) == mine


def test_nothing_to_rebind_stays_as_it_is():
    local = mpol_new(Mode.LOCAL, NOTHING, Flag.NONE, V3_8)
    assert rebind(None, ALL4, NODE_1, V3_8) is None
    assert rebind(local, ALL4, NODE_1, V3_8) == local


# What get_mempolicy gives back: mm/mempolicy.c, do_get_mempolicy().
@pytest.mark.parametrize(("kernel", "mode", "flags", "user", "answer"), [
    (V3_8, Mode.LOCAL, Flag.NONE, "", (1, 0, 0)), (V6_1, Mode.LOCAL, Flag.NONE, "", (4, 0, 0)),
    (V6_1, Mode.PREFERRED, Flag.NONE, "0-1", (1, 0, 1)), (V6_1, Mode.PREFERRED, R, "4", (1, 0x4000, 16)),
    (V6_1, Mode.BIND, Flag.NONE, "0,4", (2, 0, 1)), (V6_1, Mode.BIND, S, "0,4", (2, 0x8000, 17)),
    (V6_1, Mode.BIND, B, "0,4", (2, 0x2000, 17)), (V7_3, Mode.BIND, B, "0,4", (2, 0x2000, 1)),
    (V7_3, Mode.BIND, S, "0,4", (2, 0x8000, 17))])
def test_what_reads_back_is_raw_only_under_a_flag_that_keeps_it(kernel, mode, flags, user, answer):
    machine = Machine(recorded4(), kernel)
    made = contextualise(mpol_new(mode, Nodemask.parse(user), flags, kernel), machine)
    assert read_back(made, kernel) == answer


def test_no_policy_reads_back_as_default():
    assert read_back(None, V6_1) == (0, 0, 0)


def test_equality_looks_at_the_users_mask_only_where_a_flag_keeps_it():
    cut = Mempolicy(Mode.BIND, NODE_1, Flag.NONE, Nodemask.of(1, 4))
    assert mpol_equal(cut, Mempolicy(Mode.BIND, NODE_1, Flag.NONE, NODE_1))
    assert not mpol_equal(Mempolicy(Mode.BIND, NODE_1, S, Nodemask.of(1, 4)), Mempolicy(Mode.BIND, NODE_1, S, NODE_1))


@pytest.mark.parametrize("other", [None, Mempolicy(Mode.BIND, Nodemask.of(2)), Mempolicy(Mode.INTERLEAVE, NODE_1),
                                   Mempolicy(Mode.BIND, NODE_1, S, NODE_1)], ids=str)
def test_policies_that_differ_are_not_equal(other):
    mine = Mempolicy(Mode.BIND, NODE_1, Flag.NONE, NODE_1)
    assert not mpol_equal(mine, other)
    assert not mpol_equal(other, mine)
    assert mpol_equal(mine, mine)
    assert mpol_equal(None, None)


# Facts 13 (4): v3.8 compares two `local` by a node that nothing sets; facts 14: since v6.1 local is always local.
@pytest.mark.parametrize(("unset", "equal"), [((0, 0), True), ((5, 5), True), ((0, 1), False), ((1, 2), False)])
def test_two_locals_are_equal_by_what_the_memory_held_where_it_was_never_set(unset, equal):
    a, b = (Mempolicy(Mode.LOCAL, unset=n) for n in unset)
    assert mpol_equal(a, b) is mpol_equal(b, a) is equal


@pytest.mark.parametrize(("mode", "nodes", "kept"), [
    (Mode.LOCAL, NOTHING, True), (Mode.PREFERRED, NOTHING, True), (Mode.PREFERRED, NODE_1, False),
    (Mode.BIND, NODE_1, False)])
def test_only_a_local_of_before_it_was_a_mode_holds_an_unset_node(mode, nodes, kept):
    old, new = (make_policy(mode, nodes, Flag.NONE, Machine(recorded4(), k), Task(), 7) for k in (V3_8, V6_1))
    assert (old.unset, new.unset) == (7 if kept else 0, 0)


def test_what_was_never_set_is_not_shown_nor_read_back():
    local = Mempolicy(Mode.LOCAL, unset=7)
    assert (str(local), repr(local), read_back(local, V3_8)) == ("local", "Mempolicy('local')", (1, 0, 0))
