"""Laws of sets for operations on services."""

from __future__ import annotations

from random import Random

from calicoctl.analysis.sets.services import ALL_SERVICES, services_of_protocol


def test_operations_on_services_obey_the_laws_of_sets() -> None:
    random = Random(1)  # noqa: S311  # no secret
    some = [
        services_of_protocol(6, (0, 1024), (80, 90)),
        services_of_protocol(6, None, (85, 443)),
        services_of_protocol(1, (8, 9)),
        services_of_protocol(47),
    ]
    for _ in range(30):
        one, other = random.sample(some, 2)
        some.append(random.choice([one | other, one & other, one - other, ALL_SERVICES - one]))
    for one in some:
        for other in some:
            assert (one | other) is (other | one)
            assert (one & other) is (other & one)
            assert ((one - other) | (one & other)) is one
            assert ALL_SERVICES - (one | other) is (ALL_SERVICES - one) & (ALL_SERVICES - other)
            assert all((service in one) == (service in (one & other)) for service in other.corners())
