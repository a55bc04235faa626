"""The kind bgpPeer: a BGP peer of one node or of all nodes."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from calicoctl.kinds.column import Column
from calicoctl.kinds.field_table import FieldConversion, FieldTable, without_empty
from calicoctl.kinds.kind import Kind, V3Object, v3_only_fields
from calicoctl.kinds.node import check_node_name
from calicoctl.kinds.values.finding import FieldFinding
from calicoctl.kinds.values.names import is_subdomain, v3_node_name
from calicoctl.kinds.values.networks import keep_invalid, normalize_address, normalize_as_number
from calicoctl.resource import Identifier, Resource
from calicoctl.storage import StoredKind, StoredResource

_SCOPES = ("global", "node")
_LIMITING_FIELDS = ("nodeSelector", "peerSelector", "localWorkloadSelector", "filters", "reachableBy")
_V3_ONLY_IDENTITY = ("nodeSelector", "peerSelector", "localWorkloadSelector")
"""Fields that select the nodes or the peers, so that two peers can have the same node and address."""
_normalize_address = keep_invalid(normalize_address)


def _normalize_name(text: str) -> str:
    """Return the normal form of the last part of a name: an address, or the name of a peer in the datastore.

    Raises:
        ValueError: the text is neither.
    """
    return text if _is_stored_name(text) else normalize_address(text)


def _is_stored_name(text: str) -> bool:
    """Whether a text is the name of a peer in the datastore and not an address."""
    return bool(re.search("[-a-z]", text)) and is_subdomain(text) and text not in _SCOPES


def _has_v1_identity(spec: Mapping[str, Any]) -> bool:
    """Whether node and address identify a v3 peer. Otherwise its name in the datastore does."""
    try:
        normalize_address(spec.get("peerIP") or "")
    except ValueError:
        return False
    return not any(spec.get(field) for field in _V3_ONLY_IDENTITY)


class _BgpPeer(Kind):
    name = "bgpPeer"
    aliases = ("bgppeers", "bgpp", "bgpps", "bp", "bps")
    identifying_fields = ("scope", "node", "peerIP")
    stored_only_fields = ("name",)
    value_normalizers = {"peerIP": _normalize_name}
    columns = (
        Column("SCOPE", "metadata.scope"),
        Column("PEERIP", "metadata.peerIP"),
        Column("NODE", "metadata.node"),
        Column("ASN", "spec.asNumber"),
        Column("NAME", "metadata.name", custom_only=True),
    )
    stored_kind = StoredKind("BGPPeer", "bgppeers")
    find_by_content = True
    dependency_level = 1
    spec_fields = FieldTable(
        FieldConversion(
            "asNumber",
            "asNumber",
            normalize=keep_invalid(normalize_as_number),
            to_v3=lambda number: number or None,
            default=0,
        )
    )
    v3_identifying_fields = ("node", "peerIP")
    renamed_fields = {
        ("metadata", "scope"): ("spec", "node"),
        ("metadata", "node"): ("spec", "node"),
        ("metadata", "peerIP"): ("spec", "peerIP"),
    }

    def implied_fields(self, values: Mapping[str, str]) -> Mapping[str, str]:
        """Return the fields with the scope of a peer with a node, and without the node of a global peer.

        The name of a peer in the datastore has no scope and no node.
        """
        if _is_stored_name(values.get("peerIP", "")) and not (values.get("scope") or values.get("node")):
            return {**values, "scope": "", "node": ""}
        if values.get("scope") == "global":
            return {**values, "node": ""}
        return {"scope": "node", **values} if values.get("node") else values

    def identifier(self, metadata: Mapping[str, Any]) -> Identifier:
        """Return the identifier, which is the name in the datastore if the metadata has it."""
        name = metadata.get("name")
        return Identifier(self.name, ("", "", str(name))) if name else super().identifier(metadata)

    def sort_key(self, identifier: Identifier) -> tuple[bool, str, int, str]:
        """Return the sort key: peers of all nodes first, then by node; IPv4 before IPv6."""
        scope, node, address = identifier.values
        return scope != "global", node, 6 if ":" in address else 4, address

    def check_metadata(self, metadata: Mapping[str, Any]) -> Iterator[FieldFinding]:
        scope, node = metadata.get("scope"), metadata.get("node")
        if metadata.get("name"):
            yield ("metadata", "name"), "only a stored peer without a v1 identity has a name (remove it)"
        if scope == "global" and node:
            yield ("metadata", "node"), "a peer of scope global has no node (remove it, or write scope: node)"
        if scope == "node" and not node:
            yield ("metadata",), "a peer of scope node requires a node (write node: NAME)"
        yield from check_node_name(("metadata", "node"), node)

    def normalize_metadata(self, metadata: Mapping[str, Any]) -> dict[str, Any]:
        return {
            **without_empty({"scope": metadata["scope"], "node": metadata.get("node")}),
            "peerIP": _normalize_address(metadata.get("peerIP", "")),
            **without_empty({"name": metadata.get("name")}),
        }

    def to_v3(self, resource: Resource) -> V3Object:
        node = resource.metadata.get("node")
        identity = {"node": v3_node_name(node) if node else None, "peerIP": resource.metadata.get("peerIP")}
        return V3Object({**without_empty(identity), **self.spec_fields.to_v3(resource.spec)})

    def metadata_from_v3(self, stored: StoredResource) -> dict[str, Any]:
        """Return the metadata, with the name in the datastore if v1 cannot identify the peer."""
        spec = stored.spec
        node, address = spec.get("node"), _normalize_address(spec.get("peerIP") or "")
        place = {"scope": "node", "node": node} if node else {"scope": "global"}
        name = {} if _has_v1_identity(spec) else {"name": stored.segment}
        return {**place, "peerIP": address, **name}

    def restore_recorded_metadata(self, recorded: Mapping[str, Any], metadata: dict[str, Any]) -> dict[str, Any]:
        """Return the metadata with the recorded spelling of the node if it is the same node."""
        node = recorded.get("node")
        return {**metadata, "node": node} if node and v3_node_name(node) == metadata.get("node") else metadata

    def identify_by_stored_name(self, stored: StoredResource, resource: Resource) -> Resource:
        return self.resource({**resource.metadata, "name": stored.segment}, resource.spec)

    def check_v3(self, spec: Mapping[str, Any]) -> Iterator[str]:
        if spec.get("peerSelector") and spec.get("asNumber"):
            yield "spec.asNumber: Calico uses the AS numbers of the nodes that peerSelector selects (remove asNumber)"

    def unrepresentable(self, stored: StoredResource) -> Iterator[str]:
        for field in v3_only_fields(self, stored.spec):
            yield f"is limited by {field}" if field in _LIMITING_FIELDS else f"has {field}"

    def stored_name(self, identifier: Identifier) -> str:
        """Return the v3 name: the node and the exploded address, so that spellings of an address share a name."""
        scope, node, text = identifier.values
        if not scope:
            return text  # the name in the datastore
        with suppress(ValueError):  # an invalid address is not stored
            text = ipaddress.ip_address(text).exploded
        name = text.replace(":", "-").replace(".", "-")
        return f"{v3_node_name(node)}.{name}" if node else name

    def requested_name(self, resource: Resource) -> str | None:
        return resource.metadata.get("name")


BGP_PEER = _BgpPeer()
