# SPDX-License-Identifier: GPL-2.0-only
"""What the property tests draw: nodes, kernels, machines, policies, options in each release's words."""
from __future__ import annotations

from hypothesis import strategies as st

from numakit.kernel import ALL, V6_12
from numakit.machine import Machine
from numakit.mempolicy import NAMES, Flag, Mode, contextualise, modes_of, mpol_new
from numakit.nodemask import Nodemask, format_runs
from numakit.topology import Topology, ladder8, recorded4, recorded4_v3_8, ring4, two_sockets

kernels = st.sampled_from(ALL)
node_sets = st.frozensets(st.integers(0, 70), max_size=12)
masks = node_sets.map(lambda nids: Nodemask.of(*nids))
some_masks = st.frozensets(st.integers(0, 70), min_size=1, max_size=12).map(lambda nids: Nodemask.of(*nids))
presets = st.sampled_from([two_sockets(), ring4(), recorded4(), recorded4_v3_8(), ladder8()])


def subsets(mask, at_least=1):
    """Sets of nodes of a mask."""
    return st.sets(st.sampled_from(list(mask)), min_size=at_least).map(lambda nids: Nodemask.of(*nids))


@st.composite
def topologies(draw, most=7):
    """Machines of any distances, also one-sided ones, with nodes that lack CPUs or memory (node 0 has a CPU)."""
    n = draw(st.integers(1, most))
    far = st.sampled_from([11, 16, 20, 22, 255])
    distances = tuple(tuple(10 if a == b else draw(far) for b in range(n)) for a in range(n))
    counts = [draw(st.integers(1, 2)), *(draw(st.integers(0, 2)) for _ in range(n - 1))]
    cpus = tuple(tuple(range(sum(counts[:i]), sum(counts[:i + 1]))) for i in range(n))
    return Topology("drawn", distances, cpus, draw(subsets(range(n))))


@st.composite
def machines(draw, topology=None):
    """A machine under any kernel, with weights or without."""
    chosen = draw(topology or st.one_of(presets, topologies()))
    weights = draw(st.one_of(st.just(()), st.tuples(*[st.integers(1, 5)] * chosen.nodes)))
    return Machine(chosen, draw(kernels), weights)


def flags_of(mode, kernel):
    """The flags that a mode may carry."""
    balancing = [Flag.BALANCING] if NAMES[mode] in kernel.balancing_with else []
    return st.sampled_from([Flag.NONE, Flag.STATIC, Flag.RELATIVE, *balancing])


@st.composite
def policies(draw, machine):
    """A policy that this machine's kernel makes, fitted to its nodes; None for default."""
    mode = draw(st.sampled_from(modes_of(machine.kernel)))
    if mode in (Mode.DEFAULT, Mode.LOCAL):  # prefer without a node is local in every release
        return mpol_new(Mode.PREFERRED if mode else mode, Nodemask(), Flag.NONE, machine.kernel)
    made = mpol_new(mode, draw(subsets(machine.memory)), draw(flags_of(mode, machine.kernel)), machine.kernel)
    return contextualise(made, machine)


@st.composite
def options(draw, machine):
    """An mpol= option that this machine's kernel takes: mode, perhaps a flag, a list in the kernel's own form."""
    mode = draw(st.sampled_from(modes_of(machine.kernel)))
    if mode in (Mode.DEFAULT, Mode.LOCAL):
        return NAMES[mode]
    nodes = draw(subsets(machine.memory))
    listed = nodes.first if mode is Mode.PREFERRED else format_runs(nodes)
    return f"{NAMES[mode]}{draw(st.sampled_from(['', '=static', '=relative']))}:{listed}"


@st.composite
def changed(draw, text):
    """A text with a few characters taken out, put in or doubled."""
    chars = list(draw(text))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(chars)))
        chars[at:at + draw(st.integers(0, 2))] = draw(st.text(",:=-/N 0129amx\0\n", max_size=2))
    return "".join(chars)


numbers = st.one_of(st.integers(-4, 40), st.integers(-(1 << 70), 1 << 70))
junk = st.one_of(numbers, st.none(), st.booleans(), st.text(max_size=4), st.floats(), st.just(()),
                 st.binary(max_size=2))
ring_machines = st.builds(Machine, st.just(ring4()), kernels)
today = Machine(ring4(), V6_12)
