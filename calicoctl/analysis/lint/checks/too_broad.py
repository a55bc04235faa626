"""CAL007 and CAL019: selectors that select more than they look like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from calicoctl.analysis.lint.facts.check import Check, Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.lint.facts.rule_fields import selector_fields
from calicoctl.analysis.lint.facts.satisfiable import label_conditions, matches_everything
from calicoctl.analysis.model.policy_set import FieldPath, PolicySource
from calicoctl.findings import Severity
from calicoctl.selector import Selector
from calicoctl.selector.nodes import All, And, Global, Node, Not, NotEquals, NotIn, Or, postorder


def _selectors(context: LintContext) -> Iterator[tuple[PolicySource, FieldPath, Selector]]:
    """All selectors that select somebody, with their places."""
    for policy in context.input_policy_set.policies:
        yield policy.origin, ("spec", "selector"), policy.selector
    for owner in context.owners:
        for selector_field in selector_fields(owner):
            if selector_field.field == "selector":
                yield owner.origin, selector_field.path, selector_field.selector


def _find_unlabelled(context: LintContext) -> Iterator[Issue]:
    messages: dict[Selector, str] = {}
    for origin, path, selector in _selectors(context):
        if selector not in messages:
            messages[selector] = _unlabelled_message(context, selector)
        if messages[selector]:
            yield Issue(origin, path, messages[selector])


def _unlabelled_message(context: LintContext, selector: Selector) -> str:
    """What to say of a selector that selects endpoints because they lack a label; empty when none is."""
    for node in label_conditions(selector):
        if not isinstance(node, NotEquals | NotIn):
            continue
        for labels in context.label_index.distinct_labels(selector) if context.label_index.has_endpoints else ({},):
            if (
                node.label not in labels
                and selector.matches(labels)
                and not _matches_with_label(selector, labels, node)
            ):
                example = _example_endpoint(context, selector, node)
                advice = f"write has({node.label}) && {node} if that is not meant"
                return f"{node} also selects what has no label {node.label!r}{example} ({advice})"
    return ""


def _example_endpoint(context: LintContext, selector: Selector, node: NotEquals | NotIn) -> str:
    """Somebody who is selected without the label."""
    for endpoint_class, endpoints in context.endpoints_by_class.items() if context.label_index.has_endpoints else ():
        if node.label not in endpoint_class.labels and selector.matches(endpoint_class.labels):
            return f", such as {endpoints[0].name}"
    return ""


def _matches_with_label(selector: Selector, labels: Mapping[str, str], negated_condition: Node) -> bool:
    """Whether a selector would still match if one of its conditions, which does, did not."""
    results: list[bool] = []
    for node in postorder(selector.root):
        if isinstance(node, Not):
            results[-1] = not results[-1]
        elif isinstance(node, And | Or):
            start = len(results) - len(node.operands)
            combine = all if isinstance(node, And) else any
            results[start:] = [combine(results[start:])]
        else:
            results.append(node is not negated_condition and node.matches(labels))
    return results[0]


def _find_always_true(context: LintContext) -> Iterator[Issue]:
    for origin, path, selector in _selectors(context):
        if not isinstance(selector.root, All | Global) and matches_everything(selector):
            yield Issue(origin, path, f"selects every endpoint, whatever its labels: {selector} (write all())")


MATCHES_UNLABELLED = Check(
    "CAL007",
    "matches-unlabelled",
    Severity.NOTE,
    "`!=` or `not in` also selects endpoints that do not have the label at all.",
    """\
`role != 'database'` selects whatever is no database: also endpoints without a label `role`, such as the interfaces
of hosts, or containers of a network whose profile has no labels. The finding names one that is selected for no
other reason.

When only those with the label are meant, say so: `has(role) && role != 'database'`. When all are, ignore the
finding.
""",
    """\
- apiVersion: v1
  kind: profile
  metadata:
    name: frontend
    labels:
      role: frontend
- apiVersion: v1
  kind: profile
  metadata:
    name: monitoring
- apiVersion: v1
  kind: policy
  metadata:
    name: outward
  spec:
    selector: role != 'database'
    egress:
    - action: allow
""",
    """\
- apiVersion: v1
  kind: profile
  metadata:
    name: frontend
    labels:
      role: frontend
- apiVersion: v1
  kind: profile
  metadata:
    name: monitoring
- apiVersion: v1
  kind: policy
  metadata:
    name: outward
  spec:
    selector: has(role) && role != 'database'
    egress:
    - action: allow
""",
    _find_unlabelled,
)

ALWAYS_TRUE = Check(
    "CAL019",
    "always-true",
    Severity.NOTE,
    "A selector that looks as if it made a choice, but selects everything.",
    """\
Whatever labels an endpoint has, or has not, it is selected. Mostly `||` stands where `&&` was meant, or a set is
empty: `role not in {}` is always true.

Write `all()` when everything is meant.
""",
    """\
apiVersion: v1
kind: policy
metadata:
  name: inward
spec:
  selector: "!has(role) || has(role)"
  ingress:
  - action: allow
""",
    """\
apiVersion: v1
kind: policy
metadata:
  name: inward
spec:
  selector: all()
  ingress:
  - action: allow
""",
    _find_always_true,
)
