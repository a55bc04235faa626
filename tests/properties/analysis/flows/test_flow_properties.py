"""Each flow of random sets: the verdict of the reference evaluator on its packet, and the rules of a single trace."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from random import Random
from typing import Any

import pytest

from calicoctl.analysis import Service, services_of_protocol
from calicoctl.analysis.flows.comparison import FlowComparison
from calicoctl.analysis.flows.evaluation import FlowEvaluation
from calicoctl.analysis.flows.flow import Flow, FlowEnd, FlowError
from calicoctl.analysis.flows.group_decision import GroupDecision
from calicoctl.analysis.sets.services import PAIR_PROTOCOLS
from calicoctl.analysis.trace.decisions import Decider, decision_key
from calicoctl.console.peers import parse_peer
from calicoctl.kinds.values.protocols import ICMP, ICMPV6
from tests.support.boundary_packets import boundary_addresses, boundary_services
from tests.support.manifests import host_endpoint, policy
from tests.support.policies import packet, policy_set_from
from tests.support.policy_set_pairs import random_node_pair
from tests.support.random_policies import Manifest, random_policy_set
from tests.support.reference_evaluator import ReferenceEvaluator
from tests.support.reference_hosts import Packet

SETS = 120
BATCH = 40
FLOWS_PER_SET = 60
TRACES_PER_SET = 3


@pytest.mark.parametrize("batch", range(SETS // BATCH))
def test_each_flow_has_the_verdict_of_its_packet_and_the_rules_of_its_trace(batch: int) -> None:
    for seed in range(batch * BATCH, (batch + 1) * BATCH):
        random = Random(seed)  # noqa: S311  # no secret
        manifests = random_policy_set(random, edge_cases=False)
        policy_set, reference = policy_set_from(manifests), ReferenceEvaluator(manifests)
        evaluation = FlowEvaluation(policy_set)
        for number, (source, destination, service) in enumerate(random_packets(random, manifests, reference)):
            flow = Flow(FlowEnd(source), FlowEnd(destination), *flow_numbers(service))
            decision = evaluation.decide(flow).decision
            sent = packet(source, destination, service)
            assert verdict_of(reference, sent) == decision.verdict, (seed, sent)
            if number < TRACES_PER_SET and decision.blocks:
                peers = [parse_peer(end, policy_set) for end in (source, destination)]
                services = services_of_protocol(service.protocol, *map(interval, flow_numbers(service)[1:]))
                blocks = Decider(policy_set, peers).decide(peers[0], peers[1], services)
                expected = {decision_key(block) for block in blocks}
                assert expected == rules_of(decision), (seed, sent)


def random_packets(
    random: Random, manifests: list[Manifest], reference: ReferenceEvaluator
) -> Iterator[tuple[str, str, Service]]:
    rules = [rule for one in manifests for side in ("ingress", "egress") for rule in one["spec"].get(side, ())]
    addresses, services = list(boundary_addresses(reference, rules)), list(boundary_services(rules, ICMP, ICMPV6))
    for _ in range(FLOWS_PER_SET):
        source, destination = random.choice(addresses), random.choice(addresses)
        if source != destination and (":" in source) == (":" in destination):
            yield source, destination, random.choice(services)


def flow_numbers(service: Service) -> tuple[int, int | None, int | None]:
    if service.protocol not in PAIR_PROTOCOLS:
        return service.protocol, None, None
    return service.protocol, service.first, service.second


def interval(number: int | None) -> tuple[int, int] | None:
    return None if number is None else (number, number + 1)


def verdict_of(reference: ReferenceEvaluator, sent: Any) -> str:
    """Return the verdict of the reference evaluator; a set without edge cases has one endpoint at an address."""
    owners = [reference.endpoints_by_address.get(address, [None])[0] for address in sent[:2]]
    if owners == [None, None] or (owners[0] is not None and owners[0] is owners[1]):
        return "no policy applies"
    some, every = reference.decide(sent)
    return "allowed" if every else "depends on the interface" if some else "denied"


def rules_of(decision: GroupDecision) -> set[Any]:
    return {decision_key(block) for block in decision.blocks}


def test_a_record_without_source_port_has_the_decisions_of_all_source_ports() -> None:
    """Also with names: an endpoint has all of its addresses, and a profile all of its endpoints."""
    for seed in range(40):
        random = Random(seed)  # noqa: S311  # no secret
        policy_set = policy_set_from(random_policy_set(random))
        evaluation = FlowEvaluation(policy_set)
        names = [each.name for each in policy_set.endpoints]
        peers = {name: parse_peer(name, policy_set) for name in [*names, "outside"]}
        decider = Decider(policy_set, peers.values())
        for _ in range(8):
            source, destination, port = (
                random.choice(list(peers)),
                random.choice(names),
                random.choice([79, 80, 90, 443]),
            )
            try:
                decision = evaluation.decide(Flow(FlowEnd(source), FlowEnd(destination), 6, None, port)).decision
            except FlowError:
                continue  # no common IP version
            services = services_of_protocol(6, None, (port, port + 1))
            blocks = list(decider.decide(peers[source], peers[destination], services))
            assert {decision_key(block) for block in blocks} == rules_of(decision), seed
            verdicts = {block.allowed for block in blocks}
            assert len(verdicts) < 2 or decision.verdict == "mixed", seed


def test_the_source_port_decides_where_the_reply_is_evaluated() -> None:
    """Untracked policy evaluates replies, in which the source port is the destination."""
    rules = [
        {"action": "allow", "protocol": "tcp", "destination": {"ports": [80]}},
        {"action": "allow", "protocol": "tcp", "destination": {"ports": [40000]}},
    ]
    spec = {"selector": "all()", "doNotTrack": True, "ingress": rules[:1], "egress": rules[1:]}
    manifests = [
        policy("untracked", **spec),
        host_endpoint("n", "eth0", interfaceName="eth0", expectedIPs=["10.0.0.1"]),
    ]
    evaluation, reference = FlowEvaluation(policy_set_from(manifests)), ReferenceEvaluator(manifests)
    verdicts = []
    for port in (39999, 40000, 40001):
        decided = evaluation.decide(Flow(FlowEnd("192.0.2.1"), FlowEnd("10.0.0.1"), 6, port, 80))
        assert verdict_of(reference, packet("192.0.2.1", "10.0.0.1", Service(6, port, 80))) == decided.decision.verdict
        verdicts.append(decided.decision.verdict)
    assert verdicts == ["denied", "allowed", "denied"]


def test_a_changed_flow_has_another_decision_of_the_reference_evaluator() -> None:
    changes = set()
    for seed in range(40):
        random = Random(seed)  # noqa: S311  # no secret
        before = random_policy_set(random)
        after = [one for one in random_policy_set(random) if one["kind"] in {"policy", "profile"}]
        names = {one["metadata"]["name"] for one in after}
        kept = [one for one in before if one["kind"].endswith("Endpoint") or one["metadata"]["name"] not in names]
        sides = (before, [*after, *kept])
        references = [ReferenceEvaluator(side) for side in sides]
        comparison = FlowComparison(*map(policy_set_from, sides))
        for source, destination, service in random_packets(random, before, references[0]):
            flow = Flow(FlowEnd(source), FlowEnd(destination), *flow_numbers(service))
            compared = comparison.compare(flow)
            sent = packet(source, destination, service)
            verdicts = [verdict_of(reference, sent) for reference in references]
            assert verdicts == [compared.before.verdict, compared.after.verdict], (seed, sent)
            expected = "unchanged" if verdicts[0] == verdicts[1] else "gained" if better(*verdicts) else "lost"
            assert compared.change == expected, (seed, sent)
            changes.add(expected)
    assert changes == {"unchanged", "gained", "lost"}


def test_a_flow_changes_if_it_does_through_one_interface() -> None:
    """Also if another interface allows it before and after."""
    counts = {True: 0, False: 0}
    for seed in range(700, 730):
        random = Random(seed)  # noqa: S311  # no secret
        sides = random_node_pair(random)
        references = [ReferenceEvaluator(side) for side in sides]
        comparison = FlowComparison(*map(policy_set_from, sides))
        for source, destination, service in random_packets(random, sides[0], references[0]):
            sent = packet(source, destination, service)
            paths = [passing_paths(reference, sent) for reference in references]
            gained, lost = bool(paths[1] - paths[0]), bool(paths[0] - paths[1])
            expected = " and ".join(["gained"] * gained + ["lost"] * lost) or "unchanged"
            flow = Flow(FlowEnd(source), FlowEnd(destination), *flow_numbers(service))
            assert comparison.compare(flow).change == expected, (seed, sent)
            counts[all(paths)] += expected != "unchanged"
    assert min(counts.values()) > 10, counts


def passing_paths(reference: ReferenceEvaluator, sent: Packet) -> set[tuple[str, ...]]:
    """Return the pairs of interfaces through which a packet passes."""
    verdicts = [reference.verdicts_by_host(sent, (0, 0), direction) for direction in ("egress", "ingress")]
    passing = ([name for name, passes in each.items() if passes] for each in verdicts)
    return set(product(*passing))


def better(before: str, after: str) -> bool:
    ranks = ["denied", "depends on the interface", "allowed"]
    return ranks.index(after) > ranks.index(before)
