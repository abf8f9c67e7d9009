# SPDX-License-Identifier: GPL-2.0-only
"""The data string of a mount: where it is cut, which options tmpfs knows, and what is refused."""
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import machines, options

from numakit.errors import InvalidMount, InvalidPolicy
from numakit.kernel import V3_8, V6_1
from numakit.machine import Machine
from numakit.mount_data import mpol_options, split_options
from numakit.tmpfs import Mount


@pytest.mark.parametrize(("data", "parts"), [
    ("", []), ("mpol=local", ["mpol=local"]), (",,", []), ("size=1m,mpol=local", ["size=1m", "mpol=local"]),
    ("mpol=bind:0,2,size=1m", ["mpol=bind:0,2", "size=1m"]),
    ("mpol=bind:1,,3", ["mpol=bind:1", ",3"]),  # no digit behind the first comma
    ("mpol=bind:2,,mode=755", ["mpol=bind:2", "mode=755"]), ("mpol=bind:0,٣", ["mpol=bind:0", "٣"])])
def test_commas_part_options_unless_a_digit_follows(data, parts):
    assert split_options(data) == parts


@pytest.mark.parametrize(("data", "found"), [
    ("", []), ("mpol=local,mpol=bind:1", ["local", "bind:1"]), ("size=50%,mpol=interleave:0-3,mode=1777",
                                                              ["interleave:0-3"]),
    ("mpol=", [""]), ("mpol=default=x", ["default=x"]), ("uid=0,gid=0,huge=always,ro", []),
    ("nr_inodes=1k,size=0x10", [])])
def test_the_values_of_mpol_are_found_in_order(data, found):
    assert mpol_options(data) == found


@pytest.mark.parametrize("data", [
    "mpol", "foo", "foo=1", "size", "size=", "size=x", "mode=8", "mode=", "uid=-1", "uid=x", "huge=maybe", "ro=1",
    "mpol=bind:1,,3", "mpol=local, mode=755", "MPOL=local", "size=-1"])
def test_an_option_that_means_nothing_fails_the_whole_mount(data):
    with pytest.raises(InvalidMount) as refused:
        Mount.new(options=data)
    assert refused.value.errno_name == "EINVAL"


@pytest.mark.parametrize("odd", [None, 1, b"mpol=local", ["mpol=local"]])
def test_mount_options_that_are_not_text_are_refused(odd):
    with pytest.raises(InvalidMount, match="are not text"):
        split_options(odd)


@pytest.mark.parametrize("kernel", [V3_8, V6_1], ids=str)
def test_the_last_of_several_mpol_counts_and_each_must_parse(kernel):
    machine = Machine(kernel=kernel)
    assert Mount.new(options="mpol=bind:1,mpol=local", machine=machine).shown() == "mpol=local"
    assert Mount.new(options="mpol=local,mpol=default", machine=machine).shown() == ""
    with pytest.raises(InvalidPolicy):
        Mount.new(options="mpol=nonsense,mpol=local", machine=machine)


@given(st.data())
def test_a_mount_shows_an_option_that_mounts_the_same_again(data):
    machine = data.draw(machines())
    tmp = Mount.new(options=f"size=1m,mpol={data.draw(options(machine))},mode=755", machine=machine)
    assert Mount.new(options=tmp.shown(), machine=machine) == tmp
