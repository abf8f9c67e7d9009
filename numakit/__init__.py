# SPDX-License-Identifier: GPL-2.0-only
"""A teaching kit on Linux NUMA memory policy, held against what real kernels were recorded to do."""

__version__ = "0.1.0.dev0"
