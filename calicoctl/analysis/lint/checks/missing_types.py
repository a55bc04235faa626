"""CAL017: policies without types, where that means something else to earlier versions of Calico."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.lint.facts.check import Check, Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.lint.facts.messages import is_written
from calicoctl.analysis.model.policy_set import Direction, Policy
from calicoctl.findings import Severity


def _find(context: LintContext) -> Iterator[Issue]:
    affected: dict[tuple[Policy, Direction], None] = {}
    for case in context.cases.cases:
        # Where policies govern already, one more that has no rules changes nothing.
        if not any(stage.denies for stage in case.stages) and case.decision.allowed:
            affected.update(((policy, case.direction), None) for policy in case.effective_policies.policies)
    for policy, direction in affected:
        applies_normally = not (policy.untracked or policy.pre_dnat)
        if applies_normally and direction not in policy.types and not is_written(policy.origin, "spec", "types"):
            (types,) = policy.types
            earlier_meaning = (
                f"to calicoctl 1.5 and earlier both directions, which would deny {direction} that is allowed now"
            )
            yield Issue(
                policy.origin,
                ("spec",),
                f"types is left out: that means [{types}], and {earlier_meaning} (write types)",
            )


TYPES_LEFT_OUT = Check(
    "CAL017",
    "types-left-out",
    Severity.NOTE,
    "A policy without types that would deny more under earlier versions of Calico.",
    """\
Without `types` a policy governs the directions that it has rules for. Up to calicoctl 1.5 it governed both: then
all that it has no rules for was denied, for the endpoints that it selects. Here the two readings differ in what is
allowed.

Write `types`, so that it is clear.
""",
    """\
- apiVersion: v1
  kind: profile
  metadata:
    name: web
  spec:
    ingress:
    - action: allow
- apiVersion: v1
  kind: policy
  metadata:
    name: outward
  spec:
    egress:
    - action: allow
      protocol: tcp
""",
    """\
- apiVersion: v1
  kind: profile
  metadata:
    name: web
  spec:
    ingress:
    - action: allow
- apiVersion: v1
  kind: policy
  metadata:
    name: outward
  spec:
    types: [egress]
    egress:
    - action: allow
      protocol: tcp
""",
    _find,
)
