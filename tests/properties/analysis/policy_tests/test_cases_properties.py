"""Comparison of policy tests with the reference evaluator: results on boundary packets, and counterexamples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

import pytest

from calicoctl.analysis import Endpoint, PolicySet, Reachability, Rule
from calicoctl.analysis.evaluation.stages import DefaultDecision
from calicoctl.analysis.peers.peer import ALL_ADDRESSES, Peer
from calicoctl.analysis.policy_tests.cases import (
    FOREIGN_ICMP,
    CaseEvaluator,
    Expectation,
    ExpectationMismatch,
    ExpectationResult,
)
from calicoctl.analysis.sets.addresses import Address, parse_address
from calicoctl.analysis.sets.services import ALL_SERVICES, NO_SERVICES, Service, ServiceSet, services_of_protocol
from calicoctl.analysis.trace.explain import DirectionTrace, Explainer
from calicoctl.analysis.trace.packet_match import Packet, PacketEnd
from calicoctl.kinds.values.protocols import ICMP, ICMPV6
from tests.support.boundary_packets import boundary_addresses, boundary_services
from tests.support.policies import packet, policy_set_from
from tests.support.random_policies import random_policy_set
from tests.support.reference_evaluator import ReferenceEvaluator

SEEDS = range(40_000, 40_120)
EVERY_SEED = pytest.mark.parametrize("start", range(SEEDS.start, SEEDS.stop, 30))


def single_service(service: Service) -> ServiceSet:
    """Return the set of one service."""
    return services_of_protocol(
        service.protocol, (service.first, service.first + 1), (service.second, service.second + 1)
    )


def evaluate(policy_set: PolicySet, expected: Expectation) -> ExpectationResult:
    return CaseEvaluator(policy_set, [expected]).evaluate(expected)


def is_counterexample(reference: ReferenceEvaluator, mismatch: ExpectationMismatch, expected: Expectation) -> bool:
    """Whether the reference evaluator contradicts the expectation on the counterexample."""
    one = mismatch.counterexample.packet
    assert one.service in expected.services
    assert one.service in mismatch.services
    allowed, always = reference.decide(packet(str(one.source.address), str(one.destination.address), one.service))
    expected_allowed = one.service in expected.allowed
    if mismatch.kind == "open":
        return allowed and not expected_allowed
    return not always and expected_allowed


@EVERY_SEED
def test_the_exact_allowed_services_pass_and_one_service_less_or_more_fails(start: int) -> None:
    failures = 0
    for seed in range(start, start + 30):
        random = Random(seed)  # noqa: S311  # no secret
        manifests = random_policy_set(random)
        policy_set, reference = policy_set_from(manifests), ReferenceEvaluator(manifests)
        reachability = Reachability(policy_set)
        for one, other in pairs(policy_set):
            groups = [
                reachability.address_space.class_of(next(own for own in each.addresses or ())) for each in (one, other)
            ]
            assert groups[0]
            assert groups[1]
            allowed = reachability.allowed(groups[0], groups[1])
            if allowed is not reachability.allowed(groups[0], groups[1], always=True):
                continue  # no exact services: it depends on the interface
            ends = (Peer("one", (one,)), Peer("other", (other,)))
            exactly = Expectation(*ends, ALL_SERVICES, allowed, 4)
            assert evaluate(policy_set, exactly).passed
            for changed, kind in (
                (without_one_service(allowed, random), "open"),
                (with_one_more_service(allowed, random), "closed"),
            ):
                if changed is not None:
                    expected = Expectation(*ends, ALL_SERVICES, changed, 4)
                    (mismatch,) = evaluate(policy_set, expected).mismatches
                    assert (mismatch.kind, is_counterexample(reference, mismatch, expected)) == (kind, True)
                    assert (allowed - changed) | (changed - allowed) is mismatch.services
                    failures += 1
    assert failures > 20


def pairs(policy_set: PolicySet) -> Iterator[tuple[Endpoint, Endpoint]]:
    """Yield all pairs of endpoints. The first address of each is IPv4."""
    yield from ((one, other) for one in policy_set.endpoints for other in policy_set.endpoints if one is not other)


def without_one_service(allowed: ServiceSet, random: Random) -> ServiceSet | None:
    return allowed - single_service(random.choice(sorted(allowed.corners()))) if allowed else None


def with_one_more_service(allowed: ServiceSet, random: Random) -> ServiceSet | None:
    denied = ALL_SERVICES - allowed - FOREIGN_ICMP[4]
    return allowed | single_service(random.choice(sorted(denied.corners()))) if denied else None


@EVERY_SEED
def test_a_case_passes_if_all_boundary_packets_match_and_has_a_counterexample_otherwise(start: int) -> None:
    outcomes: list[bool] = []
    for seed in range(start, start + 30):
        random = Random(seed)  # noqa: S311  # no secret
        manifests = random_policy_set(random)
        policy_set, reference = policy_set_from(manifests), ReferenceEvaluator(manifests)
        packets = list(all_boundary_packets(manifests, reference))
        for _ in range(4):
            source, destination = (random_peer(policy_set, random) for _ in range(2))
            if not (source.endpoints or destination.endpoints):
                continue  # policy does not apply without an endpoint
            asked = random.choice(
                [
                    ALL_SERVICES,
                    services_of_protocol(6),
                    services_of_protocol(6, None, (1024, 65536)),
                    services_of_protocol(ICMP),
                ]
            )
            expected = Expectation(source, destination, asked, random.choice([asked, NO_SERVICES]))
            covered = [each for each in packets if is_covered(expected, each, policy_set)]
            result = evaluate(policy_set, expected)
            assert result.vacuous == (not any(each.service not in FOREIGN_ICMP[version_of(each)] for each in covered))
            assert all(is_counterexample(reference, each, expected) for each in result.mismatches)
            fine = all(matches_expectation(reference, expected, each) for each in covered)
            assert result.passed == (fine and not result.vacuous), f"seed {seed}"
            outcomes.append(result.passed)
    assert {True, False} == set(outcomes)


def random_peer(policy_set: PolicySet, random: Random) -> Peer:
    if random.random() < 0.2:
        return Peer("outside", networks=ALL_ADDRESSES)
    several = random.sample(policy_set.endpoints, random.randint(1, len(policy_set.endpoints)))
    return Peer("some", tuple(several))


def all_boundary_packets(manifests: list[dict[str, Any]], reference: ReferenceEvaluator) -> Iterator[Packet]:
    """Yield the boundary packets between all pairs of boundary addresses."""
    rules = [
        rule
        for manifest in manifests
        for direction in ("ingress", "egress")
        for rule in manifest["spec"].get(direction, ())
    ]
    services = {
        4: [*boundary_services(rules, ICMP), Service(ICMPV6, 128)],
        6: [*boundary_services(rules, ICMPV6), Service(ICMP, 8)],
    }
    addresses = [parse_address(text) for text in boundary_addresses(reference, rules)]
    for one in addresses:
        for other in addresses:
            if one.version == other.version and one != other:
                yield from (Packet(PacketEnd(one, ()), PacketEnd(other, ()), each) for each in services[one.version])


def version_of(one: Packet) -> int:
    return one.source.address.version


def is_covered(expected: Expectation, one: Packet, policy_set: PolicySet) -> bool:
    """Whether a case contains a packet. Traffic of an endpoint to itself does not reach the agent."""
    owners = [policy_set.endpoints_by_address.get(end.address, ()) for end in one[:2]]
    if owners[0] and owners[0] == owners[1]:
        return False
    ends = zip((expected.source, expected.destination), owners, strict=True)
    return one.service in expected.services and all(
        set(own) & set(peer.endpoints) if own else peer.networks for peer, own in ends
    )


def matches_expectation(reference: ReferenceEvaluator, expected: Expectation, one: Packet) -> bool:
    expected_allowed = one.service in expected.allowed
    if expected_allowed and one.service in FOREIGN_ICMP[version_of(one)]:
        return True
    decisions = reference.decide(packet(str(one.source.address), str(one.destination.address), one.service))
    return decisions == [expected_allowed, expected_allowed]


@EVERY_SEED
def test_deciders_and_rules_equal_the_traces_of_all_boundary_packets(start: int) -> None:
    differing = 0
    for seed in range(start, start + 30):
        random = Random(seed)  # noqa: S311  # no secret
        manifests = random_policy_set(random, hosts=False)
        policy_set, reference = policy_set_from(manifests), ReferenceEvaluator(manifests)
        peer = Peer("all", policy_set.endpoints)
        owners = [
            *(str(each.identifier) for each in policy_set.policies),
            *(str(each.identifier) for each in policy_set.profiles.values()),
        ]
        plain = Expectation(peer, peer, ALL_SERVICES, NO_SERVICES)
        all_traces = [
            traces
            for one in all_boundary_packets(manifests, reference)
            if is_covered(plain, one, policy_set)
            if (traces := explain_packet(policy_set, one))
        ]
        assert {str(rule) for rule in evaluate(policy_set, plain).deciding_rules} == {
            str(rule) for each in all_traces for rule in rules_used(each)
        }
        for name in owners:
            by_others = any(not decides(name, traces, policy_set) for traces in all_traces if not allowed(traces))
            result = evaluate(policy_set, Expectation(peer, peer, ALL_SERVICES, NO_SERVICES, decider=name))
            assert by_others == ("decider" in {each.kind for each in result.mismatches}), f"seed {seed}: {name}"
            differing += by_others
    assert differing


def explain_packet(policy_set: PolicySet, one: Packet) -> tuple[DirectionTrace, DirectionTrace]:
    source, destination = (
        PacketEnd(end.address, endpoints_at(policy_set, end.address), policy_set.endpoints_by_address[end.address][0])
        for end in one[:2]
    )
    full, explainer = Packet(source, destination, one.service), Explainer(policy_set)
    return explainer.trace_direction(full, "egress"), explainer.trace_direction(full, "ingress")


def endpoints_at(policy_set: PolicySet, own: Address) -> tuple[Any, ...]:
    return tuple(policy_set.labels_of(owner) for owner in policy_set.endpoints_by_address[own] if owner.selectable)


def allowed(traces: tuple[DirectionTrace, DirectionTrace]) -> bool:
    return traces[0].action == traces[1].action == "allow"


def rules_used(traces: tuple[DirectionTrace, DirectionTrace]) -> Iterator[Rule]:
    """Yield the rules that decide on a packet, and the rules that pass it."""
    for trace in traces if traces[0].action == "allow" else traces[:1]:
        if isinstance(trace.decided_by, Rule):
            yield trace.decided_by
        for tried in trace.tried:
            yield from (rule for rule, mismatch in tried.rules if mismatch is None and rule.action == "pass")


def decides(name: str, traces: Sequence[DirectionTrace], policy_set: PolicySet) -> bool:
    """Whether a policy or profile decides in a direction that denies."""
    for trace in traces:
        if trace.action == "allow":
            continue
        if isinstance(trace.decided_by, Rule):
            stages: set[str] = {str(trace.decided_by.owner)}
        else:
            kinds = {"policies"} if trace.decided_by is DefaultDecision.POLICIES else {"profile"}
            stages = {tried.name for tried in trace.tried if tried.kind in kinds}
            if trace.endpoint and trace.decided_by is not DefaultDecision.POLICIES:
                stages = {each for each in stages if _counts(each, trace.endpoint, policy_set)}
        if name in stages:
            return True
    return False


def _counts(name: str, endpoint: Endpoint, policy_set: PolicySet) -> bool:
    """Whether a profile can decide by default: it has rules, or no profile of the endpoint has."""
    with_rules = [each for each in endpoint.profiles if policy_set.profiles[each].has_rules]
    return name in {str(policy_set.profiles[each].identifier) for each in with_rules or endpoint.profiles[:1]}
