"""Connectivity rows agree with the reachability of each pair of addresses, and names with the members of groups."""

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
from calicoctl.analysis.sets.intervals import iter_ranges
from calicoctl.analysis.sets.services import ALL_SERVICES, NO_SERVICES, ServiceSet, services_of_protocol
from tests.support.policies import policy_set_from
from tests.support.random_policies import random_policy_set

GROUPINGS = [("profile", ""), ("label", "role"), ("class", ""), ("endpoint", "")]
EVERY_GROUPING = pytest.mark.parametrize("grouping_args", GROUPINGS, ids=[group_by for group_by, _ in GROUPINGS])
SEEDS = range(50_000, 50_120)


class TrafficEnd(NamedTuple):
    """An endpoint, or a non-endpoint, at one address."""

    endpoint: Endpoint | None
    address_class: AddressClass
    address: Address


def random_policies(seed: int) -> PolicySet:
    """Return a policy set; every fourth has no endpoints and so one placeholder for each profile."""
    manifests = random_policy_set(Random(seed))  # noqa: S311  # no secret
    if seed % 4 == 0:
        manifests = [one for one in manifests if not one["kind"].endswith("Endpoint")]
    if seed % 4 == 1:  # a host endpoint without addresses may have any
        spec = {"interfaceName": "eth9", "profiles": []}
        manifests.append(
            {"kind": "hostEndpoint", "metadata": {"name": "eth9", "node": "n", "labels": {}}, "spec": spec}
        )
    return policy_set_from(manifests)


def traffic_ends(analysis: Reachability) -> Iterator[TrafficEnd]:
    for address_class in analysis.classes:
        for endpoint, address in address_class.members:
            yield TrafficEnd(endpoint, address_class, address)
        for start, end in iter_ranges(address_class.external_addresses):
            for value in (start, end - 1):
                yield TrafficEnd(None, address_class, Address(address_class.version, value))


def is_member(end: TrafficEnd, member: GroupMember) -> bool:
    if member.endpoint is not end.endpoint:
        return False
    return end.address in member.addresses if member.network_expression is None else is_within(end.address, member)


def is_within(address: Address, member: GroupMember) -> bool:
    """Return whether the smallest network that contains the address is an included one."""
    assert member.network_expression
    nets = {
        **dict.fromkeys(member.network_expression.included, True),
        **dict.fromkeys(member.network_expression.excluded, False),
    }
    around = [net for net in nets if net.version == address.version and net.contains(address.value)]
    return bool(around) and nets[min(around, key=lambda net: net.end - net.start)]


def group_of(end: TrafficEnd, answer: Connectivity) -> EndpointGroup:
    (group,) = [group for group in answer.groups if any(is_member(end, one) for one in group.members)]
    return group


def check(
    analysis: Reachability, answer: Connectivity, services: ServiceSet = ALL_SERVICES, focus: Peer | None = None
) -> int:
    """Check every pair of addresses; return the number of pairs with allowed traffic."""
    groups = {end: group_of(end, answer) for end in traffic_ends(analysis)}
    allowed_by_rows: dict[tuple[int, int, int], ServiceSet] = {}
    for row in answer.rows:
        assert row.services
        for source_group, destination_group, version in product(row.sources, row.destinations, row.versions):
            key = (source_group.index, destination_group.index, version)
            assert key not in allowed_by_rows, "rows overlap"
            allowed_by_rows[key] = row.services
    allowed_count = 0
    for source, destination in product(groups, repeat=2):
        version = source.address_class.version
        if version != destination.address_class.version or source.endpoint is destination.endpoint is None:
            continue
        if source.endpoint is destination.endpoint and source.endpoint and source.endpoint.origin:
            continue
        expected = analysis.allowed(source.address_class, destination.address_class) & services
        if focus and not (groups[source].focused or groups[destination].focused):
            expected = NO_SERVICES
        key = (groups[source].index, groups[destination].index, version)
        assert allowed_by_rows.get(key, NO_SERVICES) is expected
        allowed_count += bool(expected)
    return allowed_count


@EVERY_GROUPING
def test_rows_agree_with_pairs(grouping_args: tuple[str, str]) -> None:
    found = 0
    for seed in SEEDS:
        policies = random_policies(seed)
        answer = compute_connectivity(policies, Grouping(policies, *grouping_args))
        found += check(Reachability(policies), answer)
        names = [group.name for group in answer.groups]
        assert len(set(names)) == len(names)
        assert [group.index for group in answer.groups] == list(range(len(names)))
    assert found > 500


