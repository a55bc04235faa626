"""The analysis and the reference evaluator agree on all boundary packets of random policy sets."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from random import Random
from typing import Any

import pytest

from calicoctl.analysis import Reachability
from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.sets.addresses import parse_address
from calicoctl.kinds.values.protocols import ICMP, ICMPV6, TCP
from tests.support.boundary_packets import boundary_addresses, boundary_services
from tests.support.policies import packet, policy_set_from
from tests.support.random_policies import random_policy_set
from tests.support.reference_evaluator import ReferenceEvaluator

SET_COUNT = 10_000


BATCH_SIZE = 250


@pytest.mark.parametrize("batch", range(SET_COUNT // BATCH_SIZE))
def test_both_agree_on_every_corner_of_generated_sets(batch: int) -> None:
    for seed in range(batch * BATCH_SIZE, (batch + 1) * BATCH_SIZE):
        manifests = random_policy_set(Random(seed), edge_cases=True)  # noqa: S311  # no secret
        assert disagreements(manifests) == [], f"seed {seed}"


def disagreements(manifests: list[dict[str, Any]]) -> list[Any]:
    """The packets that the two give different verdicts on; corners are found from the manifests alone."""
    analysis, world = Reachability(policy_set_from(manifests)), ReferenceEvaluator(manifests)
    rules = [
        rule
        for manifest in manifests
        for direction in ("ingress", "egress")
        for rule in manifest["spec"].get(direction, ())
    ]
    services = list(boundary_services(rules, ICMP, ICMPV6))
    found = []
    for (source, sender, source_group), (destination, receiver, group) in product(
        traffic_ends(analysis, world, rules), repeat=2
    ):
        inside = source in world.endpoints_by_address or destination in world.endpoints_by_address
        if source_group.version == group.version and source != destination and inside:
            allowed = analysis.allowed(source_group, group)
            for service in services:
                one = packet(source, destination, service)
                if (service in allowed) != world.allowed(one, sender, receiver):
                    found.append(one)
    return found


def traffic_ends(
    analysis: Reachability, world: ReferenceEvaluator, rules: Iterable[dict[str, Any]]
) -> list[tuple[str, int, AddressClass]]:
    """Every endpoint at each of its addresses, with its number there, and corners of what is no endpoint's."""
    members = {
        (member.endpoint.identifier.values[-1], str(member.address)): group
        for group in analysis.classes
        for member in group.members
    }
    found = []
    for place in boundary_addresses(world, rules):
        if place not in world.endpoints_by_address:
            group = analysis.address_space.class_of(parse_address(place))
            assert group
            found.append((place, 0, group))
        for number, owner in enumerate(world.endpoints_by_address.get(place, ())):
            found.append((place, number, members[owner["metadata"]["name"], place]))
    return found


def test_the_corners_would_show_a_rule_that_is_read_wrong() -> None:
    """The evaluator is really asked: without the denying rule the two differ."""
    rule = {"action": "deny", "protocol": "tcp", "source": {}, "destination": {"ports": ["80:90"]}}
    spec = {"ingress": [rule, {"action": "allow", "source": {}, "destination": {}}], "egress": []}
    profile = {"kind": "profile", "metadata": {"name": "p"}, "spec": spec}
    metadata = {"name": "e", "node": "n", "orchestrator": "libnetwork", "workload": "libnetwork"}
    endpoint = {
        "kind": "workloadEndpoint",
        "metadata": metadata,
        "spec": {"ipNetworks": ["10.0.0.1"], "profiles": ["p"], "interfaceName": "e"},
    }
    ports = {service.second for service in boundary_services([rule], ICMP) if service.protocol == TCP}
    assert {79, 80, 90, 91} <= ports
    assert disagreements([profile, endpoint]) == []
