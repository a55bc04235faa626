"""Matches of rules as blocks of traffic: each rule splits the undecided traffic.

A block is a set of services, and the peers for which it is undecided.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from typing import NamedTuple

from calicoctl.analysis.evaluation.stages import DefaultDecision, Stage
from calicoctl.analysis.model.policy_set import Rule, RuleAction
from calicoctl.analysis.sets.bitsets import add_bits
from calicoctl.analysis.sets.services import NO_SERVICES, ServiceSet

ServiceBlocks = dict[ServiceSet, int]
"""Sets of services, each with a set of address classes. Blocks with a common address class have disjoint services."""


class Alternative(NamedTuple):
    """Decision on traffic that uses an interface of the node."""

    interface: str
    match: Match


class Match(NamedTuple):
    """Traffic that reaches a rule or a default decision, and matches it."""

    matched_by: Rule | DefaultDecision
    action: RuleAction
    peers: int
    """Set of the address classes of the peers."""
    services: ServiceSet
    passed_rules: tuple[Rule, ...] = ()
    """Rules of host endpoints that allow the packet or its reply in addition."""
    alternatives: tuple[Alternative, ...] = ()
    """Decisions by interface, if they depend on the interface of the node; this one is the first that allows."""

    @property
    def depends_on_interface(self) -> bool:
        """Whether only some interfaces allow the traffic."""
        return len({match.action for _, match in self.alternatives}) > 1

    def through(self, interface: str) -> Match:
        """Return the decision on the traffic through an interface, by its name in the alternatives."""
        return next((match for name, match in self.alternatives if name == interface), self)

    @property
    def rules(self) -> Iterator[Rule]:
        """Rules that match the traffic: the deciding one, earlier ones that allow it, and all of the alternatives."""
        if isinstance(self.matched_by, Rule):
            yield self.matched_by
        yield from self.passed_rules
        for _, match in self.alternatives:
            yield from match.rules

    @property
    def is_final(self) -> bool:
        """Whether it decides; `log` and `pass` do not."""
        return self.action in {"allow", "deny"}


def run_stage(
    stage: Stage,
    rules: Iterable[Rule],
    undecided: ServiceBlocks,
    criteria: Callable[[Rule], Iterable[tuple[int, ServiceSet]]],
) -> Generator[Match, None, ServiceBlocks]:
    """Evaluate a stage: yield the matches of its rules and of its default decision.

    Args:
        stage: the stage.
        rules: those of its rules to try.
        undecided: the traffic that reaches the stage.
        criteria: returns the peers and services that a rule matches, see `RuleCriteria`.

    Returns the traffic that reaches the next stage.
    """
    if stage.missing_profile:
        yield from make_matches(DefaultDecision.MISSING, "deny", undecided)
        return {}
    passed: ServiceBlocks = {}
    for rule in rules:
        if not undecided:
            break
        matched, rest = split_by_criteria(undecided, criteria(rule))
        yield from make_matches(rule, rule.action, matched)
        if rule.action != "log":
            undecided = rest
        if rule.action == "pass":
            passed = merge_blocks(passed, matched)
    if stage.denies:
        yield from make_matches(stage.default, "deny", undecided)
        return passed
    return merge_blocks(undecided, passed)


def collect_matches(matches: Generator[Match, None, ServiceBlocks]) -> tuple[list[Match], ServiceBlocks]:
    """Return all matches of a stage, and the traffic that reaches the next stage."""
    result = []
    while True:
        try:
            result.append(next(matches))
        except StopIteration as stop:
            return result, stop.value


def split_by_criteria(
    blocks: ServiceBlocks, criteria: Iterable[tuple[int, ServiceSet]]
) -> tuple[ServiceBlocks, ServiceBlocks]:
    """Split blocks into the traffic with some of the peers and their services, and the rest."""
    matched: ServiceBlocks = {}
    for peers, services in criteria:
        part, blocks = split_blocks(blocks, peers, services)
        matched = merge_blocks(matched, part) if matched else part
    return matched, blocks


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