@EVERY_GROUPING
def test_focus_and_services_restrict_the_rows(grouping_args: tuple[str, str]) -> None:
    found = 0
    services = services_of_protocol(6, None, (80, 86))
    networks = {"10.0.0.0/29": Network(4, 0x0A000000, 0x0A000008), "outside": None}
    for seed in SEEDS[::2]:
        policies = random_policies(seed)
        for name, net in networks.items():
            inside = [one for one in policies.endpoints for own in one.addresses or () if net and own.version == 4]
            focus = Peer(name, tuple(dict.fromkeys(inside)), (net,) if net else ALL_ADDRESSES, net)
            answer = compute_connectivity(policies, Grouping(policies, *grouping_args), services, focus)
            analysis = Reachability(policies, networks=focus.networks)
            for end in traffic_ends(analysis):
                own = end.address
                meant = (end.endpoint is None and net is None) or bool(
                    net
                    and own.version == 4
                    and net.contains(own.value)
                    and (end.endpoint is None or end.endpoint in inside)
                )
                assert group_of(end, answer).focused is meant, (seed, end)
            found += check(analysis, answer, services, focus)
    assert found > 100


@EVERY_GROUPING
def test_rows_are_minimal(grouping_args: tuple[str, str]) -> None:
    """No two rows can be merged, and groups with the same key differ in a row."""
    for seed in SEEDS:
        policies = random_policies(seed)
        answer = compute_connectivity(policies, Grouping(policies, *grouping_args))
        ends = [(row.services, row.versions, row.sources) for row in answer.rows if len(row.versions) == 1]
        assert len(ends) == len(set(ends))
        for together in answer.grouped_by_rows:
            assert len({(group.key, group.focused) for group in together}) == len(together)


# --- names ---------------------------------------------------------------------------------------------------


def ends_matching_name(
    name: str, group: EndpointGroup, under: Sequence[TrafficEnd], policies: PolicySet
) -> set[TrafficEnd]:
    """Return the ends that match the text of a name, among all ends with the same group key."""
    words = name.removeprefix(group.key.text).removeprefix("endpoints").removeprefix("every endpoint").strip(" ")
    if not group.key.text and re.match(r"profile/|\w+=", words):
        words = f"with {words}"
    return {end for end in under if _fits(end, words, policies)}


def _fits(end: TrafficEnd, words: str, policies: PolicySet) -> bool:
    if together := re.fullmatch(r"with (.+?)( in \S+/\d+)?", words):
        parts = [f"with {part}" for part in together[1].split(" and ")]
        parts += [together[2].strip()] if together[2] else []
        if len(parts) > 1:
            return all(_fits(end, part, policies) for part in parts)
    labels: Mapping[str, str] = policies.labels_of(end.endpoint) if end.endpoint else {}
    net = re.fullmatch(r"(not )?in (\S+/\d+)", words)
    if net:
        return (ipaddress.ip_address(str(end.address)) in ipaddress.ip_network(net[2])) != bool(net[1])
    if words.startswith("without "):
        return words.removeprefix("without ") not in labels
    if end.endpoint is None or words.startswith(("but ", "in ")):
        return bool(_is_in_networks(str(end.address), words))
    text = words.removeprefix("with ")
    names = end.endpoint.profiles
    profiles = {
        str(policies.profiles[name].identifier) if name in policies.profiles else f"profile/{name}" for name in names
    }
    if text in {f"{key}={value or chr(39) * 2}" for key, value in labels.items()} | profiles:
        return True
    listed = [part.strip() for part in text.removeprefix(":").split(",")]
    own = end.endpoint.identifier.values[-1]
    return any(part == own or (part.startswith(f"{own} ") and _is_at(end, part[len(own) :])) for part in listed)


def _is_at(end: TrafficEnd, words: str) -> bool:
    _, at, addresses = words.partition(" at ")
    return str(end.address) in addresses.split(" and ") if at else _is_in_networks(str(end.address), words.strip())


def _is_in_networks(address: str, words: str) -> bool:
    """Evaluate `in A or B but not in C` or `but not in C except A`: the smallest network decides."""
    own = ipaddress.ip_address(address)
    best, answer = -1, words.startswith("but")
    for sign, listed in re.findall(r"(not in|in|except) ((?:\S+/\d+)(?: or \S+/\d+)*)", words):
        for net in map(ipaddress.ip_network, listed.split(" or ")):
            if own in net and net.prefixlen > best:
                best, answer = net.prefixlen, sign != "not in"
    return answer


@EVERY_GROUPING
def test_names_match_the_members_of_groups(grouping_args: tuple[str, str]) -> None:
    partly = 0
    for seed in SEEDS:
        policies = random_policies(seed)
        grouping = Grouping(policies, *grouping_args)
        answer = compute_connectivity(policies, grouping)
        groups = {end: group_of(end, answer) for end in traffic_ends(Reachability(policies))}
        for group in answer.groups:
            under = [end for end, other in groups.items() if other.key == group.key]
            mine = {end for end, other in groups.items() if other is group}
            if group.is_complete:
                assert group.name == (group.key.text or "every endpoint")
                assert mine == set(under)
            else:
                partly += 1
                found = ends_matching_name(group.name, group, under, policies)
                assert found < mine if group.name.endswith(" more") else found == mine, (seed, group.name)
    assert partly > 25
