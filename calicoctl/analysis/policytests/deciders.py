"""Whether it is a certain policy or profile that decides, be it by a rule or because none of its rules matches."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.analysis.bitsets import bit_indexes, bitset
from calicoctl.analysis.deciding import Decider, DecisionBlock
from calicoctl.analysis.firstmatch import Match
from calicoctl.analysis.model import Direction, Rule
from calicoctl.analysis.relation import Block
from calicoctl.analysis.stages import DefaultDecision, EffectivePolicies


def blocks_decided_by_others(decider: Decider, name: str, decision: DecisionBlock) -> Iterator[DecisionBlock]:
    """The part of a block on which the policy or profile of this name, such as `policy/db`, decides at neither end."""
    parts = [decision]
    if decision.ingress is None:  # what is denied on its way out may be denied on arrival as well
        parts = [decision._replace(ingress=match, block=block) for match, block in decider.at_ingress(decision.block)]
    for part in parts:
        block: Block | None = part.block
        for hit, direction in _directed_matches(part):
            if block and (hit.action == "allow") == decision.allowed:
                block = _without_decider(decider, name, hit, block, direction)
        if block:
            yield part._replace(block=block)


def _directed_matches(decision: DecisionBlock) -> Iterator[tuple[Match, Direction]]:
    yield decision.egress, "egress"
    if decision.ingress:
        yield decision.ingress, "ingress"


def _without_decider(decider: Decider, name: str, match: Match, block: Block, direction: Direction) -> Block | None:
    """The part of a block on which something else decides, at one end."""
    if isinstance(match.matched_by, Rule):
        return None if name == str(match.matched_by.owner) else block
    classes = decider.reachability.classes
    deciding_classes = block.sources if direction == "egress" else block.destinations
    remaining = bitset(
        index
        for index in bit_indexes(deciding_classes)
        if name not in _default_deciders(decider, classes[index].effective_policies, match.matched_by, direction)
    )
    if not remaining:
        return None
    return block._replace(sources=remaining) if direction == "egress" else block._replace(destinations=remaining)


def _default_deciders(
    decider: Decider, effective_policies: EffectivePolicies | None, end: DefaultDecision, direction: Direction
) -> set[str]:
    """The policies or profiles of which no rule matches, where that is what decides."""
    if effective_policies is None:
        return set()
    if end is DefaultDecision.POLICIES:
        applicable = (policy for policy in effective_policies.policies if not (policy.untracked or policy.pre_dnat))
        return {str(policy.identifier) for policy in applicable if direction in policy.types}
    profiles = decider.policy_set.profiles
    return {
        str(profiles[profile].identifier) if profile in profiles else f"profile/{profile}"
        for profile in effective_policies.profiles
    }
