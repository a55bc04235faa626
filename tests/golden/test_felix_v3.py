"""Random v3 resources that the real Felix 3.32.1 enforced with real packets: the analysis has the same verdicts.

The rows have tiers, policies of namespaces, network sets, named ports and service accounts; `allowed` has the probes
that got through, by source and destination. Rows that calicoctl 3.32 refuses
as manifests were written to etcd directly, and are read from there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import permutations
from pathlib import Path
from typing import NamedTuple

import pytest

from calicoctl.analysis import PolicySet, Reachability, build_policy_set
from calicoctl.analysis.peers.peer import PathEnd
from calicoctl.analysis.sets.addresses import parse_address
from calicoctl.analysis.sets.services import Service
from calicoctl.analysis.trace.explain import Explainer
from calicoctl.analysis.trace.packet_match import Packet, packet_end
from calicoctl.config import Settings
from calicoctl.datastore import connect
from calicoctl.errors import InvalidManifest
from calicoctl.kinds.values.protocols import ICMP, ICMPV6, SCTP, TCP, UDP
from calicoctl.operations.load.manifests import LoadOptions, load_resources
from calicoctl.operations.policy_sets.sources import sources_from_datastore, sources_from_manifests
from tests.golden.probes import PROBES
from tests.support.etcd_server import Etcd
from tests.support.policies import packet
from tests.support.recordings import RESOURCE_PREFIX, Row, load_rows
from tests.support.reference_v3 import ReferenceV3

ROWS = load_rows("felix-v3")
DUAL_STACK_ROWS = load_rows("felix-v3-dual-stack")
"""Rows with IPv4 and IPv6, and SCTP: raw packets, because the kernel had no SCTP sockets. `kubernetes` has the network
policies that Calico's own converter (libcalico-go `K8sNetworkPolicyToCalico`) made some of the resources from."""


class Network(NamedTuple):
    """Ends and packets of the probes."""

    addresses: Mapping[str, Mapping[int, str]]
    """Addresses of each end by IP version."""
    probes: Mapping[int, Mapping[str, Service]]
    """Packets by IP version and name."""

    def pairs(self) -> Iterator[tuple[str, int, str, str]]:
        """Yield each pair of ends as in `allowed`, with the IP version and both addresses."""
        for version in self.probes:
            suffix = f" {version}" if len(self.probes) > 1 else ""
            for (source, own), (destination, other) in permutations(self.addresses.items(), 2):
                yield f"{source} {destination}{suffix}", version, own[version], other[version]


IPV4 = Network({"world": {4: "10.99.0.2"}, **{f"ep{n}": {4: f"10.65.0.{n}"} for n in range(1, 6)}}, {4: PROBES})
PORTS = {
    "tcp/80": (TCP, 80),
    "tcp/8080": (TCP, 8080),
    "udp/53": (UDP, 53),
    "sctp/80": (SCTP, 80),
    "sctp/8080": (SCTP, 8080),
}
DUAL_STACK = Network(
    {"world": {4: "10.99.0.2", 6: "fd99::2"}, **{f"ep{n}": {4: f"10.65.0.{n}", 6: f"fd65::{n}"} for n in range(1, 4)}},
    {
        version: {**{name: Service(number, 40000, port) for name, (number, port) in PORTS.items()}, "icmp": ping}
        for version, ping in ((4, Service(ICMP, 8, 0)), (6, Service(ICMPV6, 128, 0)))
    },
)
PLURALS = {"NetworkPolicy": "networkpolicies", "GlobalNetworkPolicy": "globalnetworkpolicies"}


def refused(row: Row) -> list[str]:
    """Return the fields that calicoctl 3.32 refuses: `global()` with other conditions, and all of `notNets`."""
    fields = []
    for resource in row["resources"]:
        for direction in ("ingress", "egress"):
            for index, rule in enumerate(resource["spec"].get(direction, ())):
                for side in ("source", "destination"):
                    entity, path = rule.get(side, {}), f"spec.{direction}[{index}].{side}"
                    selector = entity.get("namespaceSelector", "")
                    if "global()" in selector and selector != "global()":
                        fields.append(f"{path}.namespaceSelector")
                    if "0.0.0.0/0" in entity.get("notNets", ()):
                        fields.append(f"{path}.notNets[{entity['notNets'].index('0.0.0.0/0')}]")
    return fields


def test_all_rows_are_there() -> None:
    counts = [
        (len(rows), sum(len(texts.split()) for row in rows for texts in row["allowed"].values()))
        for rows in (ROWS, DUAL_STACK_ROWS)
    ]
    assert counts == [(42, 4121), (102, 8086)]
    assert sum("kubernetes" in row for row in DUAL_STACK_ROWS) == 42


