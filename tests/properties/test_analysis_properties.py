"""The analysis and an evaluator of one packet agree on every corner of every set of packets that policy tells apart."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import product
from random import Random
from typing import Any

import pytest

from calicoctl.analysis import Reachability
from calicoctl.analysis.evaluation.groups import AddressClass
from calicoctl.analysis.sets.addresses import parse_address
from calicoctl.analysis.sets.services import ICMP, ICMPV6, PAIR_PROTOCOLS, SCTP, TCP, UDP, Service
from tests.analysed import packet, policies_of
from tests.onepacket import World
from tests.policysets import policy_set

SETS = 10_000
BATCH = 250


@pytest.mark.parametrize("batch", range(SETS // BATCH))
def test_both_agree_on_every_corner_of_generated_sets(batch: int) -> None:
    for seed in range(batch * BATCH, (batch + 1) * BATCH):
        manifests = policy_set(Random(seed), strange=True)  # noqa: S311  # no secret
        assert disagreements(manifests) == [], f"seed {seed}"


def disagreements(manifests: list[dict[str, Any]]) -> list[Any]:
    """The packets that the two give different verdicts on; corners are found from the manifests alone."""
    analysis, world = Reachability(policies_of(manifests)), World(manifests)
    rules = [
        rule
        for manifest in manifests
        for direction in ("ingress", "egress")
        for rule in manifest["spec"].get(direction, ())
    ]
    services = list(corners(rules, ICMP, ICMPV6))
    found = []
    for (source, sender, source_group), (destination, receiver, group) in product(
        ends(analysis, world, rules), repeat=2
    ):
        inside = source in world.at or destination in world.at
        if source_group.version == group.version and source != destination and inside:
            allowed = analysis.allowed(source_group, group)
            for service in services:
                one = packet(source, destination, service)
                if (service in allowed) != world.allowed(one, sender, receiver):
                    found.append(one)
    return found


def ends(analysis: Reachability, world: World, rules: Iterable[dict[str, Any]]) -> list[tuple[str, int, AddressClass]]:
    """Every endpoint at each of its addresses, with its number there, and corners of what is no endpoint's."""
    members = {
        (member.endpoint.identifier.values[-1], str(member.address)): group
        for group in analysis.classes
        for member in group.members
    }
    found = []
    for place in addresses(world, rules):
        if place not in world.at:
            group = analysis.address_space.class_of(parse_address(place))
            assert group
            found.append((place, 0, group))
        for number, owner in enumerate(world.at.get(place, ())):
            found.append((place, number, members[owner["metadata"]["name"], place]))
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
    if network.prefixlen == 0:
        return (str(network[0]), str(network[-1]))
    return (str(network[0]), str(network[-1]), str(network[0] - 1), str(network[-1] + 1))


def corners(rules: Iterable[dict[str, Any]], *icmp: int) -> Iterator[Service]:
    """Both ends of every run of ports, types, codes and protocols between the bounds that rules have.

    Of ICMP and that of IPv6 those that are named, which may be both: a host may send the other one as well.
    """
    rules = list(rules)
    for protocol, names in ((TCP, ("tcp", TCP)), (UDP, ("udp", UDP)), (SCTP, ("sctp",))):
        own = [rule for rule in rules if rule.get("protocol") in names]
        sides = (_ends_of_runs(_port_bounds(own, side), 65535) for side in ("source", "destination"))
        yield from (Service(protocol, *pair) for pair in product(*sides))
    said = [rule[field] for rule in rules for field in ("icmp", "notICMP") if field in rule]
    both = [{(number[name], number[name] + 1) for number in said if name in number} for name in ("type", "code")]
    for pair in product(*(_ends_of_runs(bounds, 255) for bounds in both)):
        yield from (Service(protocol, *pair) for protocol in icmp)
    named = {rule[field] for rule in rules for field in ("protocol", "notProtocol") if field in rule}
    numbers = {(number, number + 1) for number in named | {*PAIR_PROTOCOLS} if isinstance(number, int)}
    yield from (Service(number) for number in _ends_of_runs(numbers, 255) if number not in PAIR_PROTOCOLS)


def _ends_of_runs(runs: Iterable[tuple[int, int]], highest: int) -> list[int]:
    """What lies right before and behind each bound, the first and the last."""
    bounds = {bound for run in runs for bound in run}
    return sorted({0, highest, *(end for bound in bounds for end in (bound - 1, bound) if 0 <= end <= highest)})


def _port_bounds(rules: Iterable[dict[str, Any]], side: str) -> Iterator[tuple[int, int]]:
    for rule in rules:
        for run in (*rule[side].get("ports", ()), *rule[side].get("notPorts", ())):
            low, _, high = str(run).partition(":")
            yield int(low), int(high or low) + 1


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
