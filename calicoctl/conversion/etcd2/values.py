"""Values in etcd v2 to v1 manifests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from calicoctl.conversion.etcd2.fields import check_fields, read_list, read_mapping, rename
from calicoctl.conversion.etcd2.rules import read_rules
from calicoctl.resource import API_VERSION

Manifest = dict[str, Any]

_RULE_LISTS = ("inbound_rules", "outbound_rules")
_POLICY_FIELDS = {"order": "order", "selector": "selector", "types": "types"}
_POLICY_FLAGS = {"untracked": "doNotTrack", "pre_dnat": "preDNAT"}
_ENDPOINT_FIELDS = {"name": "interfaceName", "profile_ids": "profiles"}
_WORKLOAD_FIELDS = {**_ENDPOINT_FIELDS, "mac": "mac", "ipv4_gateway": "ipv4Gateway", "ipv6_gateway": "ipv6Gateway"}
_NAT_FIELDS = {"int_ip": "internalIP", "ext_ip": "externalIP"}
_NAMED_PORTS = ("ports",)
"""Named ports of endpoints. Only rules with named ports use them, which v1 does not have."""


def _manifest(kind: str, metadata: Mapping[str, Any], spec: Mapping[str, Any]) -> Manifest:
    return {"kind": kind, "apiVersion": API_VERSION, "metadata": dict(metadata), "spec": dict(spec)}


def read_profile(name: str, rules: Any, tags: Any, labels: Any) -> Manifest:
    """Return the profile that is stored in three keys; the value of a missing key is None."""
    stored = read_mapping(rules)
    check_fields(stored, _RULE_LISTS)
    lists = {"tags": read_list(tags), "labels": read_mapping(labels)}
    metadata = {"name": name, **{field: value for field, value in lists.items() if value}}
    return _manifest("profile", metadata, read_rules(stored))


def read_policy(name: str, value: Any) -> Manifest:
    """Return a policy of tier default."""
    stored = read_mapping(value)
    flags = {flag: True for field, flag in _POLICY_FLAGS.items() if stored.get(field)}
    # v1 implies applyOnForward for these policies.
    implied = ("apply_on_forward",) if flags else ()
    check_fields(stored, (*_RULE_LISTS, *_POLICY_FIELDS, *_POLICY_FLAGS, "annotations", *implied))
    metadata = {"name": name, **rename(stored, {"annotations": "annotations"})}
    return _manifest("policy", metadata, {**rename(stored, _POLICY_FIELDS), **flags, **read_rules(stored)})


def read_host_endpoint(node: str, name: str, value: Any) -> Manifest:
    """Return a host endpoint."""
    stored = read_mapping(value)
    addresses = ("expected_ipv4_addrs", "expected_ipv6_addrs")
    check_fields(stored, (*_ENDPOINT_FIELDS, *addresses, "labels", *_NAMED_PORTS))
    metadata = {"node": node, "name": name, **rename(stored, {"labels": "labels"})}
    return _manifest(
        "hostEndpoint", metadata, {**rename(stored, _ENDPOINT_FIELDS), **_joined(stored, "expectedIPs", addresses)}
    )


def read_workload_endpoint(names: Mapping[str, str], value: Any) -> Manifest:
    """Return a workload endpoint. `names` are its identifying fields."""
    stored = read_mapping(value)
    networks, nats = ("ipv4_nets", "ipv6_nets"), ("ipv4_nat", "ipv6_nat")
    other_fields = ("labels", "active_instance_id", "state", *_NAMED_PORTS)
    check_fields(stored, (*_WORKLOAD_FIELDS, *networks, *nats, *other_fields))
    metadata = {**names, **rename(stored, {"labels": "labels", "active_instance_id": "activeInstanceID"})}
    spec = {**rename(stored, _WORKLOAD_FIELDS), **_joined(stored, "ipNetworks", networks)}
    translations = [rename(read_mapping(each), _NAT_FIELDS) for field in nats for each in read_list(stored.get(field))]
    return _manifest("workloadEndpoint", metadata, {**spec, **({"ipNATs": translations} if translations else {})})


def read_ip_pool(value: Any) -> Manifest:
    """Return an IP pool."""
    stored = read_mapping(value)
    check_fields(stored, ("cidr", "ipip", "ipip_mode", "masquerade", "ipam", "disabled"))
    spec = rename(
        {name: stored[name] or None for name in stored}, {"masquerade": "nat-outgoing", "disabled": "disabled"}
    )
    ipip = {**({"enabled": True} if stored.get("ipip") else {}), **rename(stored, {"ipip_mode": "mode"})}
    return _manifest("ipPool", {"cidr": stored.get("cidr")}, {**spec, **({"ipip": ipip} if ipip else {})})


def read_bgp_peer(node: str | None, value: Any) -> Manifest:
    """Return a BGP peer of a node, or a global one."""
    stored = read_mapping(value)
    check_fields(stored, ("ip", "as_num"))
    scope = {"scope": "node", "node": node} if node else {"scope": "global"}
    return _manifest("bgpPeer", {**scope, "peerIP": stored.get("ip")}, {"asNumber": stored.get("as_num") or 0})


def read_node(name: str, bgp: Mapping[str, str], references: Any) -> Manifest:
    """Return a node.

    Args:
        name: the name of the node.
        bgp: its BGP keys to their texts.
        references: the value of `orchestrator_refs`.
    """
    addresses = {f"ipv{version}Address": _address(bgp, version) for version in (4, 6)}
    settings = {**rename(bgp, {"as_num": "asNumber"}), **{field: text for field, text in addresses.items() if text}}
    spec = {"bgp": settings} if settings else {}
    names = {"orchestrator": "orchestrator", "nodeName": "nodeName"}
    orchestrators = [rename(read_mapping(each), names) for each in read_list(references)]
    return _manifest("node", {"name": name}, {**spec, **({"orchRefs": orchestrators} if orchestrators else {})})


def _address(bgp: Mapping[str, str], version: int) -> str:
    """Return the address of a node, with the prefix length of its network if that is stored."""
    address, network = bgp.get(f"ip_addr_v{version}", ""), bgp.get(f"network_v{version}", "")
    return f"{address}/{network.partition('/')[2]}" if address and "/" in network else address


def _joined(stored: Mapping[str, Any], name: str, fields: tuple[str, ...]) -> dict[str, Any]:
    items = [item for field in fields for item in read_list(stored.get(field))]
    return {name: items} if items else {}
