# SPDX-License-Identifier: GPL-2.0-only
"""Each error is a class of its own under a builtin, and its message has three parts: came; would do; Linux."""
from __future__ import annotations

import errno
import pickle

import pytest

from numakit import Flag, Machine, Mode, Mount, Nodemask, SharedPolicy, Topology, from_sysfs, mbind, policy, ring4
from numakit.errors import (
    BadAddress,
    BadRange,
    BadRecording,
    InvalidMount,
    InvalidNodes,
    InvalidPolicy,
    InvalidTopology,
    KernelBug,
    LinuxError,
    ModelError,
)
from numakit.kernel import V6_1, UnknownKernel, named
from numakit.mempolicy import mpol_new
from numakit.nodelist import parse_digits, parse_regions
from numakit.placement import touch
from numakit.task import Task
from numakit.vma import PAGE_SIZE, AddressSpace, Vma

NODE_1 = Nodemask.of(1)


def space():
    return AddressSpace().mmap(pages=4, at=1 << 30)


def mount():
    return Mount.new(options="mpol=local").create("f", 4)


# (what is done, its class, its errno, a word of each of the three parts)
ERRORS = [
    (lambda: Nodemask.of(-1), InvalidNodes, "EINVAL", "-1 is not a node", "from 0 to 1023", "numbers its nodes"),
    (lambda: Nodemask(-1), InvalidNodes, "EINVAL", "-1 is not a mask", "bits 0 to 1023", "set_mempolicy fails"),
    (lambda: Nodemask().first, InvalidNodes, "EINVAL", "no first node", "name at least one", "first_node"),
    (lambda: NODE_1.nth(3), InvalidNodes, "EINVAL", "no node number 3", "0 to 0", "modulo"),
    (lambda: parse_digits("1-"), InvalidNodes, "EINVAL", "'1-' does not parse", "a list such as", "returns EINVAL"),
    (lambda: parse_regions("2000"), InvalidNodes, "ERANGE", "'2000' does not parse", "a list such as",
     "returns ERANGE"),
    (lambda: named("5"), UnknownKernel, "EINVAL", "'5'", "6.1.192", "rules change between releases"),
    (lambda: ring4().fallback(9), InvalidNodes, "EINVAL", "9 is not a node of ring of 4", "0 to 3", "firmware"),
    (lambda: ring4().node_of_cpu(16), InvalidNodes, "EINVAL", "has no CPU 16", "0-15", "sched_setaffinity"),
    (lambda: Topology("t", ((9,),), ((0,),), Nodemask.of(0)), InvalidTopology, "EINVAL", "(9,)", "10 to itself",
     "SLIT"),
    (lambda: from_sysfs("/nowhere"), InvalidTopology, "EINVAL", "/nowhere/node0", "ring4()", "CONFIG_NUMA"),
    (lambda: Machine(ring4(), weights=(1,)), InvalidPolicy, "EINVAL", "(1,)", "from 1 to 255", "sysfs"),
    (lambda: mpol_new(Mode.BIND, Nodemask(), Flag.NONE, V6_1), InvalidPolicy, "EINVAL", "bind names no node",
     "one node",
     "set_mempolicy and mbind fail"),
    (lambda: policy("bind:9"), InvalidPolicy, "EINVAL", "names node 9, without memory (0-3 have some)",
     "interleave:0-3",
     "mount and remount fail"),
    (lambda: policy("bind:0", None, NODE_1), InvalidPolicy, "EINVAL", "leaves no node of 1", "with memory",
     "set_mempolicy"),
    (lambda: mount().remount("foo"), InvalidMount, "EINVAL", "'foo'", "size=50%", "mount fails with EINVAL"),
    (lambda: mount().create("f", 1), InvalidMount, "EEXIST", "'f'", "not taken", "EEXIST"),
    (lambda: mount().create("g", 0), InvalidMount, "EINVAL", "a file of 0 pages", "1 to 1048576", "SIGBUS"),
    (lambda: mount()["g"], InvalidMount, "ENOENT", "no file 'g'", "it has f", "ENOENT"),
    (lambda: touch(mount()["f"], Machine(), pages=[4]), BadRange, "EFAULT", "no page 4", "0 to 3", "SIGBUS"),
    (lambda: SharedPolicy().replace(4, 4, None), BadRange, "EINVAL", "pages 4 to 4", "an end after", "length of 0"),
    (lambda: SharedPolicy().lookup(-1), BadRange, "EOVERFLOW", "-1 is no page", "from 0", "EOVERFLOW"),
    (lambda: space().mmap(pages=0), BadRange, "EINVAL", "a mapping of 0 pages", "1 page or more", "length of 0"),
    (lambda: space().find(5), BadAddress, "EFAULT", "nothing is mapped at 5", "within a mapping", "SIGSEGV"),
    (lambda: space().mmap(pages=1, at=1 << 30), BadAddress, "EEXIST", "mapped at 0x40000000", "a free place", "EEXIST"),
    (lambda: space().munmap(Vma(0, PAGE_SIZE)), BadAddress, "EINVAL", "is not mapped here", "space.vmas", "munmap"),
    (lambda: mbind(space(), mount(), 5, PAGE_SIZE, Mode.BIND, NODE_1), BadAddress, "EINVAL", "at 5", "multiple of 4096",
     "EINVAL"),
    (lambda: mbind(space(), mount(), 0, PAGE_SIZE, Mode.BIND, NODE_1), BadAddress, "EFAULT", "only 0 are mapped",
     "without a hole", "EFAULT"),
    (lambda: touch(mount()["f"], Machine(), Task(7)), InvalidNodes, "EINVAL", "no CPU 7", "0-3", "sched_setaffinity"),
]


@pytest.mark.parametrize(("do", "kind", "errno_name", "came", "would_do", "linux"), ERRORS, ids=[e[3] for e in ERRORS])
def test_a_message_says_what_came_what_would_do_and_what_linux_does(do, kind, errno_name, came, would_do, linux):
    with pytest.raises(kind) as raised:
        do()
    first, second, third = str(raised.value).split("; ", 2)
    assert (came in first, would_do in second, linux in third) == (True, True, True), str(raised.value)
    assert (raised.value.errno_name, raised.value.errno) == (errno_name, getattr(errno, errno_name))


@pytest.mark.parametrize("kind", [BadAddress, BadRange, InvalidMount, InvalidNodes, InvalidPolicy, InvalidTopology,
                                  UnknownKernel])
def test_what_linux_refuses_is_a_value_error(kind):
    assert issubclass(kind, LinuxError)
    assert issubclass(kind, ValueError)
    assert hasattr(errno, kind("came", "would do", "linux").errno_name)


def test_a_bad_recording_is_a_value_error_and_a_broken_model_is_none():
    assert issubclass(BadRecording, ValueError)
    assert not issubclass(BadRecording, LinuxError)
    assert all(issubclass(k, RuntimeError) and not issubclass(k, ValueError) for k in (KernelBug, ModelError))


@pytest.mark.parametrize("error", [InvalidPolicy("'x' came", "'local' would do", "mount fails"),
                                   BadRange("a page came", "another would do", "mmap fails", "EOVERFLOW")], ids=repr)
def test_an_error_of_a_worker_process_comes_whole(error):
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.errno) == (type(error), str(error), error.errno)
