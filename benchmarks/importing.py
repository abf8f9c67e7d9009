# SPDX-License-Identifier: GPL-2.0-only
"""What `import numakit` takes in a fresh process, beside a process that imports nothing."""
from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.timing import Row, medians

ROOT = Path(__file__).resolve().parent.parent
MILLI = 1e3
IMPORT = ("import sys, numakit\n"
          "sys.exit(', '.join({'numpy', 'matplotlib', 'ipywidgets'} & sys.modules.keys()) or None)")


def run(code: str, cache: str) -> None:
    """A new Python runs the code; a text it exits with is raised. cache: the folder of compiled modules."""
    # Compiled modules are kept there even where the environment says that none are to be written.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([sys.executable, "-X", f"pycache_prefix={cache}", "-c", code], check=True, cwd=ROOT,
                   env=environment)


def rows(times: int = 21) -> list[Row]:
    """The import alone, in milliseconds: the process that imports less the one that does not."""
    with TemporaryDirectory() as cache:
        run(IMPORT, cache)  # compiles what the others load
        bare, importing = medians(lambda: run("pass", cache), lambda: run(IMPORT, cache), times=times)
    return [Row("import numakit, beyond the start of Python; other: that start", "ms", (importing - bare) * MILLI,
                bare * MILLI, "at most 60 ms")]
