# SPDX-License-Identifier: GPL-2.0-only
"""How the tests run: hypothesis with the same examples each time, few and without a clock; and Ctrl-C is heard."""
import signal

from hypothesis import HealthCheck, settings

settings.register_profile("house", max_examples=100, deadline=None, derandomize=True, database=None,
                          suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

# Where a shell begins the tests in the background, Ctrl-C is ignored by them and by what they start: some would wait.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
