# SPDX-License-Identifier: GPL-2.0-only
"""Says in one sentence what this Python lacks for numakit; exit status 0 if it lacks nothing.

Written so that Python 2.7 can read it: an old Python shall get the sentence, not a SyntaxError.
"""

import sys

OLDEST = (3, 11)


def missing(version, has_venv):  # type: (tuple[int, int], bool) -> str
    """The sentence for a Python of `version` (major, minor), with or without its venv module; '' if it will do."""
    if version < OLDEST:
        return "numakit needs Python 3.11 or later, and this is Python %d.%d: install python3.11 or newer." % version
    if not has_venv:
        package = "python%d.%d-venv" % version
        return "This Python came without its venv module: install it (Debian, Ubuntu: apt-get install %s)." % package
    return ""


def venv_is_there():  # type: () -> bool
    """Whether this Python has what `python -m venv` needs (Debian ships venv and ensurepip apart)."""
    try:
        import ensurepip
        import venv
    except ImportError:
        return False
    return bool(ensurepip and venv)


def main():  # type: () -> int
    """Print the sentence, if there is one, and return the exit status."""
    sentence = missing((sys.version_info[0], sys.version_info[1]), venv_is_there())
    if sentence:
        sys.stderr.write(sentence + "\n")
    return 1 if sentence else 0


if __name__ == "__main__":
    sys.exit(main())
