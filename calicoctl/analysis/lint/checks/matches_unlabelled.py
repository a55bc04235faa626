"""CAL007: selectors that match endpoints only because these do not have a label."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from calicoctl.analysis.lint.facts.check import Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.lint.facts.satisfiable import label_conditions
from calicoctl.selector import Selector
from calicoctl.selector.nodes import And, Node, Not, NotEquals, NotIn, Or, postorder


def find(context: LintContext) -> Iterator[Issue]:
    """Report selectors that match endpoints only because these do not have a label."""
    messages: dict[Selector, str] = {}
    for origin, path, selector in context.positive_selectors:
        if selector not in messages:
            messages[selector] = _message(context, selector)
        if messages[selector]:
            yield Issue(origin, path, messages[selector])


def _message(context: LintContext, selector: Selector) -> str:
    """Return the message for a selector; empty if a missing label is never the only reason of a match."""
    for node in label_conditions(selector):
        if not isinstance(node, NotEquals | NotIn):
            continue
        for labels in context.label_index.distinct_labels(selector) if context.label_index.has_endpoints else ({},):
            if (
                node.label not in labels
                and selector.matches(labels)
                and not _matches_without_condition(selector, labels, node)
            ):
                example = _example_endpoint(context, selector, node)
                advice = f"write has({node.label}) && {node} to exclude them"
                return f"{node} also matches endpoints without the label {node.label!r}{example} ({advice})"
    return ""


def _example_endpoint(context: LintContext, selector: Selector, node: NotEquals | NotIn) -> str:
    """Return a matching endpoint without the label, as a part of the message."""
    for endpoint_class, endpoints in context.endpoints_by_class.items() if context.label_index.has_endpoints else ():
        if node.label not in endpoint_class.labels and selector.matches(endpoint_class.labels):
            return f", such as {endpoints[0].name}"
    return ""


def _matches_without_condition(selector: Selector, labels: Mapping[str, str], condition: Node) -> bool:
    """Return whether the selector matches if one condition is evaluated as false."""
    results: list[bool] = []
    for node in postorder(selector.root):
        if isinstance(node, Not):
            results[-1] = not results[-1]
        elif isinstance(node, And | Or):
            start = len(results) - len(node.operands)
            combine = all if isinstance(node, And) else any
            results[start:] = [combine(results[start:])]
        else:
            results.append(node is not condition and node.matches(labels))
    return results[0]
