"""CAL004 and CAL012: what can't have any effect, whatever endpoints there are."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.lint.facts.cases import DIRECTIONS
from calicoctl.analysis.lint.facts.check import Check, Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.lint.facts.messages import count_noun
from calicoctl.analysis.lint.facts.satisfiable import is_satisfiable
from calicoctl.analysis.lint.facts.unsatisfiable import contradiction
from calicoctl.findings import Severity


def _find_contradictions(context: LintContext) -> Iterator[Issue]:
    for policy in context.input_policy_set.policies:
        if not is_satisfiable((policy.selector,)):
            yield Issue(policy.origin, ("spec", "selector"), f"can't select anything: no labels are {policy.selector}")
    for owner in context.owners:
        for rule in (*owner.ingress, *owner.egress):
            if exclusion := contradiction(rule):
                yield Issue(rule.origin, (*rule.path, *exclusion.path), f"the rule can't match: {exclusion.message}")


def _find_ungoverned(context: LintContext) -> Iterator[Issue]:
    for policy in context.input_policy_set.policies:
        for direction in DIRECTIONS:
            if direction not in policy.types and (rules := policy.rules(direction)):
                summary = (
                    f"{count_noun(len(rules), 'rule is', 'rules are')} never tried: types does not list {direction}"
                )
                message = f"{summary} (add it there, or leave the rules out)"
                yield Issue(policy.origin, ("spec", direction), message)


CONTRADICTION = Check(
    "CAL004",
    "contradiction",
    Severity.ERROR,
    "Criteria that exclude each other: the rule can't match any packet, the selector can't select any endpoint.",
    """\
All criteria of a rule have to hold at once. Here two of them never do, or a selector asks for what no labels can
be: a label has one value at a time. This does not depend on which endpoints there are.

Correct the criteria; for one of several values, write `role in {'web', 'mail'}`.
""",
    """\
apiVersion: v1
kind: profile
metadata:
  name: web
  labels:
    role: web
spec:
  ingress:
  - action: allow
    source:
      selector: role == 'web' && role == 'mail'
  egress:
  - action: allow
""",
    """\
apiVersion: v1
kind: profile
metadata:
  name: web
  labels:
    role: web
spec:
  ingress:
  - action: allow
    source:
      selector: role in {'web', 'mail'}
  egress:
  - action: allow
""",
    _find_contradictions,
)

UNGOVERNED = Check(
    "CAL012",
    "ungoverned-direction",
    Severity.ERROR,
    "Rules of a direction that the policy does not govern, by its own types.",
    """\
`types` says which directions a policy governs. Rules of the other direction are stored, and never tried.

Add the direction to `types`, or leave `types` out: then the directions follow from the rules.
""",
    """\
apiVersion: v1
kind: policy
metadata:
  name: web
spec:
  types: [ingress]
  ingress:
  - action: allow
  egress:
  - action: deny
    protocol: udp
""",
    """\
apiVersion: v1
kind: policy
metadata:
  name: web
spec:
  types: [ingress, egress]
  ingress:
  - action: allow
  egress:
  - action: deny
    protocol: udp
""",
    _find_ungoverned,
)
