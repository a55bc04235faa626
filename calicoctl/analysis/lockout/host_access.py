"""Host endpoints that a service can reach, directly or through other host endpoints, and addresses that they reach.

A host endpoint is reachable if a non-endpoint can reach it, or another reachable host endpoint can. Workload endpoints
do not count as sources: without access to a host, its workloads are of no use.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.evaluation.neighbor_discovery import ADVERTISEMENT, SOLICITATION
from calicoctl.analysis.evaluation.reachability import Reachability
from calicoctl.analysis.model.policy_set import Direction, Endpoint, PolicySet, PolicySource
from calicoctl.analysis.peers.peer import PathEnd
from calicoctl.analysis.sets.addresses import Address, parse_network
from calicoctl.analysis.sets.services import Service, ServiceSet
from calicoctl.analysis.trace.explain import DirectionTrace, Explainer
from calicoctl.analysis.trace.packet_match import Packet, packet_end
from calicoctl.kinds.values.protocols import ICMPV6

_UNROUTABLE: Final = frozenset(
    map(parse_network, ("0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/3", "::/128", "::1/128", "ff00::/8")),
)
"""Networks without valid source addresses: unspecified, loopback, multicast and reserved."""


class TrafficPath(NamedTuple):
    """Example of allowed traffic."""

    source: PathEnd
    destination: PathEnd
    service: Service


_ClassifiedEnd = tuple[AddressClass, PathEnd]
"""End of a path with its address class."""


class HostReachability:
    """Paths to and from the host endpoints of a policy set.

    Args:
        policy_set: the policies, profiles and all endpoints.
        targets: addresses for `path_out`.
    """

    def __init__(self, policy_set: PolicySet, targets: Iterable[Address] = ()) -> None:
        self.policy_set = policy_set
        self.hosts = tuple(endpoint for endpoint in policy_set.endpoints if endpoint.host)
        targets = tuple(targets)
        owners = (owner for address in targets for owner in policy_set.endpoints_by_address.get(address, ()))
        self._endpoints = endpoints = tuple(dict.fromkeys((*self.hosts, *owners)))
        networks = {*_UNROUTABLE, *(parse_network(str(address)) for address in targets)}
        self._reachability = Reachability(policy_set, endpoints, tuple(networks))
        self._explainer = Explainer(policy_set)
        self._addresses_by_node = {name: set(node.addresses) for name, node in policy_set.host_nodes.items()}
        self._ends_by_host: dict[Endpoint, list[_ClassifiedEnd]] = {host: [] for host in self.hosts}
        self._ends_by_address: dict[Address, list[_ClassifiedEnd]] = {}
        self._external_ends: list[_ClassifiedEnd] = []
        self._neighbors_found: dict[int, bool] = {}
        """Results of `_can_find_neighbors` by the index of the address class."""
        self._collect_ends()

    def _collect_ends(self) -> None:
        """Collect the ends of each host endpoint and of non-endpoints, with their address classes."""
        for host in self.hosts:
            self._addresses_by_node[host.node].update(host.addresses or ())
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
        """Yield the sources of the policies and profiles of host endpoints, and of endpoints with a target address."""
        resolver = self._reachability.policy_resolver
        for endpoint in self._endpoints:
            yield from (policy.origin for policy in resolver.resolve(endpoint).effective_policies.policies)
            profiles = map(self.policy_set.profiles.get, endpoint.profiles)
            yield from (profile.origin for profile in profiles if profile)

    def is_on_same_node(self, host: Endpoint, address: Address) -> bool:
        """Whether an address is on the node of a host endpoint: traffic to it does not leave the node."""
        return address in self._addresses_by_node[host.node]

    def trace_direction(self, path: TrafficPath, direction: Direction) -> DirectionTrace:
        """Return the decision of the source (egress) or the destination (ingress) on the example packet of a path."""
        source, destination = (packet_end(end, self.policy_set) for end in (path.source, path.destination))
        return self._explainer.trace_direction(Packet(source, destination, path.service), direction)

    def ends_of(self, host: Endpoint) -> list[PathEnd]:
        """Return a host endpoint at each of its addresses; at sample addresses if they are unknown."""
        return [end for _, end in self._ends_by_host[host]]

    def external_end(self, version: int) -> PathEnd:
        """Return a non-endpoint."""
        return next(end for address_class, end in self._external_ends if address_class.version == version)

    def reachable_hosts(self, services: ServiceSet) -> dict[Endpoint, TrafficPath]:
        """Return the reachable host endpoints, each with an example path; directly reachable ones are first."""
        result: dict[Endpoint, TrafficPath] = {}
        senders = self._external_ends
        while senders:
            paths_by_class: dict[int, TrafficPath | None] = {}
            newly_reached = {}
            for host in self.hosts:
                if host not in result and (path := self._path_in(senders, host, services, paths_by_class)):
                    newly_reached[host] = path
            result |= newly_reached
            new_ends = (end for host in newly_reached for end in self._ends_by_host[host])
            senders = list({end[0].index: end for end in new_ends}.values())
        return result

    def _path_in(
        self,
        senders: list[_ClassifiedEnd],
        host: Endpoint,
        services: ServiceSet,
        paths_by_class: dict[int, TrafficPath | None],
    ) -> TrafficPath | None:
        """Return a path to a host endpoint; paths are cached by address class."""
        for address_class, end in self._ends_by_host[host]:
            if address_class.index not in paths_by_class:
                paths = (self._path(source, (address_class, end), services) for source in senders)
                paths_by_class[address_class.index] = next(filter(None, paths), None)
            if path := paths_by_class[address_class.index]:
                return path._replace(destination=end)
        return None

    def path_out(self, host: Endpoint, address: Address, services: ServiceSet) -> TrafficPath | None:
        """Return a path from a host endpoint to an address; None if all services are denied."""
        targets = self._ends_by_address.get(address, [])
        if address not in self.policy_set.endpoints_by_address and (
            address_class := self._reachability.class_of(address)
        ):
            targets = [(address_class, PathEnd(address))]
        paths = (self._path(source, target, services) for source in self._ends_by_host[host] for target in targets)
        return next(filter(None, paths), None)

    def _path(self, source: _ClassifiedEnd, destination: _ClassifiedEnd, services: ServiceSet) -> TrafficPath | None:
        """Return a path between two ends; None within a node, where no packet passes the interface of the host."""
        if _is_within_node(source[1], destination[1]):
            return None
        classes = source[0], destination[0]
        if classes[0].version != classes[1].version or not all(map(self._can_find_neighbors, classes)):
            return None
        common = self._reachability.allowed(*classes, always=True) & services
        return TrafficPath(source[1], destination[1], common.example()) if common else None

    def _can_find_neighbors(self, address_class: AddressClass) -> bool:
        """Return whether host endpoints of a class can find their neighbors, without which no packet passes."""
        if address_class.index not in self._neighbors_found:
            is_found = not self._reachability.denied_discovery_of(address_class)
            self._neighbors_found[address_class.index] = is_found
        return self._neighbors_found[address_class.index]

    @staticmethod
    def neighbor_discovery_paths(path: TrafficPath) -> Iterator[TrafficPath]:
        """Yield the packets of IPv6 neighbor discovery that a path needs."""
        if path.source.address.version == 6:
            back = TrafficPath(path.destination, path.source, path.service)
            for kind in (SOLICITATION, ADVERTISEMENT):
                yield from (each._replace(service=Service(ICMPV6, kind)) for each in (path, back))


def _is_within_node(source: PathEnd, destination: PathEnd) -> bool:
    hosts = [end.endpoint for end in (source, destination) if end.endpoint and end.endpoint.host]
    return len(hosts) > 1 and hosts[0].node == hosts[1].node
