"""Whom a change of policy locks out: host endpoints that nobody reaches on tcp/22 any more, or that lose etcd.

Judged by the first packet of a connection, by policies and profiles alone, from any port that clients use.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from calicoctl.analysis.access import Access, Terminal, Way
from calicoctl.analysis.addresses import Address
from calicoctl.analysis.explain import Half, Tried
from calicoctl.analysis.model import Direction, Endpoint, Origin, PolicySet, Rule
from calicoctl.analysis.services import TCP, Service, ServiceSet, of_protocol
from calicoctl.resource import Identifier

_FROM_CLIENTS: Final = (32768, 65536)
"""The ports that clients send from: those of Linux, and those that IANA leaves free."""
_CLIENT: Final = 49152
_DIRECTIONS: Final[tuple[Direction, ...]] = ("egress", "ingress")
_SSH: Final = of_protocol(TCP, _FROM_CLIENTS, (22, 23))


class Goal(NamedTuple):
    """Something that host endpoints have to reach: a port at one of several addresses."""

    name: str
    port: int
    addresses: tuple[Address, ...]

    @property
    def services(self) -> ServiceSet:
        """The services that get there."""
        return of_protocol(TCP, _FROM_CLIENTS, (self.port, self.port + 1))


@dataclass(frozen=True)
class Loss:
    """A host endpoint that can't be reached any more, or does not reach a goal any more."""

    host: Endpoint
    """As it would be."""
    goal: Goal | None
    """What it does not reach; None when it is not reached itself."""
    way: Way
    """An example of what would be denied."""
    before: Half | None
    """What has let it through; None for a new host endpoint."""
    after: Half | None
    """What would deny it; None when who sends it could not be reached any more either."""

    @property
    def new(self) -> bool:
        """Whether the host endpoint was not there before."""
        return self.before is None

    @property
    def refused(self) -> bool:
        """Whether it is a lockout. To write a host endpoint before there is any rule for it is usual."""
        return not self.new or self._governed

    @property
    def _governed(self) -> bool:
        half = self.after
        if half is None or isinstance(half.by, Rule):
            return True
        return any(_governs(tried, half.direction) for tried in half.tried)


class Judged(NamedTuple):
    """What a change does."""

    losses: tuple[Loss, ...]
    """What could not be reached before is not lost, unless it is new."""
    basis: tuple[Origin, ...]
    """What has a say in it after the change: without one of these the answer might be another."""


def judged(before: PolicySet, after: PolicySet, goals: Sequence[Goal]) -> Judged:
    """What a change from one set of policies to the other does to host endpoints."""
    places = [place for goal in goals for place in goal.addresses]
    change = _Change(Access(before, places), Access(after, places))
    lost = [*change.ways_in(), *(loss for goal in goals for loss in change.ways_out(goal))]
    return Judged(tuple(lost), tuple(dict.fromkeys(change.basis())))


def _governs(tried: Tried, direction: Direction) -> bool:
    """Whether it says what is allowed, so that what it does not say is denied on purpose."""
    return tried.kind in {"policies", "profile"} and tried.owner is not None and bool(tried.owner.rules(direction))


class _Change:
    """Two sets of policies, the one before and the one after a change."""

    def __init__(self, before: Access, after: Access) -> None:
        self._before = before
        self._after = after
        self._was: Mapping[Identifier, Endpoint] = {host.identifier: host for host in before.hosts}
        self._is: Mapping[Identifier, Endpoint] = {host.identifier: host for host in after.hosts}

    def ways_in(self) -> Iterator[Loss]:
        """Host endpoints that are not reached on tcp/22, though they were before or are new."""
        before, after = self._before.reached(_SSH), self._after.reached(_SSH)
        for host in self._after.hosts:
            if host not in after:
                was = self._was.get(host.identifier)
                if was is None:
                    yield self._new(host, None, self._entrance(host))
                elif was in before:
                    yield self._lost(host, None, before[was])

    def basis(self) -> Iterator[Origin]:
        """Policies and profiles of host endpoints, and those endpoints that are a way to others."""
        yield from self._after.governing()
        for way in self._after.reached(_SSH).values():
            if way.source.endpoint and way.source.endpoint.origin:
                yield way.source.endpoint.origin

    def ways_out(self, goal: Goal) -> Iterator[Loss]:
        """Host endpoints that do not reach a goal, though they did before or are new."""
        for host in self._after.hosts:
            if self._has_way(self._after, host, goal):
                continue
            was = self._was.get(host.identifier)
            if was is None:
                if way := self._exit(host, goal):
                    yield self._new(host, goal, way)
            elif way := self._way_out(self._before, was, goal):
                yield self._lost(host, goal, way)

    def _has_way(self, access: Access, host: Endpoint, goal: Goal) -> bool:
        """Whether a goal is reached, or lies on the very node."""
        near = any(access.is_near(host, place) for place in goal.addresses)
        return near or self._way_out(access, host, goal) is not None

    @staticmethod
    def _way_out(access: Access, host: Endpoint, goal: Goal) -> Way | None:
        ways = (access.way_out(host, place, goal.services) for place in goal.addresses)
        return next(filter(None, ways), None)

    def _entrance(self, host: Endpoint) -> Way:
        """An example of what would come to a host endpoint."""
        end = self._after.ends_of(host)[0]
        outside = self._after.example_outside(end.address.version)
        return Way(outside, end, Service(TCP, _CLIENT, 22))

    def _exit(self, host: Endpoint, goal: Goal) -> Way | None:
        """An example of what a host endpoint would send to a goal; None when they have no IP version in common."""
        pairs = ((end, place) for end in self._after.ends_of(host) for place in goal.addresses)
        for end, place in pairs:
            if end.address.version == place.version:
                return Way(end, self._now(Terminal(place)), Service(TCP, _CLIENT, goal.port))
        return None

    def _new(self, host: Endpoint, goal: Goal | None, way: Way) -> Loss:
        return Loss(host, goal, way, None, self._denial(way))

    def _lost(self, host: Endpoint, goal: Goal | None, way: Way) -> Loss:
        """What has become of a way that there was."""
        after = way._replace(source=self._now(way.source), destination=self._now(way.destination))
        if after.source.address.version != after.destination.address.version:  # it has other addresses now
            after = (self._exit(host, goal) if goal else None) or self._entrance(host)
        half = self._before.half(way, "egress" if goal else "ingress")
        return Loss(host, goal, after, half, self._denial(after))

    def _now(self, terminal: Terminal) -> Terminal:
        """The same after the change: where the endpoint is then, or who has the address."""
        host = self._is.get(terminal.endpoint.identifier) if terminal.endpoint else None
        if host is None:
            owners = self._after.policy_set.owners.get(terminal.address, ())
            return Terminal(terminal.address, next(iter(owners), None))
        ends, version = self._after.ends_of(host), terminal.address.version
        return min(ends, key=lambda end: (end.address != terminal.address, end.address.version != version))

    def _denial(self, way: Way) -> Half | None:
        """The half that denies it; None when neither does."""
        halves = (self._after.half(way, direction) for direction in _DIRECTIONS)
        return next((half for half in halves if half.action == "deny"), None)
