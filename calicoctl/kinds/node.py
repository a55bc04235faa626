"""The kind node: a host that runs Calico. The node itself writes most of its object; v1 sets a part of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from calicoctl.kinds.kind import Column, Kind, V3Object
from calicoctl.kinds.rules.convert import without_empty
from calicoctl.kinds.values.finding import FieldFinding
from calicoctl.kinds.values.names import is_subdomain, v3_node_name
from calicoctl.kinds.values.networks import normalize_as_number, normalize_interface, parse_network
from calicoctl.resource import Resource
from calicoctl.storage import StoredKind, StoredResource

DEFAULT_AS_NUMBER = 64512
"""The AS number of a cluster that does not set another one."""

_ADDRESS_VERSIONS = {"ipv4Address": 4, "ipv6Address": 6}
_BGP_FIELDS = ("asNumber", *_ADDRESS_VERSIONS)


def check_node_name(path: tuple[str, ...], name: Any) -> Iterator[FieldFinding]:
    """A finding when v3 has no name for the node."""
    if isinstance(name, str) and name and not is_subdomain(v3_node_name(name)):
        yield path, f"{name!r} has no letter or digit to store it by (choose another name)"


def _check(manifest: Mapping[str, Any]) -> Iterator[FieldFinding]:
    if isinstance(metadata := manifest.get("metadata"), dict):
        yield from check_node_name(("metadata", "name"), metadata.get("name"))
    spec = manifest.get("spec")
    bgp = spec.get("bgp") if isinstance(spec, dict) else None
    if not isinstance(bgp, dict):
        return
    if not any(bgp.get(field) for field in _ADDRESS_VERSIONS):
        yield ("spec", "bgp"), "bgp needs ipv4Address or ipv6Address (leave bgp out to keep what the node has written)"
    for field, version in _ADDRESS_VERSIONS.items():
        try:
            network = parse_network(bgp[field])
        except (KeyError, ValueError, AttributeError):
            continue
        if network.version != version:
            yield ("spec", "bgp", field), f"{bgp[field]} is an IPv{network.version} address"


def _normalize(manifest: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    spec = manifest.get("spec", {})
    bgp = dict(spec.get("bgp", {}))
    if "asNumber" in bgp:
        bgp["asNumber"] = normalize_as_number(bgp["asNumber"])
    bgp.update({field: normalize_interface(bgp[field]) for field in _ADDRESS_VERSIONS if bgp.get(field)})
    references = [
        without_empty({"nodeName": ref.get("nodeName")}) | {"orchestrator": ref.get("orchestrator", "")}
        for ref in spec.get("orchRefs", ())
    ]
    return {"name": manifest["metadata"]["name"]}, without_empty({"bgp": without_empty(bgp), "orchRefs": references})


def _to_v3(node: Resource) -> V3Object:
    return V3Object(dict(node.spec), {})


def _from_v3(stored: StoredResource) -> tuple[dict[str, Any], dict[str, Any]]:
    spec = stored.spec
    bgp = {field: value for field, value in (spec.get("bgp") or {}).items() if field in _BGP_FIELDS}
    references = [
        without_empty({"nodeName": ref.get("nodeName")}) | {"orchestrator": ref.get("orchestrator", "")}
        for ref in spec.get("orchRefs") or ()
    ]
    return {"name": stored.segment}, without_empty({"bgp": without_empty(bgp), "orchRefs": references})


def _default_from_existing(node: Resource, existing: Resource) -> Resource:
    """What the manifest leaves out stays as the node has written it; Go's tool dropped it, and cut networks."""
    spec = {**existing.spec, **node.spec}
    bgp = {**existing.spec.get("bgp", {}), **node.spec.get("bgp", {})}
    return Resource(node.identifier, node.metadata, {**spec, **({"bgp": bgp} if bgp else {})})


def _keep_v3_fields(existing: Mapping[str, Any], spec: dict[str, Any]) -> None:
    """Tunnel addresses and the like within `bgp` are the node's own."""
    node_fields = {field: value for field, value in (existing.get("bgp") or {}).items() if field not in _BGP_FIELDS}
    if node_fields:
        spec["bgp"] = {**spec.get("bgp", {}), **node_fields}


def _format_as_number(bgp: Any) -> str:
    """In brackets when the node has none of its own and that of the cluster counts."""
    if not bgp:
        return ""
    number = bgp.get("asNumber")
    return f"({DEFAULT_AS_NUMBER})" if number is None else str(number)


NODE = Kind(
    name="node",
    aliases=("nodes", "no", "nos"),
    identifying_fields=("name",),
    columns=(
        Column("NAME", "metadata.name"),
        Column("ASN", "spec.bgp", wide_only=True, format_value=_format_as_number),
        Column("IPV4", "spec.bgp.ipv4Address", wide_only=True),
        Column("IPV6", "spec.bgp.ipv6Address", wide_only=True),
    ),
    stored_kind=StoredKind("Node", "nodes"),
    owned_fields=("bgp", "orchRefs"),
    check=_check,
    normalize=_normalize,
    stored_name=lambda identifier: v3_node_name(identifier.values[0]),
    to_v3=_to_v3,
    from_v3=_from_v3,
    name_from_key=lambda place, value: place,
    default_from_existing=_default_from_existing,
    keep_v3_fields=_keep_v3_fields,
    extra_fields={"status": {}},
)
