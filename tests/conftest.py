# SPDX-License-Identifier: GPL-2.0-only
"""How hypothesis runs here: the same examples each time, few enough for a small machine, no clock."""
from hypothesis import HealthCheck, settings

settings.register_profile("house", max_examples=100, deadline=None, derandomize=True, database=None,
                          suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")
