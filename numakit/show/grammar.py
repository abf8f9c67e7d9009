# SPDX-License-Identifier: GPL-2.0-only
"""What each kernel makes of a mount option, as a table."""
from __future__ import annotations

from collections.abc import Sequence

from numakit.errors import LinuxError
from numakit.kernel import Kernel
from numakit.machine import Machine
from numakit.mempolicy import policy_text
from numakit.mount_option import mpol_parse_str
from numakit.show.table import Table
from numakit.topology import Topology, recorded4


def grammar_table(options: Sequence[str], kernels: Sequence[Kernel], topology: Topology | None = None) -> Table:
    """A row for each option: the policy that each kernel's mount shows for it, or the errno by name."""
    machines = [Machine(topology or recorded4(), kernel) for kernel in kernels]
    rows = tuple((f"mpol={option}", *(verdict(option, machine) for machine in machines)) for option in options)
    return Table(("option", *(k.title for k in kernels)), rows, caption="What a mount makes of an option")


def verdict(option: str, machine: Machine) -> str:
    """The policy of one option as this kernel understands it, 'bind:0', or the errno's name."""
    try:
        return policy_text(mpol_parse_str(option, machine))
    except LinuxError as error:
        return error.errno_name
