"""CAL009: rules that let something out which nobody lets in, or let something in which nobody lets out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

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
        self._accepting = {direction: _Accepting(survey.cases.listed, direction) for direction in DIRECTIONS}
        # One that is not written down stands for many, who may talk to each other.
        self._single = bitset(group.index for group in survey.analysis.groups if _is_one(group))
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
            if by := self._decider(case, hit):
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
        return here == there and here & (here - 1) == 0 and bool(here & self._single)

    def _decider(self, case: Case, hit: Hit) -> Rule | End | None:
        """What denies at the other end, for the first of those who are there; None when nobody else is."""
        peers = hit.peers
        while peers and self._are_one(case.groups, peers & -peers):
            peers &= peers - 1
        if not peers:
            return None
        there = self._cases[_other(case.direction)][first(peers)].outcome.hits
        denied = (each for each in there if each.action == "deny" and each.peers & case.groups)
        return next((each.by for each in denied if each.services & hit.services), None)


_Accepted = tuple[int, ServiceSet, int]
"""From whom, what, and by whom it is accepted."""

_BROAD = 64
"""Where more are meant than so many, they are not looked up one by one."""


class _Accepting:
    """All that is accepted in one direction, by those at the other end."""

    def __init__(self, cases: Iterable[Case], direction: Direction) -> None:
        accepted = (
            (peers, services, case.groups)
            for case in cases
            if case.direction == direction
            for peers, services in case.outcome.allowed.items()
        )
        self._all = _united(accepted)
        self._parts: dict[ServiceSet, _Looked] = {}

    def of(self, part: ServiceSet, groups: int) -> Iterable[_Accepted]:
        """What of some services is accepted from some of these groups, and a little more."""
        if part not in self._parts:
            within = ((peers, common, others) for peers, services, others in self._all if (common := services & part))
            self._parts[part] = _Looked(_united(within))
        return self._parts[part].of(groups)


class _Looked:
    """What is accepted, to be looked up by who sends it."""

    def __init__(self, accepted: list[_Accepted]) -> None:
        self._all = accepted
        self._broad = [entry for entry in accepted if entry[0].bit_count() > _BROAD]
        self._of: dict[int, list[_Accepted]] = {}
        for entry in accepted:
            for group in _few(entry[0]) if entry[0].bit_count() <= _BROAD else ():
                self._of.setdefault(group, []).append(entry)

    def of(self, groups: int) -> Iterable[_Accepted]:
        """What is accepted from some of these groups, and a little more."""
        if groups.bit_count() > _BROAD:
            return self._all
        return chain((entry for group in _few(groups) for entry in self._of.get(group, ())), self._broad)


def _united(accepted: Iterable[_Accepted]) -> list[_Accepted]:
    """The same, with those who accept the same from the same ones together."""
    found: dict[tuple[int, ServiceSet], int] = {}
    for peers, services, groups in accepted:
        found[peers, services] = found.get((peers, services), 0) | groups
    return [(peers, services, groups) for (peers, services), groups in found.items()]


def _few(bits: int) -> Iterator[int]:
    """The members of a set that has few of them."""
    while bits:
        yield first(bits)
        bits &= bits - 1


def _other(direction: Direction) -> Direction:
    return "ingress" if direction == "egress" else "egress"


def _is_one(group: Group) -> bool:
    members = {member.endpoint for member in group.members}
    return len(members) == 1 and group.members[0].endpoint.origin is not None


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
