"""Which host endpoints a service can reach, from outside or step by step, and what they reach themselves.

A host can be reached from outside when somebody who is no endpoint can, and through others when a host endpoint can
that is reached itself. Workloads are no way in: what runs on a host is of no use to who can't get at the host.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from calicoctl.analysis.addresses import Address, network
from calicoctl.analysis.criteria import Packet
from calicoctl.analysis.explain import Explainer, Half
from calicoctl.analysis.groups import Group, Member
from calicoctl.analysis.model import Direction, Endpoint, Origin, PolicySet
from calicoctl.analysis.places import place_of
from calicoctl.analysis.relation import Analysis
from calicoctl.analysis.services import Service, ServiceSet

_NOBODY: Final = frozenset(
    map(network, ("0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/3", "::/128", "::1/128", "ff00::/8")),
)
"""Addresses that nobody else can send from."""


class Terminal(NamedTuple):
    """One end of a packet: an address, and the endpoint that has it; None outside."""

    address: Address
    endpoint: Endpoint | None = None


class Way(NamedTuple):
    """How a service gets through: an example."""

    source: Terminal
    destination: Terminal
    service: Service


_Located = tuple[Group, Terminal]
"""A terminal, and the group that it is of."""


class Access:
    """The ways into the host endpoints of a set of policies, and out of them.

    Args:
        policy_set: who decides.
        places: addresses that are asked about besides.
    """

    def __init__(self, policy_set: PolicySet, places: Iterable[Address] = ()) -> None:
        self.policy_set = policy_set
        self.hosts = tuple(endpoint for endpoint in policy_set.endpoints if endpoint.host)
        owners = (owner for place in places for owner in policy_set.owners.get(place, ()))
        concerned = tuple(dict.fromkeys((*self.hosts, *owners)))
        cuts = {*_NOBODY, *(network(str(place)) for place in places)}
        self._analysis = Analysis(policy_set, concerned, tuple(cuts))
        self._explainer = Explainer(policy_set)
        self._on_node: dict[str, set[Address]] = {_node(host): set() for host in self.hosts}
        self._ends: dict[Endpoint, list[_Located]] = {host: [] for host in self.hosts}
        self._at: dict[Address, list[_Located]] = {}
        self._outside: list[_Located] = []
        self._sort()

    def _sort(self) -> None:
        """Find the groups of every host endpoint, and those outside."""
        for host in self.hosts:
            self._on_node[_node(host)].update(host.addresses or ())
        for group in self._analysis.groups:
            for member in group.members:
                terminal = Terminal(member.address, member.endpoint)
                if member.endpoint.host:
                    self._ends[member.endpoint].append((group, terminal))
                if member.endpoint.addresses:
                    self._at.setdefault(member.address, []).append((group, terminal))
            if group.outside and not group.networks & _NOBODY:
                self._outside.append((group, Terminal(group.example)))

    def governing(self) -> Iterator[Origin]:
        """The policies and profiles of host endpoints."""
        governing = self._analysis.universe.governing
        for host in self.hosts:
            yield from (policy.origin for policy in governing.shape(host).governance.policies)
            profiles = map(self.policy_set.profiles.get, host.profiles)
            yield from (profile.origin for profile in profiles if profile)

    def is_near(self, host: Endpoint, place: Address) -> bool:
        """Whether an address is one of the same node: what goes there does not leave it."""
        return place in self._on_node[_node(host)]

    def half(self, way: Way, direction: Direction) -> Half:
        """What becomes of a packet on its way out of its source, or into its destination."""
        source, destination = (place_of(_known(end), self.policy_set) for end in (way.source, way.destination))
        packet = Packet(source, destination, way.service)
        endpoint = way.source.endpoint if direction == "egress" else way.destination.endpoint
        return self._explainer.half(endpoint, direction, packet)

    def ends_of(self, host: Endpoint) -> list[Terminal]:
        """A host endpoint at each of its addresses; examples where these are not known."""
        return [end for _, end in self._ends[host]]

    def example_outside(self, version: int) -> Terminal:
        """Somebody outside."""
        return next(end for group, end in self._outside if group.version == version)

    def reached(self, services: ServiceSet) -> dict[Endpoint, Way]:
        """The host endpoints that one of these services can reach, each with a way in; the shortest come first."""
        found: dict[Endpoint, Way] = {}
        senders = self._outside
        while senders:
            ways: dict[int, Way | None] = {}
            new = {}
            for host in self.hosts:
                if host not in found and (way := self._way_in(senders, host, services, ways)):
                    new[host] = way
            found |= new
            by_group = {group.index: (group, end) for host in new for group, end in self._ends[host]}
            senders = list(by_group.values())
        return found

    def _way_in(
        self, senders: list[_Located], host: Endpoint, services: ServiceSet, known: dict[int, Way | None]
    ) -> Way | None:
        """A way to a host endpoint; what is found for a group is kept, since no rule tells its members apart."""
        for group, end in self._ends[host]:
            if group.index not in known:
                ways = (self._way(source, (group, end), services) for source in senders)
                known[group.index] = next(filter(None, ways), None)
            if way := known[group.index]:
                return way._replace(destination=end)
        return None

    def way_out(self, host: Endpoint, place: Address, services: ServiceSet) -> Way | None:
        """How a host endpoint gets to an address with one of these services; None when it does not."""
        targets = self._at.get(place, [])
        if place not in self.policy_set.owners and (group := self._analysis.universe.at(place)):
            targets = [(group, Terminal(place))]
        ways = (self._way(source, target, services) for source in self._ends[host] for target in targets)
        return next(filter(None, ways), None)

    def _way(self, source: _Located, destination: _Located, services: ServiceSet) -> Way | None:
        if source[0].version != destination[0].version:
            return None
        common = self._analysis.allowed(source[0], destination[0]) & services
        return Way(source[1], destination[1], common.example()) if common else None


def _node(host: Endpoint) -> str:
    return host.identifier.values[0]


def _known(terminal: Terminal) -> Member | Address:
    return Member(terminal.endpoint, terminal.address) if terminal.endpoint else terminal.address
