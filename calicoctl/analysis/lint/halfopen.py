"""CAL009: rules that let something out which nobody lets in, or let something in which nobody lets out."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis import intervals, wording
from calicoctl.analysis.bitsets import bitset, first, members
from calicoctl.analysis.firstmatch import Hit
from calicoctl.analysis.groups import Group
from calicoctl.analysis.lint.cases import DIRECTIONS, Case
from calicoctl.analysis.lint.check import Check, Remark
from calicoctl.analysis.lint.survey import Survey
from calicoctl.analysis.lint.wording import named
from calicoctl.analysis.model import Direction, Rule
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
    done = f"{what} that it allows to go out is let in" if rule.direction == "egress" else f"{what} that it lets in"
    if rule.direction == "ingress":
        done += " is allowed to go out"
    decider = named(by) if isinstance(by, Rule) else by.value
    return Remark(rule.origin, path, f"{done} at the other end ({decider})")


class _OtherEnds:
    """What becomes of packets at their other end."""

    def __init__(self, survey: Survey) -> None:
        self._hits = survey.hits
        self._cases: dict[Direction, dict[int, Case]] = {direction: {} for direction in DIRECTIONS}
        for case in survey.cases.listed:
            self._cases[case.direction].update(dict.fromkeys(members(case.groups), case))
        # One that is not written down stands for many, who may talk to each other.
        self._single = bitset(group.index for group in survey.analysis.groups if _is_one(group))

    def refused(self, rule: Rule, wanted: list[ServiceSet]) -> tuple[list[ServiceSet], Rule | End]:
        """What of all that a rule allows is denied with everybody at the other end, and what denies it."""
        left, by = wanted, None
        for case, hits in self._hits[rule].items():
            for hit in hits:
                for other, groups in self._others(case, hit):
                    left = [part for part in left if not self._passes(other, groups, hit.services & part)]
                    if not left:
                        return [], End.OUTSIDE
                    by = by or _decider(other, groups, hit.services)
        return (left, by) if by else ([], End.OUTSIDE)

    def _others(self, case: Case, hit: Hit) -> Iterator[tuple[Case, int]]:
        """Those at the other end, each with whom it is asked about: nobody about itself."""
        cases = self._cases["ingress" if case.direction == "egress" else "egress"]
        themselves = hit.peers & case.groups & self._single
        peers = hit.peers & ~themselves
        while peers:
            other = cases[first(peers)]
            yield other, case.groups
            peers &= ~other.groups
        for index in members(themselves):
            if groups := case.groups & ~(1 << index):
                yield cases[index], groups

    @staticmethod
    def _passes(other: Case, groups: int, services: ServiceSet) -> bool:
        return any(peers & groups and allowed & services for peers, allowed in other.outcome.allowed.items())


def _is_one(group: Group) -> bool:
    members = {member.endpoint for member in group.members}
    return len(members) == 1 and group.members[0].endpoint.origin is not None


def _decider(other: Case, groups: int, services: ServiceSet) -> Rule | End | None:
    hits = (
        hit for hit in other.outcome.hits if hit.action == "deny" and hit.peers & groups and hit.services & services
    )
    return next((hit.by for hit in hits), None)


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
