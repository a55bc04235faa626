"""Checks of the rules of v3 policies and profiles that a JSON Schema cannot express (libcalico-go `validator/v3`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from calicoctl.findings import SELECTOR
from calicoctl.kinds.rules import DIRECTIONS, SIDES
from calicoctl.kinds.values.names import SERVICE_NAME_FORM, is_service_name
from calicoctl.kinds.values.networks import is_port_name, parse_network, port_problem
from calicoctl.kinds.values.protocols import PROTOCOLS, V3_PORT_PROTOCOLS
from calicoctl.resource import FieldPath
from calicoctl.schema.explain import SchemaError
from calicoctl.selector import SelectorError, parse
from calicoctl.selector.nodes import Global, postorder

_PORT_FIELDS = ("ports", "notPorts")
_NET_FIELDS = ("nets", "notNets")
_ICMP_VERSIONS = {protocol.v3_name: protocol.icmp_version for protocol in PROTOCOLS if protocol.icmp_version}
_SELECTORS = ("namespaceSelector", "serviceAccountSelector")


def v3_rule_errors(spec: Mapping[str, Any]) -> Iterator[SchemaError]:
    """Yield the errors in the selectors and rules of a spec that is valid by its schema."""
    for field in _SELECTORS:
        yield from _selector_errors(("spec", field), spec.get(field))
    for direction in DIRECTIONS:
        for index, rule in enumerate(spec.get(direction) or ()):
            yield from _rule_errors(("spec", direction, index), rule)


def _rule_errors(path: FieldPath, rule: Mapping[str, Any]) -> Iterator[SchemaError]:
    for side in SIDES:
        yield from _entity_errors((*path, side), rule.get(side) or {}, rule.get("protocol"))
    version = rule.get("ipVersion")
    for field in ("protocol", "notProtocol"):
        expected = _ICMP_VERSIONS.get(rule.get(field) or "", version)
        if version and version != expected:
            message = f"{rule[field]} belongs to IP version {expected}, but the rule has ipVersion {version}"
            yield SchemaError((*path, field), f"{message} (remove one of them)")
    if rule.get("icmp") is not None and rule.get("protocol") not in _ICMP_VERSIONS:
        message = "requires protocol ICMP or ICMPv6 by name (write protocol: ICMP or protocol: ICMPv6)"
        yield SchemaError((*path, "icmp"), message)
    yield from _network_errors(path, rule)


def _network_errors(path: FieldPath, rule: Mapping[str, Any]) -> Iterator[SchemaError]:
    """Yield errors for networks of different IP versions, with host bits, and of all addresses."""
    version = rule.get("ipVersion")
    reason = f"the rule has ipVersion {version} (remove it)"
    for side in SIDES:
        for field in _NET_FIELDS:
            for index, text in enumerate((rule.get(side) or {}).get(field) or ()):
                interface = parse_network(text)
                own_path = (*path, side, field, index)
                if interface.ip != interface.network.network_address:
                    yield SchemaError(own_path, f"{text} is not a network in a rule (write {interface.network})")
                elif field == "notNets" and not interface.network.prefixlen:
                    yield SchemaError(
                        own_path, f"{text} contains all addresses: the rule never matches (remove the rule)"
                    )
                elif version and interface.version != version:
                    yield SchemaError(own_path, f"{text} is IPv{interface.version}, but {reason}")
                else:
                    version = interface.version
                    reason = f"{text} before it is IPv{version} (write a rule for each IP version)"


def _entity_errors(path: FieldPath, entity: Mapping[str, Any], protocol: int | str | None) -> Iterator[SchemaError]:
    yield from _selector_errors((*path, "namespaceSelector"), entity.get("namespaceSelector"), may_be_global=True)
    accounts = entity.get("serviceAccounts") or {}
    yield from _selector_errors((*path, "serviceAccounts", "selector"), accounts.get("selector"))
    for field in _PORT_FIELDS:
        for index, port in enumerate(entity.get(field) or ()):
            if problem := _port_problem(port, protocol):
                yield SchemaError((*path, field, index), problem)


def _port_problem(port: int | str, protocol: int | str | None) -> str:
    """Return the problem of a port; a name needs no protocol."""
    if is_port_name(port):
        if not is_service_name(str(port)):
            return f"{port!r} is not a port or the name of one ({SERVICE_NAME_FORM})"
    elif port_problem(str(port)):
        return f"{str(port)!r} is not a port (write a number, a range such as 8000:8080, or the name of a port)"
    if protocol in V3_PORT_PROTOCOLS or (protocol is None and is_port_name(port)):
        return ""
    actual = "the rule has no protocol" if protocol is None else f"protocol {protocol} has none"
    return f"ports require protocol TCP, UDP or SCTP: {actual} (write a protocol)"


def _selector_errors(path: FieldPath, selector: str | None, *, may_be_global: bool = False) -> Iterator[SchemaError]:
    text = (selector or "").strip()
    try:
        root = parse(text).root
    except SelectorError as error:
        yield SchemaError(path, str(error), code=SELECTOR)
        return
    if isinstance(root, Global) and may_be_global:
        return
    if any(isinstance(node, Global) for node in postorder(root)):
        message = "global() is for namespaceSelector of rules only (write all())"
        if may_be_global:
            message = "global() cannot be combined with other conditions (write it alone)"
        yield SchemaError(path, message, code=SELECTOR)
