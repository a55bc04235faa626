"""The ways into host endpoints and out of them, compared with one packet after the other."""

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
from calicoctl.kinds.values.protocols import TCP
from tests.support.boundary_packets import boundary_addresses
from tests.support.policies import packet, policy_set_from
from tests.support.random_policies import random_policy_set
from tests.support.reference_evaluator import Packet, ReferenceEvaluator

SET_COUNT = 1_500
CLIENT_PORTS = (32768, 40000, 65534, 65535)
"""Both ends of the ports that clients use, and of what the rules of the sets say about these."""
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
    """A set of which most endpoints are host endpoints, and that often lets in endpoints only, or nobody."""
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
        if manifest["kind"] == "workloadEndpoint" and random.random() < 0.8:
            manifest["kind"] = "hostEndpoint"
            spec["expectedIPs"] = spec.pop("ipNetworks")
            manifest["metadata"] = {key: manifest["metadata"][key] for key in ("name", "node", "labels")}
    return sorted(manifests, key=lambda manifest: manifest["kind"] == "hostEndpoint")


def external_addresses(world: ReferenceEvaluator, manifests: Iterable[dict[str, Any]]) -> list[str]:
    directions = ("ingress", "egress")
    rules = [rule for each in manifests for direction in directions for rule in each["spec"].get(direction, ())]
    found = [text for text in boundary_addresses(world, rules) if text not in world.endpoints_by_address]
    return [text for text in found if not any(ipaddress.ip_address(text) in net for net in UNROUTABLE_NETWORKS)]


HostAddress = tuple[str, int]
"""An address, and which of those that have it."""


def is_allowed(world: ReferenceEvaluator, source: HostAddress, destination: HostAddress) -> bool:
    if (":" in source[0]) != (":" in destination[0]):
        return False
    packets = (Packet(source[0], destination[0], TCP, port, 80) for port in CLIENT_PORTS)
    return any(world.allowed(one, source[1], destination[1]) for one in packets)


def host_addresses(world: ReferenceEvaluator) -> dict[str, list[HostAddress]]:
    found: dict[str, list[HostAddress]] = {}
    for text, owners in world.endpoints_by_address.items():
        for number, owner in enumerate(owners):
            if owner["kind"] == "hostEndpoint":
                found.setdefault(owner["metadata"]["name"], []).append((text, number))
    return found


def hosts_reachable_by_packets(world: ReferenceEvaluator, manifests: Sequence[dict[str, Any]]) -> set[str]:
    """The addresses of host endpoints are tried from outside, then from those that were reached, and so on."""
    hosts, found = host_addresses(world), set[str]()
    senders = [(text, 0) for text in external_addresses(world, manifests)]
    while senders:
        new = {
            name
            for name, own in hosts.items()
            if name not in found and any(is_allowed(world, source, to) for source in senders for to in own)
        }
        found |= new
        senders = [end for name in new for end in hosts[name]]
    return found


@pytest.mark.parametrize("batch", range(5))
def test_the_hosts_that_can_be_reached(batch: int) -> None:
    ways_by_host = 0
    for seed in range(batch * SET_COUNT // 5, (batch + 1) * SET_COUNT // 5):
        manifests = random_set_with_hosts(seed)
        world, access = ReferenceEvaluator(manifests), HostReachability(policy_set_from(manifests))
        ways = access.reachable_hosts(SERVICES)
        assert {host.identifier.values[-1] for host in ways} == hosts_reachable_by_packets(world, manifests), (
            f"seed {seed}"
        )
        assert all(path_is_allowed(world, way) for way in ways.values()), f"seed {seed}"
        ways_by_host += sum(way.source.endpoint is not None for way in ways.values())
    assert ways_by_host


def path_is_allowed(world: ReferenceEvaluator, way: TrafficPath) -> bool:
    ends = [(str(end.address), _number(world, end)) for end in (way.source, way.destination)]
    one = packet(ends[0][0], ends[1][0], way.service)
    return way.service in SERVICES and world.allowed(one, ends[0][1], ends[1][1])


def _number(world: ReferenceEvaluator, end: PathEnd) -> int:
    names = [owner["metadata"]["name"] for owner in world.endpoints_by_address.get(str(end.address), ())]
    return names.index(end.endpoint.identifier.values[-1]) if end.endpoint else 0


@pytest.mark.parametrize("batch", range(2))
def test_what_the_hosts_can_reach(batch: int) -> None:
    for seed in range(batch * SET_COUNT // 5, (batch + 1) * SET_COUNT // 5):
        manifests = random_set_with_hosts(seed)
        world = ReferenceEvaluator(manifests)
        places = [*external_addresses(world, manifests), *world.endpoints_by_address]
        access = HostReachability(policy_set_from(manifests), map(parse_address, places))
        for host in access.hosts:
            own = host_addresses(world)[host.identifier.values[-1]]
            for place in set(places) - {text for text, _ in own}:
                owners = range(len(world.endpoints_by_address.get(place, "-")))
                wanted = any(is_allowed(world, source, (place, owner)) for source in own for owner in owners)
                way = access.path_out(host, parse_address(place), SERVICES)
                assert (way is not None) == wanted, f"seed {seed}"
                assert way is None or path_is_allowed(world, way)
