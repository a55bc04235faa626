"""Checks of whole v3 objects that a JSON Schema cannot express (libcalico-go `validator/v3`, Calico 3.32)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from calicoctl.analysis.model.source import BUILT_IN_TIERS
from calicoctl.kinds.host_endpoint import HOST_ENDPOINT
from calicoctl.kinds.policy import POLICY
from calicoctl.kinds.values.names import DNS_LABEL_FORM, SERVICE_NAME_FORM, is_dns_label, is_service_name
from calicoctl.kinds.values.networks import parse_network
from calicoctl.kinds.values.protocols import V3_PORT_PROTOCOLS
from calicoctl.kinds.workload_endpoint import WORKLOAD_ENDPOINT
from calicoctl.schema.explain import SchemaError
from calicoctl.schema.label_checks import label_errors
from calicoctl.schema.v3_checks import v3_rule_errors
from calicoctl.schema.v3_kinds import TIER_KIND

_MAX_INTERFACE_NAME = 15
_BUILT_IN_TIERS = {tier.name: tier for tier in BUILT_IN_TIERS}


def v3_object_errors(kind: str, value: Mapping[str, Any]) -> Iterator[SchemaError]:
    """Yield the errors in an object that is valid by its schema.

    Args:
        kind: kind in v3.
        value: the object.
    """
    spec, metadata = value.get("spec") or {}, value.get("metadata") or {}
    yield from label_errors(("metadata", "labels"), metadata.get("labels") or {})
    yield from v3_rule_errors(spec)
    if kind == POLICY.stored_kind.kind:
        yield from _host_policy_errors(spec)
    elif kind == TIER_KIND.kind:
        yield from _tier_errors(metadata["name"], spec)
    elif kind == HOST_ENDPOINT.stored_kind.kind:
        yield from _host_endpoint_errors(spec)
    elif kind == WORKLOAD_ENDPOINT.stored_kind.kind:
        yield from _workload_endpoint_errors(spec)


def _host_policy_errors(spec: Mapping[str, Any]) -> Iterator[SchemaError]:
    """Yield the errors in the fields for host endpoints."""
    kinds = [field for field in ("doNotTrack", "preDNAT") if spec.get(field)]
    if kinds and not spec.get("applyOnForward"):
        yield SchemaError(("spec", kinds[0]), f"{kinds[0]} requires applyOnForward (write applyOnForward: true)")
    if len(kinds) > 1:
        yield SchemaError(("spec", "preDNAT"), "preDNAT and doNotTrack exclude each other (choose one)")
    if spec.get("preDNAT") and spec.get("egress"):
        yield SchemaError(("spec", "egress"), "a preDNAT policy cannot have egress rules (remove them)")
    for index, direction in enumerate(spec.get("types") or ()):
        if spec.get("preDNAT") and direction == "Egress":
            yield SchemaError(("spec", "types", index), "a preDNAT policy applies to ingress only (remove Egress)")


def _tier_errors(name: str, spec: Mapping[str, Any]) -> Iterator[SchemaError]:
    if not is_dns_label(name):
        yield SchemaError(("metadata", "name"), f"{name!r} is not the name of a tier ({DNS_LABEL_FORM})")
    if built_in := _BUILT_IN_TIERS.get(name):
        order, action = spec.get("order"), spec.get("defaultAction") or "Deny"
        expected = "Deny" if built_in.denies else "Pass"
        if action != expected:
            yield SchemaError(
                ("spec", "defaultAction"), f"tier {name} has {expected} (write defaultAction: {expected})"
            )
        if order != built_in.order and (order is not None or not built_in.denies):
            message = f"tier {name} has order {built_in.order:.0f} (write order: {built_in.order:.0f})"
            yield SchemaError(("spec", "order"), message)


def _host_endpoint_errors(spec: Mapping[str, Any]) -> Iterator[SchemaError]:
    name = spec.get("interfaceName") or ""
    if not name and not spec.get("expectedIPs"):
        yield SchemaError(("spec",), "has no interface (write interfaceName or expectedIPs)")
    if len(name) > _MAX_INTERFACE_NAME:
        message = f"{name!r} is not the name of an interface (write at most {_MAX_INTERFACE_NAME} characters)"
        yield SchemaError(("spec", "interfaceName"), message)
    yield from _port_errors(spec)


def _workload_endpoint_errors(spec: Mapping[str, Any]) -> Iterator[SchemaError]:
    for index, text in enumerate(spec.get("ipNetworks") or ()):
        interface = parse_network(text)
        if interface.network.num_addresses != 1:
            message = f"{text} is not one address (write {interface.ip}/{interface.max_prefixlen})"
            yield SchemaError(("spec", "ipNetworks", index), message)
    yield from _port_errors(spec)


def _port_errors(spec: Mapping[str, Any]) -> Iterator[SchemaError]:
    for index, port in enumerate(spec.get("ports") or ()):
        path, name, protocol = ("spec", "ports", index), port.get("name") or "", port.get("protocol")
        if name and not is_service_name(name):
            yield SchemaError((*path, "name"), f"{name!r} is not the name of a port ({SERVICE_NAME_FORM})")
        if protocol is not None and protocol not in V3_PORT_PROTOCOLS:
            yield SchemaError((*path, "protocol"), f"{protocol} has no ports (write TCP, UDP or SCTP)")
