"""First-match evaluation: the traffic that each rule decides, for address classes to which the same policies apply."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from calicoctl.analysis.evaluation.address_class import AddressClass, HostPlace
from calicoctl.analysis.evaluation.host_match import HostMatcher
from calicoctl.analysis.evaluation.match_blocks import Match, ServiceBlocks, make_matches, run_stage
from calicoctl.analysis.evaluation.neighbor_discovery import DeniedDiscovery, DiscoveryMatches
from calicoctl.analysis.evaluation.peer_matcher import PeerMatcher
from calicoctl.analysis.evaluation.policy_resolver import PolicyResolver
from calicoctl.analysis.evaluation.rule_criteria import OwnSide, RuleCriteria, match_own_side, rule_criteria
from calicoctl.analysis.evaluation.stages import (
    DefaultDecision,
    EffectivePolicies,
    Stage,
    final_default,
    resolve_stages,
)
from calicoctl.analysis.model.host_interface import HostInterface
from calicoctl.analysis.model.policy_set import DIRECTIONS, Direction, PolicySet, Rule
from calicoctl.analysis.sets.bitsets import add_bits
from calicoctl.analysis.sets.services import ALL_SERVICES, NO_SERVICES, ServiceSet


@dataclass(frozen=True, eq=False)
class ClassDecision:
    """Decision on the traffic of address classes in one direction; one instance for all with the same matches."""

    matches: tuple[Match, ...]
    """Matches in the order of the rules. The final ones contain each service with each peer once."""
    allowed: Mapping[int, ServiceSet]
    """Allowed services by set of peers; the sets are disjoint. It contains traffic that some interfaces allow."""
    always_allowed: Mapping[int, ServiceSet]
    """Services that all interfaces allow; the same mapping as `allowed` if none depends on the interface."""

    @property
    def depends_on_interface(self) -> bool:
        """Whether only some interfaces allow some of the traffic."""
        return self.allowed is not self.always_allowed

    @property
    def final_matches(self) -> tuple[Match, ...]:
        """Matches that decide."""
        return tuple(match for match in self.matches if match.is_final)

    def allowed_with(self, peer: AddressClass, *, always: bool = False) -> ServiceSet:
        """Return the services allowed with a peer; if `always`, only those allowed by every interface."""
        return services_with(self.always_allowed if always else self.allowed, peer.index)


def services_with(allowed: Mapping[int, ServiceSet], peer: int) -> ServiceSet:
    """Return the services that are allowed with the class of an index."""
    return next((services for peers, services in allowed.items() if peers >> peer & 1), NO_SERVICES)


@dataclass(frozen=True, eq=False)
class _Pipeline:
    """Stages of one direction for endpoints to which the same policies apply."""

    stages: tuple[Stage, ...]
    address_dependent: tuple[Rule, ...]
    """Rules with criteria for the address of the endpoint itself, or with named ports of it."""


class MatchContext(Protocol):
    """Address classes under a policy set, such as an `AddressSpace`."""

    @property
    def classes(self) -> Sequence[AddressClass]:
        """Address classes by index."""

    @property
    def policy_set(self) -> PolicySet:
        """Policies and profiles."""

    @property
    def policy_resolver(self) -> PolicyResolver:
        """Resolver of the policies of all endpoints."""

    @property
    def peer_matcher(self) -> PeerMatcher:
        """Matcher of the address classes."""


class FirstMatchEvaluator:
    """Evaluator of address classes; those with the same policies and matching rules share one decision."""

    def __init__(self, match_context: MatchContext) -> None:
        self._profiles = match_context.policy_set.profiles
        self._peer_matcher = match_context.peer_matcher
        self._host_matcher = HostMatcher(
            match_context.policy_set, match_context.policy_resolver, match_context.classes, match_context.peer_matcher
        )
        self._pipelines: dict[tuple[EffectivePolicies, Direction], _Pipeline] = {}
        self._decisions: dict[object, ClassDecision] = {}
        self._external_decisions = {
            version: make_decision([Match(DefaultDecision.OUTSIDE, "allow", peers, ALL_SERVICES)])
            for version, peers in self._peer_matcher.classes_of_version.items()
        }

    def decide(self, address_class: AddressClass, direction: Direction) -> ClassDecision:
        """Return the decision on traffic to an address class (ingress) or from it (egress)."""
        if address_class.place:
            return self._decide_on_node(address_class, address_class.place, direction)
        return self.decide_own(address_class, direction)

    def decide_own(self, address_class: AddressClass, direction: Direction) -> ClassDecision:
        """Return the decision of the policies of an address class alone, regardless of its node and of replies."""
        version = address_class.version
        if address_class.effective_policies is None:
            return self._external_decisions[version]
        pipeline = self._pipeline(address_class.effective_policies, direction)
        own_sides = {
            rule: match_own_side(self._peer_matcher, rule.side(peer=False), version, address_class.index)
            for rule in pipeline.address_dependent
        }
        key = (pipeline, version, tuple(own_sides.values()))
        if key not in self._decisions:
            self._decisions[key] = make_decision(self._evaluate(pipeline, version, own_sides))
        return self._decisions[key]

    def _decide_on_node(self, address_class: AddressClass, place: HostPlace, direction: Direction) -> ClassDecision:
        """Return the decision on a class on a node with host endpoints, which evaluate replies as well."""
        own_rules: list[Rule] = []
        if address_class.effective_policies and not place.is_host:
            pipelines = (self._pipeline(address_class.effective_policies, each) for each in DIRECTIONS)
            own_rules = [rule for pipeline in pipelines for rule in pipeline.address_dependent]
        sides = [rule.side(peer=False) for rule in own_rules]
        for rule in self._host_matcher.chains_of(place.node).address_dependent_rules:
            sides += (rule.source, rule.destination)
        matching = tuple(
            match_own_side(self._peer_matcher, side, address_class.version, address_class.index) for side in sides
        )
        policies = None if place.is_host else address_class.effective_policies
        key = (place, policies, direction, address_class.version, matching)
        if key not in self._decisions:
            self._decisions[key] = make_decision(self._host_matcher.matches(address_class, place, direction))
        return self._decisions[key]

    def alternative_name(self, address_class: AddressClass, interface: HostInterface | None) -> str:
        """Return the name of an interface of the node of a class in the alternatives of its matches; empty if none."""
        place = address_class.place
        return self._host_matcher.alternative_name(address_class, place, interface) if place and interface else ""

    def denied_discovery(
        self, interface: HostInterface, own: AddressClass | None = None
    ) -> tuple[DeniedDiscovery, ...]:
        """Return the messages of IPv6 neighbor discovery that an interface denies; see `NeighborDiscovery.denied`."""
        return self._host_matcher.denied_discovery(interface, own)

    def discovery_matches(self, interface: HostInterface) -> Iterator[DiscoveryMatches]:
        """Yield the decisions on the messages of neighbor discovery; see `NeighborDiscovery.matches`."""
        return self._host_matcher.discovery_matches(interface)

    def _pipeline(self, effective_policies: EffectivePolicies, direction: Direction) -> _Pipeline:
        key = (effective_policies, direction)
        if key not in self._pipelines:
            stages = resolve_stages(effective_policies, self._profiles, direction)
            rules = (
                rule for stage in stages for rule in stage.rules if not rule.side(peer=False).is_address_independent
            )
            self._pipelines[key] = _Pipeline(stages, tuple(rules))
        return self._pipelines[key]

    def _evaluate(self, pipeline: _Pipeline, version: int, own_sides: Mapping[Rule, OwnSide]) -> Iterator[Match]:
        def criteria(rule: Rule) -> RuleCriteria:
            own_ports = own_sides[rule].ports if rule in own_sides else None
            is_ingress = rule.direction == "ingress"
            return rule_criteria(self._peer_matcher, rule, version, own_ports, peer_is_source=is_ingress)

        undecided: ServiceBlocks = {ALL_SERVICES: self._peer_matcher.classes_of_version[version]}
        for stage in pipeline.stages:
            rules = (rule for rule in stage.rules if rule not in own_sides or own_sides[rule].matches)
            undecided = yield from run_stage(stage, rules, undecided, criteria)
        yield from make_matches(final_default(pipeline.stages), "deny", undecided)


def make_decision(matches: Iterable[Match]) -> ClassDecision:
    """Return the decision of all matches."""
    matches = tuple(matches)
    allowing = [match for match in matches if match.action == "allow"]
    allowed = allowed_services(allowing)
    always = [match for match in allowing if not match.depends_on_interface]
    return ClassDecision(matches, allowed, allowed if len(always) == len(allowing) else allowed_services(always))


def allowed_services(matches: Iterable[Match]) -> dict[int, ServiceSet]:
    """Return the services of some matches by disjoint sets of peers."""
    allowed: dict[int, ServiceSet] = {}
    for match in matches:
        allowed = _add_allowed(allowed, match.peers, match.services)
    peers_by_services: ServiceBlocks = {}
    for peers, services in allowed.items():
        add_bits(peers_by_services, services, peers)
    return {peers: services for services, peers in peers_by_services.items()}


def _add_allowed(allowed: dict[int, ServiceSet], peers: int, services: ServiceSet) -> dict[int, ServiceSet]:
    """Return disjoint sets of peers, with more services for some peers."""
    result: dict[int, ServiceSet] = {}
    remaining = peers
    for other_peers, other_services in allowed.items():
        common = other_peers & peers
        if other_peers != common:
            result[other_peers & ~common] = other_services
        if common:
            result[common] = other_services | services
        remaining &= ~other_peers
    if remaining:
        result[remaining] = services
    return result
