"""CAL006 and CAL008: tags that nobody carries, selectors and rules that nobody is meant by."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.lint.check import Check, Remark
from calicoctl.analysis.lint.fields import asked_by
from calicoctl.analysis.lint.idle import Why, why
from calicoctl.analysis.lint.possible import can_match
from calicoctl.analysis.lint.survey import Survey
from calicoctl.analysis.model import Policy, Profile, Rule
from calicoctl.findings import Severity
from calicoctl.schema.suggestion import suggestion


def _find_tags(survey: Survey) -> Iterator[Remark]:
    if not survey.known.anybody:
        return
    tags = sorted(label for label, values in survey.known.values.items() if "" in values)
    for owner in survey.owners:
        for asked in asked_by(owner):
            if asked.field.lower().endswith("tag") and asked.text not in tags:
                near = suggestion(asked.text, tags)
                yield Remark(owner.origin, asked.path, f"nobody carries the tag {asked.text!r}{near}")


def _find(survey: Survey) -> Iterator[Remark]:
    known = survey.known
    if not known.anybody:
        return
    for policy in survey.given.policies:
        if not known.matches(policy.selector) and can_match((policy.selector,)):
            yield Remark(policy.origin, ("spec", "selector"), f"selects no endpoint{known.meant(policy.selector)}")
    for owner in survey.owners:
        nobody = [asked for asked in asked_by(owner) if not known.matches(asked.selector)]
        for asked in nobody:
            if asked.field.lower().endswith("selector") and can_match((asked.selector,)):
                what = "leaves out no endpoint" if asked.negated else "selects no endpoint"
                yield Remark(owner.origin, asked.path, f"{what}{known.meant(asked.selector)}")
        yield from _rules(survey, owner, {asked.rule for asked in nobody if not asked.negated})


def _rules(survey: Survey, owner: Policy | Profile, told: set[Rule]) -> Iterator[Remark]:
    """Rules whose criteria select somebody one by one, and nobody together."""
    for rule in (*owner.ingress, *owner.egress):
        if rule in survey.spare.idle and rule not in told:
            reason = why(survey, owner, rule)
            peer = "source" if rule.direction == "ingress" else "destination"
            own = "destination" if rule.direction == "ingress" else "source"
            if reason is Why.OWN:
                message = f"the rule never matches: no endpoint of {owner.identifier} is all that this asks for"
                yield Remark(rule.origin, (*rule.path, own), message)
            if reason is Why.PEER and not survey.by_labels:
                yield Remark(
                    rule.origin, (*rule.path, peer), "the rule never matches: nobody is all that this asks for"
                )


UNKNOWN_TAG = Check(
    "CAL006",
    "unknown-tag",
    Severity.WARNING,
    "A rule asks for a tag that nobody carries.",
    """\
Endpoints carry the tags of their profiles, and none of their own. No profile among the manifests, or in the
datastore, has this tag, so the rule means nobody; with `notTag` it leaves out nobody.

Correct the tag, or add it to the profile. Without any profile or endpoint there is nothing to judge by, and no
finding.
""",
    """\
apiVersion: v1
kind: profile
metadata:
  name: web
  tags: [frontend]
spec:
  ingress:
  - action: allow
    source:
      tag: frontnd
  egress:
  - action: allow
""",
    """\
apiVersion: v1
kind: profile
metadata:
  name: web
  tags: [frontend]
spec:
  ingress:
  - action: allow
    source:
      tag: frontend
  egress:
  - action: allow
""",
    _find_tags,
)

SELECTS_NOBODY = Check(
    "CAL008",
    "selects-nobody",
    Severity.WARNING,
    "A selector, or a rule as a whole, means no endpoint and no profile that there is.",
    """\
A policy that selects nobody does nothing, and a rule whose source or destination is nobody never matches; with
`notSelector` nobody is left out. Mostly a label or its value is misspelt: the nearest one that there is stands in
the finding. A whole rule is named when its criteria mean somebody one by one, and nobody together.

Labels are those of endpoints, with what they inherit from their profiles. A profile that no endpoint has counts
like an endpoint; when there are very many of these, only their labels count, and not where they might be. Without
any profile or endpoint there is nothing to judge by, and no finding.
""",
    """\
- apiVersion: v1
  kind: profile
  metadata:
    name: database
    labels:
      role: database
- apiVersion: v1
  kind: policy
  metadata:
    name: database
  spec:
    selector: role == 'databse'
    ingress:
    - action: allow
      protocol: tcp
      destination:
        ports: [3306]
""",
    """\
- apiVersion: v1
  kind: profile
  metadata:
    name: database
    labels:
      role: database
- apiVersion: v1
  kind: policy
  metadata:
    name: database
  spec:
    selector: role == 'database'
    ingress:
    - action: allow
      protocol: tcp
      destination:
        ports: [3306]
""",
    _find,
)
