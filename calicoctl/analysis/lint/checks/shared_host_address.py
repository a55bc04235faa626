"""CAL034: host endpoints with the address of another interface or of another node."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.lint.facts.check import Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.lint.facts.messages import source_with_location
from calicoctl.analysis.model.policy_set import Endpoint, PolicySource
from calicoctl.analysis.sets.addresses import Address


def find(context: LintContext) -> Iterator[Issue]:
    """Report host endpoints with the address of another interface or node."""
    yield from _of_another_interface(context)
    yield from _of_another_node(context)


def _of_another_node(context: LintContext) -> Iterator[Issue]:
    """Report host endpoints with an address of another node: without `interfaceName`, they match no interface."""
    owners: dict[Address, tuple[str, PolicySource]] = {}
    for node in context.input_policy_set.nodes:
        for address in node.addresses.values():
            owners.setdefault(address, (node.name, node.origin))
    for host in (host for node in context.input_policy_set.host_nodes.values() for host in node.hosts):
        others = (each for each in host.addresses or () if each in owners and owners[each][0] != host.node)
        foreign = next(others, None)
        if host.origin and foreign:
            effect = (
                "it is only for selectors"
                if host.interface_name
                else "the host endpoint applies to no interface with it"
            )
            owner = source_with_location(owners[foreign][1])
            yield Issue(
                host.origin, ("spec", "expectedIPs"), f"{foreign} is an address of {owner}, another node: {effect}"
            )


def _of_another_interface(context: LintContext) -> Iterator[Issue]:
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
