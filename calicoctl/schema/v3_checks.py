"""Checks of v3 policies and profiles that a JSON Schema cannot express (libcalico-go `validator/v3`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from calicoctl.findings import SELECTOR
from calicoctl.kinds.rules import DIRECTIONS, SIDES
from calicoctl.kinds.values.networks import is_port_name, port_problem
from calicoctl.kinds.values.protocols import PORT_PROTOCOLS, PROTOCOLS
from calicoctl.resource import FieldPath
from calicoctl.schema.explain import SchemaError
from calicoctl.selector import SelectorError, parse

_PORT_NAME = re.compile(r"[A-Za-z0-9_.-]{1,128}")
_PORT_FIELDS = ("ports", "notPorts")
_PROTOCOLS_WITH_PORTS = {*PORT_PROTOCOLS, *(protocol.v3_name for protocol in PROTOCOLS if protocol.has_ports)}
_SELECTORS = ("namespaceSelector", "serviceAccountSelector")


def v3_rule_errors(spec: Mapping[str, Any]) -> Iterator[SchemaError]:
    """Yield the errors in the selectors and rules of a spec that is valid by its schema."""
    for field in _SELECTORS:
        yield from _selector_errors(("spec", field), spec.get(field))
    for direction in DIRECTIONS:
        for index, rule in enumerate(spec.get(direction) or ()):
            for side in SIDES:
                yield from _entity_errors(("spec", direction, index, side), rule.get(side) or {}, rule.get("protocol"))


def _entity_errors(path: FieldPath, entity: Mapping[str, Any], protocol: int | str | None) -> Iterator[SchemaError]:
    yield from _selector_errors((*path, "namespaceSelector"), entity.get("namespaceSelector"))
    accounts = entity.get("serviceAccounts") or {}
    yield from _selector_errors((*path, "serviceAccounts", "selector"), accounts.get("selector"))
    for field in _PORT_FIELDS:
        for index, port in enumerate(entity.get(field) or ()):
            if problem := _port_problem(port, protocol):
                yield SchemaError((*path, field, index), problem)


def _port_problem(port: int | str, protocol: int | str | None) -> str:
    """Return the problem of a port; a name needs no protocol."""
    is_valid = _PORT_NAME.fullmatch(str(port)) if is_port_name(port) else not port_problem(str(port))
    if not is_valid:
        return f"{str(port)!r} is not a port (write a number, a range such as 8000:8080, or the name of a port)"
    if protocol in _PROTOCOLS_WITH_PORTS or (protocol is None and is_port_name(port)):
        return ""
    actual = "the rule has no protocol" if protocol is None else f"protocol {protocol} has none"
    return f"ports require protocol TCP, UDP or SCTP: {actual} (write a protocol)"


def _selector_errors(path: FieldPath, selector: str | None) -> Iterator[SchemaError]:
    try:
        parse((selector or "").strip())
    except SelectorError as error:
        yield SchemaError(path, str(error), code=SELECTOR)
