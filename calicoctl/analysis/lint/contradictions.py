"""CAL004 and CAL012: what can't have any effect, whatever endpoints there are."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.lint.cases import DIRECTIONS
from calicoctl.analysis.lint.check import Check, Remark
from calicoctl.analysis.lint.faults import contradiction
from calicoctl.analysis.lint.possible import can_match
from calicoctl.analysis.lint.survey import Survey
from calicoctl.analysis.lint.wording import counted
from calicoctl.findings import Severity


def _find_contradictions(survey: Survey) -> Iterator[Remark]:
    for policy in survey.given.policies:
        if not can_match((policy.selector,)):
            yield Remark(policy.origin, ("spec", "selector"), f"can't select anything: no labels are {policy.selector}")
    for owner in survey.owners:
        for rule in (*owner.ingress, *owner.egress):
            if found := contradiction(rule):
                yield Remark(rule.origin, (*rule.path, *found.path), f"the rule can't match: {found.message}")


def _find_ungoverned(survey: Survey) -> Iterator[Remark]:
    for policy in survey.given.policies:
        for direction in DIRECTIONS:
            if direction not in policy.types and (rules := policy.rules(direction)):
                only = f"{counted(len(rules), 'rule is', 'rules are')} never tried: types does not list {direction}"
                message = f"{only} (add it there, or leave the rules out)"
                yield Remark(policy.origin, ("spec", direction), message)


CONTRADICTION = Check(
    "CAL004",
    "contradiction",
    Severity.ERROR,
    "Criteria that exclude each other: the rule can't match any packet, the selector can't select any endpoint.",
    """\
All criteria of a rule have to hold at once. Here two of them never do, or a selector asks for what no labels can
be: a label has one value at a time. This does not depend on which endpoints there are.

Correct the criteria; for one of several values, write `role in {'web', 'mail'}`.
""",
    """\
apiVersion: v1
kind: profile
metadata:
  name: web
  labels:
    role: web
spec:
  ingress:
  - action: allow
    source:
      selector: role == 'web' && role == 'mail'
  egress:
  - action: allow
""",
    """\
apiVersion: v1
kind: profile
metadata:
  name: web
  labels:
    role: web
spec:
  ingress:
  - action: allow
    source:
      selector: role in {'web', 'mail'}
  egress:
  - action: allow
""",
    _find_contradictions,
)

UNGOVERNED = Check(
    "CAL012",
    "ungoverned-direction",
    Severity.ERROR,
    "Rules of a direction that the policy does not govern, by its own types.",
    """\
`types` says which directions a policy governs. Rules of the other direction are stored, and never tried.

Add the direction to `types`, or leave `types` out: then the directions follow from the rules.
""",
    """\
apiVersion: v1
kind: policy
metadata:
  name: web
spec:
  types: [ingress]
  ingress:
  - action: allow
  egress:
  - action: deny
    protocol: udp
""",
    """\
apiVersion: v1
kind: policy
metadata:
  name: web
spec:
  types: [ingress, egress]
  ingress:
  - action: allow
  egress:
  - action: deny
    protocol: udp
""",
    _find_ungoverned,
)
