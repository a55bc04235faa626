"""The kind ipPool: addresses that Calico assigns to endpoints."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from typing import Any

from calicoctl.kinds.column import Column
from calicoctl.kinds.field_table import FieldConversion, FieldTable, without_empty
from calicoctl.kinds.kind import Kind, V3Object, v3_only_fields
from calicoctl.kinds.values.finding import FieldFinding
from calicoctl.kinds.values.networks import keep_invalid, normalize_network, parse_network
from calicoctl.resource import Identifier, Resource
from calicoctl.storage import StoredKind, StoredResource

_IPAM_BLOCK_PREFIX_LENGTHS = {4: 26, 6: 122}
"""Prefix length of the blocks of Calico's IPAM by IP version."""
_LINK_LOCAL_NETWORKS = (ipaddress.ip_network("169.254.0.0/16"), ipaddress.ip_network("fe80::/10"))
_normalize_cidr = keep_invalid(normalize_network)
_NEVER = "Never"
_V3_IPIP_MODES = {"": "Always", "always": "Always", "cross-subnet": "CrossSubnet"}
_V1_IPIP_MODES = {"Always": "always", "CrossSubnet": "cross-subnet"}


def cidr_name(cidr: str) -> str:
    """Return the v3 name of a pool without a name."""
    name = re.sub("[.:/]", "-", cidr)
    return f"0{name}" if name.startswith("-") else name  # the name of `::/8` would not be a DNS name


def _ipip_to_v3(ipip: Mapping[str, Any]) -> str:
    return _V3_IPIP_MODES[ipip.get("mode", "")] if ipip.get("enabled") else _NEVER


def _ipip_from_v3(v3_mode: Any) -> dict[str, Any]:
    mode = _V1_IPIP_MODES.get(str(v3_mode))
    return {"enabled": True, "mode": mode} if mode else {}


def _format_bool(value: Any) -> str:
    return str(bool(value)).lower()


