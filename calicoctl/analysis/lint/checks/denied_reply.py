"""CAL033: untracked policies that deny the replies of allowed connections."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.lint.facts.check import Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.model.policy_set import Rule
from calicoctl.analysis.sets import service_text
from calicoctl.analysis.sets.services import ServiceSet, union_all


def find(context: LintContext) -> Iterator[Issue]:
    """Report rules of untracked policies that drop replies of allowed packets.

    Untracked policy runs before connection tracking: also on packets of established connections.
    """
    dropped: dict[Rule, tuple[str, list[ServiceSet]]] = {}
    for each in context.node_matches:
        rule = each.match.matched_by
        if not isinstance(rule, Rule) or each.match.action != "deny" or rule.owner not in context.untracked_policies:
            continue
        if rule.direction != each.direction and _has_ports(rule):
            sender = each.address_class.members[0].endpoint.name if each.address_class.members else "the node"
            dropped.setdefault(rule, (sender, []))[1].append(each.match.services)
    for rule, (name, services) in dropped.items():
        traffic = service_text.format_services(union_all(services))
        message = f"also drops the replies to {traffic}, such as those of {name}: untracked policy sees all packets"
        yield Issue(rule.origin, rule.path, message)


def _has_ports(rule: Rule) -> bool:
    """Return whether a rule matches ports. One that matches a network only is for all packets of it, also replies."""
    return rule.source.ports is not None or rule.destination.ports is not None
