"""The rows of connectivity say the same as the analysis does pair by pair, and names say who is meant."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from random import Random
from typing import NamedTuple

import pytest

from calicoctl.analysis import Endpoint, PolicySet, Reachability
from calicoctl.analysis.connectivity.group_names import GroupMember
from calicoctl.analysis.connectivity.grouping import Grouping
from calicoctl.analysis.connectivity.peer_groups import EndpointGroup
from calicoctl.analysis.connectivity.rows import Connectivity, compute_connectivity
from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.peers.peer import ALL_ADDRESSES, Peer
from calicoctl.analysis.sets.addresses import Address, Network
from calicoctl.analysis.sets.services import ALL_SERVICES, NO_SERVICES, ServiceSet, services_of_protocol
from tests.support.policies import policy_set_from
from tests.support.random_policies import random_policy_set

WAYS = [("profile", ""), ("label", "role"), ("class", ""), ("endpoint", "")]
EVERY_WAY = pytest.mark.parametrize("way", WAYS, ids=[way for way, _ in WAYS])
SEEDS = range(50_000, 50_120)


class TrafficEnd(NamedTuple):
    """An endpoint or the outside, at one address."""

    endpoint: Endpoint | None
    group: AddressClass
    address: Address


def random_policies(seed: int) -> PolicySet:
    """A set; every fourth has no endpoints, so that others stand in for them."""
    manifests = random_policy_set(Random(seed))  # noqa: S311  # no secret
    if seed % 4 == 0:
        manifests = [one for one in manifests if not one["kind"].endswith("Endpoint")]
    if seed % 4 == 1:  # a host endpoint that does not tell its addresses may have any
        spec = {"interfaceName": "eth9", "profiles": []}
        manifests.append(
            {"kind": "hostEndpoint", "metadata": {"name": "eth9", "node": "n", "labels": {}}, "spec": spec}
        )
    return policy_set_from(manifests)


def traffic_ends(analysis: Reachability) -> Iterator[TrafficEnd]:
    for group in analysis.classes:
        for endpoint, address in group.members:
            yield TrafficEnd(endpoint, group, address)
        for bound in group.external_addresses:
            last = bound - (group.external_addresses.index(bound) & 1)  # odd bounds are the first number behind a run
            yield TrafficEnd(None, group, Address(group.version, last))


def is_member(somebody: TrafficEnd, one: GroupMember) -> bool:
    if one.endpoint is not somebody.endpoint:
        return False
    return (
        somebody.address in one.addresses
        if one.network_expression is None
        else is_within_networks(somebody.address, one)
    )


def is_within_networks(address: Address, one: GroupMember) -> bool:
    """Whether the longest network around the address is one of those within."""
    assert one.network_expression
    nets = {
        **dict.fromkeys(one.network_expression.included, True),
        **dict.fromkeys(one.network_expression.excluded, False),
    }
    around = [net for net in nets if net.version == address.version and net.contains(address.value)]
    return bool(around) and nets[min(around, key=lambda net: net.end - net.start)]


def group_of(somebody: TrafficEnd, answer: Connectivity) -> EndpointGroup:
    (crowd,) = [crowd for crowd in answer.groups if any(is_member(somebody, one) for one in crowd.members)]
    return crowd


def check(
    analysis: Reachability, answer: Connectivity, services: ServiceSet = ALL_SERVICES, focus: Peer | None = None
) -> int:
    """Expand every row; gives how many pairs are allowed something."""
    crowds = {somebody: group_of(somebody, answer) for somebody in traffic_ends(analysis)}
    said: dict[tuple[int, int, int], ServiceSet] = {}
    for row in answer.rows:
        assert row.services
        for source, destination, version in product(row.sources, row.destinations, row.versions):
            key = (source.index, destination.index, version)
            assert key not in said, "rows overlap"
            said[key] = row.services
    found = 0
    for one, other in product(crowds, repeat=2):
        if one.group.version != other.group.version or (one.endpoint is None and other.endpoint is None):
            continue
        if one.endpoint is other.endpoint and one.endpoint and one.endpoint.origin:
            continue
        wanted = analysis.allowed(one.group, other.group) & services
        if focus and not (crowds[one].focused or crowds[other].focused):
            wanted = NO_SERVICES
        assert said.get((crowds[one].index, crowds[other].index, one.group.version), NO_SERVICES) is wanted
        found += bool(wanted)
    return found


@EVERY_WAY
def test_rows_say_the_same_as_pairs(way: tuple[str, str]) -> None:
    found = 0
    for seed in SEEDS:
        policies = random_policies(seed)
        answer = compute_connectivity(policies, Grouping(policies, *way))
        found += check(Reachability(policies), answer)
        names = [crowd.name for crowd in answer.groups]
        assert len(set(names)) == len(names)
        assert [crowd.index for crowd in answer.groups] == list(range(len(names)))
    assert found > 500


@EVERY_WAY
def test_a_focus_and_services_leave_out_all_else_and_nothing_more(way: tuple[str, str]) -> None:
    found = 0
    services = services_of_protocol(6, None, (80, 86))
    networks = {"10.0.0.0/29": Network(4, 0x0A000000, 0x0A000008), "outside": None}
    for seed in SEEDS[::2]:
        policies = random_policies(seed)
        for name, net in networks.items():
            inside = [one for one in policies.endpoints for own in one.addresses or () if net and own.version == 4]
            focus = Peer(name, tuple(dict.fromkeys(inside)), (net,) if net else ALL_ADDRESSES, net)
            answer = compute_connectivity(policies, Grouping(policies, *way), services, focus)
            analysis = Reachability(policies, networks=focus.networks)
            for somebody in traffic_ends(analysis):
                own = somebody.address
                meant = (somebody.endpoint is None and net is None) or bool(
                    net
                    and own.version == 4
                    and net.contains(own.value)
                    and (somebody.endpoint is None or somebody.endpoint in inside)
                )
                assert group_of(somebody, answer).focused is meant, (seed, somebody)
            found += check(analysis, answer, services, focus)
    assert found > 100


@EVERY_WAY
def test_both_ends_of_a_row_are_told_as_briefly_as_can_be(way: tuple[str, str]) -> None:
    """No two rows could be one, and crowds under one heading differ in a row."""
    for seed in SEEDS:
        policies = random_policies(seed)
        answer = compute_connectivity(policies, Grouping(policies, *way))
        ends = [(row.services, row.versions, row.sources) for row in answer.rows if len(row.versions) == 1]
        assert len(ends) == len(set(ends))
        for together in answer.grouped_by_rows:
            assert len({(crowd.key, crowd.focused) for crowd in together}) == len(together)


# --- names ---------------------------------------------------------------------------------------------------


def ends_matching_name(
    name: str, crowd: EndpointGroup, under: Sequence[TrafficEnd], policies: PolicySet
) -> set[TrafficEnd]:
    """Who is meant by a name of some of those that go under its heading, by the words of it alone."""
    words = name.removeprefix(crowd.key.text).removeprefix("endpoints").strip(" ")
    if not crowd.key.text and re.match(r"profile/|\w+=", words):
        words = f"with {words}"
    return {somebody for somebody in under if _fits(somebody, words, policies)}


def _fits(somebody: TrafficEnd, words: str, policies: PolicySet) -> bool:
    if together := re.fullmatch(r"with (.+?)( in \S+/\d+)?", words):
        parts = [f"with {part}" for part in together[1].split(" and ")]
        parts += [together[2].strip()] if together[2] else []
        if len(parts) > 1:
            return all(_fits(somebody, part, policies) for part in parts)
    labels: Mapping[str, str] = policies.labels_of(somebody.endpoint) if somebody.endpoint else {}
    net = re.fullmatch(r"(not )?in (\S+/\d+)", words)
    if net:
        return (ipaddress.ip_address(str(somebody.address)) in ipaddress.ip_network(net[2])) != bool(net[1])
    if words.startswith("without "):
        return words.removeprefix("without ") not in labels
    if somebody.endpoint is None or words.startswith(("but ", "in ")):
        return bool(_is_in_networks(str(somebody.address), words))
    text = words.removeprefix("with ")
    names = somebody.endpoint.profiles
    profiles = {
        str(policies.profiles[name].identifier) if name in policies.profiles else f"profile/{name}" for name in names
    }
    if text in {f"{key}={value or chr(39) * 2}" for key, value in labels.items()} | profiles:
        return True
    listed = [part.strip() for part in text.removeprefix(":").split(",")]
    own = somebody.endpoint.identifier.values[-1]
    return any(part == own or (part.startswith(f"{own} ") and _is_at(somebody, part[len(own) :])) for part in listed)


def _is_at(somebody: TrafficEnd, words: str) -> bool:
    _, at, addresses = words.partition(" at ")
    return (
        str(somebody.address) in addresses.split(" and ")
        if at
        else _is_in_networks(str(somebody.address), words.strip())
    )


def _is_in_networks(address: str, words: str) -> bool:
    """`in A or B but not in C`, or `but not in C except A`: the smallest network counts."""
    own = ipaddress.ip_address(address)
    best, answer = -1, words.startswith("but")
    for sign, listed in re.findall(r"(not in|in|except) ((?:\S+/\d+)(?: or \S+/\d+)*)", words):
        for net in map(ipaddress.ip_network, listed.split(" or ")):
            if own in net and net.prefixlen > best:
                best, answer = net.prefixlen, sign != "not in"
    return answer


@EVERY_WAY
def test_names_mean_who_is_in_a_crowd(way: tuple[str, str]) -> None:
    partly = 0
    for seed in SEEDS:
        policies = random_policies(seed)
        grouping = Grouping(policies, *way)
        answer = compute_connectivity(policies, grouping)
        crowds = {somebody: group_of(somebody, answer) for somebody in traffic_ends(Reachability(policies))}
        for crowd in answer.groups:
            under = [somebody for somebody, other in crowds.items() if other.key == crowd.key]
            mine = {somebody for somebody, other in crowds.items() if other is crowd}
            if crowd.is_complete:
                assert crowd.name == (crowd.key.text or "every endpoint")
                assert mine == set(under)
            else:
                partly += 1
                found = ends_matching_name(crowd.name, crowd, under, policies)
                assert found < mine if crowd.name.endswith(" more") else found == mine, (seed, crowd.name)
    assert partly > 25
