# SPDX-License-Identifier: GPL-2.0-only
"""Installs the wheel, then the sdist of dist/ into a clean environment, and runs lesson 00 from there each time.

`make try-dist` builds both first. Everything is done in a temporary folder, out of sight of the source tree.
"""
from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
FIRST = "00_start_here.ipynb"
WHERE = """\
from pathlib import Path
import numakit, numakit.lab
print(numakit.__version__, Path(numakit.__file__).parent)
print(numakit.lab.home(numakit.lab.PACKAGE) / "notebooks")
"""


def artefacts(folder: Path) -> list[Path]:
    """The wheel and the sdist of a folder; raises SystemExit with a sentence unless there is one of each."""
    found = [sorted(folder.glob(pattern)) for pattern in ("*.whl", "*.tar.gz")]
    if [len(files) for files in found] != [1, 1]:
        raise SystemExit(f"One wheel and one sdist are wanted in {folder}: `make dist` builds them.")
    return [files[0] for files in found]


def clean_environment(folder: Path) -> Path:
    """An environment with what the lock names, and without numakit; returns its Python."""
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    pip(python, "--require-hashes", "-r", str(LOCK))
    return python


def pip(python: Path, *arguments: str) -> None:
    """Install quietly; raises CalledProcessError."""
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments]
    subprocess.run(command, check=True)


def run_lesson(python: Path, here: Path) -> None:
    """Run lesson 00 where it was installed, and compare each output with the stored one; raises CalledProcessError."""
    environment = {k: v for k, v in os.environ.items() if k not in ("JUPYTER_PATH", "PYTHONPATH")}
    environment |= {"JUPYTER_PREFER_ENV_PATH": "1", "IPYTHONDIR": str(here / "ipython")}
    asked = [str(python), "-c", WHERE]
    said = subprocess.run(asked, cwd=here, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
    version, lessons = said.splitlines()
    if ROOT in Path(lessons).resolve().parents:
        raise SystemExit(f"The lessons came from the source tree: {lessons}")
    print(version, flush=True)
    check = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval", "--nbval-current-env"]
    subprocess.run([*check, f"{lessons}/{FIRST}"], cwd=here, env=environment, check=True)


def main() -> None:
    """Try both; the exit status tells whether all went well."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        python = clean_environment(folder / "venv")
        (folder / "here").mkdir()
        for artefact in artefacts(ROOT / "dist"):
            print(f"{artefact.name}:", flush=True)
            pip(python, "--no-deps", "--no-build-isolation", "--force-reinstall", str(artefact))
            run_lesson(python, folder / "here")


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(f"That failed: {error}")
