# SPDX-License-Identifier: GPL-2.0-only
"""numakit: NUMA memory policy and the lock argument of December 2012, to be seen and to be tried."""
from numakit.kernel import (
    KERNELS,
    V3_6,
    V3_7,
    V3_8,
    V3_8_3,
    V3_8_MUTEX,
    V3_8_RC1,
    V3_8_SPLIT_MENDED,
    V3_13,
    V6_1,
    V6_8,
    V6_12,
    V6_18,
    V7_3,
    Kernel,
)
from numakit.machine import Machine
from numakit.mbind import mbind, set_mempolicy
from numakit.mempolicy import Flag, Mempolicy, Mode
from numakit.mount_option import cut, mpol_parse_str, policy, policy_args
from numakit.nodemask import Nodemask
from numakit.placement import node_of_file_page, node_of_new_page, node_wanted_by_fault_path, touch, touch_huge
from numakit.shared_policy import SharedPolicy, SpNode
from numakit.sysfs import from_sysfs
from numakit.task import Task
from numakit.tmpfs import Inode, Mount
from numakit.topology import Topology, ladder8, nodes64, nodes1024, recorded4, recorded4_v3_8, ring4, two_sockets
from numakit.vma import PAGE_SIZE, AddressSpace, Vma, get_vma_policy

__version__ = "0.1.0"

__all__ = [
    "KERNELS", "PAGE_SIZE", "V3_6", "V3_7", "V3_8", "V3_8_3", "V3_8_MUTEX", "V3_8_RC1", "V3_8_SPLIT_MENDED", "V3_13",
    "V6_1", "V6_8", "V6_12", "V6_18", "V7_3", "AddressSpace", "Flag", "Inode", "Kernel", "Machine", "Mempolicy",
    "Mode", "Mount", "Nodemask", "SharedPolicy", "SpNode", "Task", "Topology", "Vma", "cut", "from_sysfs",
    "get_vma_policy", "ladder8", "mbind", "mpol_parse_str", "node_of_file_page", "node_of_new_page",
    "node_wanted_by_fault_path", "nodes64", "nodes1024", "policy", "policy_args", "recorded4", "recorded4_v3_8",
    "ring4", "set_mempolicy", "touch", "touch_huge", "two_sockets",
]
