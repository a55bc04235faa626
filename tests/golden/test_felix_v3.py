"""Random v3 resources that the real Felix 3.32.1 enforced with real packets: the analysis gives the same verdicts.

The rows have tiers, policies of namespaces, network sets, named ports and service accounts; `allowed` has the probes
that got through, by source and destination. Rows that calicoctl 3.32 refuses
as manifests were written to etcd directly, and are read from there.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from calicoctl.analysis import PolicySet, Reachability, build_policy_set
from calicoctl.analysis.peers.peer import PathEnd
from calicoctl.analysis.sets.addresses import parse_address
from calicoctl.analysis.trace.explain import Explainer
from calicoctl.analysis.trace.packet_match import Packet, packet_end
from calicoctl.config import Settings
from calicoctl.datastore import connect
from calicoctl.errors import InvalidManifest
from calicoctl.operations.load.manifests import LoadOptions, load_resources
from calicoctl.operations.policy_sets.sources import sources_from_datastore, sources_from_manifests
from tests.golden.probes import PROBES
from tests.support.etcd_server import Etcd
from tests.support.policies import packet
from tests.support.recordings import RESOURCE_PREFIX, Row, load_rows
from tests.support.reference_v3 import ReferenceV3

ROWS = load_rows("felix-v3")
ADDRESSES = {"world": "10.99.0.2", **{f"ep{number}": f"10.65.0.{number}" for number in range(1, 6)}}
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
    assert (len(ROWS), sum(len(texts.split()) for row in ROWS for texts in row["allowed"].values())) == (42, 4121)


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


def check(row: Row, policy_set: PolicySet) -> None:
    """Compare each probe with the analysis, and a few with the trace of the packet."""
    analysis, explainer = Reachability(policy_set), Explainer(policy_set)
    classes = {name: analysis.address_space.class_of(parse_address(text)) for name, text in ADDRESSES.items()}
    for number, (source, destination) in enumerate(pairs()):
        from_class, to_class = classes[source], classes[destination]
        assert from_class
        assert to_class
        services = analysis.allowed(from_class, to_class)
        measured = row["allowed"].get(f"{source} {destination}", "").split()
        assert [name for name, service in PROBES.items() if service in services] == measured, (source, destination)
        name, service = list(PROBES.items())[number % len(PROBES)]
        ends = [path_end(policy_set, end) for end in (source, destination)]
        probe = Packet(packet_end(ends[0], policy_set), packet_end(ends[1], policy_set), service)
        traces = [explainer.trace_direction(probe, direction) for direction in ("egress", "ingress")]
        assert all(trace.action == "allow" for trace in traces) == (name in measured), (source, destination, name)


def path_end(policy_set: PolicySet, name: str) -> PathEnd:
    address = parse_address(ADDRESSES[name])
    return PathEnd(address, policy_set.endpoints_by_address.get(address, (None,))[0])


def check_reference(row: Row) -> None:
    world = ReferenceV3(row["resources"])
    for source, destination in pairs():
        probes = (
            name
            for name, service in PROBES.items()
            if world.allowed(packet(ADDRESSES[source], ADDRESSES[destination], service))
        )
        assert list(probes) == row["allowed"].get(f"{source} {destination}", "").split(), (source, destination)


def pairs() -> list[tuple[str, str]]:
    return [(source, destination) for source in ADDRESSES for destination in ADDRESSES if source != destination]
