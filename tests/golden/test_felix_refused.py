"""Manifests with a profile that the agent's validator refuses: we refuse them, or store what it takes.

What others have stored of that kind is judged as the agent does.
"""

from __future__ import annotations

import json
from itertools import permutations
from typing import Any

import pytest

from calicoctl.analysis import Reachability, build_policy_set
from calicoctl.analysis.sets.addresses import parse_address
from calicoctl.config import Settings
from calicoctl.datastore import connect
from calicoctl.operations.policy_sets.sources import sources_from_datastore
from tests.golden import felix
from tests.golden.probes import PROBES
from tests.golden.unvalidated import put_unvalidated
from tests.support.etcd_server import Etcd
from tests.support.policies import packet
from tests.support.recordings import Row, load_rows, stored_objects
from tests.support.reference_evaluator import ReferenceEvaluator
from tests.support.runner import Calicoctl

ROWS = load_rows("felix-refused")


def test_all_rows_are_there() -> None:
    assert len(ROWS) == 12


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row["id"]))
def test_nothing_is_stored_that_the_agent_refuses(row: Row, store: Etcd, calicoctl: Calicoctl) -> None:
    result = calicoctl("apply", "-f", "-", input=json.dumps(row["resources"]))

    if result.exit_code:
        assert result.exit_code == 3
        assert store.keys() == []
    else:
        assert len(stored_objects(store)) >= len(row["resources"])
    assert [problem for key, v3 in stored_objects(store).items() for problem in felix.rejections(key, v3)] == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row["id"]))
def test_only_what_can_never_match_is_refused(row: Row, store: Etcd, calicoctl: Calicoctl) -> None:
    """Icmp with the protocol's number means something: it is stored with the protocol's name."""
    (reason,) = row["felix_refused"]
    profile = reason.partition(":")[0]
    matches_nothing = "matches no traffic" in reason

    for resource in row["resources"]:
        if f"{resource['kind']}/{resource['metadata']['name']}" == profile:
            result = calicoctl("apply", "-f", "-", input=json.dumps(resource))
            assert result.exit_code == (3 if matches_nothing else 0)
            assert ("notNets" in result.stderr) == matches_nothing


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ({"protocol": 1, "icmp": {"type": 8}}, "icmp with protocol 1"),
        ({"notICMP": {"type": 8}}, "notICMP with protocol None"),
        ({"protocol": "ICMP", "icmp": {"code": 1}}, "icmp with a code without a type"),
        ({"protocol": "ICMPv6", "ipVersion": 4}, "protocol ICMPv6 with ipVersion 4"),
        ({"notProtocol": "ICMP", "ipVersion": 6}, "notProtocol ICMP with ipVersion 6"),
        ({"source": {"notNets": ["0.0.0.0/0"]}}, "source.notNets: 0.0.0.0/0 is everything"),
        ({"source": {"nets": ["10.0.0.1/8"]}}, "source.nets: 10.0.0.1/8 is not written as the network 10.0.0.0/8"),
        ({"source": {"nets": ["10.0.0.0/8"]}, "destination": {"nets": ["fd00::/8"]}}, "IPv4 and IPv6 in one rule"),
        ({"ipVersion": 6, "source": {"nets": ["10.0.0.0/8"]}}, "IPv4 and IPv6 in one rule"),
        ({"destination": {"ports": [80]}}, "destination.ports with protocol None"),
        ({"protocol": "TCP", "destination": {"ports": ["90:80"]}}, "destination.ports: '90:80'"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_check_detects_its_cases(rule: dict[str, object], problem: str) -> None:
    metadata = {"name": "p", "uid": "u", "creationTimestamp": "t"}
    v3 = {"kind": "Profile", "metadata": metadata, "spec": {"ingress": [{"action": "Allow", **rule}]}}
    assert felix.rejections("/p", v3) == [f"/p: ingress[0]: {problem}"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row["id"]))
def test_rejected_objects_in_the_store_are_evaluated_as_by_the_agent(row: Row, store: Etcd) -> None:
    """Its labels are ignored and its rules are in force; the reader is told why."""
    (reason,) = row["felix_refused"]
    refused = reason.partition(":")[0]
    put_unvalidated(store, row["resources"], icmp_by_number=True)
    with connect(Settings((store.endpoint,))) as datastore:
        found = sources_from_datastore(datastore)
    policies = build_policy_set(found.sources, found.notes)

    (note,) = policies.notes
    assert note.startswith(f"{refused}: the agent ignores its labels: ")
    for profile in policies.profiles.values():
        assert bool(profile.labels) == (str(profile.identifier) != refused)
    world = ReferenceEvaluator([without_labels(one) if names(one) == refused else one for one in row["resources"]])
    analysis = Reachability(policies)
    groups = {
        place: analysis.address_space.class_of(parse_address(place))
        for place in ("10.99.0.2", *world.endpoints_by_address)
    }
    for (source, sender), (destination, receiver) in permutations(groups.items(), 2):
        assert sender
        assert receiver
        services = analysis.allowed(sender, receiver)
        for service in PROBES.values():
            assert (service in services) == world.allowed(packet(source, destination, service))


def names(manifest: dict[str, Any]) -> str:
    return f"{manifest['kind']}/{manifest['metadata']['name']}"


def without_labels(manifest: dict[str, Any]) -> dict[str, Any]:
    return {**manifest, "metadata": {"name": manifest["metadata"]["name"]}}
