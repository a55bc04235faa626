"""CAL016: rules that are evaluated for one IP version only, without `ipVersion`."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.lint.facts.check import Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.lint.facts.dead_rules import DeadReason, dead_reason
from calicoctl.analysis.lint.facts.unsatisfiable import contradiction_for_version
from calicoctl.analysis.model.policy_set import Policy, Profile, Rule


def find(context: LintContext) -> Iterator[Issue]:
    """Report rules limited to one IP version by `notNets`, and rules for an IP version without endpoints."""
    for owner, rule in context.rules:
        if rule in context.removable.dead and dead_reason(context, owner, rule) is DeadReason.IP_VERSION:
            version = next(version for version in (4, 6) if not contradiction_for_version(rule, version))
            message = f"is for IPv{version} only, and no endpoint that it applies to has an IPv{version} address"
            yield Issue(rule.origin, rule.path, message)
        elif limit := _version_limit(context, owner, rule):
            side, version = limit
            reason = f"contains IPv{10 - version} networks only, so the agent omits the whole rule for IPv{version}"
            advice = f"write ipVersion: {10 - version}, and a rule for IPv{version}"
            yield Issue(rule.origin, (*rule.path, side, "notNets"), f"{reason} ({advice})")


def _version_limit(context: LintContext, owner: Policy | Profile, rule: Rule) -> tuple[str, int] | None:
    """Return the side whose `notNets` exclude an IP version of an endpoint, and that version; None if there is none."""
    sides = (("source", rule.source), ("destination", rule.destination))
    if rule.ip_version or any(side.networks for _, side in sides):
        return None
    cases = context.cases.by_owner.get((owner, rule.direction), ())
    for name, side in sides:
        for version in {4, 6} - {net.version for net in side.not_networks} if side.not_networks else ():
            reason = contradiction_for_version(rule, version)
            if reason and reason.path == (name, "notNets") and any(case.version == version for case in cases):
                return name, version
    return None
