"""CAL008: selectors and rules that match no endpoint."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.lint.facts.check import Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.lint.facts.dead_rules import DeadReason, dead_reason
from calicoctl.analysis.lint.facts.messages import types_hint
from calicoctl.analysis.lint.facts.rule_fields import selector_fields
from calicoctl.analysis.lint.facts.satisfiable import is_satisfiable
from calicoctl.analysis.model.policy_set import Policy, Profile, Rule


def find(context: LintContext) -> Iterator[Issue]:
    """Report selectors that match no endpoint, and rules whose criteria together match none."""
    labels = context.label_index
    if not labels.has_endpoints:
        return
    for policy in context.input_policy_set.policies:
        if not labels.matches(policy.selector) and is_satisfiable((policy.selector,)):
            message = f"selects no endpoint: {labels.mismatch(policy.selector)}"
            yield Issue(policy.origin, ("spec", "selector"), message)
    labels = context.peer_label_index
    for owner in context.input_policy_set.rule_owners:
        unmatched = [field for field in selector_fields(owner) if not labels.matches(field.selector)]
        for field in unmatched:
            if not field.is_tag and is_satisfiable((field.selector,)):
                effect = "excludes no endpoint" if field.negated else "selects no endpoint"
                hint = "" if field.negated else types_hint(context, owner, field.rule)
                yield Issue(owner.origin, field.path, f"{effect}: {labels.mismatch(field.selector)}{hint}")
        yield from _dead_rule_issues(context, owner, {field.rule for field in unmatched if not field.negated})


def _dead_rule_issues(context: LintContext, owner: Policy | Profile, reported: set[Rule]) -> Iterator[Issue]:
    """Report rules whose criteria each match an endpoint, but not the same one."""
    for rule in owner.all_rules:
        if rule in context.removable.dead and rule not in reported:
            reason = dead_reason(context, owner, rule)
            if reason is DeadReason.OWN_SIDE:
                message = f"the rule never matches: no endpoint of {owner.identifier} matches all of these criteria"
                yield Issue(rule.origin, (*rule.path, rule.own_field), message + types_hint(context, owner, rule))
            if reason is DeadReason.PEER_SIDE and not context.labels_only:
                message = "the rule never matches: no endpoint or address matches all of these criteria"
                yield Issue(rule.origin, (*rule.path, rule.peer_field), message + types_hint(context, owner, rule))
