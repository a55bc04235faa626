"""CAL009: rules that let something out which nobody lets in, or let something in which nobody lets out."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis import intervals, wording
from calicoctl.analysis.bitsets import first, members
from calicoctl.analysis.firstmatch import Hit
from calicoctl.analysis.groups import Group
from calicoctl.analysis.lint.accepted import Accepting
from calicoctl.analysis.lint.cases import DIRECTIONS, Case
from calicoctl.analysis.lint.check import Check, Remark
from calicoctl.analysis.lint.survey import Survey
from calicoctl.analysis.lint.wording import named
from calicoctl.analysis.model import Direction, Endpoint, Rule
from calicoctl.analysis.services import EVERYTHING, ServiceSet, of_protocol
from calicoctl.analysis.stages import End
from calicoctl.findings import Severity


def _find(survey: Survey) -> Iterator[Remark]:
    ends = _OtherEnds(survey)
    for owner in survey.owners:
        for rule in (*owner.ingress, *owner.egress):
            if rule.action == "allow" and rule.side(peer=True).selectors and rule in survey.hits:
                wanted = list(_wanted(rule))
                useless, by = ends.refused(rule, wanted)
                if useless:
                    yield _remark(rule, useless, len(useless) == len(wanted), by)


def _wanted(rule: Rule) -> Iterator[ServiceSet]:
    """What a rule allows: each run of its ports for itself, or everything."""
    if rule.destination.ports is None or rule.protocol is None:
        yield EVERYTHING
        return
    for low, high in intervals.runs(rule.destination.ports):
        yield of_protocol(rule.protocol, None, (low, high))


def _remark(rule: Rule, useless: list[ServiceSet], whole: bool, by: Rule | End) -> Remark:
    what = "nothing" if whole else f"no {'; '.join(map(wording.services, useless))}"
    path = rule.path if whole else (*rule.path, "destination", "ports")
    here, there = ("go out", "come in") if rule.direction == "egress" else ("come in", "go out")
    because = f"{named(by)} denies it" if isinstance(by, Rule) else by.value
    return Remark(rule.origin, path, f"{what} that it allows to {here} may {there} at the other end ({because})")


class _OtherEnds:
    """What becomes of packets at their other end."""

    def __init__(self, survey: Survey) -> None:
        self._hits = survey.hits
        self._accepting = {direction: Accepting(survey.cases.listed, direction) for direction in DIRECTIONS}
        self._alone = {group.index: endpoint for group in survey.analysis.groups if (endpoint := _only_one(group))}
        self._cases: dict[Direction, dict[int, Case]] = {direction: {} for direction in DIRECTIONS}
        for case in survey.cases.listed:
            self._cases[case.direction].update(dict.fromkeys(members(case.groups), case))

    def refused(self, rule: Rule, wanted: list[ServiceSet]) -> tuple[list[ServiceSet], Rule | End]:
        """What of all that a rule allows is denied with everybody at the other end, and what denies it."""
        left, asked = wanted, [(case, hit) for case, hits in self._hits[rule].items() for hit in hits]
        for case, hit in asked:
            left = [part for part in left if not self._passes(part, case, hit)]
            if not left:
                return [], End.OUTSIDE
        for case, hit in asked:
            if by := self._decider(case, hit, left[0]):
                return left, by
        return [], End.OUTSIDE

    def _passes(self, part: ServiceSet, case: Case, hit: Hit) -> bool:
        """Whether somebody else at the other end accepts some of these services."""
        for peers, services, others in self._accepting[_other(case.direction)].of(part, case.groups):
            here, there = peers & case.groups, others & hit.peers
            if here and there and services & hit.services and not self._are_one(here, there):
                return True
        return False

    def _are_one(self, here: int, there: int) -> bool:
        """Whether this is about nobody but what one endpoint sends to itself, which never comes to the agent."""
        if here & (here - 1) or there & (there - 1):
            return False
        alone = self._alone.get(first(here))
        return alone is not None and alone is self._alone.get(first(there))

    def _decider(self, case: Case, hit: Hit, services: ServiceSet) -> Rule | End | None:
        """What denies at the other end, for the first of those who are there; None when nobody else is."""
        peers = hit.peers
        while peers and self._are_one(case.groups, peers & -peers):
            peers &= peers - 1
        if not peers:
            return None
        there = self._cases[_other(case.direction)][first(peers)].outcome.hits
        denied = (each for each in there if each.action == "deny" and each.peers & case.groups)
        return next((each.by for each in denied if each.services & hit.services & services), None)


def _other(direction: Direction) -> Direction:
    return "ingress" if direction == "egress" else "egress"


def _only_one(group: Group) -> Endpoint | None:
    """The endpoint that a group is, if it is one alone; one that is not written down stands for many."""
    found = {member.endpoint for member in group.members}
    return next((endpoint for endpoint in found if endpoint.origin), None) if len(found) == 1 else None


HALF_OPEN = Check(
    "CAL009",
    "half-open",
    Severity.WARNING,
    "A rule lets something go out that is let in nowhere, or lets something in that is let out nowhere.",
    """\
A connection between two endpoints needs both: egress of the one and ingress of the other. Here a rule names who is
at the other end by a selector or a tag, and what it allows is denied there by all of them; the finding says by
which rule. When the rule lists several ports, those are named with which that is so.

Allow it at the other end as well, or take it out here.
""",
    """\
- apiVersion: v1
  kind: profile
  metadata:
    name: frontend
    labels:
      role: frontend
  spec:
    egress:
    - action: allow
      protocol: tcp
      destination:
        selector: role == 'database'
        ports: [3307]
- apiVersion: v1
  kind: profile
  metadata:
    name: database
    labels:
      role: database
  spec:
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
    name: frontend
    labels:
      role: frontend
  spec:
    egress:
    - action: allow
      protocol: tcp
      destination:
        selector: role == 'database'
        ports: [3306]
- apiVersion: v1
  kind: profile
  metadata:
    name: database
    labels:
      role: database
  spec:
    ingress:
    - action: allow
      protocol: tcp
      destination:
        ports: [3306]
""",
    _find,
)
