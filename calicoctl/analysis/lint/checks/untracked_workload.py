"""CAL032: rules of untracked policies that cut off workloads."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.evaluation.stages import DefaultDecision
from calicoctl.analysis.lint.facts.check import Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.lint.facts.node_traffic import NodeMatch, dropped_traffic
from calicoctl.analysis.model.policy_set import Rule
from calicoctl.analysis.sets import service_text
from calicoctl.analysis.sets.services import union_all


def find(context: LintContext) -> Iterator[Issue]:
    """Report rules whose untracked packets are forwarded to or from workloads, so that the connection fails."""
    matches = [each for each in context.node_matches if not each.place.is_host]
    by_rule: dict[Rule, list[NodeMatch]] = {}
    for reason in (DefaultDecision.INVALID_REPLY, DefaultDecision.UNTRACKED_REPLY):
        for rule, dropped in dropped_traffic(matches, reason, context.untracked_policies).items():
            by_rule.setdefault(rule, []).extend(dropped)
    for rule, dropped in by_rule.items():
        services = service_text.format_services(union_all(each.match.services for each in dropped))
        name = dropped[0].address_class.members[0].endpoint.name
        message = (
            f"also matches {services} of workloads, such as {name}, and cuts it off: no untracked policy decides on "
            "the packets of workloads (limit the rule to the addresses of the host)"
        )
        yield Issue(rule.origin, rule.path, message)
