"""Decisions on the traffic of nodes with host endpoints, as the checks of host endpoints need them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from typing import NamedTuple

from calicoctl.analysis.evaluation.address_class import AddressClass, HostPlace
from calicoctl.analysis.evaluation.match_blocks import Match
from calicoctl.analysis.evaluation.reachability import Reachability
from calicoctl.analysis.evaluation.stages import DefaultDecision
from calicoctl.analysis.model.policy_set import DIRECTIONS, Direction, Rule
from calicoctl.resource import Identifier


class NodeMatch(NamedTuple):
    """Match of traffic of a node or of its workloads."""

    address_class: AddressClass
    place: HostPlace
    direction: Direction
    match: Match


def node_matches(reachability: Reachability) -> Iterator[NodeMatch]:
    """Yield the matches of all classes on nodes with host endpoints, by each possible interface."""
    if not reachability.policy_set.host_nodes:
        return
    for address_class in reachability.classes:
        if place := address_class.place:
            for direction in DIRECTIONS:
                for match in reachability.decision(address_class, direction).matches:
                    alternatives = [other for _, other in match.alternatives]
                    yield from (NodeMatch(address_class, place, direction, each) for each in alternatives or [match])


def dropped_traffic(
    matches: Iterable[NodeMatch], reason: DefaultDecision, untracked_policies: Set[Identifier]
) -> dict[Rule, list[NodeMatch]]:
    """Return the matches that are denied for a reason, by the rules of untracked policies that allow one direction."""
    result: dict[Rule, list[NodeMatch]] = {}
    for each in matches:
        if each.match.matched_by is reason:
            for rule in each.match.rules:
                if rule.owner in untracked_policies:
                    result.setdefault(rule, []).append(each)
    return result
