"""CAL025: host endpoints for the same interface."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.lint.facts.check import Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.lint.facts.messages import source_with_location
from calicoctl.analysis.model.host_interface import ALL_INTERFACES


def find(context: LintContext) -> Iterator[Issue]:
    """Report host endpoints for the interface of another one with an earlier name.

    For an interface, Felix uses the matching host endpoint with the first name (dataplane/linux/endpoint_mgr.go). It
    matches `expectedIPs` only without `interfaceName`. An interface with a name is assumed to have the `expectedIPs` of
    its host endpoint.
    """
    for node in context.input_policy_set.host_nodes.values():
        for host in node.hosts:
            interface = node.interface_of(host)
            first = interface.default if host.interface_name == ALL_INTERFACES else interface.endpoint
            # Without a name, it applies to the interfaces of its other addresses as well.
            is_elsewhere = (
                first and first.interface_name and not set(host.addresses or ()) <= set(first.addresses or ())
            )
            is_ignored = bool(host.interface_name) or not is_elsewhere
            if first and first is not host and is_ignored and first.origin and host.origin:
                field = "interfaceName" if host.interface_name else "expectedIPs"
                message = (
                    f"Felix ignores it: {source_with_location(first.origin)} has the same interface and an earlier name"
                )
                yield Issue(host.origin, ("spec", field), message)
