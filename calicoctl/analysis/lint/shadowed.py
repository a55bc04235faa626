"""CAL001: rules that never match because of rules before them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from calicoctl.analysis.lint.check import Check, Remark
from calicoctl.analysis.lint.idle import Why, blockers, why
from calicoctl.analysis.lint.keeping import types_hint
from calicoctl.analysis.lint.survey import Survey
from calicoctl.analysis.lint.wording import named, row
from calicoctl.analysis.model import Policy, Profile, Rule
from calicoctl.findings import Severity

_LOOKED_AT = 20
"""In so many cases it is looked for what hides a rule."""


def _find(survey: Survey) -> Iterator[Remark]:
    for owner in survey.owners:
        for rule in (*owner.ingress, *owner.egress):
            if rule in survey.spare.idle and why(survey, owner, rule) is Why.HIDDEN:
                yield Remark(rule.origin, rule.path, _message(survey, owner, rule))


def _message(survey: Survey, owner: Policy | Profile, rule: Rule) -> str:
    hiding: dict[Rule, None] = {}
    cases = (case for case in survey.asked[owner, rule.direction] if rule not in case.skipped)
    for case in islice(cases, _LOOKED_AT):
        hiding.update(dict.fromkeys(blockers(survey, case, rule)))
    by = f", by {row([f'{other.action} of {named(other)}' for other in hiding])}" if hiding else ""
    return f"never matches: all of it is decided before{by}{types_hint(owner, rule)}"


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
