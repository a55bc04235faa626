"""Addresses and services at the bounds of all networks and port ranges in rules."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import permutations, product
from typing import Any

from calicoctl.analysis.sets.services import PAIR_PROTOCOLS, Service
from calicoctl.kinds.values.protocols import ICMP, ICMPV6, SCTP, TCP, UDP
from tests.support.reference_evaluator import ReferenceEvaluator


def boundary_addresses(reference: ReferenceEvaluator, rules: Iterable[dict[str, Any]]) -> list[str]:
    """Return the addresses of endpoints, and the first, last, previous and next address of each network."""
    result = {*reference.endpoints_by_address, "198.51.100.1", "2001:db8::1"}
    for rule in rules:
        for side in (rule["source"], rule["destination"]):
            for text in (*side.get("nets", ()), *side.get("notNets", ())):
                result.update(_network_boundaries(text))
    return sorted(result)


@cache
def _network_boundaries(text: str) -> tuple[str, ...]:
    network = ipaddress.ip_network(text)
    if network.prefixlen == 0:
        return (str(network[0]), str(network[-1]))
    return (str(network[0]), str(network[-1]), str(network[0] - 1), str(network[-1] + 1))


def boundary_traffic(
    references: Sequence[ReferenceEvaluator], rules: list[dict[str, Any]]
) -> Iterator[tuple[str, str, list[Service]]]:
    """Yield pairs of boundary addresses with an endpoint of the first evaluator, and services of their IP version."""
    services = {4: list(boundary_services(rules, ICMP)), 6: list(boundary_services(rules, ICMPV6))}
    places = sorted({address for reference in references for address in boundary_addresses(reference, rules)})
    for source, destination in permutations(places, 2):
        inside = not references[0].endpoints_by_address.keys().isdisjoint((source, destination))
        version = 6 if ":" in source else 4
        if inside and (":" in destination) == (version == 6):
            yield source, destination, services[version]


def boundary_services(rules: Iterable[dict[str, Any]], *icmp: int) -> Iterator[Service]:
    """Yield services at the bounds of all ranges of ports, ICMP types, codes and protocols in rules.

    Args:
        rules: rules of manifests.
        icmp: protocol numbers of ICMP to include; both are possible, since a host may send either.
    """
    rules = list(rules)
    for protocol, names in ((TCP, ("tcp", TCP)), (UDP, ("udp", UDP)), (SCTP, ("sctp",))):
        own = [rule for rule in rules if rule.get("protocol") in names]
        sides = (_range_boundaries(_port_bounds(own, side), 65535) for side in ("source", "destination"))
        yield from (Service(protocol, *pair) for pair in product(*sides))
    criteria = [rule[field] for rule in rules for field in ("icmp", "notICMP") if field in rule]
    ranges_by_field = [
        {(criterion[name], criterion[name] + 1) for criterion in criteria if name in criterion}
        for name in ("type", "code")
    ]
    for pair in product(*(_range_boundaries(bounds, 255) for bounds in ranges_by_field)):
        yield from (Service(protocol, *pair) for protocol in icmp)
    named = {rule[field] for rule in rules for field in ("protocol", "notProtocol") if field in rule}
    numbers = {(number, number + 1) for number in named | {*PAIR_PROTOCOLS} if isinstance(number, int)}
    yield from (Service(number) for number in _range_boundaries(numbers, 255) if number not in PAIR_PROTOCOLS)


def _range_boundaries(ranges: Iterable[tuple[int, int]], highest: int) -> list[int]:
    """Return the numbers before and after each bound, 0 and the highest."""
    bounds = {bound for ports in ranges for bound in ports}
    return sorted({0, highest, *(end for bound in bounds for end in (bound - 1, bound) if 0 <= end <= highest)})


def _port_bounds(rules: Iterable[dict[str, Any]], side: str) -> Iterator[tuple[int, int]]:
    for rule in rules:
        for ports in (*rule[side].get("ports", ()), *rule[side].get("notPorts", ())):
            low, _, high = str(ports).partition(":")
            yield int(low), int(high or low) + 1
