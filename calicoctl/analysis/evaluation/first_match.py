"""First-match evaluation: the traffic that each rule decides, for address classes to which the same policies apply.

Each rule splits the undecided traffic into blocks: a set of services, and the peers for which it is undecided.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

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
from calicoctl.analysis.model.policy_set import Direction, PolicySet, Rule, RuleAction
from calicoctl.analysis.sets.bitsets import add_bits
from calicoctl.analysis.sets.services import ALL_SERVICES, NO_SERVICES, ServiceSet

ServiceBlocks = dict[ServiceSet, int]
"""Sets of services, each with a set of address classes. Blocks with a common address class have disjoint services."""


class Match(NamedTuple):
    """Traffic that reaches a rule or a default decision, and matches it."""

    matched_by: Rule | DefaultDecision
    action: RuleAction
    peers: int
    """Set of the address classes of the peers."""
    services: ServiceSet

    @property
    def is_final(self) -> bool:
        """Whether it decides; `log` and `pass` do not."""
        return self.action in {"allow", "deny"}


@dataclass(frozen=True, eq=False)
class ClassDecision:
    """Decision on the traffic of address classes in one direction; one instance for all with the same matches."""

    matches: tuple[Match, ...]
    """Matches in the order of the rules. The final ones contain each service with each peer once."""
    allowed: Mapping[int, ServiceSet]
    """Allowed services by set of peers; the sets are disjoint."""


@dataclass(frozen=True, eq=False)
class _Pipeline:
    """Stages of one direction for endpoints to which the same policies apply."""

    stages: tuple[Stage, ...]
    address_dependent: tuple[Rule, ...]
    """Rules with criteria for the address of the endpoint itself."""


class MatchContext(Protocol):
    """Address classes under a policy set, such as an `AddressSpace`."""

    @property
    def policy_set(self) -> PolicySet:
        """Policies and profiles."""

    @property
    def peer_matcher(self) -> PeerMatcher:
        """Matcher of the address classes."""


class FirstMatchEvaluator:
    """Evaluator of address classes; those with the same policies and matching rules share one decision."""

    def __init__(self, match_context: MatchContext) -> None:
        self._profiles = match_context.policy_set.profiles
        self._peer_matcher = match_context.peer_matcher
        self._pipelines: dict[tuple[EffectivePolicies, Direction], _Pipeline] = {}
        self._decisions: dict[object, ClassDecision] = {}
        self._external_decisions = {
            version: _make_decision([Match(DefaultDecision.OUTSIDE, "allow", peers, ALL_SERVICES)])
            for version, peers in self._peer_matcher.classes_of_version.items()
        }

    def decide(self, address_class: AddressClass, direction: Direction) -> ClassDecision:
        """Return the decision on traffic to an address class (ingress) or from it (egress)."""
        version = address_class.version
        if address_class.effective_policies is None:
            return self._external_decisions[version]
        pipeline = self._pipeline(address_class.effective_policies, direction)
        skipped_rules = frozenset(
            rule
            for rule in pipeline.address_dependent
            if not self._peer_matcher.match(rule.side(peer=False), version) >> address_class.index & 1
        )
        key = (pipeline, version, skipped_rules)
        if key not in self._decisions:
            self._decisions[key] = _make_decision(self._evaluate(pipeline, version, skipped_rules))
        return self._decisions[key]

    def _pipeline(self, effective_policies: EffectivePolicies, direction: Direction) -> _Pipeline:
        key = (effective_policies, direction)
        if key not in self._pipelines:
            stages = resolve_stages(effective_policies, self._profiles, direction)
            rules = (rule for stage in stages for rule in stage.rules if not rule.side(peer=False).any_address)
            self._pipelines[key] = _Pipeline(stages, tuple(rules))
        return self._pipelines[key]

    def _evaluate(self, pipeline: _Pipeline, version: int, skipped_rules: frozenset[Rule]) -> Iterator[Match]:
        def criteria(rule: Rule) -> tuple[int, ServiceSet]:
            return self._peer_matcher.match(rule.side(peer=True), version), rule_services(rule, version)

        undecided: ServiceBlocks = {ALL_SERVICES: self._peer_matcher.classes_of_version[version]}
        for stage in pipeline.stages:
            rules = (rule for rule in stage.rules if rule not in skipped_rules)
            undecided = yield from run_stage(stage, rules, undecided, criteria, denies=stage.denies)
        yield from make_matches(final_default(pipeline.stages), "deny", undecided)


def run_stage(
    stage: Stage,
    rules: Iterable[Rule],
    undecided: ServiceBlocks,
    criteria: Callable[[Rule], tuple[int, ServiceSet]],
    *,
    denies: bool,
) -> Generator[Match, None, ServiceBlocks]:
    """Evaluate a stage: yield the matches of its rules and of its default decision.

    Args:
        stage: the stage.
        rules: those of its rules to try.
        undecided: the traffic that reaches the stage.
        criteria: returns the peers and services that a rule matches.
        denies: whether the stage denies undecided traffic.

    Returns the traffic that reaches the next stage.
    """
    if stage.missing_profile:
        yield from make_matches(DefaultDecision.MISSING, "deny", undecided)
        return {}
    passed: ServiceBlocks = {}
    for rule in rules:
        if not undecided:
            break
        matched, rest = split_blocks(undecided, *criteria(rule))
        yield from make_matches(rule, rule.action, matched)
        if rule.action != "log":
            undecided = rest
        if rule.action == "pass":
            passed = merge_blocks(passed, matched)
    if denies:
        yield from make_matches(DefaultDecision.POLICIES, "deny", undecided)
        return passed
    return merge_blocks(undecided, passed)


def split_blocks(blocks: ServiceBlocks, peers: int, services: ServiceSet) -> tuple[ServiceBlocks, ServiceBlocks]:
    """Split blocks into the traffic with some peers and services, and the rest."""
    if not services:
        return {}, blocks
    matched: ServiceBlocks = {}
    rest: ServiceBlocks = {}
    for block_services, block_peers in blocks.items():
        affected = block_peers & peers
        common = block_services & services if affected else NO_SERVICES
        if not common:
            add_bits(rest, block_services, block_peers)
            continue
        add_bits(matched, common, affected)
        if block_peers != affected:
            add_bits(rest, block_services, block_peers & ~affected)
        if left := block_services - services:
            add_bits(rest, left, affected)
    return matched, rest


def merge_blocks(left: ServiceBlocks, right: ServiceBlocks) -> ServiceBlocks:
    """Return the blocks of both."""
    result = dict(left)
    for services, peers in right.items():
        add_bits(result, services, peers)
    return result


def make_matches(matched_by: Rule | DefaultDecision, action: RuleAction, blocks: ServiceBlocks) -> Iterator[Match]:
    """Return a match for each block."""
    return (Match(matched_by, action, peers, services) for services, peers in blocks.items())


def _make_decision(matches: Iterable[Match]) -> ClassDecision:
    matches = tuple(matches)
    allowed: dict[int, ServiceSet] = {}
    for match in matches:
        if match.action == "allow":
            allowed = _add_allowed(allowed, match.peers, match.services)
    peers_by_services: ServiceBlocks = {}
    for peers, services in allowed.items():
        add_bits(peers_by_services, services, peers)
    return ClassDecision(matches, {peers: services for services, peers in peers_by_services.items()})


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
