"""CAL035: rules that deny failsafe ports of the agent."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.evaluation.rule_services import rule_services
from calicoctl.analysis.lint.facts.check import Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.model.failsafe import DEFAULT_FAILSAFE_PORTS
from calicoctl.analysis.model.policy_set import Policy
from calicoctl.analysis.sets import service_text


def find(context: LintContext) -> Iterator[Issue]:
    """Report rules of untracked and preDNAT policies that deny failsafe ports by number.

    The agent accepts these ports before its policies, for forwarded packets as well (Felix rules/static.go).
    """
    for owner, rule in context.rules:
        if not isinstance(owner, Policy) or owner.is_normal or rule.action != "deny" or rule.destination.ports is None:
            continue
        failsafe = rule_services(rule, rule.ip_version or 4) & DEFAULT_FAILSAFE_PORTS.allowed(rule.direction)
        if failsafe:
            message = (
                f"does not deny {service_text.format_services(failsafe)}: failsafe ports of the agent "
                "(change failsafe ports in its configuration)"
            )
            yield Issue(rule.origin, (*rule.path, "destination", "ports"), message)
