"""How much Hypothesis tries here: few cases, the same in every run, so that a failure is not a matter of luck.

`HYPOTHESIS_PROFILE=thorough` looks longer, and elsewhere each time.
"""

import os

from hypothesis import HealthCheck, settings

_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
settings.register_profile(
    "quick", deadline=None, derandomize=True, database=None, max_examples=25, suppress_health_check=_SLOW
)
settings.register_profile("thorough", deadline=None, max_examples=500, suppress_health_check=_SLOW)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
