#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Makes both lock files anew from pyproject.toml: exact versions with hashes, for every platform, naming no index.
set -eu

if ! command -v uv >/dev/null 2>&1; then
    echo "uv is not here: install it (pip install uv) to make the locks anew." >&2
    exit 1
fi

# What a newcomer reads at the top of a lock; $1 is the target that installs it.
heading() {
    echo "# Exact versions and hashes of what \`make $1\` installs, for Python 3.11 and later on every platform."
    echo "# Made from pyproject.toml by \`make lock\`, not by hand. It names no package index: pip uses its own setting."
}

# compile LOCK TARGET OPTIONS...: the lock of the extras that the options name.
compile() {
    lock=$1 target=$2
    shift 2
    new=$(mktemp)
    uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
        "$@" pyproject.toml >"$new"
    { heading "$target"; cat "$new"; } >"$lock"
    rm -f "$new"
}

compile requirements.lock setup --extra arrays --extra show --extra lab --extra test
compile requirements-browser.lock browser-setup --extra browser --constraint requirements.lock
