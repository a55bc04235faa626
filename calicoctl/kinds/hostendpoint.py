"""The kind hostEndpoint: an interface of a node, whose traffic policy applies to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from calicoctl.kinds.addresses import ipv4_first, normal_address
from calicoctl.kinds.kind import Column, Kind, V3Object, shown_labels
from calicoctl.kinds.names import has_qualifier, is_subdomain, node_name, normalised, profile_name, with_qualifier
from calicoctl.kinds.node import check_node_name
from calicoctl.kinds.rulechecks import Finding
from calicoctl.kinds.rules import pruned
from calicoctl.resource import Identifier, Resource
from calicoctl.storage import StoredKind, StoredResource


def _joined(identifier: Identifier) -> str:
    node, name = identifier.values
    return f"{node_name(node)}.{name}"


def _stored_name(identifier: Identifier) -> str:
    joined = _joined(identifier)
    return with_qualifier(joined, normalised(joined))


def _check(manifest: Mapping[str, Any]) -> Iterator[Finding]:
    metadata, spec = manifest.get("metadata"), manifest.get("spec")
    if isinstance(metadata, dict):
        yield from check_node_name(("metadata", "node"), metadata.get("node"))
    if isinstance(spec, dict):
        if not spec.get("interfaceName") and not spec.get("expectedIPs"):
            yield ("spec",), "interfaceName or expectedIPs has to be given"
        yield from check_profiles(spec)


def check_profiles(spec: Mapping[str, Any]) -> Iterator[Finding]:
    """Findings for the profiles of an endpoint that v3 has no name for."""
    profiles = spec.get("profiles")
    for index, name in enumerate(profiles if isinstance(profiles, list) else ()):
        if isinstance(name, str) and name and not is_subdomain(profile_name(name)):
            yield ("spec", "profiles", index), f"{name!r} has no letter or digit: there is no such profile"


def _normal(manifest: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    metadata, spec = manifest["metadata"], manifest["spec"]
    return (
        pruned({"name": metadata["name"], "node": metadata["node"], "labels": metadata.get("labels")}),
        pruned(
            {
                "interfaceName": spec.get("interfaceName"),
                "expectedIPs": ipv4_first(map(normal_address, spec.get("expectedIPs", ()))),
                "profiles": spec.get("profiles"),
            }
        ),
    )


def _to_v3(endpoint: Resource) -> V3Object:
    spec = endpoint.spec
    v3 = {
        "node": node_name(endpoint.metadata["node"]),
        "interfaceName": spec.get("interfaceName"),
        "expectedIPs": spec.get("expectedIPs"),
        "profiles": [profile_name(name) for name in spec.get("profiles", ())],
    }
    return V3Object(pruned(v3), {}, endpoint.metadata.get("labels", {}))


def _from_v3(stored: StoredResource) -> tuple[dict[str, Any], dict[str, Any]]:
    spec = stored.spec
    node = str(spec.get("node") or "")
    name = stored.segment.removeprefix(f"{node}.")
    fields = ("interfaceName", "expectedIPs", "profiles")
    return (
        pruned({"name": name, "node": node, "labels": stored.metadata.get("labels")}),
        pruned({field: spec.get(field) for field in fields}),
    )


def _complete(endpoint: Resource, existing: Resource) -> Resource:
    """Labels that Calico and its tools write, which have a domain before them, stay."""
    theirs = {
        key: text
        for key, text in existing.metadata.get("labels", {}).items()
        if "." in key.partition("/")[0] and "/" in key
    }
    labels = {**theirs, **endpoint.metadata.get("labels", {})}
    return Resource(endpoint.identifier, {**endpoint.metadata, **({"labels": labels} if labels else {})}, endpoint.spec)


def refit_endpoint(recorded: Mapping[str, Any], metadata: dict[str, Any]) -> dict[str, Any]:
    """The recorded names; labels as they are now."""
    names = {key: value for key, value in recorded.items() if key != "labels"}
    return {**names, **({"labels": metadata["labels"]} if "labels" in metadata else {})}


def _beyond(stored: StoredResource) -> Iterator[str]:
    if stored.spec.get("ports"):
        yield "has named ports"
    if stored.spec.get("interfaceName") == "*":
        yield "stands for all interfaces of its node"


HOST_ENDPOINT = Kind(
    name="hostEndpoint",
    aliases=("hostendpoints", "hep", "heps"),
    identified_by=("node", "name"),
    columns=(
        Column("NODE", "metadata.node"),
        Column("NAME", "metadata.name"),
        Column("INTERFACE", "spec.interfaceName", wide=True),
        Column("IPS", "spec.expectedIPs", wide=True, show=lambda ips: ",".join(ips or ())),
        Column("PROFILES", "spec.profiles", wide=True, show=lambda names: ",".join(names or ())),
        Column("LABELS", "metadata.labels", custom=True, show=shown_labels),
    ),
    stored_as=StoredKind("HostEndpoint", "hostendpoints"),
    owned=("node", "interfaceName", "expectedIPs", "profiles"),
    check=_check,
    normal=_normal,
    stored_name=_stored_name,
    to_v3=_to_v3,
    from_v3=_from_v3,
    scanned=True,
    level=1,
    unmistakable=lambda identifier, name: has_qualifier(_joined(identifier), name),
    refit=refit_endpoint,
    complete=_complete,
    beyond=_beyond,
    moved={("metadata", "node"): ("spec", "node")},
)
