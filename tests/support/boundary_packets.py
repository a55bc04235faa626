"""Addresses and services at the boundaries of every network and port range that rules name."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import product
from typing import Any

from calicoctl.analysis.sets.services import PAIR_PROTOCOLS, Service
from calicoctl.kinds.values.protocols import SCTP, TCP, UDP
from tests.support.reference_evaluator import ReferenceEvaluator


def boundary_addresses(world: ReferenceEvaluator, rules: Iterable[dict[str, Any]]) -> list[str]:
    """Those of endpoints, both ends of every network, and what lies right before and behind it."""
    found = {*world.endpoints_by_address, "198.51.100.1", "2001:db8::1"}
    for rule in rules:
        for side in (rule["source"], rule["destination"]):
            for text in (*side.get("nets", ()), *side.get("notNets", ())):
                found.update(_network_boundaries(text))
    return sorted(found)


@cache
def _network_boundaries(text: str) -> tuple[str, ...]:
    network = ipaddress.ip_network(text)
    if network.prefixlen == 0:
        return (str(network[0]), str(network[-1]))
    return (str(network[0]), str(network[-1]), str(network[0] - 1), str(network[-1] + 1))


def boundary_services(rules: Iterable[dict[str, Any]], *icmp: int) -> Iterator[Service]:
    """Both ends of every run of ports, types, codes and protocols between the bounds that rules have.

    Of ICMP and that of IPv6 those that are named, which may be both: a host may send the other one as well.
    """
    rules = list(rules)
    for protocol, names in ((TCP, ("tcp", TCP)), (UDP, ("udp", UDP)), (SCTP, ("sctp",))):
        own = [rule for rule in rules if rule.get("protocol") in names]
        sides = (_range_boundaries(_port_bounds(own, side), 65535) for side in ("source", "destination"))
        yield from (Service(protocol, *pair) for pair in product(*sides))
    said = [rule[field] for rule in rules for field in ("icmp", "notICMP") if field in rule]
    both = [{(number[name], number[name] + 1) for number in said if name in number} for name in ("type", "code")]
    for pair in product(*(_range_boundaries(bounds, 255) for bounds in both)):
        yield from (Service(protocol, *pair) for protocol in icmp)
    named = {rule[field] for rule in rules for field in ("protocol", "notProtocol") if field in rule}
    numbers = {(number, number + 1) for number in named | {*PAIR_PROTOCOLS} if isinstance(number, int)}
    yield from (Service(number) for number in _range_boundaries(numbers, 255) if number not in PAIR_PROTOCOLS)


def _range_boundaries(ranges: Iterable[tuple[int, int]], highest: int) -> list[int]:
    """What lies right before and behind each bound, the first and the last."""
    bounds = {bound for run in ranges for bound in run}
    return sorted({0, highest, *(end for bound in bounds for end in (bound - 1, bound) if 0 <= end <= highest)})


def _port_bounds(rules: Iterable[dict[str, Any]], side: str) -> Iterator[tuple[int, int]]:
    for rule in rules:
        for run in (*rule[side].get("ports", ()), *rule[side].get("notPorts", ())):
            low, _, high = str(run).partition(":")
            yield int(low), int(high or low) + 1
