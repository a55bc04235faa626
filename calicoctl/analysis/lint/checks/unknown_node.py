"""CAL026: host endpoints of nodes that do not exist."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.lint.facts.check import Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.kinds.values.names import v3_node_name
from calicoctl.suggestion import suggestion


def find(context: LintContext) -> Iterator[Issue]:
    """Report host endpoints whose node does not exist. Without any node, report none: Felix needs no node resource."""
    names = {node.name for node in context.input_policy_set.nodes}
    for endpoint in context.input_policy_set.endpoints if names else ():
        if not endpoint.host or not endpoint.origin:
            continue
        node = endpoint.identifier.values[0]
        if v3_node_name(node) not in names:
            message = f"node {node!r} does not exist{suggestion(node, sorted(names))}"
            yield Issue(endpoint.origin, ("metadata", "node"), message)
