"""CAL006 and CAL008: tags that nobody carries, selectors and rules that nobody is meant by."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.lint.facts.check import Check, Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.lint.facts.dead_rules import DeadReason, dead_reason
from calicoctl.analysis.lint.facts.rule_fields import selector_fields
from calicoctl.analysis.lint.facts.satisfiable import is_satisfiable
from calicoctl.analysis.model.policy_set import Policy, Profile, Rule
from calicoctl.findings import Severity
from calicoctl.suggestion import suggestion


def _find_tags(context: LintContext) -> Iterator[Issue]:
    if not context.label_index.has_endpoints:
        return
    tags = sorted(label for label, values in context.label_index.values.items() if "" in values)
    for owner in context.owners:
        for tag_field in selector_fields(owner):
            if tag_field.field.lower().endswith("tag") and tag_field.text not in tags:
                hint = suggestion(tag_field.text, tags)
                yield Issue(owner.origin, tag_field.path, f"nobody carries the tag {tag_field.text!r}{hint}")


def _find(context: LintContext) -> Iterator[Issue]:
    label_index = context.label_index
    if not label_index.has_endpoints:
        return
    for policy in context.input_policy_set.policies:
        if not label_index.matches(policy.selector) and is_satisfiable((policy.selector,)):
            yield Issue(
                policy.origin, ("spec", "selector"), f"selects no endpoint{label_index.suggestion_for(policy.selector)}"
            )
    for owner in context.owners:
        unmatched = [
            selector_field
            for selector_field in selector_fields(owner)
            if not label_index.matches(selector_field.selector)
        ]
        for asked in unmatched:
            if asked.field.lower().endswith("selector") and is_satisfiable((asked.selector,)):
                what = "leaves out no endpoint" if asked.negated else "selects no endpoint"
                yield Issue(owner.origin, asked.path, f"{what}{label_index.suggestion_for(asked.selector)}")
        yield from _find_dead_rules(context, owner, {asked.rule for asked in unmatched if not asked.negated})


def _find_dead_rules(context: LintContext, owner: Policy | Profile, reported: set[Rule]) -> Iterator[Issue]:
    """Rules whose criteria select somebody one by one, and nobody together."""
    for rule in (*owner.ingress, *owner.egress):
        if rule in context.removable.dead and rule not in reported:
            reason = dead_reason(context, owner, rule)
            peer = "source" if rule.direction == "ingress" else "destination"
            own = "destination" if rule.direction == "ingress" else "source"
            if reason is DeadReason.OWN_SIDE:
                message = f"the rule never matches: no endpoint of {owner.identifier} is all that this asks for"
                yield Issue(rule.origin, (*rule.path, own), message)
            if reason is DeadReason.PEER_SIDE and not context.labels_only:
                yield Issue(rule.origin, (*rule.path, peer), "the rule never matches: nobody is all that this asks for")


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
