"""Keys of a v1 datastore in etcd v2 to v1 manifests."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from calicoctl.conversion.etcd2 import values
from calicoctl.conversion.etcd2.fields import UnsupportedValueError
from calicoctl.conversion.etcd2.values import Manifest

ROOT = "/calico"
"""Directory of all keys of Calico."""

DEFAULT_TIER = "default"
"""The only tier of v1."""


class Etcd2Contents(NamedTuple):
    """Contents of a v1 datastore."""

    manifests: list[Manifest]
    """v1 manifests, not yet validated."""
    rejected: list[tuple[str, str]]
    """Keys of resources without v1 manifest, with the reason."""
    other_keys: list[str]
    """Keys that do not belong to a resource."""


_RESOURCE = re.compile(
    r"""/calico/(?:
        v1/policy/profile/(?P<profile>[^/]+)/(?:rules|tags|labels)
      | v1/policy/tier/(?P<tier>[^/]+)/policy/(?P<policy>[^/]+)
      | v1/host/(?P<host_node>[^/]+)/endpoint/(?P<host_endpoint>[^/]+)
      | v1/host/(?P<workload_node>[^/]+)/workload/(?P<orchestrator>[^/]+)/(?P<workload>[^/]+)
        /endpoint/(?P<endpoint>[^/]+)
      | v1/ipam/v[46]/pool/(?P<pool>[^/]+)
      | bgp/v1/(?:global|host/(?P<peer_node>[^/]+))/peer_v[46]/(?P<peer>[^/]+)
      | v1/host/(?P<node>[^/]+)/(?:metadata|bird_ip|orchestrator_refs)
      | bgp/v1/host/(?P<bgp_node>[^/]+)/(?:ip_addr_v4|ip_addr_v6|network_v4|network_v6|as_num)
    )""",
    re.VERBOSE,
)
_BGP_FIELDS = ("ip_addr_v4", "ip_addr_v6", "network_v4", "network_v6", "as_num")


def read_store(texts: Mapping[str, str]) -> Etcd2Contents:
    """Return the contents of a v1 datastore.

    Args:
        texts: etcd keys with their values.
    """
    contents = Etcd2Contents([], [], [])
    read_names: set[tuple[str, str]] = set()
    for key in sorted(texts):
        match = _RESOURCE.fullmatch(key)
        if match is None:
            contents.other_keys.append(key)
            continue
        names = {name: text for name, text in match.groupdict().items() if text is not None}
        shared_name = _shared_name(names)
        if shared_name in read_names:
            continue
        if shared_name:
            read_names.add(shared_name)
        try:
            contents.manifests.append(_read_resource(names, key, texts))
        except UnsupportedValueError as error:
            contents.rejected.append((key, str(error)))
    return contents


def _shared_name(names: Mapping[str, str]) -> tuple[str, str] | None:
    """Return kind and name of a resource that is stored in several keys."""
    if "profile" in names:
        return "profile", names["profile"]
    node = names.get("node") or names.get("bgp_node")
    return ("node", node) if node else None


def _read_resource(names: Mapping[str, str], key: str, texts: Mapping[str, str]) -> Manifest:
    name = {field: _unescape(text) for field, text in names.items()}
    if "profile" in names:
        parts = (f"/calico/v1/policy/profile/{names['profile']}/{part}" for part in ("rules", "tags", "labels"))
        return values.read_profile(name["profile"], *(_read_json(texts.get(part)) for part in parts))
    if node := names.get("node") or names.get("bgp_node"):
        return _read_node(node, texts)
    value = _read_json(texts[key])
    if "policy" in names:
        if name["tier"] != DEFAULT_TIER:
            raise UnsupportedValueError(f"v1 has no tier {name['tier']!r}")
        return values.read_policy(name["policy"], value)
    if "host_endpoint" in names:
        return values.read_host_endpoint(name["host_node"], name["host_endpoint"], value)
    if "endpoint" in names:
        fields = {"node": "workload_node", "orchestrator": "orchestrator", "workload": "workload", "name": "endpoint"}
        return values.read_workload_endpoint({field: name[group] for field, group in fields.items()}, value)
    return values.read_ip_pool(value) if "pool" in names else values.read_bgp_peer(name.get("peer_node"), value)


def _read_node(node: str, texts: Mapping[str, str]) -> Manifest:
    bgp = {field: texts.get(f"/calico/bgp/v1/host/{node}/{field}", "") for field in _BGP_FIELDS}
    bgp["ip_addr_v4"] = bgp["ip_addr_v4"] or texts.get(f"/calico/v1/host/{node}/bird_ip", "")
    return values.read_node(_unescape(node), bgp, _read_json(texts.get(f"/calico/v1/host/{node}/orchestrator_refs")))


def _read_json(text: str | None) -> Any:
    if not text:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise UnsupportedValueError("the value is not JSON") from None


def _unescape(name: str) -> str:
    """Return a name without the escapes of libcalico-go: `%2f` for `/` and `%25` for `%`."""
    return name.replace("%2f", "/").replace("%25", "%")


_OTHER_KEYS: tuple[tuple[str, str], ...] = (
    ("settings of Felix (set them with calicoctl 3.x)", r"/calico/v1/(host/[^/]+/)?config/.*"),
    ("settings of BGP (set them with calicoctl 3.x)", r"/calico/bgp/.*"),
    ("addresses assigned by IPAM", r"/calico/ipam/.*"),
    ("status of Felix", r"/calico/felix/.*"),
    ("the flag that the datastore is ready", r"/calico/v1/Ready"),
    ("tiers", r"/calico/v1/policy/tier/[^/]+/metadata"),
    ("other keys", r".*"),
)
"""Descriptions of keys that do not belong to a resource, with their patterns."""


def describe_other_keys(keys: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield descriptions of keys that do not belong to a resource, each with its keys."""
    groups: dict[str, list[str]] = {}
    for key in keys:
        description = next(text for text, pattern in _OTHER_KEYS if re.fullmatch(pattern, key, re.DOTALL))
        groups.setdefault(description, []).append(key)
    yield from groups.items()
