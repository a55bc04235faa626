"""Rewrites of policy that don't change its meaning, and different ways to the same answer that have to agree."""

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
from tests.support.policy_rewrites import (
    duplicate_rules,
    prepend_log_rules,
    reorder_manifests,
    split_networks,
    split_ports,
)
from tests.support.random_policies import random_policy_set

SEEDS = range(20_000, 20_150)


AllowedServices = dict[tuple[str, str], ServiceSet]


def allowed_services(manifests: Sequence[Manifest]) -> AllowedServices:
    """What is allowed from each place to each other, place by place; places are the same however policy cuts them."""
    analysis = Reachability(policy_set_from(manifests))
    places = {
        str(member.address): analysis.address_space.class_of(member.address)
        for group in analysis.classes
        for member in group.members
    }
    for text in ("10.0.0.0", "10.0.0.9", "10.0.1.0", "192.0.2.0", "198.51.100.1", "fd00::9", "2001:db8::1"):
        places[text] = analysis.address_space.class_of(parse_address(text))
    return {
        (one, other): analysis.allowed(source, destination)
        for one, source in places.items()
        for other, destination in places.items()
        if source and destination and source.version == destination.version
    }


@pytest.mark.parametrize(
    "change",
    [split_ports, split_networks, prepend_log_rules, duplicate_rules, reorder_manifests],
    ids=lambda one: one.__name__,
)
def test_a_change_of_words_changes_nothing(change: Callable[[list[Any]], None]) -> None:
    changed = 0
    for seed in SEEDS:
        before = random_policy_set(Random(seed))  # noqa: S311  # no secret
        after = copy.deepcopy(before)
        change(after)
        changed += after != before
        assert allowed_services(after) == allowed_services(before), f"seed {seed}"
    assert changed > 10


def test_a_denial_before_all_else_never_opens_anything() -> None:
    rule = {"action": "deny", "protocol": "tcp", "source": {}, "destination": {"ports": [80]}}
    narrowed = 0
    for seed in SEEDS:
        before = random_policy_set(Random(seed))  # noqa: S311  # no secret
        spec = {"selector": "all()", "order": -1, "types": ["ingress"], "ingress": [rule, {"action": "pass"}]}
        # Of those that are tried first; what passes goes to the profiles, so only where no policy stands behind it.
        before = [manifest for manifest in before if manifest["kind"] != "policy"]
        after = [*before, {"kind": "policy", "metadata": {"name": "a"}, "spec": spec}]
        wide, narrow = allowed_services(before), allowed_services(after)
        assert all(not (narrow[pair] - wide[pair]) for pair in wide), f"seed {seed}"
        narrowed += narrow != wide
    assert narrowed > 10


def test_a_rule_that_nothing_comes_to_can_be_removed() -> None:
    removed = 0
    for seed in SEEDS:
        before = random_policy_set(Random(seed))  # noqa: S311  # no secret
        analysis = Reachability(policy_set_from(before))
        used = {
            hit.matched_by
            for group in analysis.classes
            for way in ("ingress", "egress")
            for hit in analysis.decision(group, way).matches
        }
        idle = [rule for rule in analysis.address_space.rules if rule not in used]
        types = {str(policy.identifier): policy.types for policy in analysis.policy_set.policies}
        after = copy.deepcopy(before)
        for rule in reversed(idle):
            (owner,) = [one for one in after if f"{one['kind']}/{one['metadata']['name']}" == str(rule.owner)]
            # An empty list of a policy would change which directions it governs.
            if owner["kind"] == "policy":
                owner["spec"].setdefault("types", sorted(types[str(rule.owner)]))
            owner["spec"][rule.direction].pop(rule.index)
            removed += 1
        assert allowed_services(after) == allowed_services(before), f"seed {seed}"
    assert removed > 10


def test_blocks_say_the_same_as_pairs() -> None:
    for seed in SEEDS:
        analysis = Reachability(policy_set_from(random_policy_set(Random(seed))))  # noqa: S311  # no secret
        found: dict[tuple[int, int], ServiceSet] = {}
        for block in analysis.blocks:
            pairs = list(product(bit_indexes(block.sources), bit_indexes(block.destinations)))
            assert found.keys().isdisjoint(pairs), "blocks overlap"
            found.update(dict.fromkeys(pairs, block.services))
        for source, destination in product(analysis.classes, repeat=2):
            if source.effective_policies or destination.effective_policies:
                assert found.get((source.index, destination.index), NO_SERVICES) is analysis.allowed(
                    source, destination
                )


def test_hits_decide_on_every_service_with_every_peer_once() -> None:
    for seed in SEEDS:
        analysis = Reachability(policy_set_from(random_policy_set(Random(seed))))  # noqa: S311  # no secret
        for group in analysis.classes:
            hits = [hit for hit in analysis.decision(group, "ingress").matches if hit.is_final]
            for peer in analysis.classes:
                covered = NO_SERVICES
                for hit in hits:
                    if hit.peers >> peer.index & 1:
                        assert not covered & hit.services
                        covered |= hit.services
                assert covered is (ALL_SERVICES if peer.version == group.version else NO_SERVICES)


def test_what_is_explained_is_what_was_decided() -> None:
    """The rules that a trace names for its example are those that decide on the whole case."""
    cases = 0
    for seed in SEEDS:
        found = policy_set_from(random_policy_set(Random(seed), edge_cases=True))  # noqa: S311  # no secret
        analysis = Reachability(found)
        party, outside = Peer("all", found.endpoints), Peer("outside", networks=ALL_ADDRESSES)
        for ends in ((party, party), (party, outside), (outside, party)):
            for case in trace_traffic(found, *ends, ALL_SERVICES).cases:
                cases += 1
                names = (case.source, case.destination)
                source, destination = map(partial(_group, analysis), names, case.packet[:2])
                assert (case.packet.service in analysis.allowed(source, destination)) == case.allowed
                assert case.allowed == (case.egress.action == case.ingress.action == "allow")
                decided = [
                    hit.matched_by
                    for hit in analysis.decision(source, "egress").matches
                    if hit.is_final and hit.peers >> destination.index & 1 and case.packet.service in hit.services
                ]
                assert [_name(by) for by in decided] == [_name(case.egress.decided_by)]
                _check_order(case.egress)
                _check_order(case.ingress)
    assert cases > 500


def _group(analysis: Reachability, name: str, place: PacketEnd) -> AddressClass:
    """The group of an endpoint at one of its addresses, which others may have as well; or that of an address."""
    for group in analysis.classes:
        if any((member.endpoint.name, member.address) == (name, place.address) for member in group.members):
            return group
    outside = analysis.address_space.class_of(place.address)
    assert outside
    return outside


def _name(by: Rule | DefaultDecision) -> str:
    return str(by)


def _check_order(half: DirectionTrace) -> None:
    """Nothing is tried behind the rule that decides, and it is the only one that matches and decides."""
    tried = [rule for step in half.tried for rule in step.rules]
    final = [one.rule for one in tried if one.mismatch is None and one.rule.action in {"allow", "deny"}]
    assert final == ([half.decided_by] if isinstance(half.decided_by, Rule) else [])
    assert not final or tried[-1].rule is final[0]
