#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Installs Debian's Chromium where that can be done without asking; otherwise says what to install.
set -eu

if command -v chromium >/dev/null 2>&1; then
    exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Chromium with apt-get ..."
    export DEBIAN_FRONTEND=noninteractive
    log=.setup.log
    if { apt-get update && apt-get install -y --no-install-recommends chromium fonts-dejavu-core; } \
        >"$log" 2>&1 </dev/null; then
        exit 0
    fi
    echo "apt-get could not install chromium: the browser tests will be left out (details: $log)." >&2
    exit 0
fi
echo "Chromium is not here: install it (Debian, Ubuntu: apt-get install chromium), or the browser tests are left out." >&2
