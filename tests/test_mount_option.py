# SPDX-License-Identifier: GPL-2.0-only
"""mpol=, read and written by each release's grammar: tables of options, and the round trip as a law."""
from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import machines, options

from numakit.errors import InvalidPolicy
from numakit.kernel import KERNELS, V3_8, V6_1, V6_12
from numakit.machine import Machine
from numakit.mempolicy import Flag, Mode, mpol_new
from numakit.mount_option import cut, mpol_parse_str, mpol_to_str, policy, policy_args
from numakit.nodemask import Nodemask
from numakit.topology import Topology, recorded4, recorded4_v3_8

OLD, NEW, NEWEST = (Machine(t, k) for t, k in ((recorded4_v3_8(), V3_8), (recorded4(), V6_1), (recorded4(), V6_12)))
ERROR = "EINVAL"


def shown(text, machine):
    """What /proc/mounts shows after a mount with the option, EINVAL where it is refused."""
    try:
        return mpol_to_str(mpol_parse_str(text, machine)).removeprefix("mpol=")
    except InvalidPolicy as error:
        return error.errno_name


# mpol_parse_str() and mpol_to_str(): (option, what v3.8 shows, what 6.1 shows).
GRAMMAR = [
    ("default", "", ""), ("default=anything", "", ""), ("default=x", "", ""), ("default:0", ERROR, ERROR),
    ("default=static", "", ""), ("default:", ERROR, ERROR),
    ("local", "local", "local"), ("local:0", ERROR, ERROR), ("local=static", ERROR, ERROR),
    ("local=relative", ERROR, ERROR), ("prefer", "local", "local"), ("prefer=static", ERROR, ERROR),
    ("prefer=relative", ERROR, ERROR), ("prefer:2", "prefer:2", "prefer:2"), ("prefer:0-1", ERROR, ERROR),
    ("prefer:0,1", ERROR, ERROR), ("prefer=static:2", "prefer=static:2", "prefer=static:2"), ("bind", ERROR, ERROR),
    ("bind:0,2", "bind:0,2", "bind:0,2"), ("bind=relative:0-1", "bind=relative:0-1", "bind=relative:0-1"),
    ("interleave", "interleave:0-3", "interleave:0-3"),
    ("interleave=static", "interleave=static:0-3", "interleave=static:0-3"),
    ("interleave:0-2", "interleave:0-2", "interleave:0-2"), ("bind:9", ERROR, ERROR), ("bind=relative:9", ERROR, ERROR),
    ("bind:0=static", ERROR, "bind=static:0"), ("interleave:0=static", ERROR, "interleave=static:0"),
    ("bind:3-1", ERROR, ERROR), ("bind:", "bind:0", ERROR), ("prefer:", "prefer:0", ERROR),
    ("interleave:", "interleave:0", ERROR), ("bind:,1", "bind:0-1", "bind:1"), ("bind:2,", "bind:2", "bind:2"),
    ("bind:1,,3", "bind:0-1,3", "bind:1,3"), ("foo", ERROR, ERROR), ("bind=foo:0", ERROR, ERROR), ("", ERROR, ERROR),
    ("preferred:0", ERROR, ERROR), ("Bind:0", ERROR, ERROR), (" bind:0", ERROR, ERROR), ("bind:01", "bind:1", "bind:1"),
    ("bind:0-3:2/4", ERROR, "bind:0-1"), ("prefer_many", ERROR, ERROR),
    ("prefer (many):0,1", ERROR, "prefer (many):0-1"), ("weighted interleave", ERROR, ERROR),
]


@pytest.mark.parametrize(("text", "v3_8", "v6_1"), GRAMMAR)
def test_v3_8_reads_an_option_as_the_facts_say(text, v3_8, v6_1):
    assert shown(text, OLD) == v3_8


@pytest.mark.parametrize(("text", "v3_8", "v6_1"), GRAMMAR)
def test_v6_1_reads_an_option_as_the_facts_say(text, v3_8, v6_1):
    assert shown(text, NEW) == v6_1


@pytest.mark.parametrize(("text", "as_shown"), [
    ("weighted interleave", "weighted interleave:0-3"),
    ("weighted interleave=static:1", "weighted interleave=static:1"),
    ("weighted interleave:", ERROR), ("prefer (many)", ERROR)])