class _IpPool(Kind):
    name = "ipPool"
    aliases = ("ippools", "ipp", "ipps", "pool", "pools")
    identifying_fields = ("cidr",)
    value_normalizers = {"cidr": normalize_network}
    columns = (
        Column("CIDR", "metadata.cidr"),
        Column("NAT", "spec.nat-outgoing", wide_only=True, format_value=_format_bool),
        Column("IPIP", "spec.ipip.enabled", wide_only=True, format_value=_format_bool),
        Column("NAME", "metadata.name", wide_only=True),
    )
    stored_kind = StoredKind("IPPool", "ippools")
    find_by_content = True
    spec_fields = FieldTable(
        FieldConversion("ipip", "ipipMode", normalize=without_empty, to_v3=_ipip_to_v3, from_v3=_ipip_from_v3),
        FieldConversion("nat-outgoing", "natOutgoing"),
        FieldConversion("disabled", "disabled"),
    )
    v3_identifying_fields = ("cidr",)
    renamed_fields = {("metadata", "cidr"): ("spec", "cidr")}

    def sort_key(self, identifier: Identifier) -> tuple[bool, str]:
        """Return the sort key of Calico 1.6: IPv4 first, then by text."""
        return ":" in identifier.values[0], identifier.values[0]

    def check(self, manifest: Mapping[str, Any]) -> Iterator[FieldFinding]:
        yield from super().check(manifest)
        metadata, spec = manifest.get("metadata"), manifest.get("spec")
        spec = spec if isinstance(spec, dict) else {}
        try:
            interface = parse_network(metadata["cidr"] if isinstance(metadata, dict) else "")
        except (KeyError, ValueError, AttributeError):
            return
        path = ("metadata", "cidr")
        network = interface.network
        min_length = _IPAM_BLOCK_PREFIX_LENGTHS[network.version]
        if interface.ip != network.network_address:
            yield path, f"{interface} has bits behind the mask (write {network})"
        if network.prefixlen > min_length and spec.get("disabled") is not True:
            yield path, f"{network} is too small for a pool (at least /{min_length})"
        for reserved in _LINK_LOCAL_NETWORKS:
            if network.version == reserved.version and network.overlaps(reserved):
                yield path, f"{network} overlaps the link-local network {reserved}"
        ipip = spec.get("ipip")
        if isinstance(ipip, dict) and ipip.get("enabled") is True and network.version == 6:
            yield ("spec", "ipip", "enabled"), "IP-in-IP does not support IPv6 (remove ipip)"

    def normalize_metadata(self, metadata: Mapping[str, Any]) -> dict[str, Any]:
        return _named_after_cidr(_normalize_cidr(metadata["cidr"]), metadata.get("name"))

    def to_v3(self, resource: Resource) -> V3Object:
        identity = {"cidr": resource.metadata.get("cidr", ""), "ipipMode": _NEVER}
        return V3Object({**identity, **self.spec_fields.to_v3(resource.spec)})

    def metadata_from_v3(self, stored: StoredResource) -> dict[str, Any]:
        return _named_after_cidr(_normalize_cidr(str(stored.spec.get("cidr") or "")), stored.segment)

    def restore_recorded_metadata(self, recorded: Mapping[str, Any], metadata: dict[str, Any]) -> dict[str, Any]:
        return metadata

    def default_from_existing(self, resource: Resource, existing: Resource) -> Resource:
        """Return the pool, with the name of the existing one if there is one."""
        metadata = without_empty({"cidr": resource.metadata.get("cidr"), "name": existing.metadata.get("name")})
        return Resource(resource.identifier, metadata, resource.spec)

    def check_v3(self, spec: Mapping[str, Any]) -> Iterator[str]:
        if _NEVER not in (spec.get("ipipMode") or _NEVER, spec.get("vxlanMode") or _NEVER):
            yield f"spec.ipip: a pool has one encapsulation, this one has vxlanMode {spec['vxlanMode']} (remove ipip)"
        try:
            network = parse_network(spec.get("cidr") or "").network
        except ValueError as error:
            yield f"spec.cidr: {error}"
            return
        max_length = spec.get("blockSize") or _IPAM_BLOCK_PREFIX_LENGTHS[network.version]
        if network.prefixlen > max_length and spec.get("disabled") is not True:
            yield f"spec.disabled: {network} is too small for its blocks of /{max_length} (write disabled: true)"

    def unrepresentable(self, stored: StoredResource) -> Iterator[str]:
        version = 6 if ":" in str(stored.spec.get("cidr")) else 4
        for field in v3_only_fields(self, stored.spec, _v3_defaults(version)):
            yield f"has {field}"

    def stored_name(self, identifier: Identifier) -> str:
        return cidr_name(identifier.values[0])

    def requested_name(self, resource: Resource) -> str | None:
        return resource.metadata.get("name")

    def set_layout_metadata(self, metadata: dict[str, Any], spec: dict[str, Any], segment: str, is_new: bool) -> None:
        """Set the defaults that Calico 3.32 sets in a new pool."""
        if is_new:
            defaults = _v3_defaults(parse_network(spec["cidr"]).version)
            spec.update({field: value for field, value in defaults.items() if field not in spec})


def _v3_defaults(version: int) -> dict[str, Any]:
    """Return the v3-only fields that Calico 3.32 sets in a new pool of an IP version."""
    return {
        "vxlanMode": _NEVER,
        "blockSize": _IPAM_BLOCK_PREFIX_LENGTHS[version],
        "nodeSelector": "all()",
        "allowedUses": ["Workload", "Tunnel"],
        "assignmentMode": "Automatic",
    }


def _named_after_cidr(cidr: str, name: str | None) -> dict[str, Any]:
    """Return the metadata of a pool; a name that follows from the network is omitted."""
    return without_empty({"cidr": cidr, "name": None if name == cidr_name(cidr) else name})


IP_POOL = _IpPool()
