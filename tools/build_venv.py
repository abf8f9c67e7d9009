# SPDX-License-Identifier: GPL-2.0-only
"""Builds .venv from requirements.lock: `make setup`, or without make `python tools/build_venv.py`.

With the name of another lock (requirements-browser.lock) it adds what that one names. Readable for Python 2.7, so that
an old Python gets as far as the sentence that says so.
"""

import os
import subprocess
import sys

import check_python

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
LOG = os.path.join(ROOT, ".setup.log")
NO_NETWORK = "pip could not get the packages: connect to the network (this is needed once) and try again"
CAUSES = (  # what the output has in it, and the sentence for it; the first that fits is told
    ("DO NOT MATCH THE HASHES", "A package came that is not the one the lock names: check which index pip is set to"),
    ("No space left", "The disk is full: make room (about 1 GB) and try again"),
    ("Permission denied", "This folder can't be written to: work in a copy that is yours"),
    ("Connection", NO_NETWORK),
    ("Could not find a version", NO_NETWORK),
    ("No matching distribution", NO_NETWORK),
)


def venv_python():  # type: () -> str
    """The path of the environment's Python."""
    parts = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
    return os.path.join(VENV, *parts)


def sentence_for(output):  # type: (str) -> str
    """What to do, in a sentence, told from what pip or venv printed."""
    fitting = [sentence for sign, sentence in CAUSES if sign in output]
    return (fitting or ["The environment could not be built"])[0] + " (details: .setup.log)."


def quietly(arguments):  # type: (list[str]) -> int
    """Run a command, its output added to the log; return its exit status."""
    with open(LOG, "a") as log:
        return subprocess.call(arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, cwd=ROOT)


def good_venv():  # type: () -> bool
    """Whether there is an environment whose Python runs, is new enough and has pip."""
    code = "import sys, pip; sys.exit(sys.version_info[:2] < %r)" % (check_python.OLDEST,)
    return os.path.exists(venv_python()) and quietly([venv_python(), "-c", code]) == 0


def commands(lock):  # type: (str) -> list[list[str]]
    """The commands that build the environment, in order; an environment that is there and good is kept."""
    pip = [venv_python(), "-m", "pip", "install", "--disable-pip-version-check", "--retries=2"]
    fresh = [] if good_venv() else [[sys.executable, "-m", "venv", "--clear", VENV]]
    editable = [pip + ["--no-deps", "--no-build-isolation", "-e", "."]] if lock == "requirements.lock" else []
    return fresh + [pip + ["--require-hashes", "-r", lock]] + editable


def build(lock):  # type: (str) -> str
    """Build or complete the environment; return '' or the sentence that tells what is wrong."""
    open(LOG, "w").close()
    if any(quietly(command) for command in commands(lock)):
        with open(LOG, errors="replace") as log:
            return sentence_for(log.read())
    # The stamps are how make knows, the next time and offline, that there is nothing to do.
    open(os.path.join(VENV, "." + lock + ".stamp"), "w").close()
    return ""


def main(lock="requirements.lock"):  # type: (str) -> int
    """Check this Python, build, say how it went; return the exit status."""
    if check_python.main():
        return 1
    sys.stdout.write("Installing what %s names into .venv (the first time takes about a minute) ...\n" % lock)
    sys.stdout.flush()
    try:
        trouble = build(lock)
    except OSError as error:
        trouble = "The environment could not be built: %s." % error
    if trouble:
        sys.stderr.write(trouble + "\n")
    return 1 if trouble else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
