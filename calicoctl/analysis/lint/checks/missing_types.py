"""CAL017: policies without types that deny more traffic in earlier versions of Calico."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.lint.facts.check import Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.lint.facts.messages import has_field
from calicoctl.analysis.model.policy_set import Direction, Policy


def find(context: LintContext) -> Iterator[Issue]:
    """Report policies without types that deny more traffic in calicoctl 1.5 and earlier."""
    affected: dict[tuple[Policy, Direction], None] = {}
    for case in context.cases.cases:
        # If other policies deny by default already, one more policy without rules changes nothing.
        if not any(stage.denies for stage in case.stages) and case.decision.allowed:
            affected.update(((policy, case.direction), None) for policy in case.effective_policies.policies)
    for policy, direction in affected:
        if policy.origin.is_v3_manifest:
            continue  # types of v3 always had this default
        if policy.is_normal and direction not in policy.types and not has_field(policy.origin, "spec", "types"):
            (types,) = policy.types
            default = f"the default is [{types}], but up to calicoctl 1.5 it was both directions"
            effect = f"which denies {direction} traffic that is allowed now"
            yield Issue(policy.origin, ("spec",), f"types is omitted: {default}, {effect} (write types)")
