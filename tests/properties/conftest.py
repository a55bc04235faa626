"""How much Hypothesis tries here: the same cases in every run, so that a failure is not a matter of luck."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "calicoctl",
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=40,
    phases=(__import__("hypothesis").Phase.explicit, __import__("hypothesis").Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
settings.load_profile("calicoctl")
