"""Which host endpoints a service can reach, from outside or step by step, and what they reach themselves.

A host can be reached from outside when somebody who is no endpoint can, and through others when a host endpoint can
that is reached itself. Workloads are no way in: what runs on a host is of no use to who can't get at the host.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from calicoctl.analysis.evaluation.address_class import AddressClass, ClassMember
from calicoctl.analysis.evaluation.reachability import Reachability
from calicoctl.analysis.model.policy_set import Direction, Endpoint, PolicySet, PolicySource
from calicoctl.analysis.sets.addresses import Address, parse_network
from calicoctl.analysis.sets.services import Service, ServiceSet
from calicoctl.analysis.trace.explain import DirectionTrace, Explainer
from calicoctl.analysis.trace.packet_match import Packet, packet_end

_UNROUTABLE: Final = frozenset(
    map(parse_network, ("0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/3", "::/128", "::1/128", "ff00::/8")),
)
"""Addresses that nobody else can send from."""


class PathEnd(NamedTuple):
    """One end of a packet: an address, and the endpoint that has it; None outside."""

    address: Address
    endpoint: Endpoint | None = None


class TrafficPath(NamedTuple):
    """How a service gets through: an example."""

    source: PathEnd
    destination: PathEnd
    service: Service


_ClassifiedEnd = tuple[AddressClass, PathEnd]
"""A terminal, and the group that it is of."""


class HostReachability:
    """The ways into the host endpoints of a set of policies, and out of them.

    Args:
        policy_set: who decides.
        places: addresses that are asked about besides.
    """

    def __init__(self, policy_set: PolicySet, targets: Iterable[Address] = ()) -> None:
        self.policy_set = policy_set
        self.hosts = tuple(endpoint for endpoint in policy_set.endpoints if endpoint.host)
        owners = (owner for place in targets for owner in policy_set.endpoints_by_address.get(place, ()))
        endpoints = tuple(dict.fromkeys((*self.hosts, *owners)))
        networks = {*_UNROUTABLE, *(parse_network(str(place)) for place in targets)}
        self._reachability = Reachability(policy_set, endpoints, tuple(networks))
        self._explainer = Explainer(policy_set)
        self._addresses_by_node: dict[str, set[Address]] = {_node_name(host): set() for host in self.hosts}
        self._ends_by_host: dict[Endpoint, list[_ClassifiedEnd]] = {host: [] for host in self.hosts}
        self._ends_by_address: dict[Address, list[_ClassifiedEnd]] = {}
        self._external_ends: list[_ClassifiedEnd] = []
        self._collect_ends()

    def _collect_ends(self) -> None:
        """Find the groups of every host endpoint, and those outside."""
        for host in self.hosts:
            self._addresses_by_node[_node_name(host)].update(host.addresses or ())
        for address_class in self._reachability.classes:
            for member in address_class.members:
                end = PathEnd(member.address, member.endpoint)
                if member.endpoint.host:
                    self._ends_by_host[member.endpoint].append((address_class, end))
                if member.endpoint.addresses:
                    self._ends_by_address.setdefault(member.address, []).append((address_class, end))
            if address_class.external_addresses and not address_class.networks & _UNROUTABLE:
                self._external_ends.append((address_class, PathEnd(address_class.sample)))

    def policy_sources(self) -> Iterator[PolicySource]:
        """The policies and profiles of host endpoints."""
        resolver = self._reachability.address_space.policy_resolver
        for host in self.hosts:
            yield from (policy.origin for policy in resolver.resolve(host).effective_policies.policies)
            profiles = map(self.policy_set.profiles.get, host.profiles)
            yield from (profile.origin for profile in profiles if profile)

    def is_on_same_node(self, host: Endpoint, address: Address) -> bool:
        """Whether an address is one of the same node: what goes there does not leave it."""
        return address in self._addresses_by_node[_node_name(host)]

    def trace_direction(self, path: TrafficPath, direction: Direction) -> DirectionTrace:
        """What becomes of a packet on its way out of its source, or into its destination."""
        source, destination = (
            packet_end(_member_or_address(end), self.policy_set) for end in (path.source, path.destination)
        )
        packet = Packet(source, destination, path.service)
        endpoint = path.source.endpoint if direction == "egress" else path.destination.endpoint
        return self._explainer.trace_direction(endpoint, direction, packet)

    def ends_of(self, host: Endpoint) -> list[PathEnd]:
        """A host endpoint at each of its addresses; examples where these are not known."""
        return [end for _, end in self._ends_by_host[host]]

    def external_end(self, version: int) -> PathEnd:
        """Somebody outside."""
        return next(end for address_class, end in self._external_ends if address_class.version == version)

    def reachable_hosts(self, services: ServiceSet) -> dict[Endpoint, TrafficPath]:
        """The host endpoints that one of these services can reach, each with a way in; the shortest come first."""
        result: dict[Endpoint, TrafficPath] = {}
        senders = self._external_ends
        while senders:
            paths_by_class: dict[int, TrafficPath | None] = {}
            newly_reached = {}
            for host in self.hosts:
                if host not in result and (path := self._path_in(senders, host, services, paths_by_class)):
                    newly_reached[host] = path
            result |= newly_reached
            by_group = {
                address_class.index: (address_class, end)
                for host in newly_reached
                for address_class, end in self._ends_by_host[host]
            }
            senders = list(by_group.values())
        return result

    def _path_in(
        self,
        senders: list[_ClassifiedEnd],
        host: Endpoint,
        services: ServiceSet,
        paths_by_class: dict[int, TrafficPath | None],
    ) -> TrafficPath | None:
        """A way to a host endpoint; what is found for a group is kept, since no rule tells its members apart."""
        for address_class, end in self._ends_by_host[host]:
            if address_class.index not in paths_by_class:
                paths = (self._path(source, (address_class, end), services) for source in senders)
                paths_by_class[address_class.index] = next(filter(None, paths), None)
            if path := paths_by_class[address_class.index]:
                return path._replace(destination=end)
        return None

    def path_out(self, host: Endpoint, address: Address, services: ServiceSet) -> TrafficPath | None:
        """How a host endpoint gets to an address with one of these services; None when it does not."""
        targets = self._ends_by_address.get(address, [])
        if address not in self.policy_set.endpoints_by_address and (
            address_class := self._reachability.address_space.class_of(address)
        ):
            targets = [(address_class, PathEnd(address))]
        paths = (self._path(source, target, services) for source in self._ends_by_host[host] for target in targets)
        return next(filter(None, paths), None)

    def _path(self, source: _ClassifiedEnd, destination: _ClassifiedEnd, services: ServiceSet) -> TrafficPath | None:
        if source[0].version != destination[0].version:
            return None
        common = self._reachability.allowed(source[0], destination[0]) & services
        return TrafficPath(source[1], destination[1], common.example()) if common else None


def _node_name(host: Endpoint) -> str:
    return host.identifier.values[0]


def _member_or_address(end: PathEnd) -> ClassMember | Address:
    return ClassMember(end.endpoint, end.address) if end.endpoint else end.address
