"""Policies and profiles that apply to one endpoint, with the rules that match some of its traffic."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.evaluation.match_blocks import Match
from calicoctl.analysis.evaluation.reachability import Reachability
from calicoctl.analysis.evaluation.stages import DefaultDecision, EffectivePolicies, Stage, StageKind, resolve_stages
from calicoctl.analysis.model.policy_set import Direction, Endpoint, Policy, PolicySet, Profile, Rule
from calicoctl.analysis.model.source import PACKET_DIRECTIONS
from calicoctl.analysis.peers.peer import ALL_ADDRESSES, Peer
from calicoctl.analysis.peers.peer_parts import PeerParts, common_version, merge_versions
from calicoctl.analysis.sets.addresses import ADDRESS_COUNTS
from calicoctl.analysis.sets.bitsets import bit_indexes
from calicoctl.analysis.sets.services import ServiceSet
from calicoctl.analysis.sets.set_index import union_by_key


class MatchedTraffic(NamedTuple):
    """Traffic that reaches a rule and matches it."""

    services: ServiceSet
    only_version: int | None
    """IP version of the traffic if both ends also have addresses of the other version; else None."""
    peers: tuple[str, ...]
    """Names of the peers: endpoints, and `outside` with its networks."""


class EffectiveRule(NamedTuple):
    """Rule that matches some traffic of the endpoint."""

    rule: Rule
    traffic: tuple[MatchedTraffic, ...]


class AppliedPolicy(NamedTuple):
    """Policy or profile that applies to the endpoint."""

    kind: StageKind
    name: str
    owner: Policy | Profile | None
    """None for a profile that does not exist."""
    rules: tuple[EffectiveRule, ...]
    removed_count: int
    """Number of rules that match no traffic: earlier rules decide it, or it does not exist."""


class AppliedDirection(NamedTuple):
    """Policies and profiles of one direction, in the order of the agent."""

    direction: Direction
    policies: tuple[AppliedPolicy, ...]
    defaults: tuple[tuple[DefaultDecision, tuple[MatchedTraffic, ...]], ...]
    """Defaults that deny some of the traffic."""


def endpoint_rules(policy_set: PolicySet, endpoint: Endpoint) -> tuple[AppliedDirection, ...]:
    """Return the policies and profiles that apply to an endpoint, egress first.

    Args:
        policy_set: the policies, profiles and all endpoints.
        endpoint: the endpoint; it may be a placeholder that is not in the policy set.
    """
    builder = _Builder(policy_set, endpoint)
    return tuple(map(builder.applied_direction, PACKET_DIRECTIONS))


def decisions_elsewhere(
    policy_set: PolicySet, endpoint: Endpoint, directions: Iterable[AppliedDirection]
) -> Iterator[str]:
    """Yield notes on decisions about traffic of the endpoint that its own policies and profiles do not show.

    Args:
        policy_set: the policies, profiles and all endpoints.
        endpoint: the endpoint.
        directions: what applies to it, from `endpoint_rules`.
    """
    if not endpoint.host and endpoint.node in policy_set.host_nodes:
        yield f"host endpoints of node {endpoint.node} also decide on traffic of {endpoint.name} (use --from and --to)"
    if any(policy.kind == "untracked" for applied in directions for policy in applied.policies):
        yield f"replies of untracked traffic of {endpoint.name} are not shown (use --from and --to)"


class _Builder:
    def __init__(self, policy_set: PolicySet, endpoint: Endpoint) -> None:
        self._policy_set = policy_set
        endpoints = tuple(dict.fromkeys((*policy_set.endpoints, endpoint)))
        self._reachability = Reachability(policy_set, endpoints)
        others = tuple(each for each in endpoints if each is not endpoint or endpoint.origin is None)
        everything = Peer("all peers", others, ALL_ADDRESSES)  # a placeholder is of several endpoints
        self._peers = PeerParts(everything, self._reachability.classes)
        self._classes = [
            each for each in self._reachability.classes if any(own.endpoint is endpoint for own in each.members)
        ]
        self._own_part = PeerParts(Peer("endpoint", (endpoint,)), self._classes).part(self._classes)
        policies = self._reachability.policy_resolver.resolve(endpoint).effective_policies.policies
        self._effective = EffectivePolicies(policies, endpoint.profiles, endpoint.host)

    def applied_direction(self, direction: Direction) -> AppliedDirection:
        matches = self._matches(direction)
        traffic = {
            decider: parts
            for decider, by_services in _by_decider(matches).items()
            if (parts := tuple(self._matched_traffic(by_services)))
        }
        stages = resolve_stages(self._effective, self._policy_set.profiles, direction)
        defaults = tuple((each, own) for each, own in traffic.items() if isinstance(each, DefaultDecision))
        policies = tuple(policy for stage in stages for policy in _applied_policies(stage, traffic))
        return AppliedDirection(direction, policies, defaults)

    def _matches(self, direction: Direction) -> Iterator[Match]:
        """Yield the matches of all addresses of the endpoint."""
        for address_class in self._classes:
            yield from self._reachability.own_decision(address_class, direction).matches

    def _matched_traffic(self, by_services: Mapping[ServiceSet, int]) -> Iterator[MatchedTraffic]:
        """Yield the traffic with other endpoints and non-endpoints, with the names of these."""
        for services, peers in by_services.items():
            classes = [self._reachability.classes[index] for index in bit_indexes(peers)]
            for (part_classes,) in merge_versions((self._peers,), self._traffic_by_version(classes)):
                part = self._peers.part(part_classes)
                yield MatchedTraffic(services, common_version(part_classes, part, self._own_part), part.names)

    def _traffic_by_version(self, classes: Sequence[AddressClass]) -> Iterator[tuple[list[AddressClass]]]:
        """Yield the classes of each IP version that contain other endpoints or non-endpoints."""
        for version in ADDRESS_COUNTS:
            if own := [each for each in classes if each.version == version and self._peers.part((each,)).names]:
                yield (own,)


def _by_decider(matches: Iterable[Match]) -> dict[Rule | DefaultDecision, dict[ServiceSet, int]]:
    """Return the services of each rule and default, each with the bitset of its peers."""
    by_decider: dict[Rule | DefaultDecision, list[tuple[ServiceSet, int]]] = {}
    for match in matches:
        by_decider.setdefault(match.matched_by, []).append((match.services, match.peers))
    return {decider: union_by_key(traffic) for decider, traffic in by_decider.items()}


def _applied_policies(
    stage: Stage, traffic: Mapping[Rule | DefaultDecision, tuple[MatchedTraffic, ...]]
) -> Iterator[AppliedPolicy]:
    if stage.missing_profile:
        yield AppliedPolicy(stage.kind, f"profile/{stage.missing_profile}", None, (), 0)
    for owner in stage.owners:
        rules = owner.rules(stage.direction)
        effective = tuple(EffectiveRule(rule, traffic[rule]) for rule in rules if rule in traffic)
        yield AppliedPolicy(stage.kind, str(owner.identifier), owner, effective, len(rules) - len(effective))
