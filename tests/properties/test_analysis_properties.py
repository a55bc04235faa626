"""The analysis and an evaluator of one packet agree on every corner of every set of packets that policy tells apart."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import product
from random import Random
from typing import Any

import pytest

from calicoctl.analysis import Analysis
from calicoctl.analysis.addresses import address
from calicoctl.analysis.services import ICMP, ICMPV6, TCP, UDP, Service
from tests.analysed import packet, policies_of
from tests.onepacket import World
from tests.policysets import policy_set

SETS = 10_000
BATCH = 250


@pytest.mark.parametrize("batch", range(SETS // BATCH))
def test_both_agree_on_every_corner_of_generated_sets(batch: int) -> None:
    for seed in range(batch * BATCH, (batch + 1) * BATCH):
        manifests = policy_set(Random(seed))  # noqa: S311  # no secret
        assert disagreements(manifests) == [], f"seed {seed}"


def disagreements(manifests: list[dict[str, Any]]) -> list[Any]:
    """The packets that the two give different verdicts on; corners are found from the manifests alone."""
    analysis, world = Analysis(policies_of(manifests)), World(manifests)
    rules = [
        rule
        for manifest in manifests
        for direction in ("ingress", "egress")
        for rule in manifest["spec"].get(direction, ())
    ]
    services = {4: list(corners(rules, ICMP)), 6: list(corners(rules, ICMPV6))}
    groups = {place: analysis.universe.at(address(place)) for place in addresses(world, rules)}
    found = []
    for (source, source_group), (destination, destination_group) in product(groups.items(), repeat=2):
        assert source_group
        assert destination_group
        inside = source in world.at or destination in world.at
        if source_group.version == destination_group.version and source != destination and inside:
            allowed = analysis.allowed(source_group, destination_group)
            for service in services[source_group.version]:
                one = packet(source, destination, service)
                if (service in allowed) != world.allowed(one):
                    found.append(one)
    return found


def addresses(world: World, rules: Iterable[dict[str, Any]]) -> list[str]:
    """Those of endpoints, both ends of every network, and what lies right before and behind it."""
    found = {*world.at, "198.51.100.1", "2001:db8::1"}
    for rule in rules:
        for side in (rule["source"], rule["destination"]):
            for text in (*side.get("nets", ()), *side.get("notNets", ())):
                found.update(_ends(text))
    return sorted(found)


@cache
def _ends(text: str) -> tuple[str, ...]:
    network = ipaddress.ip_network(text)
    if network.num_addresses > 2**32 - 1 and network.version == 4:
        return ("0.0.0.0", "255.255.255.255")  # noqa: S104
    return (str(network[0]), str(network[-1]), str(network[0] - 1), str(network[-1] + 1))


def corners(rules: Iterable[dict[str, Any]], icmp: int) -> Iterator[Service]:
    """Both sides of every bound of ports, types and codes that a rule has, for each protocol that one names."""
    rules = list(rules)
    sources, destinations = (sorted(_bounds(rules, side)) for side in ("source", "destination"))
    for protocol in (TCP, UDP):
        named = any(rule.get("protocol") in (protocol, {TCP: "tcp", UDP: "udp"}[protocol]) for rule in rules)
        for pair in product(sources, destinations) if named else [(40000, 40000)]:
            yield Service(protocol, *pair)
    kinds = {rule[field]["type"] for rule in rules for field in ("icmp", "notICMP") if field in rule}
    for kind, code in product(sorted({3, *kinds}), (0, 1) if kinds else (0,)):
        yield Service(icmp, kind, code)
    yield from (Service(number) for number in (47, 50))


def _bounds(rules: Iterable[dict[str, Any]], side: str) -> set[int]:
    bounds = {40000}
    for rule in rules:
        for run in (*rule[side].get("ports", ()), *rule[side].get("notPorts", ())):
            low, _, high = str(run).partition(":")
            bounds |= {int(low) - 1, int(low), int(high or low), int(high or low) + 1}
    return {bound for bound in bounds if bound < 65536}


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
    ports = {service.second for service in corners([rule], ICMP) if service.protocol == TCP}
    assert {79, 80, 90, 91} <= ports
    assert disagreements([profile, endpoint]) == []
