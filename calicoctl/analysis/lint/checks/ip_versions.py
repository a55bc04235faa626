"""CAL016: rules that are tried for one IP version only, without saying so."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.lint.facts.check import Check, Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.lint.facts.dead_rules import DeadReason, dead_reason
from calicoctl.analysis.lint.facts.unsatisfiable import contradiction_for_version
from calicoctl.analysis.model.policy_set import Policy, Profile, Rule
from calicoctl.findings import Severity


def _find(context: LintContext) -> Iterator[Issue]:
    for owner in context.owners:
        for rule in (*owner.ingress, *owner.egress):
            if rule in context.removable.dead and dead_reason(context, owner, rule) is DeadReason.IP_VERSION:
                version = next(version for version in (4, 6) if not contradiction_for_version(rule, version))
                message = f"is for IPv{version} only, and none of those that it is for has an IPv{version} address"
                yield Issue(rule.origin, rule.path, message)
            elif field := _version_limiting_field(context, owner, rule):
                yield Issue(rule.origin, (*rule.path, *field), _message(rule, field))


def _version_limiting_field(context: LintContext, owner: Policy | Profile, rule: Rule) -> tuple[str, str] | None:
    """The notNets that keep a rule from being tried for an IP version that somebody has; None when there are none."""
    sides = (("source", rule.source), ("destination", rule.destination))
    if rule.ip_version or any(side.networks for _, side in sides):
        return None
    for name, side in sides:
        for version in {4, 6} - {net.version for net in side.not_networks} if side.not_networks else ():
            cases = context.cases_by_owner.get((owner, rule.direction), ())
            contradiction = contradiction_for_version(rule, version)
            if (
                contradiction
                and contradiction.path == (name, "notNets")
                and any(case.version == version for case in cases)
            ):
                return name, "notNets"
    return None


def _message(rule: Rule, field: tuple[str, str]) -> str:
    versions = {net.version for net in rule.side(peer=field[0] == _peer_side(rule)).not_networks}
    version = 6 if 4 in versions else 4
    reason = f"these are of IPv{10 - version} only, so the agent leaves the whole rule out for IPv{version}"
    return f"{reason} (write ipVersion: {10 - version}, and a rule for IPv{version})"


def _peer_side(rule: Rule) -> str:
    return "source" if rule.direction == "ingress" else "destination"


ONE_VERSION = Check(
    "CAL016",
    "one-ip-version",
    Severity.NOTE,
    "A rule that counts for one IP version only, although it does not say so, or nobody has an address of it.",
    """\
`notNets` with IPv4 networks looks as if it let through all of IPv6. It does not: when none of the `notNets` is of
an IP version, the agent leaves the whole rule out for that version. The same code is for rules that are for an IP
version that no endpoint has of those that they are for.

Write a rule for each IP version, with `ipVersion`.
""",
    """\
apiVersion: v1
kind: profile
metadata:
  name: web
spec:
  egress:
  - action: allow
    destination:
      notNets: [10.0.0.0/8]
""",
    """\
apiVersion: v1
kind: profile
metadata:
  name: web
spec:
  egress:
  - action: allow
    ipVersion: 4
    destination:
      notNets: [10.0.0.0/8]
  - action: allow
    ipVersion: 6
""",
    _find,
)
