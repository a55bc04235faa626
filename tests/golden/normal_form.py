"""The normal form of v1 resources, as calicoctl 1.6.5 printed them, written down once more without calicoctl."""

from __future__ import annotations

import ipaddress
from typing import Any

from tests.support.recordings import Manifest

Fields = dict[str, Any]


def normal_form(v1: Manifest) -> Manifest:
    """What `get -o yaml` shows of a valid resource of which no scalar needs a type."""
    spec = dict(v1.get("spec") or {})
    for direction in ("ingress", "egress"):
        spec[direction] = [_rule(rule) for rule in spec.get(direction) or ()]
    spec = _without_empty(_SPECS.get(v1["kind"], dict)(spec))
    if v1["kind"] == "policy":
        spec.setdefault("selector", "")
    return {**v1, "metadata": _without_empty(_metadata(v1)), "spec": spec}


def _metadata(v1: Manifest) -> Fields:
    metadata = dict(v1["metadata"])
    if "tags" in metadata:
        metadata["tags"] = list(dict.fromkeys(metadata["tags"] or ()))
    if "cidr" in metadata:
        metadata["cidr"] = _network(metadata["cidr"])
    if "peerIP" in metadata:
        metadata["peerIP"] = str(ipaddress.ip_address(metadata["peerIP"]))
    return metadata


def _without_empty(fields: Fields) -> Fields:
    empty: tuple[object, ...] = (None, False, "", [], {})
    return {
        name: value for name, value in fields.items() if not any(value is one or value == one != 0 for one in empty)
    }


def _rule(rule: Fields) -> Fields:
    normal = _without_empty(
        {**rule, **{name: _number(rule[name]) for name in ("protocol", "notProtocol") if name in rule}}
    )
    return {
        **normal,
        "source": _entity(rule.get("source") or {}, masked=False),
        "destination": _entity(rule.get("destination") or {}, masked=True),
    }


def _entity(entity: Fields, *, masked: bool) -> Fields:
    normal = {name: value for name, value in entity.items() if name not in {"net", "notNet"}}
    for single, several in (("net", "nets"), ("notNet", "notNets")):
        written = [*(entity.get(several) or ()), *filter(None, [entity.get(single)])]
        normal[several] = [_network(text) if masked else str(ipaddress.ip_interface(text)) for text in written]
    for ports in ("ports", "notPorts"):
        normal[ports] = [_port(port) for port in entity.get(ports) or ()]
    return _without_empty(normal)


def _network(text: str) -> str:
    return str(ipaddress.ip_network(text, strict=False))


def _number(value: int | str) -> int | str:
    return int(value) if str(value).isdigit() else value


def _port(port: int | str) -> int | str:
    low, _, high = str(port).partition(":")
    return int(low) if int(low) == int(high or low) else f"{int(low)}:{int(high)}"


def _policy(spec: Fields) -> Fields:
    types = [name for name in ("ingress", "egress") if spec[name]] or ["ingress"]
    order = {"order": spec["order"] + 0.0} if spec.get("order") is not None else {}  # -0 is 0
    return {**spec, **order, "types": spec.get("types") or types}


def _sort_by_ip_version(texts: list[str]) -> list[str]:
    return sorted(texts, key=lambda text: ipaddress.ip_interface(text).version)


def _host_endpoint(spec: Fields) -> Fields:
    addresses = [str(ipaddress.ip_address(text)) for text in spec.get("expectedIPs") or ()]
    return {**spec, "expectedIPs": _sort_by_ip_version(addresses)}


def _workload_endpoint(spec: Fields) -> Fields:
    networks = [_network(text) for text in spec.get("ipNetworks") or ()]
    return {**spec, "ipNetworks": _sort_by_ip_version(networks)}


def _ip_pool(spec: Fields) -> Fields:
    return {**spec, "ipip": _without_empty(spec.get("ipip") or {})}


def _bgp_peer(spec: Fields) -> Fields:
    return {**spec, "asNumber": _as_number(spec.get("asNumber") or 0)}


def _node(spec: Fields) -> Fields:
    bgp = dict(spec.get("bgp") or {})
    if "asNumber" in bgp:
        bgp["asNumber"] = _as_number(bgp["asNumber"])
    for address in {"ipv4Address", "ipv6Address"} & set(bgp):
        bgp[address] = str(ipaddress.ip_interface(bgp[address]))
    return {**spec, "bgp": bgp}


def _as_number(value: int | str) -> int:
    high, dot, low = str(value).partition(".")
    return (int(high) << 16) + int(low) if dot else int(high)


_SPECS = {
    "policy": _policy,
    "hostEndpoint": _host_endpoint,
    "workloadEndpoint": _workload_endpoint,
    "ipPool": _ip_pool,
    "bgpPeer": _bgp_peer,
    "node": _node,
}
