"""Half-open rules: rules that allow traffic which all endpoints at the other end deny."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.evaluation.match_blocks import Match
from calicoctl.analysis.evaluation.stages import DefaultDecision
from calicoctl.analysis.lint.facts.accepted import AcceptedTraffic
from calicoctl.analysis.lint.facts.cases import DecisionCase, DecisionCases
from calicoctl.analysis.lint.facts.removable import RulePackets
from calicoctl.analysis.model.policy_set import DIRECTIONS, Direction, Rule, single_endpoint
from calicoctl.analysis.model.source import opposite_direction
from calicoctl.analysis.sets import intervals
from calicoctl.analysis.sets.bitsets import bit_indexes, bitset, lowest_bit
from calicoctl.analysis.sets.services import ALL_SERVICES, ServiceSet, services_of_protocol


class HalfOpenTraffic(NamedTuple):
    """Traffic that a rule allows and the other end denies."""

    services: list[ServiceSet]
    is_all: bool
    """Whether it is all traffic that the rule allows."""
    denied_by: Rule | DefaultDecision
    """Rule or default that denies the first of the services."""


def find_half_open(
    rules: Iterable[Rule], cases: DecisionCases, takeovers: RulePackets, classes: Sequence[AddressClass]
) -> Iterator[tuple[Rule, HalfOpenTraffic]]:
    """Yield the rules that allow traffic which all endpoints at the other end deny.

    Args:
        rules: the rules to check.
        cases: all decision cases.
        takeovers: packets that a rule decides only after deletions that lint suggests. They count as its traffic:
            otherwise its deletion could deny them.
        classes: all address classes.
    """
    remote_ends = _RemoteEnds(cases, takeovers, classes)
    for rule in rules:
        if rule.action == "allow" and rule.side(peer=True).selectors and rule in cases.matches_by_rule:
            allowed = list(_allowed_services(rule))
            denied, denied_by = remote_ends.denied_services(rule, allowed)
            if denied:
                yield rule, HalfOpenTraffic(denied, len(denied) == len(allowed), denied_by)


def _allowed_services(rule: Rule) -> Iterator[ServiceSet]:
    """Yield the allowed services of a rule: each of its port ranges separately, or all services."""
    if rule.destination.ports is None or rule.destination.named_ports or rule.protocol is None:
        yield ALL_SERVICES
        return
    for low, high in intervals.iter_ranges(rule.destination.ports):
        yield services_of_protocol(rule.protocol, None, (low, high))


class _RemoteEnds:
    """Decisions at the other end of the traffic of a rule."""

    def __init__(self, cases: DecisionCases, takeovers: RulePackets, classes: Sequence[AddressClass]) -> None:
        self._matches_by_rule = cases.matches_by_rule
        self._takeovers = takeovers
        self._accepted = {direction: AcceptedTraffic(cases.cases, direction) for direction in DIRECTIONS}
        self._external = bitset(each.index for each in classes if each.is_external)
        self._single_endpoints = {
            address_class.index: endpoint
            for address_class in classes
            if (endpoint := single_endpoint(member.endpoint for member in address_class.members))
        }
        self._case_by_class: dict[Direction, dict[int, DecisionCase]] = {direction: {} for direction in DIRECTIONS}
        for case in cases.cases:
            self._case_by_class[case.direction].update(dict.fromkeys(bit_indexes(case.classes), case))

    def denied_services(self, rule: Rule, allowed: list[ServiceSet]) -> tuple[list[ServiceSet], Rule | DefaultDecision]:
        """Return the allowed services that every endpoint at the other end denies, and what denies the first."""
        denied = allowed
        by_case = (*self._matches_by_rule[rule].items(), *self._takeovers.get(rule, {}).items())
        matches = [(case, match) for case, matches in by_case for match in matches]
        for case, match in matches:
            denied = [services for services in denied if not self._is_accepted(services, case, match)]
            if not denied:
                return [], DefaultDecision.OUTSIDE
        for case, match in matches:
            if denied_by := self._denied_by(case, match, denied[0]):
                return denied, denied_by
        return [], DefaultDecision.OUTSIDE

    def _is_accepted(self, allowed: ServiceSet, case: DecisionCase, match: Match) -> bool:
        """Return whether another endpoint or a non-endpoint at the other end accepts some of the allowed services."""
        if match.peers & self._external and allowed & match.services:
            return True
        accepted = self._accepted[opposite_direction(case.direction)]
        for peers, services, acceptors in accepted.lookup(allowed, case.classes):
            local, remote = peers & case.classes, acceptors & match.peers
            if local and remote and services & match.services and not self._is_self_traffic(local, remote):
                return True
        return False

    def _is_self_traffic(self, local: int, remote: int) -> bool:
        """Return whether both ends are the same endpoint; its traffic to itself never reaches the agent."""
        if local & (local - 1) or remote & (remote - 1):
            return False
        endpoint = self._single_endpoints.get(lowest_bit(local))
        return endpoint is not None and endpoint is self._single_endpoints.get(lowest_bit(remote))

    def _denied_by(self, case: DecisionCase, match: Match, services: ServiceSet) -> Rule | DefaultDecision | None:
        """Return what denies the services at the first other endpoint; None if there is no other endpoint."""
        peers = match.peers & ~self._external
        while peers and self._is_self_traffic(case.classes, peers & -peers):
            peers &= peers - 1
        if not peers:
            return None
        remote_matches = self._case_by_class[opposite_direction(case.direction)][lowest_bit(peers)].decision.matches
        denied = (each for each in remote_matches if each.action == "deny" and each.peers & case.classes)
        return next((each.matched_by for each in denied if each.services & match.services & services), None)
