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
from calicoctl.kinds.values.networks import normalize_network, port_problem
from calicoctl.kinds.values.protocols import PROTOCOLS

_LABEL_VALUE = re.compile(r"(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
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
        yield f"{path[1]}[{path[2]}]: {message}"


def _rule_problems(rule: Mapping[str, Any]) -> Iterator[str]:
    """Yield faults that the schema of v1 rejects, or that a write corrects."""
    for field in ("icmp", "notICMP"):
        icmp, protocol = rule.get(field), rule.get("protocol")
        if icmp and protocol not in _V3_ICMP_NAMES:
            actual = "without a protocol" if protocol is None else f"with protocol {protocol}"
            yield f"{field} {actual}, not with ICMP or ICMPv6 by name"
        if icmp and icmp.get("code") is not None and icmp.get("type") is None:
            yield f"{field} with a code and no type"
    for side in SIDES:
        yield from (f"{side}.{problem}" for problem in _entity_problems(rule.get(side) or {}))


def _entity_problems(entity: Mapping[str, Any]) -> Iterator[str]:
    for field in ("nets", "notNets"):
        for net in entity.get(field) or ():
            if normalize_network(net) != net:
                yield f"{field}: {net} is not in the form {normalize_network(net)}"
    for field in ("ports", "notPorts"):
        numbers = (str(port) for port in entity.get(field) or () if str(port)[:1].isdigit())
        yield from (f"{field}: {problem}" for port in numbers if (problem := port_problem(port)))
