"""The kind ipPool: addresses that Calico gives to endpoints."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from typing import Any

from calicoctl.kinds.kind import Column, Kind, V3Object
from calicoctl.kinds.networks import masked, parse_network
from calicoctl.kinds.rulechecks import Finding
from calicoctl.kinds.rules import pruned
from calicoctl.resource import Identifier, Resource
from calicoctl.storage import StoredKind, StoredResource

_LONGEST_PREFIX = {4: 26, 6: 122}
"""Calico's IPAM works in blocks of this size."""
_LINK_LOCAL = (ipaddress.ip_network("169.254.0.0/16"), ipaddress.ip_network("fe80::/10"))
_MODES = {"": "Always", "always": "Always", "cross-subnet": "CrossSubnet"}


def cidr_name(cidr: str) -> str:
    """The name of a pool that is named after its network."""
    return re.sub("[.:/]", "-", cidr)


def _check(manifest: Mapping[str, Any]) -> Iterator[Finding]:
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
    if network.prefixlen > _LONGEST_PREFIX[network.version] and spec.get("disabled") is not True:
        yield path, f"{network} is too small for a pool (at least /{_LONGEST_PREFIX[network.version]})"
    for reserved in _LINK_LOCAL:
        if network.version == reserved.version and network.overlaps(reserved):
            yield path, f"{network} overlaps with the link-local network {reserved}"
    ipip = spec.get("ipip")
    if isinstance(ipip, dict) and ipip.get("enabled") is True and network.version == 6:
        yield ("spec", "ipip", "enabled"), "there is no IP-in-IP for IPv6 (leave ipip out)"


def _normal(manifest: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    metadata, spec = manifest["metadata"], manifest.get("spec", {})
    cidr = masked(metadata["cidr"])
    name = metadata.get("name")
    return (
        pruned({"cidr": cidr, "name": None if name == cidr_name(cidr) else name}),
        pruned(
            {
                "ipip": pruned(spec.get("ipip", {})),
                "nat-outgoing": spec.get("nat-outgoing"),
                "disabled": spec.get("disabled"),
            }
        ),
    )


def _to_v3(pool: Resource) -> V3Object:
    ipip = pool.spec.get("ipip", {})
    mode = _MODES[ipip.get("mode", "")] if ipip.get("enabled") else "Never"
    return V3Object(
        pruned(
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
        pruned({"cidr": cidr, "name": None if stored.segment == cidr_name(cidr) else stored.segment}),
        pruned(
            {
                "ipip": {"enabled": True, "mode": mode} if mode else {},
                "nat-outgoing": spec.get("natOutgoing"),
                "disabled": spec.get("disabled"),
            }
        ),
    )


def _complete(pool: Resource, existing: Resource) -> Resource:
    """A pool that names no name keeps the one it is stored by."""
    name = existing.metadata.get("name")
    return Resource(pool.identifier, {"cidr": pool.metadata["cidr"], **({"name": name} if name else {})}, pool.spec)


def _dress(_metadata: dict[str, Any], spec: dict[str, Any], _segment: str, new: bool) -> None:
    """The defaults that Calico 3.32 fills in when it creates a pool."""
    if new:
        version = parse_network(spec["cidr"]).version
        defaults = {
            "vxlanMode": "Never",
            "blockSize": _LONGEST_PREFIX[version],
            "nodeSelector": "all()",
            "allowedUses": ["Workload", "Tunnel"],
            "assignmentMode": "Automatic",
        }
        spec.update({field: value for field, value in defaults.items() if field not in spec})


def _order(identifier: Identifier) -> tuple[bool, str]:
    """IPv4 first, then by text, as Calico 1.6 listed them."""
    return ":" in identifier.values[0], identifier.values[0]


def _switch(value: Any) -> str:
    return str(bool(value)).lower()


IP_POOL = Kind(
    name="ipPool",
    aliases=("ippools", "ipp", "ipps", "pool", "pools"),
    identified_by=("cidr",),
    columns=(
        Column("CIDR", "metadata.cidr"),
        Column("NAT", "spec.nat-outgoing", wide=True, show=_switch),
        Column("IPIP", "spec.ipip.enabled", wide=True, show=_switch),
        Column("NAME", "metadata.name", wide=True),
    ),
    stored_as=StoredKind("IPPool", "ippools"),
    owned=("cidr", "ipipMode", "natOutgoing", "disabled"),
    check=_check,
    normal=_normal,
    stored_name=lambda identifier: cidr_name(identifier.values[0]),
    to_v3=_to_v3,
    from_v3=_from_v3,
    scanned=True,
    own_name=lambda pool: pool.metadata.get("name"),
    normal_values={"cidr": masked},
    refit=lambda recorded, metadata: metadata,
    complete=_complete,
    dress=_dress,
    order=_order,
    moved={
        ("metadata", "cidr"): ("spec", "cidr"),
        ("spec", "ipip"): ("spec", "ipipMode"),
        ("spec", "nat-outgoing"): ("spec", "natOutgoing"),
    },
)
