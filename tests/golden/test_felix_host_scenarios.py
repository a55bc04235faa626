"""Random nodes with two interfaces, which the real Felix enforced with real packets: the same verdicts.

The rows have several host endpoints, `*`, `expectedIPs` without a name, applyOnForward, failsafe ports, and hosts that
find each other by neighbor discovery. `allowed` has a digit to base 32 for each pair of ends and IP version, in the
order of `PAIRS`: bit n is probe n of `PROBES`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from calicoctl.analysis import PolicySet, Reachability
from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.evaluation.stages import DefaultDecision
from calicoctl.analysis.model.failsafe import DEFAULT_FAILSAFE_PORTS, NO_FAILSAFE_PORTS
from calicoctl.analysis.model.host_interface import NamedInterface
from calicoctl.analysis.model.source import PACKET_DIRECTIONS
from calicoctl.analysis.peers.peer import PathEnd
from calicoctl.analysis.sets.addresses import Address, parse_address
from calicoctl.analysis.sets.services import Service
from calicoctl.analysis.trace.explain import Explainer
from calicoctl.analysis.trace.packet_match import Packet, packet_end
from tests.golden.uplinks import ADDRESSES, INTERFACES, PROBES, sent_service, with_addresses
from tests.support.manifests import policy, profile, workload_endpoint
from tests.support.policies import policy_set_from
from tests.support.recordings import Row, load_rows

ROWS = load_rows("felix-host-scenarios")
PAIRS = [
    (source, destination)
    for source in ADDRESSES
    for destination in ADDRESSES
    if source not in {"host2", destination}
    if {source, destination} not in ({"world", "world2"}, {"host", "host2"})
]
BATCHES = 4


def test_all_rows_are_there() -> None:
    digits = [int(digit, 32) for row in ROWS for digit in row["allowed"]]
    assert (len(ROWS), len(digits) * len(PROBES), sum(digit.bit_count() for digit in digits)) == (380, 83600, 40770)


@pytest.mark.parametrize("batch", range(BATCHES))
def test_every_probe_gets_the_recorded_verdict(batch: int) -> None:
    for row in ROWS[batch::BATCHES]:
        policy_set = policy_set_of(row)
        for outside, interface in INTERFACES.items():
            reachability = Reachability(replace(policy_set, interface=interface))
            class_of = cache(reachability.address_space.class_of)
            checks_ipv6 = not has_uncertain_discovery(reachability, interface)
            for number, (source, destination, version) in probed_pairs(row, outside):
                if version == 4 or checks_ipv6 or outside not in {source, destination}:
                    pair = (source, destination)
                    ends = [class_of(address_of(end, pair, version)) for end in pair]
                    expected = int(row["allowed"][number], 32)
                    assert verdict(reachability, ends, version) == expected, (row["id"], *pair, version)


def test_a_traced_packet_gets_the_same_verdict() -> None:
    """The trace of one packet runs the same path without sets; it shows the denied neighbor discovery."""
    verdicts = set()
    for row in [*ROWS[::80], *[row for row in ROWS if row.get("discovery")][::25]]:
        for outside, interface in INTERFACES.items():
            policy_set = replace(policy_set_of(row), interface=interface)
            reachability = Reachability(policy_set)
            explainer = Explainer(policy_set, reachability)
            for _, (*pair, version) in probed_pairs(row, outside):
                addresses = [address_of(end, (pair[0], pair[1]), version) for end in pair]
                owners = [policy_set.endpoints_by_address.get(each, (None,))[0] for each in addresses]
                ends = [packet_end(PathEnd(*each), policy_set) for each in zip(addresses, owners, strict=True)]
                for probe in PROBES.values():
                    service = sent_service(probe, version)
                    packet = Packet(ends[0], ends[1], service)
                    traces = [explainer.trace_direction(packet, direction) for direction in PACKET_DIRECTIONS]
                    classes = [reachability.address_space.class_of(each) for each in addresses]
                    expected = verdict(reachability, classes, version, (probe,))
                    assert all(trace.action == "allow" for trace in traces) == expected, (row["id"], pair, version)
                    verdicts |= {trace.decided_by for trace in traces}
    assert DefaultDecision.NEIGHBOR_DISCOVERY in verdicts


def verdict(
    reachability: Reachability,
    ends: Sequence[AddressClass | None],
    version: int,
    probes: Iterable[Service] = tuple(PROBES.values()),
) -> int:
    source, destination = ends
    assert source
    assert destination
    services = reachability.allowed(source, destination)
    return sum((sent_service(probe, version) in services) << bit for bit, probe in enumerate(probes))


def probed_pairs(row: Row, outside: str) -> Iterator[tuple[int, tuple[str, str, int]]]:
    """Yield the pairs through the interface to one host outside, with the position in the row.

    Pairs within the node are in one of the results. Without a host endpoint on the node, its addresses are not known.
    """
    has_host = any(host.get("node", "host1") == "host1" for host in row["hosts"].values())
    for number, pair in enumerate(PAIRS):
        through = set(pair) & set(INTERFACES) or {"world"}
        if outside in through and (has_host or not set(pair) & {"host", "host2"}):
            yield from ((2 * number + (version == 6), (*pair, version)) for version in (4, 6))


@cache
def address_of(end: str, pair: tuple[str, str], version: int) -> Address:
    """Return the address of an end; the node sends from the address of the interface."""
    return parse_address(ADDRESSES["host2" if (end, pair[1]) == ("host", "world2") else end][version == 6])


def has_uncertain_discovery(reachability: Reachability, interface: NamedInterface) -> bool:
    """Return whether an interface denies some messages of neighbor discovery, and both sides can still find each other.

    Then probes are answered after a request of the other side: the result depends on the order of the packets.
    """
    node = reachability.policy_set.host_nodes.get("host1")
    if node is None or not reachability.policy_set.neighbor_discovery:
        return False
    denied = {(one.direction, one.type) for one in reachability.denied_discovery(node.interface_named(interface))}
    node_finds = ("ingress", 135) not in denied or not denied & {("egress", 135), ("ingress", 136)}
    other_finds = ("egress", 135) not in denied or not denied & {("ingress", 135), ("egress", 136)}
    return bool(denied) and node_finds and other_finds


def policy_set_of(row: Row) -> PolicySet:
    manifests: list[dict[str, Any]] = [profile(name, **fields) for name, fields in row["profiles"].items()]
    for name, spec in row["policies"].items():
        fields = {key: value for key, value in spec.items() if key != "applyOnForward"}
        manifests.append({**policy(name, **fields), "applyOnForward": spec.get("applyOnForward", False)})
    for name, spec in row["hosts"].items():
        metadata = {"name": name, "node": spec.get("node", "host1"), "labels": spec["labels"]}
        fields = {key: value for key, value in spec.items() if key not in {"node", "labels"}}
        manifests.append({"apiVersion": "v1", "kind": "hostEndpoint", "metadata": metadata, "spec": fields})
    for name, fields in row["workloads"].items():
        labels, profiles = fields.get("labels"), fields["profiles"]
        networks = [*ADDRESSES[name]]
        manifests.append(
            workload_endpoint("host1", "libnetwork", "libnetwork", name, labels, ipNetworks=networks, profiles=profiles)
        )
    return replace(
        with_addresses(policy_set_from(manifests)),
        failsafe_ports=DEFAULT_FAILSAFE_PORTS if row.get("failsafe") else NO_FAILSAFE_PORTS,
        neighbor_discovery=bool(row.get("discovery")),
    )
