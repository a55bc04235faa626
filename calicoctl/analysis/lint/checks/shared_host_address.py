"""CAL034: host endpoints with the address of another interface."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.lint.facts.check import Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.lint.facts.messages import source_with_location
from calicoctl.analysis.model.policy_set import Endpoint
from calicoctl.analysis.sets.addresses import Address


def find(context: LintContext) -> Iterator[Issue]:
    """Report host endpoints of a node with different interface names and a common address.

    With `interfaceName`, `expectedIPs` do not select the interface (Felix dataplane/linux/endpoint_mgr.go): they only
    state which addresses selectors match.
    """
    for node in context.input_policy_set.host_nodes.values():
        owners: dict[Address, Endpoint] = {}
        for host in node.hosts:
            for address in host.addresses or ():
                first = owners.setdefault(address, host)
                if first.interface_name and host.interface_name not in ("", first.interface_name) and host.origin:
                    name = source_with_location(first.origin) if first.origin else first.name
                    message = (
                        f"{address} is also an address of {name}, which is another interface: "
                        f"policy applies to all traffic of the interface {host.interface_name}, with any addresses"
                    )
                    yield Issue(host.origin, ("spec", "expectedIPs"), message)
                    break
