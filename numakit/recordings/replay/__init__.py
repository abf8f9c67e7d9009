# SPDX-License-Identifier: GPL-2.0-only
"""One module for each group of recordings: how its records are done again on the model."""
