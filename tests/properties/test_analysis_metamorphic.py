"""Changes of policy that change nothing, and what different ways to the same answer have to agree on."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from functools import partial
from itertools import product
from random import Random
from typing import Any

import pytest

from calicoctl.analysis import Analysis
from calicoctl.analysis.addresses import address
from calicoctl.analysis.bitsets import members
from calicoctl.analysis.criteria import Place
from calicoctl.analysis.explain import Half
from calicoctl.analysis.groups import Group
from calicoctl.analysis.model import Rule
from calicoctl.analysis.parties import EVERYWHERE, Party
from calicoctl.analysis.services import EVERYTHING, NOTHING, ServiceSet, of_protocol
from calicoctl.analysis.stages import End
from calicoctl.analysis.trace import trace
from tests.analysed import Manifest, policies_of
from tests.policysets import policy_set

SEEDS = range(20_000, 20_150)
Connectivity = dict[tuple[str, str], ServiceSet]


def connectivity(manifests: Sequence[Manifest]) -> Connectivity:
    """What is allowed from each place to each other, place by place; places are the same however policy cuts them."""
    analysis = Analysis(policies_of(manifests))
    places = {
        str(member.address): analysis.universe.at(member.address)
        for group in analysis.groups
        for member in group.members
    }
    for text in ("10.0.0.0", "10.0.0.9", "10.0.1.0", "192.0.2.0", "198.51.100.1", "fd00::9", "2001:db8::1"):
        places[text] = analysis.universe.at(address(text))
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
        analysis = Analysis(policies_of(before))
        used = {
            hit.by
            for group in analysis.groups
            for way in ("ingress", "egress")
            for hit in analysis.outcome(group, way).hits
        }
        idle = [rule for rule in analysis.universe.rules if rule not in used]
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
        analysis = Analysis(policies_of(policy_set(Random(seed))))  # noqa: S311  # no secret
        found: dict[tuple[int, int], ServiceSet] = {}
        for block in analysis.blocks:
            pairs = list(product(members(block.sources), members(block.destinations)))
            assert found.keys().isdisjoint(pairs), "blocks overlap"
            found.update(dict.fromkeys(pairs, block.services))
        for source, destination in product(analysis.groups, repeat=2):
            if source.governance or destination.governance:
                assert found.get((source.index, destination.index), NOTHING) is analysis.allowed(source, destination)


def test_hits_decide_on_every_service_with_every_peer_once() -> None:
    for seed in SEEDS:
        analysis = Analysis(policies_of(policy_set(Random(seed))))  # noqa: S311  # no secret
        for group in analysis.groups:
            hits = [hit for hit in analysis.outcome(group, "ingress").hits if hit.final]
            for peer in analysis.groups:
                covered = NOTHING
                for hit in hits:
                    if hit.peers >> peer.index & 1:
                        assert not covered & hit.services
                        covered |= hit.services
                assert covered is (EVERYTHING if peer.version == group.version else NOTHING)


def test_what_is_explained_is_what_was_decided() -> None:
    """The rules that a trace names for its example are those that decide on the whole case."""
    cases = 0
    for seed in SEEDS:
        found = policies_of(policy_set(Random(seed), strange=True))  # noqa: S311  # no secret
        analysis = Analysis(found)
        party, outside = Party("all", found.endpoints), Party("outside", networks=EVERYWHERE)
        for ends in ((party, party), (party, outside), (outside, party)):
            for case in trace(found, *ends, EVERYTHING).cases:
                cases += 1
                names = (case.source, case.destination)
                source, destination = map(partial(_group, analysis), names, case.packet[:2])
                assert (case.packet.service in analysis.allowed(source, destination)) == case.allowed
                assert case.allowed == (case.egress.action == case.ingress.action == "allow")
                decided = [
                    hit.by
                    for hit in analysis.outcome(source, "egress").hits
                    if hit.final and hit.peers >> destination.index & 1 and case.packet.service in hit.services
                ]
                assert [_name(by) for by in decided] == [_name(case.egress.by)]
                _check_order(case.egress)
                _check_order(case.ingress)
    assert cases > 500


def _group(analysis: Analysis, name: str, place: Place) -> Group:
    """The group of an endpoint at one of its addresses, which others may have as well; or that of an address."""
    for group in analysis.groups:
        if any((member.endpoint.name, member.address) == (name, place.address) for member in group.members):
            return group
    outside = analysis.universe.at(place.address)
    assert outside
    return outside


def _name(by: Rule | End) -> str:
    return str(by)


def _check_order(half: Half) -> None:
    """Nothing is tried behind the rule that decides, and it is the only one that matches and decides."""
    tried = [rule for step in half.tried for rule in step.rules]
    final = [one.rule for one in tried if one.failure is None and one.rule.action in {"allow", "deny"}]
    assert final == ([half.by] if isinstance(half.by, Rule) else [])
    assert not final or tried[-1].rule is final[0]


def test_operations_on_services_obey_the_laws_of_sets() -> None:
    random = Random(1)  # noqa: S311  # no secret
    some = [
        of_protocol(6, (0, 1024), (80, 90)),
        of_protocol(6, None, (85, 443)),
        of_protocol(1, (8, 9)),
        of_protocol(47),
    ]
    for _ in range(30):
        one, other = random.sample(some, 2)
        some.append(random.choice([one | other, one & other, one - other, EVERYTHING - one]))
    for one in some:
        for other in some:
            assert (one | other) is (other | one)
            assert (one & other) is (other & one)
            assert ((one - other) | (one & other)) is one
            assert EVERYTHING - (one | other) is (EVERYTHING - one) & (EVERYTHING - other)
            assert all((service in one) == (service in (one & other)) for service in other.corners())
