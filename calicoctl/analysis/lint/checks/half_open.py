"""CAL009: rules that let something out which nobody lets in, or let something in which nobody lets out."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.evaluation.first_match import Match
from calicoctl.analysis.evaluation.stages import DefaultDecision
from calicoctl.analysis.lint.facts.accepted import AcceptedTraffic
from calicoctl.analysis.lint.facts.cases import DIRECTIONS, DecisionCase
from calicoctl.analysis.lint.facts.check import Check, Issue
from calicoctl.analysis.lint.facts.context import LintContext
from calicoctl.analysis.lint.facts.messages import name_with_location
from calicoctl.analysis.model.policy_set import Direction, Endpoint, Rule
from calicoctl.analysis.sets import intervals, service_text
from calicoctl.analysis.sets.bitsets import bit_indexes, lowest_bit
from calicoctl.analysis.sets.services import ALL_SERVICES, ServiceSet, services_of_protocol
from calicoctl.findings import Severity


def _find(context: LintContext) -> Iterator[Issue]:
    remote_ends = _RemoteEnds(context)
    for owner in context.owners:
        for rule in (*owner.ingress, *owner.egress):
            if rule.action == "allow" and rule.side(peer=True).selectors and rule in context.matches_by_rule:
                allowed = list(_allowed_services(rule))
                denied, denied_by = remote_ends.denied_services(rule, allowed)
                if denied:
                    yield _issue(rule, denied, len(denied) == len(allowed), denied_by)


def _allowed_services(rule: Rule) -> Iterator[ServiceSet]:
    """What a rule allows: each run of its ports for itself, or everything."""
    if rule.destination.ports is None or rule.protocol is None:
        yield ALL_SERVICES
        return
    for low, high in intervals.iter_ranges(rule.destination.ports):
        yield services_of_protocol(rule.protocol, None, (low, high))


def _issue(rule: Rule, denied: list[ServiceSet], whole: bool, denied_by: Rule | DefaultDecision) -> Issue:
    what = "nothing" if whole else f"no {'; '.join(map(service_text.format_services, denied))}"
    path = rule.path if whole else (*rule.path, "destination", "ports")
    local_verb, remote_verb = ("go out", "come in") if rule.direction == "egress" else ("come in", "go out")
    reason = f"{name_with_location(denied_by)} denies it" if isinstance(denied_by, Rule) else denied_by.value
    return Issue(
        rule.origin, path, f"{what} that it allows to {local_verb} may {remote_verb} at the other end ({reason})"
    )


class _RemoteEnds:
    """What becomes of packets at their other end."""

    def __init__(self, context: LintContext) -> None:
        self._matches_by_rule = context.matches_by_rule
        self._accepted = {direction: AcceptedTraffic(context.cases.cases, direction) for direction in DIRECTIONS}
        self._sole_endpoints = {
            address_class.index: endpoint
            for address_class in context.reachability.classes
            if (endpoint := _sole_endpoint(address_class))
        }
        self._case_by_class: dict[Direction, dict[int, DecisionCase]] = {direction: {} for direction in DIRECTIONS}
        for case in context.cases.cases:
            self._case_by_class[case.direction].update(dict.fromkeys(bit_indexes(case.classes), case))

    def denied_services(self, rule: Rule, allowed: list[ServiceSet]) -> tuple[list[ServiceSet], Rule | DefaultDecision]:
        """What of all that a rule allows is denied with everybody at the other end, and what denies it."""
        denied, own_matches = (
            allowed,
            [(case, match) for case, matches in self._matches_by_rule[rule].items() for match in matches],
        )
        for case, hit in own_matches:
            denied = [part for part in denied if not self._is_accepted(part, case, hit)]
            if not denied:
                return [], DefaultDecision.OUTSIDE
        for case, hit in own_matches:
            if denied_by := self._denied_by(case, hit, denied[0]):
                return denied, denied_by
        return [], DefaultDecision.OUTSIDE

    def _is_accepted(self, asked_services: ServiceSet, case: DecisionCase, match: Match) -> bool:
        """Whether somebody else at the other end accepts some of these services."""
        for peers, services, receivers in self._accepted[_opposite(case.direction)].lookup(
            asked_services, case.classes
        ):
            local, remote = peers & case.classes, receivers & match.peers
            if local and remote and services & match.services and not self._is_self_traffic(local, remote):
                return True
        return False

    def _is_self_traffic(self, local: int, remote: int) -> bool:
        """Whether this is about nobody but what one endpoint sends to itself, which never comes to the agent."""
        if local & (local - 1) or remote & (remote - 1):
            return False
        endpoint = self._sole_endpoints.get(lowest_bit(local))
        return endpoint is not None and endpoint is self._sole_endpoints.get(lowest_bit(remote))

    def _denied_by(self, case: DecisionCase, match: Match, services: ServiceSet) -> Rule | DefaultDecision | None:
        """What denies at the other end, for the first of those who are there; None when nobody else is."""
        peers = match.peers
        while peers and self._is_self_traffic(case.classes, peers & -peers):
            peers &= peers - 1
        if not peers:
            return None
        remote_matches = self._case_by_class[_opposite(case.direction)][lowest_bit(peers)].decision.matches
        denied = (each for each in remote_matches if each.action == "deny" and each.peers & case.classes)
        return next((each.matched_by for each in denied if each.services & match.services & services), None)


def _opposite(direction: Direction) -> Direction:
    return "ingress" if direction == "egress" else "egress"


def _sole_endpoint(address_class: AddressClass) -> Endpoint | None:
    """The endpoint that a group is, if it is one alone; one that is not written down stands for many."""
    endpoints = {member.endpoint for member in address_class.members}
    return next((endpoint for endpoint in endpoints if endpoint.origin), None) if len(endpoints) == 1 else None


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
