"""CAL025: host endpoints for the same interface."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.lint.facts.check import Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.lint.facts.messages import source_with_location
from calicoctl.analysis.model.policy_set import PolicySource
from calicoctl.kinds.host_endpoint import HOST_ENDPOINT
from calicoctl.kinds.values.names import v3_node_name


def find(context: LintContext) -> Iterator[Issue]:
    """Report host endpoints for the interface of another one with an earlier name.

    For an interface, Felix uses the matching host endpoint with the first name (dataplane/linux/endpoint_mgr.go). It
    matches `expectedIPs` only without `interfaceName`.
    """
    used: dict[tuple[str, str], PolicySource] = {}
    origins = [endpoint.origin for endpoint in context.input_policy_set.endpoints if endpoint.host and endpoint.origin]
    for origin in sorted(origins, key=_stored_name):
        field, interfaces = _interfaces(origin)
        node = v3_node_name(origin.identifier.values[0])
        first = next((used[node, interface] for interface in interfaces if (node, interface) in used), None)
        if first:
            message = f"Felix ignores it: {source_with_location(first)} has the same interface and an earlier name"
            yield Issue(origin, ("spec", field), message)
        for interface in interfaces:
            used.setdefault((node, interface), origin)


def _interfaces(origin: PolicySource) -> tuple[str, tuple[str, ...]]:
    """Return the field that selects the interfaces of a host endpoint, and the names or addresses in it."""
    spec = origin.resource.spec
    if spec.get("interfaceName"):
        return "interfaceName", (spec["interfaceName"],)
    return "expectedIPs", tuple(spec.get("expectedIPs", ()))


def _stored_name(origin: PolicySource) -> bytes:
    """Return the name in the datastore as bytes, which Go compares."""
    return (origin.key.rpartition("/")[2] or HOST_ENDPOINT.stored_name(origin.identifier)).encode()
