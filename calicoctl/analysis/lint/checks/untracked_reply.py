"""CAL031: rules of untracked policies without a rule for the other direction."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.evaluation.stages import DefaultDecision
from calicoctl.analysis.lint.facts.check import Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.lint.facts.node_traffic import dropped_traffic
from calicoctl.analysis.sets import service_text
from calicoctl.analysis.sets.services import union_all

_MESSAGES = {
    DefaultDecision.INVALID_REPLY: "allows {} without the reply: the reply is dropped",
    DefaultDecision.UNTRACKED_REPLY: "allows the reply of {} without the request: "
    "the connection opens and carries no data",
}
_REMEDY = "add a rule for the other direction with source and destination swapped"


def find(context: LintContext) -> Iterator[Issue]:
    """Report rules that allow only one direction of the traffic of the node itself."""
    matches = [each for each in context.node_matches if each.place.is_host]
    for reason, message in _MESSAGES.items():
        for rule, dropped in dropped_traffic(matches, reason, context.untracked_policies).items():
            services = union_all(each.match.services for each in dropped)
            text = message.format(service_text.format_services(services))
            yield Issue(rule.origin, rule.path, f"{text} ({_REMEDY})")
