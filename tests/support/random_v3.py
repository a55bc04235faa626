"""Random v3 manifests with tiers, policies of a namespace, network sets and named ports."""

from __future__ import annotations

import json
from collections.abc import Iterable
from random import Random
from typing import Any

from calicoctl.analysis import PolicySet, build_policy_set
from calicoctl.conversion.v3_manifest import v3_manifest
from calicoctl.kinds import find_kind
from calicoctl.manifest import Source, load
from calicoctl.operations.policy_sets.sources import sources_from_manifests
from calicoctl.schema.analysed_documents import validate_analysed
from tests.support.random_policies import Manifest, random_policy_set

_NETWORKS = ("192.0.2.0/31", "10.0.0.2/32", "198.51.100.0/24", "fd00::/126")
_PORT_NAMES = ("http", "dns")
_TIER: Manifest = {
    "apiVersion": "projectcalico.org/v3",
    "kind": "Tier",
    "metadata": {"name": "first"},
    "spec": {"order": 10},
}


def random_v3_set(random: Random) -> list[Manifest]:
    """Return the v3 form of a random v1 set of workloads, with features that v1 does not have."""
    while True:
        resources = [one for one in random_policy_set(random, hosts=False) if not one["spec"].get("preDNAT")]
        manifests = [as_v3_manifest(one) for one in resources if not one["spec"].get("doNotTrack")]
        if "0:79" not in json.dumps(manifests):  # v3 has no port 0
            break
    for one in manifests:
        _add_features(one, random)
    return [_TIER, *manifests, _network_set(random)]


def as_v3_manifest(manifest: Manifest) -> Manifest:
    """Return the v3 form of a v1 manifest, with both sides in each rule."""
    kind = find_kind(manifest["kind"])
    assert kind
    result: Manifest = json.loads(json.dumps(v3_manifest(kind, kind.resource(*kind.normalize(manifest)))))
    for direction in ("ingress", "egress"):
        for rule in result["spec"].get(direction, ()):
            rule.setdefault("source", {})
            rule.setdefault("destination", {})
    return result


def policy_set_from_v3(manifests: Iterable[Manifest]) -> PolicySet:
    """Return the policy set of valid v3 manifests."""
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(manifests)})
    result = validate_analysed(load([Source("v3.json", text)], []).documents, with_positions=True)
    assert not result.problems
    found = sources_from_manifests(result.resources)
    return build_policy_set(found.sources, found.notes)


def _add_features(manifest: Manifest, random: Random) -> None:
    spec = manifest["spec"]
    if manifest["kind"] == "WorkloadEndpoint":
        # Calico writes this label; selectors of policies of the namespace match it.
        labels = manifest["metadata"].setdefault("labels", {})
        labels["projectcalico.org/namespace"] = manifest["metadata"]["namespace"]
        spec["ports"] = [
            {"name": name, "protocol": random.choice(["TCP", "UDP"]), "port": random.choice([80, 85, 443])}
            for name in random.sample(_PORT_NAMES, random.randint(0, 2))
        ]
    if manifest["kind"] == "GlobalNetworkPolicy":
        _change_policy(manifest, random)
    for direction in ("ingress", "egress"):
        for rule in spec.get(direction, ()):
            if rule.get("protocol") in {"TCP", "UDP"} and random.random() < 0.4:
                rule["destination"]["ports"] = [*rule["destination"].get("ports", ()), random.choice(_PORT_NAMES)]


def _change_policy(manifest: Manifest, random: Random) -> None:
    """Move a policy to another tier, or to the namespace of the endpoints."""
    if random.random() < 0.3:
        manifest["metadata"]["name"] = f"first.{manifest['metadata']['name'].removeprefix('default.')}"
        manifest["spec"]["tier"] = "first"
    elif random.random() < 0.3:
        manifest["kind"] = "NetworkPolicy"
        manifest["metadata"]["namespace"] = "default"


def _network_set(random: Random) -> dict[str, Any]:
    metadata = {"name": "partners", "labels": {"role": random.choice(["web", "db"])}}
    spec = {"nets": random.sample(_NETWORKS, random.randint(1, 2))}
    return {"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkSet", "metadata": metadata, "spec": spec}
