# SPDX-License-Identifier: GPL-2.0-only
"""How fast it is: `make bench` measures, prints a table and writes results.json. Nothing here is a test."""
