"""CAL009: rules that allow traffic which all endpoints at the other end deny."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.lint.facts.check import Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.lint.facts.half_open import HalfOpenTraffic
from calicoctl.analysis.lint.facts.messages import name_with_location, types_hint
from calicoctl.analysis.model.policy_set import Policy, Profile, Rule
from calicoctl.analysis.sets import service_text


def find(context: LintContext) -> Iterator[Issue]:
    """Report rules that allow traffic which all endpoints at the other end deny."""
    for owner, rule in context.rules:
        if traffic := context.half_open.get(rule):
            yield _issue(context, owner, rule, traffic)


def _issue(context: LintContext, owner: Policy | Profile, rule: Rule, traffic: HalfOpenTraffic) -> Issue:
    whole, denied_by = traffic.is_all, traffic.denied_by
    services = "all allowed traffic" if whole else "; ".join(map(service_text.format_services, traffic.services))
    path = rule.path if whole else (*rule.path, "destination", "ports")
    reason = f"{name_with_location(denied_by)} denies it" if isinstance(denied_by, Rule) else denied_by.value
    hint = types_hint(context, owner, rule) if whole else ""
    return Issue(rule.origin, path, f"{services} is denied at every {rule.peer_field} ({reason}){hint}")
