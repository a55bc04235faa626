"""Decisions on groups of flows: all flows with the same address classes and services have the same decision."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from calicoctl.analysis.evaluation.first_match import ClassDecision, FirstMatchEvaluator, MatchContext
from calicoctl.analysis.evaluation.match_blocks import Match
from calicoctl.analysis.evaluation.reachability import Block
from calicoctl.analysis.flows.end_resolver import MAX_CACHED
from calicoctl.analysis.model.policy_set import Direction
from calicoctl.analysis.sets.services import NO_SERVICES, ServiceSet, union_all
from calicoctl.analysis.trace.decisions import DecisionBlock, decision_key

FlowVerdict = Literal["allowed", "denied", "depends on the interface", "mixed", "no policy applies"]
"""Decision on a flow.

It is mixed if the record is of several packets with different decisions, such as all pods with a prefix. No policy
applies to traffic between non-endpoints, and of an endpoint to itself.
"""

ClassPair = tuple[int, int]
"""Indexes of the classes of a source and of a destination, of the same IP version."""


@dataclass(frozen=True, eq=False)
class GroupDecision:
    """Decision on the flows of a group; one instance for all of them."""

    verdict: FlowVerdict
    blocks: tuple[DecisionBlock, ...] = field(default=())
    """Decisions with different rules, each on a part of the packets; allowed ones first."""


NO_POLICY = GroupDecision("no policy applies")


class GroupDecider:
    """Decider on groups of flows under one policy set.

    Args:
        match_context: all address classes and their policy set.
        evaluator: their evaluator, if it exists already.
    """

    def __init__(self, match_context: MatchContext, evaluator: FirstMatchEvaluator | None = None) -> None:
        self._classes = match_context.classes
        self._evaluator = evaluator or FirstMatchEvaluator(match_context)
        self._matches = lru_cache(maxsize=MAX_CACHED)(lambda *traffic: tuple(_final_matches(*traffic)))
        self._decisions: dict[object, GroupDecision] = {}

    def decide(self, pairs: Iterable[ClassPair], services: ServiceSet) -> GroupDecision:
        """Return the decision on the packets between some pairs of classes."""
        blocks = [block for pair in pairs for block in self.blocks(pair, services)]
        policed = [block for block in blocks if not block.is_outside]
        if not policed:
            return NO_POLICY
        by_rules: dict[object, list[DecisionBlock]] = {}
        for block in sorted(policed, key=lambda block: not block.allowed):
            by_rules.setdefault(decision_key(block), []).append(block)
        if len(by_rules) == 1:
            return self._intern(next(iter(by_rules)), policed[:1])
        merged = [
            own[0]._replace(block=own[0].block._replace(services=union_all(each.block.services for each in own)))
            for own in by_rules.values()
        ]
        return self._intern(
            tuple((rules, each.block.services) for rules, each in zip(by_rules, merged, strict=True)), merged
        )

    def _intern(self, key: object, blocks: Sequence[DecisionBlock]) -> GroupDecision:
        """Return the only decision with these rules, so that it is printed once."""
        decision = self._decisions.get(key)
        if decision is None:
            if len(self._decisions) >= MAX_CACHED:
                self._decisions.clear()
            verdicts = {block_verdict(block) for block in blocks}
            verdict: FlowVerdict = verdicts.pop() if len(verdicts) == 1 else "mixed"
            decision = self._decisions[key] = GroupDecision(verdict, tuple(blocks))
        return decision

    def allowed(self, pair: ClassPair, services: ServiceSet) -> ServiceSet:
        """Return the services allowed by any interface of the nodes."""
        return union_all(block.block.services for block in self.blocks(pair, services) if block.allowed)

    def blocks(self, pair: ClassPair, services: ServiceSet) -> Iterator[DecisionBlock]:
        """Yield the decisions on the packets between two classes; each packet is in one block."""
        source, destination = pair
        for egress in self._directed(source, "egress", destination, services):
            block = Block(1 << source, 1 << destination, egress.services)
            if egress.action != "allow":
                yield DecisionBlock(egress, None, block)
                continue
            for ingress in self._directed(destination, "ingress", source, services):
                if common := egress.services & ingress.services:
                    yield DecisionBlock(egress, ingress, block._replace(services=common))

    def _directed(self, own: int, direction: Direction, peer: int, services: ServiceSet) -> tuple[Match, ...]:
        """Return the final matches of some services in one direction of a class."""
        decision = self._evaluator.decide(self._classes[own], direction)
        return self._matches(decision, peer, services)


def _final_matches(decision: ClassDecision, peer: int, services: ServiceSet) -> Iterator[Match]:
    """Yield the final matches with a peer and some services; they are disjoint."""
    bit = 1 << peer
    for match in decision.matches:
        if match.is_final and match.peers & bit and (common := match.services & services):
            yield match._replace(services=common)
            services -= common
            if services is NO_SERVICES:
                return


def block_verdict(block: DecisionBlock) -> FlowVerdict:
    """Return the decision on a block."""
    if not block.allowed:
        return "denied"
    return "depends on the interface" if block.depends_on_interface else "allowed"
