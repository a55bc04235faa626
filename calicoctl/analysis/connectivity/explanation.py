"""Explanation of connectivity: for each pair of endpoint groups, the decisions on all traffic with their rules."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

from calicoctl.analysis.connectivity.peer_groups import EndpointGroup
from calicoctl.analysis.connectivity.rows import Connectivity
from calicoctl.analysis.peers.peer import ALL_ADDRESSES, Peer
from calicoctl.analysis.sets.addresses import single_version
from calicoctl.analysis.sets.services import NO_SERVICES, ServiceSet, union_all
from calicoctl.analysis.trace.decisions import Decider
from calicoctl.analysis.trace.traffic import ExampleBuilder, TraceCase, make_cases


class ExplainedPair(NamedTuple):
    """All traffic from one group to another."""

    source: EndpointGroup
    destination: EndpointGroup
    cases: tuple[TraceCase, ...]
    """Each packet is in one case; allowed ones first."""

    @property
    def has_uniform_endpoints(self) -> bool:
        """Whether the service of a packet determines its case; if not, endpoints of a group have other rules."""
        seen: dict[int, ServiceSet] = {}
        for case in self.cases:
            for version, services in case.services_by_version.items():
                known = seen.get(version, NO_SERVICES)
                if known & services:
                    return False
                seen[version] = union_all((known, services))
        return True


def pairs_of_groups(connectivity: Connectivity) -> Iterator[tuple[EndpointGroup, EndpointGroup]]:
    """Yield the pairs of groups to which policy applies; if some groups are focused, one of the pair is."""
    has_focus = any(group.focused for group in connectivity.groups)
    for source, destination in product(connectivity.groups, repeat=2):
        is_shown = source.focused or destination.focused or not has_focus
        if is_shown and not (source.outside and destination.outside):
            yield source, destination


def explain_connectivity(connectivity: Connectivity, services: ServiceSet) -> Iterator[ExplainedPair]:
    """Yield the decisions on the traffic of each pair of groups, also on denied traffic.

    Args:
        connectivity: the groups.
        services: services to explain.
    """
    reachability = connectivity.reachability
    if reachability is None:
        raise ValueError("an exposure cannot be explained")
    decider = Decider(reachability.policy_set, (), reachability)
    example_builder = ExampleBuilder(decider)
    peers = {group: _peer(group) for group in connectivity.groups}
    for source, destination in pairs_of_groups(connectivity):
        ends = (peers[source], peers[destination])
        blocks = decider.between(*ends, (source.classes, destination.classes), services)
        if cases := make_cases(example_builder, blocks, *ends):
            yield ExplainedPair(source, destination, cases)


def case_services(pair: ExplainedPair, case: TraceCase) -> Iterator[tuple[ServiceSet, int | None]]:
    """Yield the services of a case of a pair; if they differ by IP version, those of each with the version."""
    versions_by_services: dict[ServiceSet, list[int]] = {}
    for version, services in case.services_by_version.items():
        versions_by_services.setdefault(services, []).append(version)
    for services, versions in versions_by_services.items():
        yield services, single_version(versions, pair.source.versions, pair.destination.versions)


def _peer(group: EndpointGroup) -> Peer:
    endpoints = tuple(dict.fromkeys(member.endpoint for member in group.members if member.endpoint))
    return Peer(group.name, endpoints, ALL_ADDRESSES if group.outside else ())