def test_v6_12_has_weighted_interleave_too(text, as_shown):
    assert shown(text, NEWEST) == as_shown


@given(st.data())
def test_what_a_mount_shows_parses_to_the_same_policy(data):
    machine = data.draw(machines())
    parsed = mpol_parse_str(data.draw(options(machine)), machine)
    text = mpol_to_str(parsed).removeprefix("mpol=") or "default"
    assert mpol_parse_str(text, machine) == parsed
    assert mpol_to_str(mpol_parse_str(text, machine)).removeprefix("mpol=") == (text if parsed else "")


@given(st.data())
def test_an_option_and_the_arguments_of_mbind_make_the_same_policy(data):
    machine = data.draw(machines())
    text = data.draw(options(machine))
    mode, nodes, flags = policy_args(text, machine)
    assume(mode is not Mode.LOCAL or machine.kernel.local_by_system_call)
    assert mpol_new(mode, nodes, flags, machine.kernel) == mpol_parse_str(text, machine)


@pytest.mark.parametrize("name", KERNELS)
def test_an_option_in_the_plainest_form_is_read_by_every_release(name):
    machine = Machine(recorded4(), KERNELS[name])
    assert [shown(t, machine) for t in ("local", "bind:1", "prefer:0", "interleave", "default")] == \
        ["local", "bind:1", "prefer:0", "interleave:0-3", ""]


def test_interleave_without_a_list_takes_the_nodes_that_have_memory():
    gap = Topology("gap", ((10, 20, 20), (20, 10, 20), (20, 20, 10)), ((0,), (1,), (2,)),
                   Nodemask.of(0, 2))
    assert shown("interleave", Machine(gap, V6_1)) == "interleave:0,2"
    assert shown("bind:1", Machine(gap, V6_1)) == ERROR


def test_v3_8_leaves_the_flag_in_the_list_that_it_reads_and_v6_1_takes_it_out():
    assert (cut("bind:0=static", V3_8).flag, cut("bind:0=static", V3_8).nodes) == ("static", "0=static")
    assert (cut("bind:0=static", V6_1).flag, cut("bind:0=static", V6_1).nodes) == ("static", "0")


def test_relative_is_folded_when_a_context_is_there():
    assert policy("bind=relative:0-3", OLD, Nodemask.of(2, 3)).nodes == Nodemask.of(2, 3)
    assert mpol_parse_str("bind=relative:1", OLD).flags == Flag.RELATIVE


@pytest.mark.parametrize("name", ["3.6", "3.7"])
def test_before_v3_8_the_option_knows_local_and_the_system_calls_do_not(name):
    machine = Machine(recorded4(), KERNELS[name])
    assert shown("local", machine) == "local"
    with pytest.raises(InvalidPolicy):
        mpol_new(Mode.LOCAL, Nodemask(), Flag.NONE, machine.kernel)


@pytest.mark.parametrize(("option", "text"), [
    ("bind=relative:0-3", "bind=relative:0-3"), ("bind=static:1-3", "bind=static:1-3"), ("bind:1-3", "bind:2-3")])
def test_a_fitted_policy_is_told_with_the_users_nodes_where_a_flag_keeps_them(option, text):
    assert str(policy(option, OLD, Nodemask.of(2, 3))) == text


def test_default_as_arguments_is_mode_default_without_nodes():
    assert policy_args("default") == (Mode.DEFAULT, Nodemask(), Flag.NONE)


@pytest.mark.parametrize(("text", "why"), [
    ("bind:9", "names node 9, without memory"), ("bind:4-5", "names nodes 4-5, without memory"),
    ("foo", "'foo' is no mode of Linux 3.8"), ("bind=foo:0", "'foo' is no flag"), ("bind", "needs a list of nodes"),
    ("local:0", "takes no nodes"), ("prefer:0-1", "digits only"), ("bind:3-1", "runs backwards")])
def test_a_refusal_says_what_came_what_would_do_and_what_linux_does(text, why):
    with pytest.raises(InvalidPolicy) as refused:
        mpol_parse_str(text, OLD)
    came, would_do, linux = str(refused.value).rsplit("; ", 2)
    assert (text in came, why in came, "would do" in would_do) == (True, True, True)
    assert linux == "mount and remount fail with EINVAL"
