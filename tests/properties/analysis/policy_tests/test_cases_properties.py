"""Cases of policy tests against an evaluator of one packet: what passes holds on all corners, what fails has proof."""

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
    """The set that holds nothing else."""
    return services_of_protocol(
        service.protocol, (service.first, service.first + 1), (service.second, service.second + 1)
    )


def evaluate(found: PolicySet, expected: Expectation) -> ExpectationResult:
    return CaseEvaluator(found, [expected]).evaluate(expected)


def is_counterexample(world: ReferenceEvaluator, found: ExpectationMismatch, expected: Expectation) -> bool:
    """Whether the counterexample is one: the other evaluator says the contrary of what is expected."""
    one = found.counterexample.packet
    assert one.service in expected.services
    assert one.service in found.services
    really = world.allowed(packet(str(one.source.address), str(one.destination.address), one.service))
    wanted = one.service in expected.allowed
    return (really, wanted) == ((True, False) if found.kind == "open" else (False, True))


@EVERY_SEED
def test_what_is_allowed_passes_exactly_and_fails_with_one_service_less_or_more(start: int) -> None:
    failures = 0
    for seed in range(start, start + 30):
        random = Random(seed)  # noqa: S311  # no secret
        manifests = random_policy_set(random)
        found, world = policy_set_from(manifests), ReferenceEvaluator(manifests)
        analysis = Reachability(found)
        for one, other in pairs(found):
            groups = [
                analysis.address_space.class_of(next(own for own in each.addresses or ())) for each in (one, other)
            ]
            assert groups[0]
            assert groups[1]
            allowed = analysis.allowed(groups[0], groups[1])
            ends = (Peer("one", (one,)), Peer("other", (other,)))
            exactly = Expectation(*ends, ALL_SERVICES, allowed, 4)
            assert evaluate(found, exactly).passed
            for changed, fault in (
                (without_one_service(allowed, random), "open"),
                (with_one_more_service(allowed, random), "closed"),
            ):
                if changed is not None:
                    expected = Expectation(*ends, ALL_SERVICES, changed, 4)
                    (disappointment,) = evaluate(found, expected).mismatches
                    assert (disappointment.kind, is_counterexample(world, disappointment, expected)) == (fault, True)
                    assert (allowed - changed) | (changed - allowed) is disappointment.services
                    failures += 1
    assert failures > 20


def pairs(found: PolicySet) -> Iterator[tuple[Endpoint, Endpoint]]:
    """The endpoints with each other; all have an address of IPv4 first."""
    yield from ((one, other) for one in found.endpoints for other in found.endpoints if one is not other)


def without_one_service(allowed: ServiceSet, random: Random) -> ServiceSet | None:
    return allowed - single_service(random.choice(sorted(allowed.corners()))) if allowed else None


def with_one_more_service(allowed: ServiceSet, random: Random) -> ServiceSet | None:
    denied = ALL_SERVICES - allowed - FOREIGN_ICMP[4]
    return allowed | single_service(random.choice(sorted(denied.corners()))) if denied else None


@EVERY_SEED
def test_a_case_passes_if_it_holds_for_every_corner_and_fails_with_a_proof_otherwise(start: int) -> None:
    outcomes: list[bool] = []
    for seed in range(start, start + 30):
        random = Random(seed)  # noqa: S311  # no secret
        manifests = random_policy_set(random)
        found, world = policy_set_from(manifests), ReferenceEvaluator(manifests)
        packets = list(all_boundary_packets(manifests, world))
        for _ in range(4):
            source, destination = (random_peer(found, random) for _ in range(2))
            if not (source.endpoints or destination.endpoints):
                continue  # policy has no say in what does not concern an endpoint
            asked = random.choice(
                [
                    ALL_SERVICES,
                    services_of_protocol(6),
                    services_of_protocol(6, None, (1024, 65536)),
                    services_of_protocol(ICMP),
                ]
            )
            expected = Expectation(source, destination, asked, random.choice([asked, NO_SERVICES]))
            meant = [each for each in packets if is_covered(expected, each, found)]
            result = evaluate(found, expected)
            assert result.vacuous == (not any(each.service not in FOREIGN_ICMP[version_of(each)] for each in meant))
            assert all(is_counterexample(world, each, expected) for each in result.mismatches)
            fine = all(matches_expectation(world, expected, each) for each in meant)
            assert result.passed == (fine and not result.vacuous), f"seed {seed}"
            outcomes.append(result.passed)
    assert {True, False} == set(outcomes)


def random_peer(found: PolicySet, random: Random) -> Peer:
    if random.random() < 0.2:
        return Peer("outside", networks=ALL_ADDRESSES)
    several = random.sample(found.endpoints, random.randint(1, len(found.endpoints)))
    return Peer("some", tuple(several))


