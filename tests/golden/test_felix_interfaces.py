"""Hand-made v3 resources on a node with two interfaces, which the real Felix enforced: the same verdicts.

Besides several host endpoints for one interface, `*` and `expectedIPs`, the rows have applyOnForward, failsafe ports,
and neighbor discovery: without it, no IPv6 packet passes an interface.
"""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from calicoctl.analysis import PolicySet, Reachability, build_policy_set
from calicoctl.analysis.lint import lint
from calicoctl.analysis.model.failsafe import DEFAULT_FAILSAFE_PORTS, NO_FAILSAFE_PORTS
from calicoctl.analysis.peers.peer import PathEnd
from calicoctl.analysis.sets.addresses import parse_address
from calicoctl.analysis.trace.explain import Explainer
from calicoctl.analysis.trace.packet_match import Packet, packet_end
from calicoctl.config import Settings
from calicoctl.datastore import connect
from calicoctl.kinds.values.protocols import UDP
from calicoctl.operations.load.manifests import LoadOptions, load_resources
from calicoctl.operations.policy_sets.sources import sources_from_datastore, sources_from_manifests
from tests.golden.uplinks import ADDRESSES, INTERFACES, PROBES, pairs_of_ends, sent_service, with_addresses
from tests.support.etcd_server import Etcd
from tests.support.recordings import RESOURCE_PREFIX, Row, load_rows

ROWS = load_rows("felix-hosts-interfaces")
DENY = {"action": "Deny", "protocol": "TCP"}
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
    check(row, read_policy_set(row, store))


@pytest.mark.parametrize("row", ROWS[::4], ids=lambda row: str(row["id"]))
def test_manifests_have_the_same_effect(row: Row, tmp_path: Path) -> None:
    manifest = tmp_path / "row.json"
    manifest.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": row["resources"]}))
    options = LoadOptions(positions=True, v3_objects=True)
    found = sources_from_manifests(load_resources((str(manifest),), recursive=False, options=options).resources)
    check(row, with_properties(row, build_policy_set(found.sources)))


def check(row: Row, policy_set: PolicySet) -> None:
    """Compare the decisions on all probes with the recorded ones."""
    allowed = {tuple(probe) for probe in row["allowed"]} - {tuple(probe) for probe in row["half"]}
    for name, interface in INTERFACES.items():
        on_interface = replace(policy_set, interface=interface)
        reachability = Reachability(on_interface)
        explainer = Explainer(on_interface, reachability)
        for source, destination, version in pairs_of_ends(
            name, has_host=not row["id"].startswith(WITHOUT_HOST_ENDPOINT)
        ):
            ends = [parse_address(ADDRESSES[end][version == 6]) for end in (source, destination)]
            classes = [reachability.address_space.class_of(end) for end in ends]
            assert classes[0]
            assert classes[1]
            services = reachability.allowed(classes[0], classes[1])
            for probe, service in PROBES.items():
                sent = sent_service(service, version)
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
        return with_properties(row, build_policy_set(sources_from_datastore(datastore).sources))


def with_properties(row: Row, policy_set: PolicySet) -> PolicySet:
    """Return the policy set with the addresses of the node, the failsafe ports and the neighbors of a row."""
    ports = DEFAULT_FAILSAFE_PORTS if row["failsafe"] else NO_FAILSAFE_PORTS
    discovery = row["id"].startswith(WITH_NEIGHBOR_DISCOVERY)
    return replace(with_addresses(policy_set), failsafe_ports=ports, neighbor_discovery=discovery)


def put_line(resource: dict[str, Any]) -> str:
    metadata = {**resource["metadata"], "uid": "1", "creationTimestamp": "2020-01-01T00:00:00Z"}
    key = f"{RESOURCE_PREFIX}{KINDS[resource['kind']]}/{metadata['name']}"
    return f"put {json.dumps(key)} {json.dumps(json.dumps({**resource, 'metadata': metadata}))}\n"


@pytest.mark.parametrize(
    ("row_id", "code"),
    [
        ("x50", "CAL031"),
        ("x52", "CAL031"),
        ("x53", "CAL031"),
        ("x54", "CAL031"),
        ("x51", "CAL032"),
        ("y05", "CAL032"),
        ("x55", "CAL032"),
        ("x40", "CAL036"),
        ("x35", "CAL036"),
        ("x35", "CAL033"),
        ("x56", "CAL033"),
        ("x11", "CAL014"),
        ("x12", "CAL014"),
        ("x13", "CAL036"),
        ("x14", "CAL036"),
        ("x15", "CAL036"),
        ("x16", "CAL036"),
        ("x60", "CAL030"),
        ("x67", "CAL030"),
        ("x23", "CAL025"),
        ("x20", "CAL025"),
        ("x32", "CAL034"),
        ("x33", "CAL034"),
        ("f02", "CAL035"),
        ("f03", "CAL035"),
    ],
)
def test_lint_reports_what_a_row_shows(row_id: str, code: str, store: Etcd) -> None:
    (row,) = [deepcopy(row) for row in ROWS if row["id"].startswith(row_id)]
    for resource in row["resources"]:
        resource["spec"].update(STATED.get((row_id, resource["kind"]), {}))
    policy_set = read_policy_set(row, store)
    other = replace(policy_set.nodes[0], name="host2", addresses={"ipv4Address": parse_address("10.77.0.1")})
    found = {check.code for check, _ in lint(replace(policy_set, nodes=(*policy_set.nodes, other)))}
    assert code in found


STATED = {
    ("x60", "HostEndpoint"): {"expectedIPs": [*ADDRESSES["host"]]},
    ("x67", "HostEndpoint"): {"expectedIPs": [*ADDRESSES["host"]]},
    ("x20", "HostEndpoint"): {"expectedIPs": ["10.99.0.1"]},
    **{
        (row_id, "GlobalNetworkPolicy"): {"ingress": [{**DENY, "destination": {"ports": [22]}}]}
        for row_id in ("f02", "f03")
    },
}
"""Fields without which lint cannot know what the row shows: addresses of interfaces, and denied failsafe ports."""
