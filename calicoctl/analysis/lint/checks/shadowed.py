"""CAL001: rules that never match because of rules before them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from calicoctl.analysis.lint.facts.check import Check, Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.lint.facts.dead_rules import DeadReason, dead_reason, shadowing_rules
from calicoctl.analysis.lint.facts.messages import comma_list, name_with_location, types_hint
from calicoctl.analysis.model.policy_set import Policy, Profile, Rule
from calicoctl.findings import Severity

_MAX_CASES = 20
"""In so many cases it is looked for what hides a rule."""


def _find(context: LintContext) -> Iterator[Issue]:
    for owner in context.owners:
        for rule in (*owner.ingress, *owner.egress):
            if rule in context.removable.dead and dead_reason(context, owner, rule) is DeadReason.SHADOWED:
                yield Issue(rule.origin, rule.path, _message(context, owner, rule))


def _message(context: LintContext, owner: Policy | Profile, rule: Rule) -> str:
    shadowing: dict[Rule, None] = {}
    cases = (case for case in context.cases_by_owner[owner, rule.direction] if rule not in case.skipped_rules)
    for case in islice(cases, _MAX_CASES):
        shadowing.update(dict.fromkeys(shadowing_rules(context, case, rule)))
    shadowed_by = (
        f", by {comma_list([f'{other.action} of {name_with_location(other)}' for other in shadowing])}"
        if shadowing
        else ""
    )
    return f"never matches: all of it is decided before{shadowed_by}{types_hint(owner, rule)}"


SHADOWED = Check(
    "CAL001",
    "shadowed-rule",
    Severity.WARNING,
    "A rule that never matches, because rules before it match all that it does.",
    """\
Rules are tried in their order, policy after policy, and the first that allows, denies or passes a packet decides.
Behind a rule that matches more, a narrower one has no say: here the port stays open, although a rule denies it. The
finding names the rules that hide it: for all endpoints that there are, they take all that this rule could match.

Put the narrower rule first, or take it out.
""",
    """\
apiVersion: v1
kind: profile
metadata:
  name: web
spec:
  ingress:
  - action: allow
    protocol: tcp
  - action: deny
    protocol: tcp
    destination:
      ports: [22]
""",
    """\
apiVersion: v1
kind: profile
metadata:
  name: web
spec:
  ingress:
  - action: deny
    protocol: tcp
    destination:
      ports: [22]
  - action: allow
    protocol: tcp
""",
    _find,
)