def all_boundary_packets(manifests: list[dict[str, Any]], world: ReferenceEvaluator) -> Iterator[Packet]:
    """A packet for each corner between each two addresses that a rule may tell apart."""
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
    places = [parse_address(text) for text in boundary_addresses(world, rules)]
    for one in places:
        for other in places:
            if one.version == other.version and one != other:
                yield from (Packet(PacketEnd(one, ()), PacketEnd(other, ()), each) for each in services[one.version])


def version_of(one: Packet) -> int:
    return one.source.address.version


def is_covered(expected: Expectation, one: Packet, found: PolicySet) -> bool:
    """Whether a case is about a packet. What an endpoint sends to itself never comes to the agent."""
    owners = [found.endpoints_by_address.get(place.address, ()) for place in one[:2]]
    if owners[0] and owners[0] == owners[1]:
        return False
    ends = zip((expected.source, expected.destination), owners, strict=True)
    return one.service in expected.services and all(
        set(own) & set(party.endpoints) if own else party.networks for party, own in ends
    )


def matches_expectation(world: ReferenceEvaluator, expected: Expectation, one: Packet) -> bool:
    wanted = one.service in expected.allowed
    if wanted and one.service in FOREIGN_ICMP[version_of(one)]:
        return True
    allowed = world.allowed(packet(str(one.source.address), str(one.destination.address), one.service))
    return allowed == wanted


@EVERY_SEED
def test_who_decides_and_which_rules_are_those_that_an_explanation_names(start: int) -> None:
    """Of each corner: the rule or the default that decides at each end, as it is explained packet by packet."""
    differing = 0
    for seed in range(start, start + 30):
        random = Random(seed)  # noqa: S311  # no secret
        manifests = random_policy_set(random)
        found, world = policy_set_from(manifests), ReferenceEvaluator(manifests)
        party = Peer("all", found.endpoints)
        owners = [
            *(str(each.identifier) for each in found.policies),
            *(str(each.identifier) for each in found.profiles.values()),
        ]
        plain = Expectation(party, party, ALL_SERVICES, NO_SERVICES)
        told = [
            halves
            for one in all_boundary_packets(manifests, world)
            if is_covered(plain, one, found)
            if (halves := explain_packet(found, one))
        ]
        assert {str(rule) for rule in evaluate(found, plain).deciding_rules} == {
            str(rule) for each in told for rule in rules_used(each)
        }
        for name in owners:
            by_others = any(not decides(name, halves, found) for halves in told if not allowed(halves))
            result = evaluate(found, Expectation(party, party, ALL_SERVICES, NO_SERVICES, decider=name))
            assert by_others == ("decider" in {each.kind for each in result.mismatches}), f"seed {seed}: {name}"
            differing += by_others
    assert differing


def explain_packet(found: PolicySet, one: Packet) -> tuple[DirectionTrace, DirectionTrace]:
    source, destination = (
        PacketEnd(end.address, endpoints_at(found, end.address), found.endpoints_by_address[end.address][0])
        for end in one[:2]
    )
    full, explainer = Packet(source, destination, one.service), Explainer(found)
    return explainer.trace_direction(full, "egress"), explainer.trace_direction(full, "ingress")


def endpoints_at(found: PolicySet, own: Address) -> tuple[Any, ...]:
    return tuple(found.labels_of(owner) for owner in found.endpoints_by_address[own] if owner.selectable)


def allowed(halves: tuple[DirectionTrace, DirectionTrace]) -> bool:
    return halves[0].action == halves[1].action == "allow"


def rules_used(halves: tuple[DirectionTrace, DirectionTrace]) -> Iterator[Rule]:
    """The rules that decide, and those that pass a packet on."""
    for half in halves if halves[0].action == "allow" else halves[:1]:
        if isinstance(half.decided_by, Rule):
            yield half.decided_by
        for tried in half.tried:
            yield from (rule for rule, failure in tried.rules if failure is None and rule.action == "pass")


def decides(name: str, halves: Sequence[DirectionTrace], found: PolicySet) -> bool:
    """Whether a policy or profile decides at an end that denies."""
    for half in halves:
        if half.action == "allow":
            continue
        if isinstance(half.decided_by, Rule):
            stages: set[str] = {str(half.decided_by.owner)}
        else:
            kinds = {"policies"} if half.decided_by is DefaultDecision.POLICIES else {"profile"}
            stages = {tried.name for tried in half.tried if tried.kind in kinds}
            if half.endpoint and half.decided_by is not DefaultDecision.POLICIES:
                stages = {each for each in stages if _counts(each, half.endpoint, found)}
        if name in stages:
            return True
    return False


def _counts(name: str, endpoint: Endpoint, found: PolicySet) -> bool:
    """A profile without rules is none that decides, but where there is no other."""
    with_rules = [each for each in endpoint.profiles if found.profiles[each].has_rules]
    return name in {str(found.profiles[each].identifier) for each in with_rules or endpoint.profiles[:1]}
