# SPDX-License-Identifier: GPL-2.0-only
"""What real kernels were seen to do, and whether the model does the same.

`python -m numakit.recordings check` replays every record on the model; `own()` reads the package's own recordings.
"""
from numakit.recordings.reader import Recording, own, read

__all__ = ["Recording", "own", "read"]
