"""Decision cases: the address classes with one decision in one direction, and the rules evaluated for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain

from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.evaluation.first_match import ClassDecision, make_decision
from calicoctl.analysis.evaluation.match_blocks import Match, ServiceBlocks
from calicoctl.analysis.evaluation.neighbor_discovery import DiscoveryMatches
from calicoctl.analysis.evaluation.reachability import Reachability
from calicoctl.analysis.evaluation.rule_criteria import OwnSide, RuleCriteria, match_own_side, rule_criteria
from calicoctl.analysis.evaluation.stages import EffectivePolicies, Stage, resolve_stages
from calicoctl.analysis.model.policy_set import DIRECTIONS, Direction, Endpoint, Policy, Profile, Rule
from calicoctl.analysis.sets.services import ServiceSet


@dataclass(eq=False)
class DecisionCase:
    """Address classes with the same decision in one direction."""

    direction: Direction
    version: int
    """The IP version: 4 or 6."""
    effective_policies: EffectivePolicies
    stages: tuple[Stage, ...]
    own_sides: Mapping[Rule, OwnSide]
    """Results of the criteria for the own side (destination of ingress, source of egress), if a rule has any."""
    decision: ClassDecision
    classes: int = 0
    """The address classes, as a bit set."""

    @cached_property
    def skipped_rules(self) -> frozenset[Rule]:
        """Rules whose own side matches none of the address classes."""
        return frozenset(rule for rule, own_side in self.own_sides.items() if not own_side.matches)

    @property
    def numbered_rules(self) -> Iterator[tuple[int, Rule]]:
        """Evaluated rules in their order, each with the number of its stage."""
        for number, stage in enumerate(self.stages):
            yield from ((number, rule) for rule in stage.rules if rule not in self.skipped_rules)

    @cached_property
    def positions(self) -> Mapping[Rule, tuple[int, int]]:
        """Number of the stage of each rule, and the index of its policy or profile in the stage."""
        return {
            rule: (number, index)
            for number, stage in enumerate(self.stages)
            for index, owner in enumerate(stage.owners)
            for rule in owner.rules(self.direction)
        }

    def stage_of(self, rule: Rule) -> Stage:
        """Return the stage of a rule."""
        return self.stages[self.positions[rule][0]]


class DecisionCases:
    """All decision cases of a policy set."""

    def __init__(self, reachability: Reachability) -> None:
        self._peer_matcher = reachability.address_space.peer_matcher
        self._profiles = reachability.policy_set.profiles
        self._reachability = reachability
        self._criteria: dict[object, RuleCriteria] = {}
        cases_by_decision: dict[ClassDecision, DecisionCase] = {}
        for direction in DIRECTIONS:
            for address_class in reachability.classes:
                effective = address_class.effective_policies
                if effective is None:
                    continue
                decision = reachability.own_decision(address_class, direction)
                if decision not in cases_by_decision:
                    cases_by_decision[decision] = self._make_case(decision, effective, direction, address_class)
                cases_by_decision[decision].classes |= 1 << address_class.index
        self.cases = tuple(cases_by_decision.values())
        """Cases of all packets of endpoints."""

    def _make_case(
        self,
        decision: ClassDecision,
        effective: EffectivePolicies,
        direction: Direction,
        address_class: AddressClass,
    ) -> DecisionCase:
        version, index = address_class.version, address_class.index
        stages = resolve_stages(effective, self._profiles, direction)
        rules = (rule for stage in stages for rule in stage.rules if not rule.side(peer=False).is_address_independent)
        own_sides = {rule: match_own_side(self._peer_matcher, rule.side(peer=False), version, index) for rule in rules}
        return DecisionCase(direction, version, effective, stages, own_sides, decision)

    def criteria(self, rule: Rule, case: DecisionCase) -> RuleCriteria:
        """Return the peers and services that a rule matches in a case in which its own side matches."""
        own_ports = case.own_sides[rule].ports if rule in case.own_sides else None
        key = (rule, case.version, own_ports)
        if key not in self._criteria:
            is_ingress = rule.direction == "ingress"
            self._criteria[key] = rule_criteria(
                self._peer_matcher, rule, case.version, own_ports, peer_is_source=is_ingress
            )
        return self._criteria[key]

    @cached_property
    def matches_by_rule(self) -> Mapping[Rule, Mapping[DecisionCase, list[Match]]]:
        """Traffic that each rule is the first to match, by case; without the rules that never match first."""
        return _matches_by_rule(self.cases)

    @cached_property
    def matched_rules(self) -> frozenset[Rule]:
        """Rules that are the first to match some packet of an endpoint or its reply.

        Forwarded packets of the node of a host endpoint and neighbor discovery count as well.
        """
        if not self._reachability.policy_set.host_nodes:
            return frozenset(self.matches_by_rule)
        decisions = (decision for direction in DIRECTIONS for decision in self._reachability.decisions(direction))
        discovery = (match for _, each in self._discovery_matches for match in each.matches)
        matches = chain(discovery, (match for decision in decisions for match in decision.matches))
        return frozenset([*self.matches_by_rule, *(rule for match in matches for rule in match.rules)])

    @cached_property
    def _discovery_matches(self) -> list[tuple[Endpoint, DiscoveryMatches]]:
        """Decisions on neighbor discovery through all interfaces, each with the host endpoint of the interface."""
        nodes = self._reachability.policy_set.host_nodes.values()
        return [
            (host, matches)
            for node in nodes
            for interface in node.interfaces
            if (host := interface.effective_endpoint)
            for matches in self._reachability.discovery_matches(interface)
        ]

    @cached_property
    def discovery_cases(self) -> tuple[DecisionCase, ...]:
        """Cases of the messages of IPv6 neighbor discovery, also to and from addresses that no endpoint has."""
        resolve = self._reachability.policy_resolver.resolve
        cases: dict[object, DecisionCase] = {}
        for host, (message, own, _) in self._discovery_matches:
            effective = resolve(host).effective_policies
            own_class = replace(own, effective_policies=effective)
            decision = self._reachability.own_decision(own_class, message.direction)
            key = (decision, message.type, message.peers)
            if key not in cases:
                parts = (_common_part(match, message.peers, message.services) for match in decision.matches)
                decision = make_decision(part for part in parts if part.peers and part.services)
                cases[key] = self._make_case(decision, effective, message.direction, own_class)
        return tuple(cases.values())

    @cached_property
    def by_owner(self) -> Mapping[tuple[Policy | Profile, Direction], list[DecisionCase]]:
        """Cases with a stage of each policy and profile, by direction."""
        return _by_owner(self.cases)

    @property
    def all_cases(self) -> tuple[DecisionCase, ...]:
        """Cases of all packets of endpoints, then those of neighbor discovery."""
        return (*self.cases, *self.discovery_cases)

    @cached_property
    def all_matches_by_rule(self) -> Mapping[Rule, Mapping[DecisionCase, list[Match]]]:
        """`matches_by_rule` of all cases."""
        return _matches_by_rule(self.all_cases) if self.discovery_cases else self.matches_by_rule

    @cached_property
    def all_by_owner(self) -> Mapping[tuple[Policy | Profile, Direction], list[DecisionCase]]:
        """`by_owner` of all cases."""
        return _by_owner(self.all_cases) if self.discovery_cases else self.by_owner


def _matches_by_rule(cases: Iterable[DecisionCase]) -> dict[Rule, dict[DecisionCase, list[Match]]]:
    result: dict[Rule, dict[DecisionCase, list[Match]]] = {}
    for case in cases:
        for match in case.decision.matches:
            if isinstance(match.matched_by, Rule):
                result.setdefault(match.matched_by, {}).setdefault(case, []).append(match)
    return result


def _by_owner(cases: Iterable[DecisionCase]) -> dict[tuple[Policy | Profile, Direction], list[DecisionCase]]:
    result: dict[tuple[Policy | Profile, Direction], list[DecisionCase]] = {}
    for case in cases:
        for owner in dict.fromkeys(owner for stage in case.stages for owner in stage.owners):
            result.setdefault((owner, case.direction), []).append(case)
    return result


def _common_part(match: Match, peers: int, services: ServiceSet) -> Match:
    return match._replace(peers=match.peers & peers, services=match.services & services)


def service_blocks(matches: Iterable[Match]) -> ServiceBlocks:
    """Return the services and peers of matches."""
    blocks: ServiceBlocks = {}
    for match in matches:
        blocks[match.services] = blocks.get(match.services, 0) | match.peers
    return blocks
