"""Comparison of the paths to and from host endpoints with the reference evaluator."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from random import Random
from typing import Any

import pytest

from calicoctl.analysis.lockout.host_access import HostReachability, TrafficPath
from calicoctl.analysis.peers.peer import PathEnd
from calicoctl.analysis.sets.addresses import parse_address
from calicoctl.analysis.sets.services import services_of_protocol
from calicoctl.kinds.values.protocols import ICMPV6, TCP
from tests.support.boundary_packets import boundary_addresses
from tests.support.policies import packet, policy_set_from
from tests.support.random_policies import random_policy_set
from tests.support.reference_evaluator import ReferenceEvaluator
from tests.support.reference_hosts import Packet

SET_COUNT = 1_500
CLIENT_PORTS = (32768, 40000, 65534, 65535)
"""Bounds of the client ports, and of the port ranges in the rules of the random sets."""
UNROUTABLE_NETWORKS = tuple(
    map(ipaddress.ip_network, ("0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/3", "::/127", "ff00::/8"))
)
SOURCES: tuple[dict[str, Any], ...] = (
    *({"selector": selector} for selector in ("role == 'web'", "role != 'db'", "has(env)")),
    {"nets": ["127.0.0.0/8", "224.0.0.0/4"]},
    {},
)
SERVICES = services_of_protocol(TCP, (32768, 65536), (80, 81))


def random_set_with_hosts(seed: int) -> list[dict[str, Any]]:
    """Return a random set of mostly host endpoints that often allows ingress from endpoints only, or none."""
    random = Random(seed)  # noqa: S311  # no secret
    manifests = random_policy_set(random, edge_cases=True)
    names = [manifest["metadata"]["name"] for manifest in manifests if manifest["kind"] == "profile"]
    for manifest in manifests:
        spec = manifest["spec"]
        for direction in ("ingress",) if spec.get("preDNAT") else ("ingress", "egress"):
            if (rules := spec.get(direction)) is not None and random.random() < 0.8:
                source = random.choice(SOURCES) if direction == "ingress" else {}
                rules[:] = [{"action": "allow", "source": source, "destination": {}}, *rules[: random.choice([0, 3])]]
        if manifest["kind"].endswith("Endpoint"):
            spec["profiles"] = spec["profiles"] or names[:1]
        if manifest["kind"].endswith("Endpoint"):
            manifest["metadata"]["node"] = random.choice("nmk")
        if manifest["kind"] == "workloadEndpoint" and random.random() < 0.8:
            manifest["kind"] = "hostEndpoint"
            spec["expectedIPs"] = spec.pop("ipNetworks")
            manifest["metadata"] = {key: manifest["metadata"][key] for key in ("name", "node", "labels")}
    return sorted(manifests, key=lambda manifest: manifest["kind"] == "hostEndpoint")


def external_addresses(reference: ReferenceEvaluator, manifests: Iterable[dict[str, Any]]) -> list[str]:
    directions = ("ingress", "egress")
    rules = [rule for each in manifests for direction in directions for rule in each["spec"].get(direction, ())]
    result = [text for text in boundary_addresses(reference, rules) if text not in reference.endpoints_by_address]
    return [text for text in result if not any(ipaddress.ip_address(text) in net for net in UNROUTABLE_NETWORKS)]


HostAddress = tuple[str, int]
"""Address, and the number of the endpoint among those with the address."""


def is_allowed(reference: ReferenceEvaluator, source: HostAddress, destination: HostAddress) -> bool:
    owners = [
        reference.endpoints_by_address[address][number]
        for address, number in (source, destination)
        if address in reference.endpoints_by_address
    ]
    hosts = [owner["metadata"]["node"] for owner in owners if owner["kind"] == "hostEndpoint"]
    if (":" in source[0]) != (":" in destination[0]) or (len(hosts) > 1 and hosts[0] == hosts[1]):
        return False
    packets = (Packet(source[0], destination[0], TCP, port, 80) for port in CLIENT_PORTS)
    finds_neighbors = all(has_neighbor_discovery(reference, end) for end in (source, destination))
    return finds_neighbors and any(reference.decide(one, source[1], destination[1])[1] for one in packets)


def has_neighbor_discovery(reference: ReferenceEvaluator, end: HostAddress) -> bool:
    """Return whether a host endpoint can exchange each message of IPv6 neighbor discovery with some non-endpoint."""
    address, number = end
    owners = reference.endpoints_by_address.get(address, [])
    if ":" not in address or not owners or owners[number]["kind"] != "hostEndpoint":
        return True
    node = owners[number]["metadata"]["node"]
    others = [text for text in NEIGHBORS if text not in reference.endpoints_by_address]
    for other, at_address in reference.endpoints_by_address.items():
        hosts = [one for one in at_address if one["kind"] == "hostEndpoint" and one["metadata"]["node"] != node]
        others += [other] if hosts and ":" in other else []

    def passes(source: str, destination: str, kind: int, direction: str) -> bool:
        return reference.passes_interface(Packet(source, destination, ICMPV6, kind), owners[number], direction)

    return (
        passes(address, SOLICITED_NODE, 135, "egress")
        and any(passes(address, other, 136, "egress") for other in others)
        and any(passes(other, SOLICITED_NODE, 135, "ingress") for other in others)
        and any(passes(other, address, 136, "ingress") for other in others)
    )


NEIGHBORS = ("2001:db8::1", "fd00::1", "fd00::2", "fd00::3", "fd00::4", "fd00::ffff", "fd01::")
"""IPv6 addresses in and outside of the networks of the random rules."""
SOLICITED_NODE = "ff02::1:ff00:1"
"""Address to which solicitations are sent."""


def host_addresses(reference: ReferenceEvaluator) -> dict[str, list[HostAddress]]:
    result: dict[str, list[HostAddress]] = {}
    for text, owners in reference.endpoints_by_address.items():
        for number, owner in enumerate(owners):
            if owner["kind"] == "hostEndpoint":
                result.setdefault(owner["metadata"]["name"], []).append((text, number))
    return result


def hosts_reachable_by_packets(reference: ReferenceEvaluator, manifests: Sequence[dict[str, Any]]) -> set[str]:
    """Return the host endpoints reachable from non-endpoints, and step by step from reachable host endpoints."""
    hosts, result = host_addresses(reference), set[str]()
    senders = [(text, 0) for text in external_addresses(reference, manifests)]
    while senders:
        new = {
            name
            for name, own in hosts.items()
            if name not in result and any(is_allowed(reference, source, to) for source in senders for to in own)
        }
        result |= new
        senders = [end for name in new for end in hosts[name]]
    return result


@pytest.mark.parametrize("batch", range(5))
def test_reachable_hosts(batch: int) -> None:
    paths_by_host = 0
    for seed in range(batch * SET_COUNT // 5, (batch + 1) * SET_COUNT // 5):
        manifests = random_set_with_hosts(seed)
        reference, access = ReferenceEvaluator(manifests), HostReachability(policy_set_from(manifests))
        paths = access.reachable_hosts(SERVICES)
        assert {host.identifier.values[-1] for host in paths} == hosts_reachable_by_packets(reference, manifests), (
            f"seed {seed}"
        )
        assert all(path_is_allowed(reference, path) for path in paths.values()), f"seed {seed}"
        paths_by_host += sum(path.source.endpoint is not None for path in paths.values())
    assert paths_by_host


def path_is_allowed(reference: ReferenceEvaluator, path: TrafficPath) -> bool:
    ends = [(str(end.address), _number(reference, end)) for end in (path.source, path.destination)]
    one = packet(ends[0][0], ends[1][0], path.service)
    return path.service in SERVICES and reference.allowed(one, ends[0][1], ends[1][1])


def _number(reference: ReferenceEvaluator, end: PathEnd) -> int:
    names = [owner["metadata"]["name"] for owner in reference.endpoints_by_address.get(str(end.address), ())]
    return names.index(end.endpoint.identifier.values[-1]) if end.endpoint else 0


@pytest.mark.parametrize("batch", range(2))
def test_addresses_that_hosts_reach(batch: int) -> None:
    for seed in range(batch * SET_COUNT // 5, (batch + 1) * SET_COUNT // 5):
        manifests = random_set_with_hosts(seed)
        reference = ReferenceEvaluator(manifests)
        addresses = [*external_addresses(reference, manifests), *reference.endpoints_by_address]
        access = HostReachability(policy_set_from(manifests), map(parse_address, addresses))
        for host in access.hosts:
            own = host_addresses(reference)[host.identifier.values[-1]]
            for address in set(addresses) - {text for text, _ in own}:
                owners = range(len(reference.endpoints_by_address.get(address, "-")))
                expected = any(is_allowed(reference, source, (address, owner)) for source in own for owner in owners)
                path = access.path_out(host, parse_address(address), SERVICES)
                assert (path is not None) == expected, f"seed {seed}"
                assert path is None or path_is_allowed(reference, path)
