"""What each rule decides: for groups that are governed alike, which services with which peers it is the first to match.

Every rule splits what is undecided into cells: a set of services, and the peers that it is undecided for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.evaluation.peer_matcher import PeerMatcher
from calicoctl.analysis.evaluation.rule_services import rule_services
from calicoctl.analysis.evaluation.stages import (
    DefaultDecision,
    EffectivePolicies,
    Stage,
    final_default,
    resolve_stages,
)
from calicoctl.analysis.model.policy_set import Direction, PolicySet, Rule
from calicoctl.analysis.sets.services import ALL_SERVICES, NO_SERVICES, ServiceSet

ServiceBlocks = dict[ServiceSet, int]
"""Services, and the groups that each set is meant for; no two sets for one group overlap."""


class Match(NamedTuple):
    """What comes to a rule, or to an end, and is matched there."""

    matched_by: Rule | DefaultDecision
    action: Literal["allow", "deny", "log", "pass"]
    peers: int
    """The groups at the other end."""
    services: ServiceSet

    @property
    def is_final(self) -> bool:
        """Whether it decides; `log` and `pass` do not."""
        return self.action in {"allow", "deny"}


@dataclass(frozen=True, eq=False)
class ClassDecision:
    """What is decided on one direction of groups, which are all that is governed and matched alike."""

    matches: tuple[Match, ...]
    """In the order in which the rules are tried; the final ones cover every service with every peer once."""
    allowed: Mapping[int, ServiceSet]
    """Peers, and the services that are allowed with each of them; every peer stands in one set at most."""


@dataclass(frozen=True, eq=False)
class _Pipeline:
    """What a packet goes through in one direction of endpoints that are governed alike."""

    stages: tuple[Stage, ...]
    address_dependent: tuple[Rule, ...]
    """The rules that ask for the address of the endpoint itself."""
    unrestricted: bool
    """Whether nobody is asked."""


class MatchContext(Protocol):
    """Groups under a policy set, such as a `Universe`."""

    @property
    def policy_set(self) -> PolicySet:
        """Who decides."""

    @property
    def peer_matcher(self) -> PeerMatcher:
        """Which groups a side of a rule matches."""


class FirstMatchEvaluator:
    """Outcomes of the groups of a universe; what is governed and matched alike shares one."""

    def __init__(self, match_context: MatchContext) -> None:
        self._profiles = match_context.policy_set.profiles
        self._peer_matcher = match_context.peer_matcher
        self._pipelines: dict[tuple[EffectivePolicies | None, Direction], _Pipeline] = {}
        self._decisions: dict[object, ClassDecision] = {}

    def decide(self, address_class: AddressClass, direction: Direction) -> ClassDecision:
        """What is decided on traffic to a group (ingress) or from it (egress)."""
        pipeline = self._pipeline(address_class.effective_policies, direction)
        skipped_rules = frozenset(
            rule for rule in pipeline.address_dependent if not self._matches_own_side(rule, address_class)
        )
        key = (pipeline, address_class.version, skipped_rules)
        if key not in self._decisions:
            self._decisions[key] = (
                self._allow_all(address_class.version)
                if pipeline.unrestricted
                else self._evaluate(pipeline, address_class.version, skipped_rules)
            )
        return self._decisions[key]

    def _pipeline(self, effective_policies: EffectivePolicies | None, direction: Direction) -> _Pipeline:
        key = (effective_policies, direction)
        if key not in self._pipelines:
            resolved = resolve_stages(effective_policies, self._profiles, direction) if effective_policies else ()
            address_dependent = (
                rule for stage in resolved for rule in stage.rules if not rule.side(peer=False).any_address
            )
            self._pipelines[key] = _Pipeline(resolved, tuple(address_dependent), effective_policies is None)
        return self._pipelines[key]

    def _matches_own_side(self, rule: Rule, address_class: AddressClass) -> bool:
        """Whether a group's own addresses are those that a rule asks for on its own side."""
        return bool(self._peer_matcher.match(rule.side(peer=False), address_class.version) >> address_class.index & 1)

    def _allow_all(self, version: int) -> ClassDecision:
        return _make_decision(
            [Match(DefaultDecision.OUTSIDE, "allow", self._peer_matcher.classes_of_version[version], ALL_SERVICES)]
        )

    def _evaluate(self, pipeline: _Pipeline, version: int, skipped_rules: frozenset[Rule]) -> ClassDecision:
        matches: list[Match] = []
        undecided: ServiceBlocks = {ALL_SERVICES: self._peer_matcher.classes_of_version[version]}
        for stage in pipeline.stages:
            if not undecided:
                break
            undecided = self._run_stage(stage, version, skipped_rules, undecided, matches)
        matches += _matches(final_default(pipeline.stages), "deny", undecided)
        return _make_decision(matches)

    def _run_stage(
        self, stage: Stage, version: int, skipped_rules: frozenset[Rule], undecided: ServiceBlocks, matches: list[Match]
    ) -> ServiceBlocks:
        """Try the rules of a stage; gives what goes on to the next one."""
        if stage.missing_profile:
            matches += _matches(DefaultDecision.MISSING, "deny", undecided)
            return {}
        passed: ServiceBlocks = {}
        for rule in stage.rules:
            if rule in skipped_rules:
                continue
            peers = self._peer_matcher.match(rule.side(peer=True), version)
            matched, rest = split_blocks(undecided, peers, rule_services(rule, version))
            matches += _matches(rule, rule.action, matched)
            if rule.action == "log":
                continue
            undecided = rest
            if rule.action == "pass":
                passed = merge_blocks(passed, matched)
        if stage.denies:
            matches += _matches(DefaultDecision.POLICIES, "deny", undecided)
            return passed
        return merge_blocks(undecided, passed)


