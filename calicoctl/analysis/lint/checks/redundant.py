"""CAL002 and CAL003: rules and policies without which the same is decided."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.lint.facts.check import Check, Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.lint.facts.messages import types_hint
from calicoctl.findings import Severity


def _find_rules(context: LintContext) -> Iterator[Issue]:
    for owner in context.owners:
        for rule in (*owner.ingress, *owner.egress):
            if rule in context.removable.rules:
                outcome = {"allow": "allowed", "deny": "denied", "pass": "decided alike"}[rule.action]
                message = f"changes nothing: all that it matches is {outcome} without it too{types_hint(owner, rule)}"
                yield Issue(rule.origin, rule.path, message)


def _find_policies(context: LintContext) -> Iterator[Issue]:
    for policy in context.removable.policies:
        yield Issue(policy.origin, (), "changes nothing: without this policy the same is allowed and denied")


REDUNDANT_RULE = Check(
    "CAL002",
    "redundant-rule",
    Severity.NOTE,
    "A rule without which the same is allowed, denied and logged.",
    """\
Whatever this rule matches is decided in the same way by what comes behind it: by other rules, by profiles, or by
the denial of all that no rule allows. That is so for every endpoint that there is, and for every packet. A rule
that nothing comes to at all has CAL001 instead.

Take it out, or leave it and ignore this finding when it is meant for people to read. All rules and policies with
CAL001, CAL002 and CAL003 can be taken out at once; what is allowed stays the same.
""",
    """\
apiVersion: v1
kind: profile
metadata:
  name: web
spec:
  ingress:
  - action: allow
    protocol: tcp
    destination:
      ports: [443]
  - action: allow
    protocol: tcp
""",
    """\
apiVersion: v1
kind: profile
metadata:
  name: web
spec:
  ingress:
  - action: allow
    protocol: tcp
""",
    _find_rules,
)

REDUNDANT_POLICY = Check(
    "CAL003",
    "redundant-policy",
    Severity.NOTE,
    "A policy without which the same is allowed, denied and logged.",
    """\
For every endpoint that the policy selects, what the rules of the policy decide is decided in the same way without
them. That also holds for what a policy does by being there: where policies govern a direction, what none of them
allows is denied, and profiles are not asked.

Take it out, or ignore this finding when the policy is there for endpoints that do not exist yet.
""",
    """\
- apiVersion: v1
  kind: profile
  metadata:
    name: web
- apiVersion: v1
  kind: policy
  metadata:
    name: ssh
  spec:
    order: 1
    ingress:
    - action: allow
      protocol: tcp
      destination:
        ports: [22]
- apiVersion: v1
  kind: policy
  metadata:
    name: administration
  spec:
    order: 2
    ingress:
    - action: allow
      protocol: tcp
      destination:
        ports: [22, 443]
""",
    """\
- apiVersion: v1
  kind: profile
  metadata:
    name: web
- apiVersion: v1
  kind: policy
  metadata:
    name: administration
  spec:
    order: 2
    ingress:
    - action: allow
      protocol: tcp
      destination:
        ports: [22, 443]
""",
    _find_policies,
)
