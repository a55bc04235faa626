"""The kind bgpPeer: a BGP peer of one node or of all nodes."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

from calicoctl.kinds.field_table import FieldConversion, FieldTable, without_empty
from calicoctl.kinds.kind import Column, Kind, V3Object
from calicoctl.kinds.node import check_node_name
from calicoctl.kinds.values.finding import FieldFinding
from calicoctl.kinds.values.names import v3_node_name
from calicoctl.kinds.values.networks import normalize_address, normalize_as_number
from calicoctl.resource import Identifier, Resource
from calicoctl.storage import StoredKind, StoredResource

_V3_ONLY_FIELDS = ("nodeSelector", "peerSelector", "filters", "reachableBy")


class _BgpPeer(Kind):
    name = "bgpPeer"
    aliases = ("bgppeers", "bgpp", "bgpps", "bp", "bps")
    identifying_fields = ("scope", "node", "peerIP")
    value_normalizers = {"peerIP": normalize_address}
    columns = (
        Column("SCOPE", "metadata.scope"),
        Column("PEERIP", "metadata.peerIP"),
        Column("NODE", "metadata.node"),
        Column("ASN", "spec.asNumber"),
    )
    stored_kind = StoredKind("BGPPeer", "bgppeers")
    find_by_content = True
    dependency_level = 1
    spec_fields = FieldTable(
        FieldConversion(
            "asNumber", "asNumber", normalize=normalize_as_number, to_v3=lambda number: number or None, default=0
        )
    )
    v3_identifying_fields = ("node", "peerIP")
    renamed_fields = {
        ("metadata", "scope"): ("spec", "node"),
        ("metadata", "node"): ("spec", "node"),
        ("metadata", "peerIP"): ("spec", "peerIP"),
    }

    def implied_fields(self, values: Mapping[str, str]) -> Mapping[str, str]:
        """Return the fields with the scope of a peer with a node, and without the node of a global peer."""
        if values.get("scope") == "global":
            return {**values, "node": ""}
        return {"scope": "node", **values} if values.get("node") else values

    def sort_key(self, identifier: Identifier) -> tuple[bool, str, int, str]:
        """Return the sort key: peers of all nodes first, then by node; IPv4 before IPv6."""
        scope, node, address = identifier.values
        return scope != "global", node, 6 if ":" in address else 4, address

    def check_metadata(self, metadata: Mapping[str, Any]) -> Iterator[FieldFinding]:
        scope, node = metadata.get("scope"), metadata.get("node")
        if scope == "global" and node:
            yield ("metadata", "node"), "a peer of scope global has no node (remove it, or write scope: node)"
        if scope == "node" and not node:
            yield ("metadata",), "a peer of scope node requires a node (write node: NAME)"
        yield from check_node_name(("metadata", "node"), node)

    def normalize_metadata(self, metadata: Mapping[str, Any]) -> dict[str, Any]:
        return {
            **without_empty({"scope": metadata["scope"], "node": metadata.get("node")}),
            "peerIP": normalize_address(metadata["peerIP"]),
        }

    def to_v3(self, resource: Resource) -> V3Object:
        node = resource.metadata.get("node")
        identity = {"node": v3_node_name(node) if node else None, "peerIP": resource.metadata["peerIP"]}
        return V3Object({**without_empty(identity), **self.spec_fields.to_v3(resource.spec)})

    def metadata_from_v3(self, stored: StoredResource) -> dict[str, Any]:
        node, address = stored.spec.get("node"), stored.spec.get("peerIP") or ""
        return {"scope": "node", "node": node, "peerIP": address} if node else {"scope": "global", "peerIP": address}

    def restore_recorded_metadata(self, recorded: Mapping[str, Any], metadata: dict[str, Any]) -> dict[str, Any]:
        """Return the metadata with the recorded spelling of the node if it is the same node."""
        node = recorded.get("node")
        return {**metadata, "node": node} if node and v3_node_name(node) == metadata.get("node") else metadata

    def unrepresentable(self, stored: StoredResource) -> Iterator[str]:
        for field in _V3_ONLY_FIELDS:
            if stored.spec.get(field):
                yield f"is limited by {field}"

    def stored_name(self, identifier: Identifier) -> str:
        """Return the v3 name: the node and the exploded address, so that spellings of an address share a name."""
        _, node, text = identifier.values
        address = ipaddress.ip_address(text)
        name = address.exploded.replace(":", "-").replace(".", "-")
        return f"{v3_node_name(node)}.{name}" if node else name


BGP_PEER = _BgpPeer()