def split_blocks(blocks: ServiceBlocks, peers: int, services: ServiceSet) -> tuple[ServiceBlocks, ServiceBlocks]:
    """What of the cells these services with these peers are, and what is left."""
    if not services:
        return {}, blocks
    matched: ServiceBlocks = {}
    rest: ServiceBlocks = {}
    for block_services, block_peers in blocks.items():
        affected = block_peers & peers
        common = block_services & services if affected else NO_SERVICES
        if not common:
            rest[block_services] = rest.get(block_services, 0) | block_peers
            continue
        matched[common] = matched.get(common, 0) | affected
        if block_peers != affected:
            rest[block_services] = rest.get(block_services, 0) | block_peers & ~affected
        if left := block_services - services:
            rest[left] = rest.get(left, 0) | affected
    return matched, rest


def merge_blocks(left: ServiceBlocks, right: ServiceBlocks) -> ServiceBlocks:
    """The cells of both."""
    result = dict(left)
    for services, peers in right.items():
        result[services] = result.get(services, 0) | peers
    return result


def _matches(
    matched_by: Rule | DefaultDecision, action: Literal["allow", "deny", "log", "pass"], blocks: ServiceBlocks
) -> Iterable[Match]:
    return [Match(matched_by, action, classes, services) for services, classes in blocks.items()]


def _make_decision(matches: Iterable[Match]) -> ClassDecision:
    """Put together what is allowed with each peer, however many rules allow a part of it."""
    matches = tuple(matches)
    allowed: dict[int, ServiceSet] = {}
    for match in matches:
        if match.action == "allow":
            allowed = _add_allowed(allowed, match.peers, match.services)
    by_services: ServiceBlocks = {}
    for peers, services in allowed.items():
        by_services[services] = by_services.get(services, 0) | peers
    return ClassDecision(matches, {peers: services for services, peers in by_services.items()})


def _add_allowed(allowed: dict[int, ServiceSet], peers: int, services: ServiceSet) -> dict[int, ServiceSet]:
    """The services of disjoint sets of peers with more services for some of them."""
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
