"""Validation of stored profiles as Felix does it.

Felix applies the rules of a profile that its validator rejects, and ignores the labels. calicoctl rejects v1 manifests
with the same faults; other tools may have stored them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from calicoctl.kinds.rules import DIRECTIONS, SIDES
from calicoctl.kinds.rules.checks import check_rules
from calicoctl.kinds.rules.v3_only import v1_view
from calicoctl.kinds.values.names import is_qualified_name
from calicoctl.kinds.values.networks import is_port_name, normalize_network, port_problem
from calicoctl.kinds.values.protocols import PROTOCOLS, SCTP
from calicoctl.selector import SelectorError, parse

_LABEL_VALUE = re.compile(r"(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
_GLOBAL = re.compile(r"\s*global\(\s*\)\s*")
_PORT_FIELDS = ("ports", "notPorts")
_V3_ICMP_NAMES = tuple(protocol.v3_name for protocol in PROTOCOLS if protocol.icmp_version)


def felix_rejection(spec: Mapping[str, Any]) -> str:
    """Return the first fault in the spec of a stored profile; empty if Felix accepts it.

    Raises:
        ValueError: a network cannot be parsed, so that the profile cannot be read.
    """
    return next(_felix_rejections(spec), "")


def _felix_rejections(spec: Mapping[str, Any]) -> Iterator[str]:
    for key, value in (spec.get("labelsToApply") or {}).items():
        if not is_qualified_name(key) or not _LABEL_VALUE.fullmatch(str(value)):
            yield f"label {key}: {value!r} is not a valid label"
    for direction in DIRECTIONS:
        for index, rule in enumerate(spec.get(direction) or ()):
            yield from (f"{direction}[{index}]: {problem}" for problem in _rule_problems(rule))
    rules = {direction: v1_view(spec.get(direction)) for direction in DIRECTIONS}
    for path, message in check_rules(rules):
        direction, index = str(path[1]), int(path[2])
        if path[-1] not in _PORT_FIELDS or not _may_have_ports(spec[direction][index], str(path[3])):
            yield f"{direction}[{index}]: {message}"


def _may_have_ports(rule: Mapping[str, Any], side: str) -> bool:
    """Return whether v3 allows the ports of a rule that v1 rejects: those of SCTP, and names without a protocol."""
    if rule.get("protocol") is not None:
        return rule["protocol"] in ("SCTP", SCTP)
    entity = rule.get(side) or {}
    return all(is_port_name(port) for field in _PORT_FIELDS for port in entity.get(field) or ())


def _rule_problems(rule: Mapping[str, Any]) -> Iterator[str]:
    """Yield faults that the schema of v1 rejects, or that a write corrects."""
    for field in ("icmp", "notICMP"):
        icmp, protocol = rule.get(field), rule.get("protocol")
        if icmp and protocol not in _V3_ICMP_NAMES:
            actual = "without a protocol" if protocol is None else f"with protocol {protocol}"
            yield f"{field} {actual}, not with ICMP or ICMPv6 by name"
        if icmp and icmp.get("code") is not None and icmp.get("type") is None:
            yield f"{field} with a code and no type"
    if rule.get("http") and rule.get("action") != "Allow":
        yield "http is allowed with action Allow only"
    for side in SIDES:
        entity = rule.get(side) or {}
        yield from (f"{side}.{problem}" for problem in (*_entity_problems(entity), *_selector_problems(entity)))


def _selector_problems(entity: Mapping[str, Any]) -> Iterator[str]:
    """Yield faults of selectors that v1 does not have (libcalico-go `validator/v3`, `validateEntityRule`)."""
    if "global()" in (entity.get("selector") or ""):
        yield "selector: global() is allowed in namespaceSelector only"
    namespace_selector = entity.get("namespaceSelector") or ""
    if "global(" in namespace_selector and not _GLOBAL.fullmatch(namespace_selector):
        yield "namespaceSelector: global() cannot be combined with other conditions"
    account_selector = (entity.get("serviceAccounts") or {}).get("selector") or ""
    for field, text in (("namespaceSelector", namespace_selector), ("serviceAccounts.selector", account_selector)):
        try:
            parse(text)
        except SelectorError as error:
            yield f"{field}: {error}"


def _entity_problems(entity: Mapping[str, Any]) -> Iterator[str]:
    for field in ("nets", "notNets"):
        for net in entity.get(field) or ():
            if normalize_network(net) != net:
                yield f"{field}: {net} is not in the form {normalize_network(net)}"
    for field in _PORT_FIELDS:
        numbers = (str(port) for port in entity.get(field) or () if not is_port_name(port))
        yield from (f"{field}: {problem}" for port in numbers if (problem := port_problem(port)))
