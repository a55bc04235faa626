"""Cases of policy tests: expected and actual decisions on all traffic between two peers.

Cases are evaluated exactly for all packets, not for samples. The counterexample is the simplest packet with another
decision than expected.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.evaluation.match_blocks import Match
from calicoctl.analysis.evaluation.reachability import Block
from calicoctl.analysis.evaluation.stages import DefaultDecision
from calicoctl.analysis.model.policy_set import Direction, PolicySet, Rule
from calicoctl.analysis.peers.peer import Peer
from calicoctl.analysis.sets.bitsets import bit_indexes, bitset, lowest_bit
from calicoctl.analysis.sets.services import PAIR_PROTOCOLS, Service, ServiceSet, services_of_protocol, union_all
from calicoctl.analysis.trace.decisions import Decider, DecisionBlock
from calicoctl.analysis.trace.traffic import ExampleBuilder, TraceCase
from calicoctl.kinds.values.protocols import ICMP, ICMPV6

FOREIGN_ICMP: Mapping[int, ServiceSet] = {4: services_of_protocol(ICMPV6), 6: services_of_protocol(ICMP)}
"""ICMP of the other IP version, by IP version: a test need not exclude it."""

MismatchKind = Literal["closed", "open", "decider"]
"""Kind of mismatch: denied but expected, allowed but not expected, or decided by another policy or profile."""


@dataclass(frozen=True)
class Expectation:
    """Expected decision on the traffic between two peers.

    Of `services`, those in `allowed` must be allowed between all addresses of the peers, and all others denied.
    """

    source: Peer
    destination: Peer
    services: ServiceSet
    allowed: ServiceSet
    ip_version: int | None = None
    """IP version of the traffic; None means both."""
    decider: str = ""
    """Policy or profile that must decide, as `policy/NAME`; empty for any."""


@dataclass(frozen=True)
class ExpectationMismatch:
    """Packets with another decision than expected."""

    kind: MismatchKind
    services: ServiceSet
    """Services of these packets."""
    counterexample: TraceCase
    """Case with one of these packets and its trace."""


@dataclass(frozen=True)
class ExpectationResult:
    """Result of an expectation."""

    vacuous: bool
    """Whether no packet exists between the peers, or only packets between non-endpoints, to which no policy applies."""
    mismatches: tuple[ExpectationMismatch, ...]
    deciding_rules: frozenset[Rule]
    """Rules that decide on the packets, and rules that pass some of them to the profiles."""

    @property
    def passed(self) -> bool:
        """Whether packets exist and all decisions are as expected."""
        return not self.vacuous and not self.mismatches


class CaseEvaluator:
    """Evaluates expectations under a policy set.

    Args:
        policy_set: the policies, profiles and all endpoints.
        expectations: all expectations to evaluate.
    """

    def __init__(self, policy_set: PolicySet, expectations: Sequence[Expectation]) -> None:
        peers = [peer for each in expectations for peer in (each.source, each.destination)]
        self._decider = Decider(policy_set, peers)
        self._example_builder = ExampleBuilder(self._decider)

    def evaluate(self, expectation: Expectation) -> ExpectationResult:
        """Compare the traffic with an expectation."""
        wrong: dict[MismatchKind, list[DecisionBlock]] = {}
        deciding_rules: set[Rule] = set()
        vacuous = True
        question = (expectation.source, expectation.destination, expectation.services, expectation.ip_version)
        for decision in self._decider.decide(*question):
            matches = (match for match, _ in _directed_matches(decision))
            deciding_rules.update(rule for match in matches for rule in match.rules)
            if not decision.is_outside:
                vacuous = vacuous and not decision.block.services - FOREIGN_ICMP[self._version(decision)]
            for kind, mismatching in self._find_mismatches(expectation, decision):
                wrong.setdefault(kind, []).append(mismatching)
        deciding_rules.update(self._decider.passed_to_profiles(*question))
        kinds = [] if vacuous else [kind for kind in _MISMATCH_ORDER if kind in wrong]
        mismatches = tuple(self._make_mismatch(expectation, kind, wrong[kind]) for kind in kinds)
        return ExpectationResult(vacuous, mismatches, frozenset(deciding_rules))

    def _version(self, decision: DecisionBlock) -> int:
        return self._decider.reachability.classes[lowest_bit(decision.block.sources)].version

    def _find_mismatches(
        self, expectation: Expectation, decision: DecisionBlock
    ) -> Iterator[tuple[MismatchKind, DecisionBlock]]:
        """Yield the mismatching parts of a block. The deciding policy is compared only for the expected decision."""
        block = decision.block
        if decision.allowed:
            wrong = block.services - expectation.allowed
        else:
            wrong = (block.services & expectation.allowed) - FOREIGN_ICMP[self._version(decision)]
        if decision.depends_on_interface and (closed := block.services - wrong):
            yield "closed", decision._replace(block=block._replace(services=closed))
            block = block._replace(services=wrong)
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
        """Return the sort key of counterexamples: IPv4, tcp and low ports are first."""
        example, block = decision.block.services.example(), decision.block
        protocols = list(PAIR_PROTOCOLS)
        rank = protocols.index(example.protocol) if example.protocol in protocols else len(protocols)
        swapped = Service(example.protocol, example.second, example.first)
        return self._version(decision), rank, swapped, lowest_bit(block.sources), lowest_bit(block.destinations)


_OWN_DEFAULTS = {
    DefaultDecision.POLICIES,
    DefaultDecision.PROFILES,
    DefaultDecision.NO_PROFILE,
    DefaultDecision.MISSING,
}
"""Defaults of the policies and profiles of an endpoint."""

_MISMATCH_ORDER: tuple[MismatchKind, ...] = ("open", "closed", "decider")


def blocks_decided_by_others(decider: Decider, name: str, decision: DecisionBlock) -> Iterator[DecisionBlock]:
    """Yield the parts of a block on which policy or profile `name`, such as `policy/db`, decides in no direction."""
    parts = [decision]
    if decision.ingress is None:  # egress denies, and ingress may deny as well
        parts = [decision._replace(ingress=match, block=block) for match, block in decider.at_ingress(decision.block)]
    for part in parts:
        block: Block | None = part.block
        for match, direction in _directed_matches(part):
            if block and (match.action == "allow") == decision.allowed:
                block = _without_decider(decider, name, match, block, direction)
        if block:
            yield part._replace(block=block)


def _directed_matches(decision: DecisionBlock) -> Iterator[tuple[Match, Direction]]:
    yield decision.egress, "egress"
    if decision.ingress:
        yield decision.ingress, "ingress"


def _without_decider(decider: Decider, name: str, match: Match, block: Block, direction: Direction) -> Block | None:
    """Return the part of a block on which another policy or profile decides in one direction."""
    if any(name == str(rule.owner) for rule in match.rules):
        return None
    if isinstance(match.matched_by, Rule):
        return block
    classes = decider.reachability.classes
    deciding_classes = block.sources if direction == "egress" else block.destinations
    remaining = bitset(
        index
        for index in bit_indexes(deciding_classes)
        if name not in _default_deciders(decider, classes[index], match.matched_by, direction)
    )
    if not remaining:
        return None
    return block._replace(sources=remaining) if direction == "egress" else block._replace(destinations=remaining)


def _default_deciders(
    decider: Decider, address_class: AddressClass, default: DefaultDecision, direction: Direction
) -> set[str]:
    """Return the policies or profiles whose default decides because none of their rules matches."""
    if default is DefaultDecision.FORWARD and address_class.place:
        resolve = decider.reachability.policy_resolver.resolve
        hosts = address_class.place.node.hosts
        policies = (policy for host in hosts for policy in resolve(host).effective_policies.policies)
        return {str(policy.identifier) for policy in policies if policy.is_normal and policy.applies_on_forward}
    effective_policies = address_class.effective_policies
    if effective_policies is None or default not in _OWN_DEFAULTS:
        return set()
    if default is DefaultDecision.POLICIES:
        normal = (policy for policy in effective_policies.policies if policy.is_normal)
        return {str(policy.identifier) for policy in normal if direction in policy.types}
    profiles = decider.policy_set.profiles
    return {
        str(profiles[profile].identifier) if profile in profiles else f"profile/{profile}"
        for profile in effective_policies.profiles
    }
