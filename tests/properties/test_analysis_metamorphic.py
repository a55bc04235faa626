"""Changes of policy that change nothing, and what different ways to the same answer have to agree on."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from functools import partial
from itertools import product
from random import Random
from typing import Any

import pytest

from calicoctl.analysis import Reachability
from calicoctl.analysis.evaluation.groups import AddressClass
from calicoctl.analysis.evaluation.stages import DefaultDecision
from calicoctl.analysis.model.policy_set import Rule
from calicoctl.analysis.peers.peer import ALL_ADDRESSES, Peer
from calicoctl.analysis.sets.addresses import parse_address
from calicoctl.analysis.sets.bitsets import bit_indexes
from calicoctl.analysis.sets.services import ALL_SERVICES, NO_SERVICES, ServiceSet, services_of_protocol
from calicoctl.analysis.trace.explain import DirectionTrace
from calicoctl.analysis.trace.packet_match import PacketEnd
from calicoctl.analysis.trace.trace import trace
from tests.analysed import Manifest, policies_of
from tests.policysets import policy_set

SEEDS = range(20_000, 20_150)
Connectivity = dict[tuple[str, str], ServiceSet]


def connectivity(manifests: Sequence[Manifest]) -> Connectivity:
    """What is allowed from each place to each other, place by place; places are the same however policy cuts them."""
    analysis = Reachability(policies_of(manifests))
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


def split_ports(manifests: list[Any]) -> None:
    """A range of ports in two."""
    for rule in rules(manifests):
        for side in (rule["source"], rule["destination"]):
            if "ports" in side:
                side["ports"] = [part for run in side["ports"] for part in halves(run)]


def halves(run: int | str) -> list[int | str]:
    low, _, high = str(run).partition(":")
    if not high:
        return [run]
    middle = (int(low) + int(high)) // 2
    return [f"{low}:{middle}", f"{middle + 1}:{high}"]


def split_networks(manifests: list[Any]) -> None:
    """A network in two halves."""
    for rule in rules(manifests):
        for side in (rule["source"], rule["destination"]):
            if "10.0.0.0/24" in side.get("nets", ()):
                side["nets"] = [*(net for net in side["nets"] if net != "10.0.0.0/24"), "10.0.0.0/25", "10.0.0.128/25"]


def log_first(manifests: list[Any]) -> None:
    """A rule that only logs before all others."""
    for manifest in manifests:
        for direction in ("ingress", "egress"):
            if manifest["spec"].get(direction):
                manifest["spec"][direction].insert(0, {"action": "log", "source": {}, "destination": {}})


def twice(manifests: list[Any]) -> None:
    """Every rule once more right behind itself: the second can never match."""
    for manifest in manifests:
        for direction in ("ingress", "egress"):
            if manifest["spec"].get(direction):
                manifest["spec"][direction] = [rule for rule in manifest["spec"][direction] for _ in (1, 2)]


def reordered(manifests: list[Any]) -> None:
    """Manifests in another order, orders moved alike."""
    manifests.reverse()
    for manifest in manifests:
        if "order" in manifest["spec"]:
            manifest["spec"]["order"] = manifest["spec"]["order"] * 10 + 7


def rules(manifests: list[Any]) -> list[Any]:
    return [rule for manifest in manifests for way in ("ingress", "egress") for rule in manifest["spec"].get(way, ())]


@pytest.mark.parametrize(
    "change", [split_ports, split_networks, log_first, twice, reordered], ids=lambda one: one.__name__
)
def test_a_change_of_words_changes_nothing(change: Callable[[list[Any]], None]) -> None:
    changed = 0
    for seed in SEEDS:
        before = policy_set(Random(seed))  # noqa: S311  # no secret
        after = copy.deepcopy(before)
        change(after)
        changed += after != before
        assert connectivity(after) == connectivity(before), f"seed {seed}"
    assert changed > 10


def test_a_denial_before_all_else_never_opens_anything() -> None:
    rule = {"action": "deny", "protocol": "tcp", "source": {}, "destination": {"ports": [80]}}
    narrowed = 0
    for seed in SEEDS:
        before = policy_set(Random(seed))  # noqa: S311  # no secret
        spec = {"selector": "all()", "order": -1, "types": ["ingress"], "ingress": [rule, {"action": "pass"}]}
        # Of those that are tried first; what passes goes to the profiles, so only where no policy stands behind it.
        before = [manifest for manifest in before if manifest["kind"] != "policy"]
        after = [*before, {"kind": "policy", "metadata": {"name": "a"}, "spec": spec}]
        wide, narrow = connectivity(before), connectivity(after)
        assert all(not (narrow[pair] - wide[pair]) for pair in wide), f"seed {seed}"
        narrowed += narrow != wide
    assert narrowed > 10


def test_a_rule_that_nothing_comes_to_can_be_removed() -> None:
    removed = 0
    for seed in SEEDS:
        before = policy_set(Random(seed))  # noqa: S311  # no secret
        analysis = Reachability(policies_of(before))
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
        assert connectivity(after) == connectivity(before), f"seed {seed}"
    assert removed > 10


def test_blocks_say_the_same_as_pairs() -> None:
    for seed in SEEDS:
        analysis = Reachability(policies_of(policy_set(Random(seed))))  # noqa: S311  # no secret
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
        analysis = Reachability(policies_of(policy_set(Random(seed))))  # noqa: S311  # no secret
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
        found = policies_of(policy_set(Random(seed), strange=True))  # noqa: S311  # no secret
        analysis = Reachability(found)
        party, outside = Peer("all", found.endpoints), Peer("outside", networks=ALL_ADDRESSES)
        for ends in ((party, party), (party, outside), (outside, party)):
            for case in trace(found, *ends, ALL_SERVICES).cases:
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


def test_operations_on_services_obey_the_laws_of_sets() -> None:
    random = Random(1)  # noqa: S311  # no secret
    some = [
        services_of_protocol(6, (0, 1024), (80, 90)),
        services_of_protocol(6, None, (85, 443)),
        services_of_protocol(1, (8, 9)),
        services_of_protocol(47),
    ]
    for _ in range(30):
        one, other = random.sample(some, 2)
        some.append(random.choice([one | other, one & other, one - other, ALL_SERVICES - one]))
    for one in some:
        for other in some:
            assert (one | other) is (other | one)
            assert (one & other) is (other & one)
            assert ((one - other) | (one & other)) is one
            assert ALL_SERVICES - (one | other) is (ALL_SERVICES - one) & (ALL_SERVICES - other)
            assert all((service in one) == (service in (one & other)) for service in other.corners())
