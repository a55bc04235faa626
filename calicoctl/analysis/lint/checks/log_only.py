"""CAL005: policies that only log."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.lint.facts.check import Check, Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.findings import Severity


def _find(context: LintContext) -> Iterator[Issue]:
    for policy in context.input_policy_set.policies:
        rules = (*policy.ingress, *policy.egress)
        if rules and all(rule.action == "log" for rule in rules):
            applies_normally = not (policy.untracked or policy.pre_dnat)
            denied = ", and what no other policy allows is denied" if applies_normally else ""
            yield Issue(policy.origin, (), f"only logs: no rule allows or denies anything{denied}")


LOG_ONLY = Check(
    "CAL005",
    "log-only",
    Severity.WARNING,
    "A policy whose rules only log.",
    """\
`log` notes a packet and goes on. A policy in which nothing allows looks harmless, but is not: the endpoints that it
selects are governed by a policy now, their profiles are not asked any more, and what no policy allows is denied.

Say what shall become of what is logged: add a rule that allows, denies, or passes on to the profiles (`pass`).
""",
    """\
apiVersion: v1
kind: policy
metadata:
  name: watch-ssh
spec:
  ingress:
  - action: log
    protocol: tcp
    destination:
      ports: [22]
""",
    """\
apiVersion: v1
kind: policy
metadata:
  name: watch-ssh
spec:
  ingress:
  - action: log
    protocol: tcp
    destination:
      ports: [22]
  - action: pass
""",
    _find,
)
