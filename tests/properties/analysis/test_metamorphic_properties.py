"""Metamorphic tests: rewrites that keep the meaning of policy, and two computations of the same result."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from functools import partial
from itertools import product
from random import Random
from typing import Any

import pytest

from calicoctl.analysis import Reachability
from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.evaluation.stages import DefaultDecision
from calicoctl.analysis.model.policy_set import Rule
from calicoctl.analysis.peers.peer import ALL_ADDRESSES, Peer
from calicoctl.analysis.sets.addresses import parse_address
from calicoctl.analysis.sets.bitsets import bit_indexes
from calicoctl.analysis.sets.services import ALL_SERVICES, NO_SERVICES, ServiceSet
from calicoctl.analysis.trace.explain import DirectionTrace
from calicoctl.analysis.trace.packet_match import PacketEnd
from calicoctl.analysis.trace.traffic import trace_traffic
from tests.support.policies import Manifest, policy_set_from
from tests.support.policy_rewrites import REWRITES
from tests.support.random_policies import random_policy_set

SEEDS = range(20_000, 20_150)


AllowedServices = dict[tuple[str, str], ServiceSet]


def allowed_services(manifests: Sequence[Manifest]) -> AllowedServices:
    """Return the allowed services between fixed addresses, which do not depend on the address classes."""
    reachability = Reachability(policy_set_from(manifests))
    places = {
        str(member.address): reachability.address_space.class_of(member.address)
        for address_class in reachability.classes
        for member in address_class.members
    }
    for text in ("10.0.0.0", "10.0.0.9", "10.0.1.0", "192.0.2.0", "198.51.100.1", "fd00::9", "2001:db8::1"):
        places[text] = reachability.address_space.class_of(parse_address(text))
    return {
        (one, other): reachability.allowed(source, destination)
        for one, source in places.items()
        for other, destination in places.items()
        if source and destination and source.version == destination.version
    }


@pytest.mark.parametrize("change", REWRITES, ids=lambda one: one.__name__)
def test_an_equivalent_rewrite_keeps_the_allowed_traffic(change: Callable[[list[Any]], None]) -> None:
    changed = 0
    for seed in SEEDS:
        before = random_policy_set(Random(seed))  # noqa: S311  # no secret
        after = copy.deepcopy(before)
        change(after)
        changed += after != before
        assert allowed_services(after) == allowed_services(before), f"seed {seed}"
    assert changed > 10


def test_a_deny_rule_before_all_others_never_allows_more() -> None:
    rule = {"action": "deny", "protocol": "tcp", "source": {}, "destination": {"ports": [80]}}
    narrowed = 0
    for seed in SEEDS:
        before = random_policy_set(Random(seed))  # noqa: S311  # no secret
        spec = {"selector": "all()", "order": -1, "types": ["ingress"], "ingress": [rule, {"action": "pass"}]}
        # Without other policies: a `pass` rule skips later policies, which may deny.
        before = [manifest for manifest in before if manifest["kind"] != "policy"]
        after = [*before, {"kind": "policy", "metadata": {"name": "a"}, "spec": spec}]
        wide, narrow = allowed_services(before), allowed_services(after)
        assert all(not (narrow[pair] - wide[pair]) for pair in wide), f"seed {seed}"
        narrowed += narrow != wide
    assert narrowed > 10


def test_a_rule_without_matches_can_be_removed() -> None:
    removed = 0
    for seed in SEEDS:
        before = random_policy_set(Random(seed))  # noqa: S311  # no secret
        reachability = Reachability(policy_set_from(before))
        used = {
            match.matched_by
            for address_class in reachability.classes
            for direction in ("ingress", "egress")
            for match in reachability.decision(address_class, direction).matches
        }
        unmatched = [rule for rule in reachability.address_space.rules if rule not in used]
        types = {str(policy.identifier): policy.types for policy in reachability.policy_set.policies}
        after = copy.deepcopy(before)
        for rule in reversed(unmatched):
            (owner,) = [one for one in after if f"{one['kind']}/{one['metadata']['name']}" == str(rule.owner)]
            # Without explicit types, an empty list changes the directions to which the policy applies.
            if owner["kind"] == "policy":
                owner["spec"].setdefault("types", sorted(types[str(rule.owner)]))
            owner["spec"][rule.direction].pop(rule.index)
            removed += 1
        assert allowed_services(after) == allowed_services(before), f"seed {seed}"
    assert removed > 10


def test_blocks_equal_the_decisions_on_pairs() -> None:
    for seed in SEEDS:
        reachability = Reachability(policy_set_from(random_policy_set(Random(seed))))  # noqa: S311  # no secret
        services_by_pair: dict[tuple[int, int], ServiceSet] = {}
        for block in reachability.blocks:
            pairs = list(product(bit_indexes(block.sources), bit_indexes(block.destinations)))
            assert services_by_pair.keys().isdisjoint(pairs), "blocks overlap"
            services_by_pair.update(dict.fromkeys(pairs, block.services))
        for source, destination in product(reachability.classes, repeat=2):
            if source.effective_policies or destination.effective_policies:
                assert services_by_pair.get((source.index, destination.index), NO_SERVICES) is reachability.allowed(
                    source, destination
                )


def test_matches_decide_each_service_with_each_peer_once() -> None:
    for seed in SEEDS:
        reachability = Reachability(policy_set_from(random_policy_set(Random(seed))))  # noqa: S311  # no secret
        for address_class in reachability.classes:
            matches = [match for match in reachability.decision(address_class, "ingress").matches if match.is_final]
            for peer in reachability.classes:
                covered = NO_SERVICES
                for match in matches:
                    if match.peers >> peer.index & 1:
                        assert not covered & match.services
                        covered |= match.services
                assert covered is (ALL_SERVICES if peer.version == address_class.version else NO_SERVICES)


def test_the_trace_of_an_example_has_the_deciding_rules_of_its_case() -> None:
    cases = 0
    for seed in SEEDS:
        policy_set = policy_set_from(random_policy_set(Random(seed), edge_cases=True))  # noqa: S311  # no secret
        reachability = Reachability(policy_set)
        endpoints, outside = Peer("all", policy_set.endpoints), Peer("outside", networks=ALL_ADDRESSES)
        for ends in ((endpoints, endpoints), (endpoints, outside), (outside, endpoints)):
            for case in trace_traffic(policy_set, *ends, ALL_SERVICES).cases:
                cases += 1
                names = (case.source, case.destination)
                source, destination = map(partial(_class_of, reachability), names, case.packet[:2])
                assert (case.packet.service in reachability.allowed(source, destination)) == case.allowed
                assert case.allowed == (case.egress.action == case.ingress.action == "allow")
                decided = [
                    match.matched_by
                    for match in reachability.decision(source, "egress").matches
                    if match.is_final and match.peers >> destination.index & 1 and case.packet.service in match.services
                ]
                assert [str(rule) for rule in decided] == [str(case.egress.decided_by)]
                _check_order(case.egress)
                _check_order(case.ingress)
    assert cases > 500


def _class_of(reachability: Reachability, name: str, end: PacketEnd) -> AddressClass:
    """Return the address class of an endpoint at one of its addresses, or of a non-endpoint address."""
    for address_class in reachability.classes:
        if any((member.endpoint.name, member.address) == (name, end.address) for member in address_class.members):
            return address_class
    outside = reachability.address_space.class_of(end.address)
    assert outside
    return outside


def _check_order(trace: DirectionTrace) -> None:
    """The deciding rule is the last one tried, and the only one that matches and decides.

    On a node with host endpoints, several rules allow a packet and its reply.
    """
    tried = [rule for step in trace.tried for rule in step.rules]
    final = [one.rule for one in tried if one.mismatch is None and one.rule.action in {"allow", "deny"}]
    if trace.deciding_policy and any(step.host or step.reply for step in trace.tried):
        assert trace.decided_by in final
        assert trace.action == "allow" or tried[-1].rule is trace.decided_by
        return
    if any(step.host or step.reply for step in trace.tried) or trace.decided_by is DefaultDecision.TO_HOST:
        return
    assert final == ([trace.decided_by] if isinstance(trace.decided_by, Rule) else [])
    assert not final or tried[-1].rule is final[0]
