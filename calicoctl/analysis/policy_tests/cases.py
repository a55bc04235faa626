"""Cases of policy tests: what is expected of all traffic between two parties, and whether it is so.

Every case is decided for all packets there are, and none is sampled. The smallest packet that is not as expected is the
counterexample.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from calicoctl.analysis.evaluation.first_match import Match
from calicoctl.analysis.evaluation.reachability import Block
from calicoctl.analysis.evaluation.stages import DefaultDecision, EffectivePolicies
from calicoctl.analysis.model.policy_set import Direction, PolicySet, Rule
from calicoctl.analysis.peers.peer import Peer
from calicoctl.analysis.sets.bitsets import bit_indexes, bitset, lowest_bit
from calicoctl.analysis.sets.services import PAIR_PROTOCOLS, Service, ServiceSet, services_of_protocol, union_all
from calicoctl.analysis.trace.decisions import Decider, DecisionBlock
from calicoctl.analysis.trace.traffic import ExampleBuilder, TraceCase
from calicoctl.kinds.values.protocols import ICMP, ICMPV6

FOREIGN_ICMP: Mapping[int, ServiceSet] = {4: services_of_protocol(ICMPV6), 6: services_of_protocol(ICMP)}
"""The ICMP of the other IP version: that it is not allowed disappoints nobody."""


MismatchKind = Literal["closed", "open", "decider"]
"""What is wrong: denied against expectation, allowed against it, or decided by something else."""


@dataclass(frozen=True)
class Expectation:
    """What is expected of the traffic between two parties.

    Of the services that are asked about, the wanted ones have to be allowed from everybody to everybody, and all
    others denied.
    """

    source: Peer
    destination: Peer
    services: ServiceSet
    allowed: ServiceSet
    ip_version: int | None = None
    """The IP version that is asked about; None means both."""
    decider: str = ""
    """The policy or profile that has to decide, as `policy/NAME`; empty when that does not matter."""


@dataclass(frozen=True)
class ExpectationMismatch:
    """Packets that are not as expected."""

    kind: MismatchKind
    services: ServiceSet
    """All services with which that happens."""
    counterexample: TraceCase
    """Some of these packets, with an example and how that comes about."""


@dataclass(frozen=True)
class ExpectationResult:
    """What became of an expectation."""

    vacuous: bool
    """Whether there is no packet that it is about."""
    mismatches: tuple[ExpectationMismatch, ...]
    deciding_rules: frozenset[Rule]
    """The rules that decide on the packets that it is about, and those that pass some on to the profiles."""

    @property
    def passed(self) -> bool:
        """Whether everything is as expected, and there is something."""
        return not self.vacuous and not self.mismatches


class CaseEvaluator:
    """Judges expectations under a set of policies.

    Args:
        policy_set: who decides.
        expectations: all that will be judged.
    """

    def __init__(self, policy_set: PolicySet, expectations: Sequence[Expectation]) -> None:
        peers = [peer for each in expectations for peer in (each.source, each.destination)]
        self._decider = Decider(policy_set, peers)
        self._example_builder = ExampleBuilder(self._decider)

    def evaluate(self, expectation: Expectation) -> ExpectationResult:
        """Whether traffic is as expected."""
        wrong: dict[MismatchKind, list[DecisionBlock]] = {}
        deciding_rules: set[Rule] = set()
        vacuous = True
        question = (expectation.source, expectation.destination, expectation.services, expectation.ip_version)
        for decision in self._decider.decide(*question):
            deciding_rules.update(_matched_rules(decision))
            vacuous = vacuous and not decision.block.services - FOREIGN_ICMP[self._version(decision)]
            for kind, mismatching in self._find_mismatches(expectation, decision):
                wrong.setdefault(kind, []).append(mismatching)
        deciding_rules.update(self._decider.passed_to_profiles(*question))
        mismatches = (
            self._make_mismatch(expectation, fault, wrong[fault]) for fault in _MISMATCH_ORDER if fault in wrong
        )
        return ExpectationResult(vacuous, tuple(mismatches), frozenset(deciding_rules))

    def _version(self, decision: DecisionBlock) -> int:
        return self._decider.reachability.classes[lowest_bit(decision.block.sources)].version

    def _find_mismatches(
        self, expectation: Expectation, decision: DecisionBlock
    ) -> Iterator[tuple[MismatchKind, DecisionBlock]]:
        """What of a block is not as expected; only where all else is does it matter who decides."""
        block = decision.block
        if decision.allowed:
            wrong = block.services - expectation.allowed
        else:
            wrong = (block.services & expectation.allowed) - FOREIGN_ICMP[self._version(decision)]
        if wrong:
            yield "open" if decision.allowed else "closed", decision._replace(block=block._replace(services=wrong))
        as_expected = decision._replace(block=block._replace(services=block.services - wrong))
        if expectation.decider and as_expected.block.services:
            yield from (
                ("decider", part) for part in blocks_decided_by_others(self._decider, expectation.decider, as_expected)
            )

    def _make_mismatch(
        self, expectation: Expectation, kind: MismatchKind, wrong: Sequence[DecisionBlock]
    ) -> ExpectationMismatch:
        services = union_all(decision.block.services for decision in wrong)
        smallest = min(wrong, key=self._example_rank)
        return ExpectationMismatch(
            kind, services, self._example_builder.build_case([smallest], expectation.source, expectation.destination)
        )

    def _example_rank(self, decision: DecisionBlock) -> tuple[int, int, Service, int, int]:
        """What the counterexample is chosen by: a person reads IPv4, tcp and low ports most easily."""
        example, block = decision.block.services.example(), decision.block
        rank = (
            list(PAIR_PROTOCOLS).index(example.protocol) if example.protocol in PAIR_PROTOCOLS else len(PAIR_PROTOCOLS)
        )
        swapped = Service(example.protocol, example.second, example.first)
        return self._version(decision), rank, swapped, lowest_bit(block.sources), lowest_bit(block.destinations)


_MISMATCH_ORDER: tuple[MismatchKind, ...] = ("open", "closed", "decider")


def _matched_rules(decision: DecisionBlock) -> Iterable[Rule]:
    for match in (decision.egress, decision.ingress):
        if match and isinstance(match.matched_by, Rule):
            yield match.matched_by


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
