"""Exposure agrees with the policy set that contains the new endpoint: each row, for labels inside and outside of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from random import Random
from typing import Any

import pytest

from calicoctl.analysis import Endpoint, PolicySet, Reachability
from calicoctl.analysis.connectivity.grouping import Grouping
from calicoctl.analysis.connectivity.peer_groups import EndpointGroup
from calicoctl.analysis.exposure.exposure import Exposure, compute_exposure
from calicoctl.analysis.exposure.new_endpoints import NewEndpoints
from calicoctl.analysis.peers.address_names import NetworkExpression
from calicoctl.analysis.sets.addresses import Address, parse_address
from calicoctl.analysis.sets.services import NO_SERVICES, ServiceSet
from calicoctl.resource import Identifier
from calicoctl.selector import parse
from tests.support.policies import policy_set_from
from tests.support.random_policies import random_policy_set
from tests.support.random_v3 import policy_set_from_v3, random_v3_set

SEEDS = range(70_000, 70_060)
ADDRESSES = ("10.0.0.2", "10.0.0.9", "10.0.0.200", "192.0.2.1", "203.0.113.1", "fd00::2", "fd00::99", "2001:db8::7")
VALUES = {
    "role": (None, "web", "db", "x"),
    "env": (None, "a", "b", "c"),
    "t1": (None, "", "x"),
    "t2": (None, ""),
    "projectcalico.org/namespace": ("default", None),
}


def random_policies(seed: int) -> PolicySet:
    """Return a policy set; every fourth has no endpoints and so one placeholder for each profile."""
    manifests = random_policy_set(Random(seed))  # noqa: S311  # no secret
    if seed % 4 == 0:
        manifests = [one for one in manifests if not one["kind"].endswith("Endpoint")]
    return policy_set_from(manifests)


def new_endpoints(policies: PolicySet, random: Random) -> Iterator[Endpoint]:
    """Yield endpoints with random labels, a profile or none, and a free address."""
    free = [each for each in map(parse_address, ADDRESSES) if each not in policies.endpoints_by_address]
    for _ in range(6):
        chosen = {key: random.choice(values) for key, values in VALUES.items()}
        labels = {key: value for key, value in chosen.items() if value is not None}
        profile = random.choice([None, *policies.profiles])
        address = random.choice(free)
        yield Endpoint(Identifier("endpoint", ("new",)), labels, (profile,) if profile else (), (address,), node="new")


def is_within(address: Address, networks: NetworkExpression) -> bool:
    """Return whether the smallest network that contains the address is an included one."""
    nets = {**dict.fromkeys(networks.included, True), **dict.fromkeys(networks.excluded, False)}
    around = [net for net in nets if net.version == address.version and net.contains(address.value)]
    return nets[min(around, key=lambda net: net.end - net.start)] if around else networks.any_address


def is_described(new: Endpoint, address: Address, described: NewEndpoints, policies: PolicySet) -> bool:
    if described.profiles is not None:
        names = [str(policies.profiles[name].identifier) for name in new.profiles]
        if not (described.without_profile if not names else names[0] in described.profiles):
            return False
    if described.networks and not is_within(address, described.networks):
        return False
    return parse(described.selector).matches(policies.labels_of(new))


def contains(group: EndpointGroup, endpoint: Endpoint | None, address: Address) -> bool:
    return any(
        member.endpoint is endpoint
        and (
            is_within(address, member.network_expression) if member.network_expression else address in member.addresses
        )
        for member in group.members
    )


def allowed_by_rows(
    exposure: Exposure, new: Endpoint, address: Address, existing: tuple[Endpoint | None, Address], policies: PolicySet
) -> list[ServiceSet]:
    """Return what rows allow to the existing endpoint, and from it; no packet may be in two rows."""
    result = [NO_SERVICES, NO_SERVICES]
    for row in exposure.connectivity.rows:
        for position, (new_end, existing_end) in enumerate((row.ends, row.ends[::-1])):
            placeholders = [group.members[0].endpoint for group in new_end]
            described = [exposure.new_endpoints.get(each) if each else None for each in placeholders]
            if address.version in row.versions and None not in described:
                matching = [each for each in described if each and is_described(new, address, each, policies)]
                if matching and any(contains(group, *existing) for group in existing_end):
                    assert len(matching) == 1
                    assert not result[position] & row.services, "rows overlap"
                    result[position] |= row.services
    return result


def random_v3_policies(seed: int) -> PolicySet:
    """Return a policy set with a network set, named ports, tiers and policies of a namespace."""
    return policy_set_from_v3(random_v3_set(Random(seed)))  # noqa: S311  # no secret


@pytest.mark.parametrize("make_policies", [random_policies, random_v3_policies], ids=["v1", "v3"])
def test_rows_agree_with_the_set_that_has_the_endpoint(make_policies: Callable[[int], PolicySet]) -> None:
    counts = {True: 0, False: 0}
    for seed in SEEDS:
        for allowed in compare_with_endpoint(make_policies(seed), seed):
            counts[allowed] += 1
    assert min(counts.values()) > 200


NAMED: dict[str, Any] = {"action": "Allow", "protocol": "TCP", "destination": {"ports": ["http", 443]}}
RULES: tuple[list[dict[str, Any]], ...] = (
    [NAMED],
    [{**NAMED, "destination": {"notPorts": ["http"]}, "source": {"selector": "role == 'web'"}}],
    [{"action": "Allow"}],
)


def test_named_ports_are_those_of_existing_endpoints() -> None:
    network_set = {"kind": "GlobalNetworkSet", "metadata": {"name": "s", "labels": {"role": "web"}}}
    counts = {True: 0, False: 0}
    for seed, (ingress, egress) in enumerate(product(RULES, repeat=2)):
        spec = {"selector": "all()", "types": ["Ingress", "Egress"], "ingress": ingress, "egress": egress}
        names = {"node": "n", "orchestrator": "cni", "endpoint": "e", "interfaceName": "c"}
        ports = [{"name": "http", "protocol": "TCP", "port": 8080}]
        endpoint = {**names, "ipNetworks": ["10.0.0.1/32"], "ports": ports}
        manifests: list[dict[str, Any]] = [
            {"kind": "GlobalNetworkPolicy", "metadata": {"name": "p"}, "spec": spec},
            {"kind": "WorkloadEndpoint", "metadata": {"name": "n-cni-w-e", "namespace": "default"}, "spec": endpoint},
            {**network_set, "spec": {"nets": ["192.0.2.0/31"]}},
        ]
        policies = policy_set_from_v3({"apiVersion": "projectcalico.org/v3", **one} for one in manifests)
        assumption = compute_exposure(policies, Grouping(policies, "class")).assumption
        assert assumption.endswith(", and without named ports") == (ingress + egress != RULES[2] * 2)
        for allowed in compare_with_endpoint(policies, seed):
            counts[allowed] += 1
    assert min(counts.values()) > 20


def compare_with_endpoint(policies: PolicySet, seed: int) -> Iterator[bool]:
    """Compare the rows for random new endpoints; yield whether each pair of ends has allowed traffic."""
    random = Random(seed)  # noqa: S311  # no secret
    exposure = compute_exposure(policies, Grouping(policies, "class"))
    for new in new_endpoints(policies, random):
        enlarged = replace(policies, endpoints=(*policies.endpoints, new))
        analysis = Reachability(enlarged)
        (own_class,) = (each for each in analysis.classes if any(one.endpoint is new for one in each.members))
        (address,) = new.addresses or ()
        for other in analysis.classes:
            if other.version != address.version:
                continue
            ends = [(member.endpoint, member.address) for member in other.members if member.endpoint is not new]
            for existing in [*ends, *([(None, other.sample)] if other.external_addresses else [])]:
                expected = [analysis.allowed(own_class, other), analysis.allowed(other, own_class)]
                found = allowed_by_rows(exposure, new, address, existing, enlarged)
                assert found == expected, (seed, new, existing)
                yield from map(bool, expected)
