"""CAL010: policies of the same order that disagree, so that their names decide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from calicoctl.analysis.evaluation.first_match import ServiceBlocks, split_blocks
from calicoctl.analysis.evaluation.stages import DefaultDecision, Stage
from calicoctl.analysis.lint.facts.cases import DecisionCase, DecisionCases, service_blocks
from calicoctl.analysis.lint.facts.check import Check, Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.lint.facts.messages import name_with_location
from calicoctl.analysis.model.policy_set import Policy, Rule
from calicoctl.analysis.sets import service_text
from calicoctl.analysis.sets.services import ServiceSet
from calicoctl.findings import Severity


def _find(context: LintContext) -> Iterator[Issue]:
    reported: set[Policy] = set()
    ties = _OrderTies(context.cases)
    for case in context.cases.cases:
        for stage in case.stages:
            for _, same_order in groupby(stage.owners, key=lambda owner: isinstance(owner, Policy) and owner.order):
                tied = [owner for owner in same_order if isinstance(owner, Policy)]
                for later, earlier, services in ties.conflicts(case, stage, tied):
                    if later not in reported:
                        reported.add(later)
                        yield _issue(earlier, later, services)


def _issue(earlier: Policy, later: Policy, services: ServiceSet) -> Issue:
    order = "no order" if later.order is None else f"order {later.order:g}"
    path = ("metadata", "name") if later.order is None else ("spec", "order")
    traffic = service_text.format_services(services)
    what = f"{name_with_location(earlier)} has {order} too, and decides otherwise on {traffic}"
    return Issue(later.origin, path, f"{what}: which is tried first follows from their names (give them orders)")


class _OrderTies:
    """Policies that are tried one after the other, and whether it matters in which order."""

    def __init__(self, cases: DecisionCases) -> None:
        self._cases = cases
        self._overlap_by_rules: dict[tuple[Rule, Rule, int], bool] = {}

    def conflicts(
        self, case: DecisionCase, stage: Stage, tied: Sequence[Policy]
    ) -> Iterator[tuple[Policy, Policy, ServiceSet]]:
        """Two policies of the same order, the later one first, with something that they decide otherwise on."""
        pairs = [(earlier, later) for place, later in enumerate(tied) for earlier in tied[:place]]
        pairs = [(one, other) for one, other in pairs if self._may_disagree(case, one, other)]
        if not pairs:
            return
        arriving = self._arriving_blocks(case, stage, tied[0])
        decisions = {policy: self._decisions(case, policy, arriving) for policy in dict.fromkeys(sum(pairs, ()))}
        for one, other in pairs:
            for action, blocks in decisions[one]:
                for services, peers in blocks.items():
                    for other_action, other_blocks in decisions[other]:
                        common = split_blocks(other_blocks, peers, services)[0] if other_action != action else {}
                        if common:
                            yield other, one, next(iter(common))

    def _may_disagree(self, case: DecisionCase, earlier: Policy, later: Policy) -> bool:
        """Whether two rules of different actions have something in common, whatever comes before them."""
        return any(
            self._overlap(case, rule, against)
            for rule in earlier.rules(case.direction)
            for against in later.rules(case.direction)
            if rule.action != against.action and "log" not in {rule.action, against.action}
        )

    def _overlap(self, case: DecisionCase, left: Rule, right: Rule) -> bool:
        if left in case.skipped_rules or right in case.skipped_rules:
            return False
        key = (left, right, case.version)
        if key not in self._overlap_by_rules:
            (peers, services), (other_peers, other_services) = (
                self._cases.rule_match(rule, case.version) for rule in (left, right)
            )
            self._overlap_by_rules[key] = bool(peers & other_peers and services & other_services)
        return self._overlap_by_rules[key]

    @staticmethod
    def _arriving_blocks(case: DecisionCase, stage: Stage, first_policy: Policy) -> ServiceBlocks:
        """What comes to a policy of a stage: all that it, those behind it, or the end of the stage decides."""
        owners = stage.owners[stage.owners.index(first_policy) :]
        rules = {rule for owner in owners for rule in owner.rules(case.direction)}
        decisive: set[Rule | DefaultDecision] = {rule for rule in rules if rule.action != "log"}
        if sum(other.denies for other in case.stages) == 1:  # else another tier may have come to its end
            decisive.add(DefaultDecision.POLICIES)
        return service_blocks(match for match in case.decision.matches if match.matched_by in decisive)

    def _decisions(
        self, case: DecisionCase, policy: Policy, arriving: ServiceBlocks
    ) -> list[tuple[str, ServiceBlocks]]:
        """What the policy alone would make of what comes."""
        result: list[tuple[str, ServiceBlocks]] = []
        for rule in policy.rules(case.direction):
            if rule.action != "log" and rule not in case.skipped_rules:
                matched, arriving = split_blocks(arriving, *self._cases.rule_match(rule, case.version))
                result.append((rule.action, matched))
        return result


ORDER_TIE = Check(
    "CAL010",
    "order-tie",
    Severity.WARNING,
    "Policies of the same order decide otherwise on the same packets, so that their names decide which one counts.",
    """\
Policies are tried in the order of `order`, and those of the same order, or without one, by their names. These two
select the same endpoint and disagree, so a new name can open or close a port.

Give them different orders.
""",
    """\
- apiVersion: v1
  kind: policy
  metadata:
    name: closed
  spec:
    order: 10
    ingress:
    - action: deny
      protocol: tcp
      destination:
        ports: [22]
    - action: pass
- apiVersion: v1
  kind: policy
  metadata:
    name: administration
  spec:
    order: 10
    ingress:
    - action: allow
      protocol: tcp
      source:
        nets: [192.0.2.0/24]
      destination:
        ports: [22]
- apiVersion: v1
  kind: profile
  metadata:
    name: web
  spec:
    ingress:
    - action: allow
      protocol: tcp
""",
    """\
- apiVersion: v1
  kind: policy
  metadata:
    name: closed
  spec:
    order: 20
    ingress:
    - action: deny
      protocol: tcp
      destination:
        ports: [22]
    - action: pass
- apiVersion: v1
  kind: policy
  metadata:
    name: administration
  spec:
    order: 10
    ingress:
    - action: allow
      protocol: tcp
      source:
        nets: [192.0.2.0/24]
      destination:
        ports: [22]
- apiVersion: v1
  kind: profile
  metadata:
    name: web
  spec:
    ingress:
    - action: allow
      protocol: tcp
""",
    _find,
)
