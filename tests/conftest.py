"""How every test runs: Hypothesis without deadlines, `HYPOTHESIS_PROFILE=nightly` for many more."""

import os

from hypothesis import HealthCheck, settings

_SLOW = [HealthCheck.too_slow]

settings.register_profile(
    "default", max_examples=100, deadline=None, print_blob=True, suppress_health_check=_SLOW
)
settings.register_profile(
    "nightly", max_examples=5_000, deadline=None, print_blob=True, suppress_health_check=_SLOW
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
