"""The kind bgpPeer: a BGP peer of all nodes, or of one."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

from calicoctl.kinds.kind import Column, Kind, V3Object
from calicoctl.kinds.node import check_node_name
from calicoctl.kinds.rules.convert import without_empty
from calicoctl.kinds.values.finding import FieldFinding
from calicoctl.kinds.values.names import v3_node_name
from calicoctl.kinds.values.networks import normalize_address, normalize_as_number
from calicoctl.resource import Identifier, Resource
from calicoctl.storage import StoredKind, StoredResource

_V3_ONLY_FIELDS = ("nodeSelector", "peerSelector", "filters", "reachableBy")


def _stored_name(identifier: Identifier) -> str:
    """IPv6 addresses are written out: two spellings of one address are one peer."""
    _, node, text = identifier.values
    address = ipaddress.ip_address(text)
    name = address.exploded.replace(":", "-").replace(".", "-")
    return f"{v3_node_name(node)}.{name}" if node else name


def _check(manifest: Mapping[str, Any]) -> Iterator[FieldFinding]:
    metadata = manifest.get("metadata")
    if not isinstance(metadata, dict):
        return
    scope, node = metadata.get("scope"), metadata.get("node")
    if scope == "global" and node:
        yield ("metadata", "node"), "a peer of scope global has no node (leave it out, or write scope: node)"
    if scope == "node" and not node:
        yield ("metadata",), "a peer of scope node needs its node (write node: NAME)"
    yield from check_node_name(("metadata", "node"), node)


def _normalize(manifest: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    metadata = manifest["metadata"]
    return (
        {
            **without_empty({"scope": metadata["scope"], "node": metadata.get("node")}),
            "peerIP": normalize_address(metadata["peerIP"]),
        },
        {"asNumber": normalize_as_number(manifest.get("spec", {}).get("asNumber", 0))},
    )


def _to_v3(peer: Resource) -> V3Object:
    metadata = peer.metadata
    node = v3_node_name(metadata["node"]) if metadata.get("node") else None
    number = peer.spec["asNumber"] or None
    return V3Object(without_empty({"node": node, "peerIP": metadata["peerIP"], "asNumber": number}), {})


def _from_v3(stored: StoredResource) -> tuple[dict[str, Any], dict[str, Any]]:
    spec = stored.spec
    node = spec.get("node")
    return (
        {"scope": "node" if node else "global", **({"node": node} if node else {}), "peerIP": spec.get("peerIP") or ""},
        {"asNumber": spec.get("asNumber") or 0},
    )


def _restore_recorded_metadata(recorded: Mapping[str, Any], metadata: dict[str, Any]) -> dict[str, Any]:
    """The recorded spelling of the node, when it is still that node."""
    node = recorded.get("node")
    return {**metadata, "node": node} if node and v3_node_name(node) == metadata.get("node") else metadata


def _implied_fields(values: Mapping[str, str]) -> Mapping[str, str]:
    """A node means scope node; a peer of scope global has none."""
    if values.get("scope") == "global":
        return {**values, "node": ""}
    return {"scope": "node", **values} if values.get("node") else values


def _unrepresentable(stored: StoredResource) -> Iterator[str]:
    for field in _V3_ONLY_FIELDS:
        if stored.spec.get(field):
            yield f"is limited by {field}"


def _sort_key(identifier: Identifier) -> tuple[bool, str, int, str]:
    """Peers of all nodes first, then node by node; IPv4 before IPv6."""
    scope, node, address = identifier.values
    return scope != "global", node, 6 if ":" in address else 4, address


BGP_PEER = Kind(
    name="bgpPeer",
    aliases=("bgppeers", "bgpp", "bgpps", "bp", "bps"),
    identifying_fields=("scope", "node", "peerIP"),
    columns=(
        Column("SCOPE", "metadata.scope"),
        Column("PEERIP", "metadata.peerIP"),
        Column("NODE", "metadata.node"),
        Column("ASN", "spec.asNumber"),
    ),
    stored_kind=StoredKind("BGPPeer", "bgppeers"),
    owned_fields=("node", "peerIP", "asNumber"),
    check=_check,
    normalize=_normalize,
    stored_name=_stored_name,
    to_v3=_to_v3,
    from_v3=_from_v3,
    find_by_content=True,
    dependency_level=1,
    value_normalizers={"peerIP": normalize_address},
    implied_fields=_implied_fields,
    restore_recorded_metadata=_restore_recorded_metadata,
    unrepresentable=_unrepresentable,
    sort_key=_sort_key,
    renamed_fields={
        ("metadata", "scope"): ("spec", "node"),
        ("metadata", "node"): ("spec", "node"),
        ("metadata", "peerIP"): ("spec", "peerIP"),
    },
)
