"""Ports that rules match at an endpoint that does not exist yet: it has no named ports."""

from __future__ import annotations

from calicoctl.analysis.evaluation.rule_services import effective_ports, rule_services
from calicoctl.analysis.model.policy_set import Rule
from calicoctl.analysis.sets.intervals import Intervals
from calicoctl.analysis.sets.services import ServiceSet


def services_between(rule: Rule, version: int, existing_ports: Intervals | None, *, new_is_source: bool) -> ServiceSet:
    """Return the services that a rule matches between a new endpoint and an existing end.

    Args:
        rule: the rule.
        version: the IP version.
        existing_ports: ports that match at the existing end; None without named ports.
        new_is_source: whether the new endpoint sends.
    """
    side = rule.source if new_is_source else rule.destination
    new_ports = effective_ports(side, ()) if side.all_named_ports else None
    ports = (new_ports, existing_ports) if new_is_source else (existing_ports, new_ports)
    return rule_services(rule, version, *ports)
