"""CAL024: nodes with the same BGP address."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.lint.facts.check import Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.lint.facts.messages import source_with_location
from calicoctl.analysis.model.cluster import ClusterNode
from calicoctl.analysis.sets.addresses import Address


def find(context: LintContext) -> Iterator[Issue]:
    """Report each node with an address that an earlier node has."""
    owners: dict[Address, ClusterNode] = {}
    for node in context.input_policy_set.nodes:
        for field, address in node.addresses.items():
            owner = owners.setdefault(address, node)
            if owner is not node:
                message = f"{address} is also the address of {source_with_location(owner.origin)}"
                yield Issue(node.origin, ("spec", "bgp", field), message)
