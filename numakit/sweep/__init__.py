# SPDX-License-Identifier: GPL-2.0-only
"""One scenario at every point of a grid, here or by any executor, resumable from a file; nothing of NUMA.

In reading order: `told`, `plain`, `grid`, `point`, `lock`, `record`, `table`, `kept`, `here`, `pool`, `crew`, `sweep`.
docs/sweeps.md shows how to use it.
"""
from numakit.sweep.sweep import sweep
from numakit.sweep.table import Failure, Table
from numakit.sweep.told import BadSweep, SweepWarning

__all__ = ["BadSweep", "Failure", "SweepWarning", "Table", "sweep"]