@pytest.mark.parametrize("row", DUAL_STACK_ROWS, ids=lambda row: str(row["id"]))
def test_every_probe_of_both_ip_versions_gets_the_recorded_verdict(row: Row, tmp_path: Path) -> None:
    """Also of network policies of Kubernetes, which are converted to the same rules as by Calico's converter."""
    check(row, read_manifests(row, tmp_path), DUAL_STACK)
    check_reference(row, DUAL_STACK)
    if "kubernetes" in row:
        others = [each for each in row["resources"] if each["kind"] != "NetworkPolicy"]
        check(row, read_manifests({"resources": [*others, *row["kubernetes"]]}, tmp_path), DUAL_STACK)


@pytest.mark.parametrize("row", DUAL_STACK_ROWS[::25], ids=lambda row: str(row["id"]))
def test_objects_of_both_ip_versions_in_the_datastore(row: Row, store: Etcd) -> None:
    check(row, read_store(row, store), DUAL_STACK)


@pytest.mark.parametrize("row", [row for row in ROWS if not refused(row)], ids=lambda row: str(row["id"]))
def test_every_probe_gets_the_recorded_verdict(row: Row, tmp_path: Path) -> None:
    check(row, read_manifests(row, tmp_path))
    check_reference(row)


@pytest.mark.parametrize("row", [row for row in ROWS if refused(row)], ids=lambda row: str(row["id"]))
def test_stored_objects_that_a_manifest_cannot_have(row: Row, tmp_path: Path, store: Etcd) -> None:
    with pytest.raises(InvalidManifest) as caught:
        read_manifests(row, tmp_path)
    assert {problem.path for problem in caught.value.problems} == set(refused(row))
    check(row, read_store(row, store))
    check_reference(row)


@pytest.mark.parametrize("row", [row for row in ROWS if not refused(row)][::7], ids=lambda row: str(row["id"]))
def test_objects_of_the_datastore_have_the_same_effect(row: Row, store: Etcd) -> None:
    check(row, read_store(row, store))


def read_store(row: Row, store: Etcd) -> PolicySet:
    lines = []
    for resource in row["resources"]:
        metadata = {**resource["metadata"], "uid": "1", "creationTimestamp": "2020-01-01T00:00:00Z"}
        name = "/".join(filter(None, (metadata.get("namespace"), metadata["name"])))
        key = f"{RESOURCE_PREFIX}{PLURALS.get(resource['kind'], resource['kind'].lower() + 's')}/{name}"
        lines.append(f"put {json.dumps(key)} {json.dumps(json.dumps({**resource, 'metadata': metadata}))}\n")
    store.etcdctl("txn", input=f"\n{''.join(lines)}\n\n")
    with connect(Settings((store.endpoint,))) as datastore:
        found = sources_from_datastore(datastore)
    return build_policy_set(found.sources, found.notes)


def read_manifests(row: Row, tmp_path: Path) -> PolicySet:
    manifest = tmp_path / "row.json"
    items = [{"apiVersion": "projectcalico.org/v3", **resource} for resource in row["resources"]]
    manifest.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    options = LoadOptions(positions=True, v3_objects=True)
    found = sources_from_manifests(load_resources((str(manifest),), recursive=False, options=options).resources)
    return build_policy_set(found.sources, found.notes)


def check(row: Row, policy_set: PolicySet, network: Network = IPV4) -> None:
    """Compare each probe with the analysis, and a few with the trace of the packet."""
    analysis, explainer = Reachability(policy_set), Explainer(policy_set)
    for number, (pair, version, source, destination) in enumerate(network.pairs()):
        from_class, to_class = map(analysis.address_space.class_of, map(parse_address, (source, destination)))
        assert from_class
        assert to_class
        services, probes = analysis.allowed(from_class, to_class), network.probes[version]
        measured = row["allowed"].get(pair, "").split()
        assert [name for name, service in probes.items() if service in services] == measured, pair
        name, service = list(probes.items())[number % len(probes)]
        ends = [packet_end(path_end(policy_set, end), policy_set) for end in (source, destination)]
        probe = Packet(ends[0], ends[1], service)
        traces = [explainer.trace_direction(probe, direction) for direction in ("egress", "ingress")]
        assert all(trace.action == "allow" for trace in traces) == (name in measured), (pair, name)


def path_end(policy_set: PolicySet, text: str) -> PathEnd:
    address = parse_address(text)
    return PathEnd(address, policy_set.endpoints_by_address.get(address, (None,))[0])


def check_reference(row: Row, network: Network = IPV4) -> None:
    world = ReferenceV3(row["resources"])
    for pair, version, source, destination in network.pairs():
        probes = network.probes[version].items()
        allowed = [name for name, service in probes if world.allowed(packet(source, destination, service))]
        assert allowed == row["allowed"].get(pair, "").split(), pair
