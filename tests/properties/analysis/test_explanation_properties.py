"""What `connectivity --explain` and `trace --endpoint` state of random sets, checked by single traces and rewrites."""

from __future__ import annotations

from copy import deepcopy
from random import Random

import pytest

from calicoctl.analysis import ALL_SERVICES, ServiceSet
from calicoctl.analysis.connectivity.explanation import explain_connectivity
from calicoctl.analysis.connectivity.grouping import Grouping
from calicoctl.analysis.connectivity.rows import compute_connectivity
from calicoctl.analysis.model.policy_set import Endpoint
from calicoctl.analysis.sets.services import NO_SERVICES, union_all
from calicoctl.analysis.trace.endpoint_rules import endpoint_rules
from calicoctl.analysis.trace.packet_match import first_mismatch
from calicoctl.kinds.values.protocols import ICMP, ICMPV6
from tests.support.boundary_packets import boundary_addresses, boundary_services
from tests.support.policies import packet, policy_set_from
from tests.support.random_policies import Manifest, random_policy_set
from tests.support.reference_evaluator import ReferenceEvaluator

SETS = 35


@pytest.mark.parametrize("batch", range(2))
def test_the_explanation_has_the_allowed_traffic_of_the_rows_and_names_what_does_not_allow(batch: int) -> None:
    for seed in range(batch * SETS, (batch + 1) * SETS):
        policy_set = policy_set_from(random_policy_set(Random(seed), hosts=bool(batch)))  # noqa: S311  # no secret
        connectivity = compute_connectivity(policy_set, Grouping(policy_set, "endpoint", "", ()))
        allowed: dict[tuple[str, str], ServiceSet] = {}
        for row in connectivity.rows:
            for source, destination in row.pairs():
                key = (source.name, destination.name)
                allowed[key] = allowed.get(key, NO_SERVICES) | row.services
        explained = {}
        for pair in explain_connectivity(connectivity, ALL_SERVICES):
            services = [block.services for case in pair.cases if case.allowed for block in case.blocks]
            explained[pair.source.name, pair.destination.name] = union_all(services)
            for case in pair.cases:
                for tried, direction in case.not_allowing:
                    assert tried.owner
                    rules = tried.owner.rules(direction) if not tried.reply else ()
                    matching = [rule.action for rule in rules if first_mismatch(rule, case.packet) is None]
                    actions = [action for action in matching if action != "log"]
                    assert actions[:1] != ["allow"] or tried.host, (seed, tried.name)
                assert bool(list(case.not_allowing)) <= (not case.allowed), seed
        assert {key: services for key, services in explained.items() if services} == allowed, seed


def test_rules_that_trace_of_an_endpoint_omits_have_no_effect_on_it() -> None:
    """Without them, the reference evaluator decides in the same way on packets of the endpoint."""
    omitted = kept = 0
    for seed in range(60):
        random = Random(seed)  # noqa: S311  # no secret
        manifests = random_policy_set(random, hosts=False)
        policy_set = policy_set_from(manifests)
        endpoint = policy_set.endpoints[0]
        rest = deepcopy(manifests)
        for applied in endpoint_rules(policy_set, endpoint):
            for policy in applied.policies:
                indexes = {effective.rule.index for effective in policy.rules}
                omitted += policy.removed_count
                kept += len(indexes)
                for manifest in rest:
                    if policy.name == f"{manifest['kind']}/{manifest['metadata']['name']}":
                        rules = manifest["spec"].get(applied.direction, [])
                        assert len(rules) == len(indexes) + policy.removed_count
                        manifest["spec"][applied.direction] = [
                            rule for index, rule in enumerate(rules) if index in indexes
                        ]
        assert decisions(manifests, endpoint, manifests) == decisions(rest, endpoint, manifests), seed
    assert omitted > 20
    assert kept > 40


def decisions(manifests: list[Manifest], endpoint: Endpoint, all_manifests: list[Manifest]) -> list[set[bool]]:
    """Return the decisions on packets from and to an endpoint, at the bounds of the rules of all manifests."""
    reference = ReferenceEvaluator(manifests)
    rules = [rule for one in all_manifests for side in ("ingress", "egress") for rule in one["spec"].get(side, ())]
    own = str(endpoint.addresses[0]) if endpoint.addresses else ""
    peers = [each for each in boundary_addresses(ReferenceEvaluator(all_manifests), rules) if each != own]
    peers = [each for each in peers if (":" in each) == (":" in own)][:4]
    services = list(boundary_services(rules, ICMP, ICMPV6))[::7]
    return [
        reference.verdicts(packet(*ends, service), (0, 0), direction)
        for peer in peers
        for service in services
        for ends, direction in (((own, peer), "egress"), ((peer, own), "ingress"))
    ]
