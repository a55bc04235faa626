"""The kind node: a host that runs Calico. The node writes most of its object; v1 sets the BGP fields and orchRefs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from calicoctl.kinds.column import Column
from calicoctl.kinds.field_table import FieldConversion, FieldTable, without_empty
from calicoctl.kinds.kind import Kind, V3Object, check_stored_name
from calicoctl.kinds.values.finding import FieldFinding
from calicoctl.kinds.values.names import v3_node_name
from calicoctl.kinds.values.networks import keep_invalid, normalize_as_number, normalize_interface, parse_network
from calicoctl.resource import Identifier, Resource
from calicoctl.storage import StoredKind, StoredResource

DEFAULT_AS_NUMBER = 64512
"""AS number of a cluster that sets none."""

ADDRESS_FIELDS = {"ipv4Address": 4, "ipv6Address": 6}
"""Fields of `bgp` with an address of the node, and the IP version of each."""

_BGP_FIELDS = FieldTable(
    FieldConversion("asNumber", "asNumber", normalize=keep_invalid(normalize_as_number)),
    *(FieldConversion(name, name, normalize=keep_invalid(normalize_interface)) for name in ADDRESS_FIELDS),
)


def check_node_name(path: tuple[str, ...], name: Any) -> Iterator[FieldFinding]:
    """Yield a finding if v3 cannot represent the name of a node."""
    return check_stored_name(path, name, v3_node_name)


def _normalize_references(references: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        without_empty({"nodeName": reference.get("nodeName")}) | {"orchestrator": reference.get("orchestrator", "")}
        for reference in references
    ]


def _format_as_number(bgp: Any) -> str:
    """Return the AS number, or that of the cluster in parentheses if the node has none."""
    if not bgp:
        return ""
    number = bgp.get("asNumber")
    return f"({DEFAULT_AS_NUMBER})" if number is None else str(number)


class _Node(Kind):
    name = "node"
    aliases = ("nodes", "no", "nos")
    identifying_fields = ("name",)
    columns = (
        Column("NAME", "metadata.name"),
        Column("ASN", "spec.bgp", wide_only=True, format_value=_format_as_number),
        Column("IPV4", "spec.bgp.ipv4Address", wide_only=True),
        Column("IPV6", "spec.bgp.ipv6Address", wide_only=True),
    )
    stored_kind = StoredKind("Node", "nodes")
    extra_fields = {"status": {}}
    spec_fields = FieldTable(
        FieldConversion("bgp", "bgp", normalize=_BGP_FIELDS.normalize, from_v3=_BGP_FIELDS.from_v3),
        FieldConversion("orchRefs", "orchRefs", normalize=_normalize_references, from_v3=_normalize_references),
    )

    def check_metadata(self, metadata: Mapping[str, Any]) -> Iterator[FieldFinding]:
        return check_node_name(("metadata", "name"), metadata.get("name"))

    def check_spec(self, spec: Mapping[str, Any]) -> Iterator[FieldFinding]:
        bgp = spec.get("bgp")
        if not isinstance(bgp, dict):
            return
        if not any(bgp.get(field) for field in ADDRESS_FIELDS):
            yield (
                ("spec", "bgp"),
                "bgp requires ipv4Address or ipv6Address (remove bgp to keep the settings of the node)",
            )
        for field, version in ADDRESS_FIELDS.items():
            try:
                network = parse_network(bgp[field])
            except (KeyError, ValueError, AttributeError):
                continue
            if network.version != version:
                yield ("spec", "bgp", field), f"{bgp[field]} is an IPv{network.version} address"

    def normalize_metadata(self, metadata: Mapping[str, Any]) -> dict[str, Any]:
        return {"name": metadata["name"]}

    def to_v3(self, resource: Resource) -> V3Object:
        return V3Object(self.spec_fields.to_v3(resource.spec))

    def metadata_from_v3(self, stored: StoredResource) -> dict[str, Any]:
        return {"name": stored.segment}

    def default_from_existing(self, resource: Resource, existing: Resource) -> Resource:
        """Return the node with the fields that the manifest omits and the node itself has written.

        Calico's calicoctl dropped these fields, and masked the networks.
        """
        spec = {**existing.spec, **resource.spec}
        bgp = {**existing.spec.get("bgp", {}), **resource.spec.get("bgp", {})}
        return Resource(resource.identifier, resource.metadata, {**spec, **({"bgp": bgp} if bgp else {})})

    def keep_v3_fields(self, existing: Mapping[str, Any], spec: dict[str, Any]) -> None:
        """Keep the fields of `bgp` that only v3 has, such as tunnel addresses: the node writes them."""
        existing_bgp = existing.get("bgp") or {}
        node_fields = {field: value for field, value in existing_bgp.items() if field not in _BGP_FIELDS.v3_names}
        if node_fields:
            spec["bgp"] = {**spec.get("bgp", {}), **node_fields}

    def unrepresentable(self, stored: StoredResource) -> Iterator[str]:
        if (stored.spec.get("bgp") or {}).get("routeReflectorClusterID"):
            yield "is a route reflector (bgp.routeReflectorClusterID)"

    def stored_name(self, identifier: Identifier) -> str:
        return v3_node_name(identifier.values[0])

    def name_from_key(self, key_name: str, value: bytes) -> str | None:
        return key_name


NODE = _Node()
