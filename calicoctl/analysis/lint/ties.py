"""CAL010: policies of the same order that disagree, so that their names decide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from calicoctl.analysis import wording
from calicoctl.analysis.firstmatch import Cells, split
from calicoctl.analysis.lint.cases import Case, Cases, cells_of
from calicoctl.analysis.lint.check import Check, Remark
from calicoctl.analysis.lint.survey import Survey
from calicoctl.analysis.lint.wording import named
from calicoctl.analysis.model import Policy, Rule
from calicoctl.analysis.services import ServiceSet
from calicoctl.analysis.stages import End, Stage
from calicoctl.findings import Severity


def _find(survey: Survey) -> Iterator[Remark]:
    told: set[Policy] = set()
    ties = _Ties(survey.cases)
    for case in survey.cases.listed:
        for stage in case.stages:
            for _, several in groupby(stage.owners, key=lambda owner: isinstance(owner, Policy) and owner.order):
                tied = [owner for owner in several if isinstance(owner, Policy)]
                for later, earlier, services in ties.disagreeing(case, stage, tied):
                    if later not in told:
                        told.add(later)
                        yield _remark(earlier, later, services)


def _remark(earlier: Policy, later: Policy, services: ServiceSet) -> Remark:
    order = "no order" if later.order is None else f"order {later.order:g}"
    path = ("metadata", "name") if later.order is None else ("spec", "order")
    what = f"{named(earlier)} has {order} too, and decides otherwise on {wording.services(services)}"
    return Remark(later.origin, path, f"{what}: which is tried first follows from their names (give them orders)")


class _Ties:
    """Policies that are tried one after the other, and whether it matters in which order."""

    def __init__(self, cases: Cases) -> None:
        self._cases = cases
        self._alike: dict[tuple[Rule, Rule, int], bool] = {}

    def disagreeing(
        self, case: Case, stage: Stage, tied: Sequence[Policy]
    ) -> Iterator[tuple[Policy, Policy, ServiceSet]]:
        """Two policies of the same order, the later one first, with something that they decide otherwise on."""
        pairs = [(one, other) for place, other in enumerate(tied) for one in tied[:place]]
        pairs = [(one, other) for one, other in pairs if self._may_disagree(case, one, other)]
        if not pairs:
            return
        coming = self._coming(case, stage, tied[0])
        verdicts = {policy: self._verdicts(case, policy, coming) for policy in dict.fromkeys(sum(pairs, ()))}
        for one, other in pairs:
            for action, cells in verdicts[one]:
                for services, peers in cells.items():
                    for against, others in verdicts[other]:
                        common = split(others, peers, services)[0] if against != action else {}
                        if common:
                            yield other, one, next(iter(common))

    def _may_disagree(self, case: Case, one: Policy, other: Policy) -> bool:
        """Whether two rules of different actions have something in common, whatever comes before them."""
        return any(
            self._meet(case, rule, against)
            for rule in one.rules(case.direction)
            for against in other.rules(case.direction)
            if rule.action != against.action and "log" not in {rule.action, against.action}
        )

    def _meet(self, case: Case, one: Rule, other: Rule) -> bool:
        if one in case.skipped or other in case.skipped:
            return False
        key = (one, other, case.version)
        if key not in self._alike:
            (peers, services), (others, more) = (self._cases.matched(rule, case.version) for rule in (one, other))
            self._alike[key] = bool(peers & others and services & more)
        return self._alike[key]

    @staticmethod
    def _coming(case: Case, stage: Stage, first: Policy) -> Cells:
        """What comes to a policy of a stage: all that it, those behind it, or the end of the stage decides."""
        owners = stage.owners[stage.owners.index(first) :]
        rules = {rule for owner in owners for rule in owner.rules(case.direction)}
        decisive: set[Rule | End] = {rule for rule in rules if rule.action != "log"}
        if sum(other.denies for other in case.stages) == 1:  # else another tier may have come to its end
            decisive.add(End.POLICIES)
        return cells_of(hit for hit in case.outcome.hits if hit.by in decisive)

    def _verdicts(self, case: Case, policy: Policy, coming: Cells) -> list[tuple[str, Cells]]:
        """What the policy alone would make of what comes."""
        found: list[tuple[str, Cells]] = []
        for rule in policy.rules(case.direction):
            if rule.action != "log" and rule not in case.skipped:
                matched, coming = split(coming, *self._cases.matched(rule, case.version))
                found.append((rule.action, matched))
        return found


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
