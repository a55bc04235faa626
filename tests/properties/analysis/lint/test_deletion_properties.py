"""Deletions that lint suggests keep every decision: each alone, all together, and random selections of them.

The deletions follow the text of the findings, as a user would. The reference evaluator decides before and after.
"""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from itertools import product
from random import Random
from typing import Any, NamedTuple

import pytest

from calicoctl.analysis import build_policy_set
from calicoctl.analysis.lint import Issue, lint
from calicoctl.kinds.values.protocols import ICMP, ICMPV6
from calicoctl.resource import FieldPath
from tests.support.boundary_packets import boundary_addresses, boundary_services
from tests.support.policies import located_policy_source, packet
from tests.support.random_policies import random_policy_set, random_redundant_policy_set
from tests.support.reference_evaluator import ReferenceEvaluator
from tests.support.reference_hosts import Packet

CODES = ("CAL001", "CAL002", "CAL003", "CAL008", "CAL009", "CAL018")
KINDS = ("profile", "policy", "workloadEndpoint", "hostEndpoint")
PACKET_COUNT = 300
MAX_SINGLE_DELETIONS = 8
SELECTION_COUNT = 4

Manifests = list[dict[str, Any]]
AddressedPacket = tuple[Packet, int, int]
"""A packet, and the numbers of its endpoints among those at the same address."""


class Deletion(NamedTuple):
    """Deletion that a finding suggests."""

    code: str
    number: int
    """Number of the manifest."""
    path: FieldPath
    message: str


def suggested_deletions(manifests: Manifests, kinds: Container[str] = KINDS) -> list[Deletion]:
    """Return the deletions that lint suggests if it reads only the manifests of these kinds."""
    sources = [located_policy_source(manifest) for manifest in manifests]
    numbers = {id(source): number for number, source in enumerate(sources)}
    return [
        Deletion(check.code, numbers[id(issue.origin)], issue.path, issue.message)
        for check, issue in lint(build_policy_set(source for source in sources if source.identifier.kind in kinds))
        if check.code in CODES and is_deletion(check.code, issue)
    ]


def is_deletion(code: str, issue: Issue) -> bool:
    """Return whether a finding suggests to delete a rule or a policy as a whole."""
    if code == "CAL008":
        return "selects no endpoint" in issue.message or "never matches" in issue.message
    return code != "CAL009" or len(issue.path) == 3


def without(manifests: Manifests, deletions: Sequence[Deletion]) -> Manifests:
    """Return the manifests without the rules and policies of findings; with `types` where a finding suggests them."""
    result: Manifests = copy.deepcopy(manifests)
    types_by_direction: dict[tuple[int, Any], list[str]] = {}
    for deletion in deletions:
        if len(deletion.path) > 2 or deletion.code == "CAL018":
            delete_rules(result[deletion.number]["spec"], deletion)
        if hint := re.search(r"write types: \[([a-z, ]+)\]", deletion.message):
            types_by_direction[deletion.number, deletion.path[1]] = hint[1].split(", ")
    for spec, direction in product((manifest["spec"] for manifest in result), ("ingress", "egress")):
        if direction in spec:
            spec[direction] = [rule for rule in spec[direction] if rule]
    for (number, direction), types in types_by_direction.items():
        if not result[number]["spec"][direction]:
            result[number]["spec"]["types"] = types
    deleted = {deletion.number for deletion in deletions if deletion.path in {(), ("spec", "selector")}}
    return [manifest for number, manifest in enumerate(result) if number not in deleted]


def delete_rules(spec: dict[str, Any], deletion: Deletion) -> None:
    """Replace the rules of a finding by None."""
    direction = str(deletion.path[1])
    if deletion.code == "CAL018":
        names = re.search(rf"{direction}\[([\d, ]+)\]", deletion.message)
        indexes = [int(text) for text in names[1].split(", ")] if names else list(range(len(spec[direction])))
    else:
        indexes = [int(deletion.path[2])]
    for index in indexes:
        spec[direction][index] = None


def boundary_packets(manifests: Manifests, random: Random) -> list[AddressedPacket]:
    """Return random packets at the boundaries of rules, from or to an endpoint."""
    reference = ReferenceEvaluator(manifests)
    rules = [
        rule
        for manifest in manifests
        for direction in ("ingress", "egress")
        for rule in manifest["spec"].get(direction, ())
    ]
    services = list(boundary_services(rules, ICMP, ICMPV6))
    inside = reference.endpoints_by_address
    ends = [
        (address, number)
        for address in boundary_addresses(reference, rules)
        for number in range(len(inside.get(address, ())) or 1)
    ]
    pairs = [
        (source, destination)
        for source, destination in product(ends, repeat=2)
        if (":" in source[0]) == (":" in destination[0]) and source[0] != destination[0]
        if source[0] in inside or destination[0] in inside
    ]
    choices = ((*random.choice(pairs), random.choice(services)) for _ in range(PACKET_COUNT if pairs else 0))
    return [
        (packet(source, destination, service), sender, receiver)
        for (source, sender), (destination, receiver), service in choices
    ]


def selections(deletions: list[Deletion], random: Random) -> Iterator[list[Deletion]]:
    """Yield single deletions, all deletions, and random ones."""
    yield deletions
    yield from ([deletion] for deletion in random.sample(deletions, min(len(deletions), MAX_SINGLE_DELETIONS)))
    yield from ([deletion for deletion in deletions if random.random() < 0.5] for _ in range(SELECTION_COUNT))


@pytest.mark.parametrize("make", [random_policy_set, random_redundant_policy_set])
def test_suggested_deletions_keep_the_decision_on_every_packet(make: Any) -> None:
    counts: Counter[str] = Counter()
    for seed in range(50_000, 50_200):
        random = Random(seed)  # noqa: S311  # not a secret
        manifests = make(random)
        deletions = suggested_deletions(manifests)
        counts.update(deletion.code for deletion in deletions)
        packets = boundary_packets(manifests, random) if deletions else []
        check_decisions(manifests, deletions, packets, random, f"seed {seed}")
    assert len(counts) == len(CODES)
    assert min(counts.values()) > 5, counts


def test_deletions_suggested_for_policies_alone_keep_the_decisions_of_any_endpoints() -> None:
    counts: Counter[str] = Counter()
    for seed in range(60_000, 60_060):
        random = Random(seed)  # noqa: S311  # not a secret
        manifests = random_redundant_policy_set(random)
        deletions = suggested_deletions(manifests, {"policy"})
        counts.update(deletion.code for deletion in deletions)
        packets = boundary_packets(manifests, random) if deletions else []
        check_decisions(manifests, deletions, packets, random, f"seed {seed}")
    assert all(counts[code] > 2 for code in ("CAL001", "CAL002", "CAL003")), counts


def check_decisions(
    manifests: Manifests, deletions: list[Deletion], packets: list[AddressedPacket], random: Random, name: str
) -> None:
    reference = ReferenceEvaluator(manifests)
    before = [reference.allowed(*each) for each in packets]
    for selection in selections(deletions, random) if packets else ():
        changed = ReferenceEvaluator(without(manifests, selection))
        after = [changed.allowed(*each) for each in packets]
        assert after == before, f"{name}: {selection}"
