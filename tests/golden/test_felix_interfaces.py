"""Hand-made v3 resources on a node with two interfaces, which the real Felix enforced: the same verdicts.

Besides several host endpoints for one interface, `*` and `expectedIPs`, the rows have applyOnForward, failsafe ports,
and neighbor discovery: without it, no IPv6 packet passes an interface.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from calicoctl.analysis import PolicySet, Reachability, build_policy_set
from calicoctl.analysis.lint import lint
from calicoctl.analysis.model.cluster import ClusterNode
from calicoctl.analysis.model.failsafe import DEFAULT_FAILSAFE_PORTS, NO_FAILSAFE_PORTS
from calicoctl.analysis.model.host_interface import NamedInterface
from calicoctl.analysis.peers.peer import PathEnd
from calicoctl.analysis.sets.addresses import parse_address
from calicoctl.analysis.sets.services import Service
from calicoctl.analysis.trace.explain import Explainer
from calicoctl.analysis.trace.packet_match import Packet, packet_end
from calicoctl.config import Settings
from calicoctl.datastore import connect
from calicoctl.kinds.values.protocols import ICMP, ICMPV6, TCP, UDP
from calicoctl.operations.policy_sets.sources import sources_from_datastore
from tests.support.etcd_server import Etcd
from tests.support.recordings import RESOURCE_PREFIX, Row, load_rows

ROWS = load_rows("felix-hosts-interfaces")
ADDRESSES = {
    "world": ("10.99.0.2", "fd99::2"),
    "world2": ("10.98.0.2", "fd98::2"),
    "host": ("10.99.0.1", "fd99::1"),
    "host2": ("10.98.0.1", "fd98::1"),
    "ep1": ("10.65.0.1", "fd65::1"),
    "ep2": ("10.65.0.2", "fd65::2"),
}
"""IPv4 and IPv6 address of each end; `host` and `host2` are addresses of the node."""
INTERFACES = {
    "world": NamedInterface("uplink", tuple(map(parse_address, ADDRESSES["host"]))),
    "world2": NamedInterface("uplink2", tuple(map(parse_address, ADDRESSES["host2"]))),
}
"""Interface of the node to each of the hosts outside."""
PROBES = {
    **{f"tcp/{port}": Service(TCP, 40000, port) for port in (22, 80)},
    **{f"udp/{port}": Service(UDP, 40000, port) for port in (53, 80)},
    "icmp": Service(ICMP, 8),
}
KINDS = {
    "Profile": "profiles",
    "WorkloadEndpoint": "workloadendpoints/default",
    "HostEndpoint": "hostendpoints",
    "GlobalNetworkPolicy": "globalnetworkpolicies",
}
WITH_NEIGHBOR_DISCOVERY = ("x60", "x61", "x66", "x67", "x68")
"""Rows in which the node and the hosts outside find each other; the others have static neighbors on the interfaces."""
WITHOUT_HOST_ENDPOINT = ("x00", "x03", "x62")
"""Rows without a host endpoint on the node: its addresses are not known as those of the node."""


def test_all_rows_are_there() -> None:
    assert (len(ROWS), sum(len(row["allowed"]) for row in ROWS)) == (55, 8896)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row["id"]))
def test_every_probe_gets_the_recorded_verdict(row: Row, store: Etcd) -> None:
    policy_set = read_policy_set(row, store)
    allowed = {tuple(probe) for probe in row["allowed"]} - {tuple(probe) for probe in row["half"]}
    for name, interface in INTERFACES.items():
        on_interface = replace(policy_set, interface=interface)
        reachability = Reachability(on_interface)
        explainer = Explainer(on_interface, reachability)
        for source, destination, version in pairs_of_ends(row, name):
            ends = [parse_address(ADDRESSES[end][version == 6]) for end in (source, destination)]
            classes = [reachability.address_space.class_of(end) for end in ends]
            assert classes[0]
            assert classes[1]
            services = reachability.allowed(classes[0], classes[1])
            for probe, service in PROBES.items():
                sent = Service(ICMPV6, 128) if version == 6 and service.protocol == ICMP else service
                expected = (source, destination, probe, version) in allowed
                if row["id"].startswith("x65") and version == 6 and source == "host":
                    continue  # preDNAT policy of `*` also drops neighbor discovery of workloads
                if sent.protocol == UDP and {source, destination} in ({"world", "host2"}, {"world2", "host"}):
                    continue  # the answer comes from the other address
                assert (sent in services) == expected, (source, destination, probe, version)
                owners = [on_interface.endpoints_by_address.get(end, (None,))[0] for end in ends]
                packet_ends = [packet_end(PathEnd(*each), on_interface) for each in zip(ends, owners, strict=True)]
                packet = Packet(packet_ends[0], packet_ends[1], sent)
                traces = [explainer.trace_direction(packet, direction) for direction in ("egress", "ingress")]
                assert all(trace.action == "allow" for trace in traces) == (sent in services)


def read_policy_set(row: Row, store: Etcd) -> PolicySet:
    """Return the policy set of the v3 resources of a row, as the agent reads them, with the addresses of the node."""
    store.etcdctl("txn", input="\n" + "".join(map(put_line, row["resources"])) + "\n\n")
    with connect(Settings((store.endpoint,))) as datastore:
        result = build_policy_set(sources_from_datastore(datastore).sources)
    addresses = [parse_address(text) for name in ("host", "host2") for text in ADDRESSES[name]]
    origin = result.endpoints[0].origin
    assert origin
    node = ClusterNode(origin, "host1", {str(address): address for address in addresses})
    ports = DEFAULT_FAILSAFE_PORTS if row["failsafe"] else NO_FAILSAFE_PORTS
    discovery = row["id"].startswith(WITH_NEIGHBOR_DISCOVERY)
    return replace(result, nodes=(node,), failsafe_ports=ports, neighbor_discovery=discovery)


def put_line(resource: dict[str, Any]) -> str:
    metadata = {**resource["metadata"], "uid": "1", "creationTimestamp": "2020-01-01T00:00:00Z"}
    key = f"{RESOURCE_PREFIX}{KINDS[resource['kind']]}/{metadata['name']}"
    return f"put {json.dumps(key)} {json.dumps(json.dumps({**resource, 'metadata': metadata}))}\n"


def pairs_of_ends(row: Row, outside: str) -> Iterator[tuple[str, str, int]]:
    """Yield the ends of the probes through the interface to one host outside, or within the node."""
    names = [name for name in ADDRESSES if name not in {"world", "world2"} - {outside}]
    if row["id"].startswith(WITHOUT_HOST_ENDPOINT):
        names = [name for name in names if not name.startswith("host")]
    for source in names:
        for destination in names:
            is_host_traffic = {source, destination} == {"host", "host2"}
            if source not in {destination, "host2"} and not is_host_traffic:
                yield from ((source, destination, version) for version in (4, 6))


@pytest.mark.parametrize(
    ("row_id", "code"),
    [
        ("x60", "CAL030"),
        ("x50", "CAL031"),
        ("x53", "CAL031"),
        ("x51", "CAL032"),
        ("x55", "CAL032"),
        ("x56", "CAL033"),
        ("x11", "CAL014"),
    ],
)
def test_lint_reports_what_a_row_shows(row_id: str, code: str, store: Etcd) -> None:
    (row,) = [row for row in ROWS if row["id"].startswith(row_id)]
    for resource in row["resources"]:
        if resource["kind"] == "HostEndpoint" and row_id == "x60":
            resource["spec"].setdefault("expectedIPs", list(ADDRESSES["host"]))
    assert code in {check.code for check, _ in lint(read_policy_set(row, store))}
