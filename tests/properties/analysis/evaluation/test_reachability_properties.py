"""Comparison of `Reachability` with the reference evaluator: boundary packets of random policy sets."""

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

SET_COUNT = 1_250


BATCH_SIZE = 250


@pytest.mark.parametrize("batch", range(SET_COUNT // BATCH_SIZE))
def test_both_agree_on_all_boundary_packets_of_random_sets(batch: int) -> None:
    for seed in range(batch * BATCH_SIZE, (batch + 1) * BATCH_SIZE):
        manifests = random_policy_set(Random(seed), edge_cases=True)  # noqa: S311  # no secret
        assert disagreements(manifests) == [], f"seed {seed}"


def disagreements(manifests: list[dict[str, Any]]) -> list[Any]:
    """Return the boundary packets with different decisions. Boundaries come from the manifests only."""
    reachability, reference = Reachability(policy_set_from(manifests)), ReferenceEvaluator(manifests)
    rules = [
        rule
        for manifest in manifests
        for direction in ("ingress", "egress")
        for rule in manifest["spec"].get(direction, ())
    ]
    services = list(boundary_services(rules, ICMP, ICMPV6))
    result = []
    for (source, sender, source_class), (destination, receiver, address_class) in product(
        traffic_ends(reachability, reference, rules), repeat=2
    ):
        inside = source in reference.endpoints_by_address or destination in reference.endpoints_by_address
        if source_class.version == address_class.version and source != destination and inside:
            allowed = reachability.allowed(source_class, address_class)
            always = reachability.allowed(source_class, address_class, always=True)
            for service in services:
                boundary_packet = packet(source, destination, service)
                expected = reference.decide(boundary_packet, sender, receiver)
                if [service in allowed, service in always] != expected:
                    result.append(boundary_packet)
    return result


def traffic_ends(
    reachability: Reachability, reference: ReferenceEvaluator, rules: Iterable[dict[str, Any]]
) -> list[tuple[str, int, AddressClass]]:
    """Return each endpoint at each address with its number there, and boundary addresses of non-endpoints."""
    members = {
        (member.endpoint.identifier.values[-1], str(member.address)): address_class
        for address_class in reachability.classes
        for member in address_class.members
    }
    result = []
    for address in boundary_addresses(reference, rules):
        if address not in reference.endpoints_by_address:
            address_class = reachability.address_space.class_of(parse_address(address))
            assert address_class
            result.append((address, 0, address_class))
        for number, owner in enumerate(reference.endpoints_by_address.get(address, ())):
            result.append((address, number, members[owner["metadata"]["name"], address]))
    return result


def test_boundary_packets_contain_both_sides_of_a_port_range() -> None:
    """A rule that is evaluated incorrectly changes the decision on one of these packets."""
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
