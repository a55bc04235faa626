"""The kind ipPool: addresses that Calico gives to endpoints."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from typing import Any

from calicoctl.kinds.kind import Column, Kind, V3Object
from calicoctl.kinds.rules.convert import without_empty
from calicoctl.kinds.values.finding import FieldFinding
from calicoctl.kinds.values.networks import normalize_network, parse_network
from calicoctl.resource import Identifier, Resource
from calicoctl.storage import StoredKind, StoredResource

_IPAM_BLOCK_PREFIX_LENGTHS = {4: 26, 6: 122}
"""Calico's IPAM works in blocks of this size."""
_LINK_LOCAL_NETWORKS = (ipaddress.ip_network("169.254.0.0/16"), ipaddress.ip_network("fe80::/10"))
_V3_IPIP_MODES = {"": "Always", "always": "Always", "cross-subnet": "CrossSubnet"}


def cidr_name(cidr: str) -> str:
    """The name of a pool that is named after its network."""
    return re.sub("[.:/]", "-", cidr)


def _check(manifest: Mapping[str, Any]) -> Iterator[FieldFinding]:
    metadata, spec = manifest.get("metadata"), manifest.get("spec")
    spec = spec if isinstance(spec, dict) else {}
    try:
        interface = parse_network(metadata["cidr"] if isinstance(metadata, dict) else "")
    except (KeyError, ValueError, AttributeError):
        return
    path = ("metadata", "cidr")
    network = interface.network
    if interface.ip != network.network_address:
        yield path, f"{interface} has bits behind the mask (write {network})"
    if network.prefixlen > _IPAM_BLOCK_PREFIX_LENGTHS[network.version] and spec.get("disabled") is not True:
        yield path, f"{network} is too small for a pool (at least /{_IPAM_BLOCK_PREFIX_LENGTHS[network.version]})"
    for reserved in _LINK_LOCAL_NETWORKS:
        if network.version == reserved.version and network.overlaps(reserved):
            yield path, f"{network} overlaps with the link-local network {reserved}"
    ipip = spec.get("ipip")
    if isinstance(ipip, dict) and ipip.get("enabled") is True and network.version == 6:
        yield ("spec", "ipip", "enabled"), "there is no IP-in-IP for IPv6 (leave ipip out)"


def _normalize(manifest: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    metadata, spec = manifest["metadata"], manifest.get("spec", {})
    cidr = normalize_network(metadata["cidr"])
    name = metadata.get("name")
    return (
        without_empty({"cidr": cidr, "name": None if name == cidr_name(cidr) else name}),
        without_empty(
            {
                "ipip": without_empty(spec.get("ipip", {})),
                "nat-outgoing": spec.get("nat-outgoing"),
                "disabled": spec.get("disabled"),
            }
        ),
    )


def _to_v3(pool: Resource) -> V3Object:
    ipip = pool.spec.get("ipip", {})
    mode = _V3_IPIP_MODES[ipip.get("mode", "")] if ipip.get("enabled") else "Never"
    return V3Object(
        without_empty(
            {
                "cidr": pool.metadata["cidr"],
                "ipipMode": mode,
                "natOutgoing": pool.spec.get("nat-outgoing"),
                "disabled": pool.spec.get("disabled"),
            }
        ),
        {},
    )


def _from_v3(stored: StoredResource) -> tuple[dict[str, Any], dict[str, Any]]:
    spec = stored.spec
    cidr = str(spec.get("cidr") or "")
    mode = {"Always": "always", "CrossSubnet": "cross-subnet"}.get(str(spec.get("ipipMode")))
    return (
        without_empty({"cidr": cidr, "name": None if stored.segment == cidr_name(cidr) else stored.segment}),
        without_empty(
            {
                "ipip": {"enabled": True, "mode": mode} if mode else {},
                "nat-outgoing": spec.get("natOutgoing"),
                "disabled": spec.get("disabled"),
            }
        ),
    )


def _default_from_existing(pool: Resource, existing: Resource) -> Resource:
    """A pool that names no name keeps the one it is stored by."""
    name = existing.metadata.get("name")
    return Resource(pool.identifier, {"cidr": pool.metadata["cidr"], **({"name": name} if name else {})}, pool.spec)


def _set_layout_metadata(_metadata: dict[str, Any], spec: dict[str, Any], _segment: str, is_new: bool) -> None:
    """The defaults that Calico 3.32 fills in when it creates a pool."""
    if is_new:
        version = parse_network(spec["cidr"]).version
        defaults = {
            "vxlanMode": "Never",
            "blockSize": _IPAM_BLOCK_PREFIX_LENGTHS[version],
            "nodeSelector": "all()",
            "allowedUses": ["Workload", "Tunnel"],
            "assignmentMode": "Automatic",
        }
        spec.update({field: value for field, value in defaults.items() if field not in spec})


def _sort_key(identifier: Identifier) -> tuple[bool, str]:
    """IPv4 first, then by text, as Calico 1.6 listed them."""
    return ":" in identifier.values[0], identifier.values[0]


def _format_bool(value: Any) -> str:
    return str(bool(value)).lower()


IP_POOL = Kind(
    name="ipPool",
    aliases=("ippools", "ipp", "ipps", "pool", "pools"),
    identifying_fields=("cidr",),
    columns=(
        Column("CIDR", "metadata.cidr"),
        Column("NAT", "spec.nat-outgoing", wide_only=True, format_value=_format_bool),
        Column("IPIP", "spec.ipip.enabled", wide_only=True, format_value=_format_bool),
        Column("NAME", "metadata.name", wide_only=True),
    ),
    stored_kind=StoredKind("IPPool", "ippools"),
    owned_fields=("cidr", "ipipMode", "natOutgoing", "disabled"),
    check=_check,
    normalize=_normalize,
    stored_name=lambda identifier: cidr_name(identifier.values[0]),
    to_v3=_to_v3,
    from_v3=_from_v3,
    find_by_content=True,
    requested_name=lambda pool: pool.metadata.get("name"),
    value_normalizers={"cidr": normalize_network},
    restore_recorded_metadata=lambda recorded, metadata: metadata,
    default_from_existing=_default_from_existing,
    set_layout_metadata=_set_layout_metadata,
    sort_key=_sort_key,
    renamed_fields={
        ("metadata", "cidr"): ("spec", "cidr"),
        ("spec", "ipip"): ("spec", "ipipMode"),
        ("spec", "nat-outgoing"): ("spec", "natOutgoing"),
    },
)
