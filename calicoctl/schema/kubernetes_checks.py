"""Checks of network policies of Kubernetes that a JSON Schema cannot express.

The Kubernetes API refuses the same (`pkg/apis/networking/validation/validation.go`, and `ValidateLabelSelector` of
`apimachinery`), so that Calico never gets such a policy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from calicoctl.kinds.values.names import DNS_LABEL_FORM, SERVICE_NAME_FORM, is_dns_label, is_service_name
from calicoctl.kinds.values.networks import parse_network
from calicoctl.resource import FieldPath
from calicoctl.schema.explain import SchemaError
from calicoctl.schema.label_checks import key_errors, label_errors, value_errors

_PEER_FIELDS = {"ingress": "from", "egress": "to"}
_MAX_TYPES = 2
_OPERATORS_WITH_VALUES = ("In", "NotIn")
_SELECTORS = ("podSelector", "namespaceSelector")


def kubernetes_policy_errors(value: Mapping[str, Any]) -> Iterator[SchemaError]:
    """Yield the errors in a policy that is valid by its schema."""
    yield from _namespace_errors(value["metadata"].get("namespace") or "")
    spec = value.get("spec") or {}
    yield from _selector_errors(("spec", "podSelector"), spec.get("podSelector") or {})
    for direction, field in _PEER_FIELDS.items():
        for index, rule in enumerate(spec.get(direction) or ()):
            path = ("spec", direction, index)
            for number, port in enumerate(rule.get("ports") or ()):
                yield from _port_errors((*path, "ports", number), port)
            for number, peer in enumerate(rule.get(field) or ()):
                yield from _peer_errors((*path, field, number), peer)
    if len(types := spec.get("policyTypes") or ()) > _MAX_TYPES:
        yield SchemaError(("spec", "policyTypes"), f"has {len(types)} items (write each of Ingress and Egress once)")


def _namespace_errors(namespace: str) -> Iterator[SchemaError]:
    if namespace and not is_dns_label(namespace):
        yield SchemaError(("metadata", "namespace"), f"{namespace!r} is not the name of a namespace ({DNS_LABEL_FORM})")


def _port_errors(path: FieldPath, port: Mapping[str, Any]) -> Iterator[SchemaError]:
    number, end = port.get("port"), port.get("endPort")
    if isinstance(number, str):
        if not is_service_name(number):
            remedy = "write a number without quotes" if number.isdigit() else SERVICE_NAME_FORM
            yield SchemaError((*path, "port"), f"{number!r} is not the name of a port ({remedy})")
        if end is not None:
            yield SchemaError((*path, "endPort"), "needs a number in port, not a name (remove it, or write the number)")
    elif end is not None and number is None:
        yield SchemaError((*path, "endPort"), "needs port, the first port of the range (write both)")
    elif end is not None and end < number:
        yield SchemaError((*path, "endPort"), f"{end} is less than port {number} (write the last port of the range)")


def _peer_errors(path: FieldPath, peer: Mapping[str, Any]) -> Iterator[SchemaError]:
    selectors = [field for field in _SELECTORS if peer.get(field) is not None]
    block = peer.get("ipBlock")
    if block is None and not selectors:
        yield SchemaError(path, "has no peer (write podSelector, namespaceSelector or ipBlock, or remove the item)")
    if block is not None and selectors:
        yield SchemaError((*path, "ipBlock"), f"cannot be combined with {' and '.join(selectors)} (write two items)")
    for field in selectors:
        yield from _selector_errors((*path, field), peer[field])
    if block is not None:
        yield from _block_errors((*path, "ipBlock"), block)


def _block_errors(path: FieldPath, block: Mapping[str, Any]) -> Iterator[SchemaError]:
    excluded: Sequence[str] = block.get("except") or ()
    fields: list[tuple[FieldPath, str]] = [((*path, "cidr"), block["cidr"])]
    fields += [((*path, "except", index), text) for index, text in enumerate(excluded)]
    for field, text in fields:
        if "/" not in text:
            length = parse_network(text).max_prefixlen
            yield SchemaError(field, f"{text} has no prefix length (write {text}/{length} for one address)")
            return
    network = parse_network(block["cidr"]).network
    for field, text in fields[1:]:
        part = parse_network(text).network
        is_part = part.version == network.version and part != network and part.subnet_of(network)  # type: ignore[arg-type]
        if not is_part:
            yield SchemaError(field, f"{text} is not a smaller network in cidr {block['cidr']} (write a part of it)")


def _selector_errors(path: FieldPath, selector: Mapping[str, Any]) -> Iterator[SchemaError]:
    yield from label_errors((*path, "matchLabels"), selector.get("matchLabels") or {})
    for index, expression in enumerate(selector.get("matchExpressions") or ()):
        field = (*path, "matchExpressions", index)
        operator, values = expression["operator"], expression.get("values") or ()
        yield from key_errors((*field, "key"), expression["key"])
        if operator in _OPERATORS_WITH_VALUES and not values:
            yield SchemaError((*field, "values"), f"{operator} needs values (write one or more)")
        if operator not in _OPERATORS_WITH_VALUES and values:
            yield SchemaError((*field, "values"), f"{operator} has no values (remove them, or write In or NotIn)")
        for number, text in enumerate(values):
            yield from value_errors((*field, "values", number), text)
