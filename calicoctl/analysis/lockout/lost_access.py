"""Whom a change of policy locks out: host endpoints that nobody reaches on tcp/22 any more, or that lose etcd.

Judged by the first packet of a connection, by policies and profiles alone, from any port that clients use.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from calicoctl.analysis.lockout.host_access import HostReachability, PathEnd, TrafficPath
from calicoctl.analysis.model.policy_set import Direction, Endpoint, PolicySet, PolicySource, Rule
from calicoctl.analysis.sets.addresses import Address
from calicoctl.analysis.sets.services import Service, ServiceSet, services_of_protocol
from calicoctl.analysis.trace.explain import DirectionTrace, TriedPolicy
from calicoctl.kinds.values.protocols import TCP
from calicoctl.resource import Identifier

_CLIENT_PORTS: Final = (32768, 65536)
"""The ports that clients send from: those of Linux, and those that IANA leaves free."""
_EXAMPLE_CLIENT_PORT: Final = 49152
_DIRECTIONS: Final[tuple[Direction, ...]] = ("egress", "ingress")
_SSH: Final = services_of_protocol(TCP, _CLIENT_PORTS, (22, 23))


class RequiredTarget(NamedTuple):
    """Something that host endpoints have to reach: a port at one of several addresses."""

    name: str
    port: int
    addresses: tuple[Address, ...]

    @property
    def services(self) -> ServiceSet:
        """The services that get there."""
        return services_of_protocol(TCP, _CLIENT_PORTS, (self.port, self.port + 1))


@dataclass(frozen=True)
class LostAccess:
    """A host endpoint that can't be reached any more, or does not reach a goal any more."""

    host: Endpoint
    """As it would be."""
    target: RequiredTarget | None
    """What it does not reach; None when it is not reached itself."""
    path: TrafficPath
    """An example of what would be denied."""
    before: DirectionTrace | None
    """What has let it through; None for a new host endpoint."""
    after: DirectionTrace | None
    """What would deny it; None when who sends it could not be reached any more either."""

    @property
    def is_new_host(self) -> bool:
        """Whether the host endpoint was not there before."""
        return self.before is None

    @property
    def is_lockout(self) -> bool:
        """Whether it is a lockout. To write a host endpoint before there is any rule for it is usual."""
        return not self.is_new_host or self._is_governed

    @property
    def _is_governed(self) -> bool:
        direction_trace = self.after
        if direction_trace is None or isinstance(direction_trace.decided_by, Rule):
            return True
        return any(_has_rules_for(tried, direction_trace.direction) for tried in direction_trace.tried)


class LockoutResult(NamedTuple):
    """What a change does."""

    lost: tuple[LostAccess, ...]
    """What could not be reached before is not lost, unless it is new."""
    relevant_sources: tuple[PolicySource, ...]
    """What has a say in it after the change: without one of these the answer might be another."""


def find_lockouts(before: PolicySet, after: PolicySet, targets: Sequence[RequiredTarget]) -> LockoutResult:
    """What a change from one set of policies to the other does to host endpoints."""
    addresses = [place for goal in targets for place in goal.addresses]
    change = _AccessChange(HostReachability(before, addresses), HostReachability(after, addresses))
    lost = [*change.lost_ssh(), *(loss for goal in targets for loss in change.lost_targets(goal))]
    return LockoutResult(tuple(lost), tuple(dict.fromkeys(change.relevant_sources())))


def _has_rules_for(tried: TriedPolicy, direction: Direction) -> bool:
    """Whether it says what is allowed, so that what it does not say is denied on purpose."""
    return tried.kind in {"policies", "profile"} and tried.owner is not None and bool(tried.owner.rules(direction))


class _AccessChange:
    """Two sets of policies, the one before and the one after a change."""

    def __init__(self, before: HostReachability, after: HostReachability) -> None:
        self._before = before
        self._after = after
        self._hosts_before: Mapping[Identifier, Endpoint] = {host.identifier: host for host in before.hosts}
        self._hosts_after: Mapping[Identifier, Endpoint] = {host.identifier: host for host in after.hosts}

    def lost_ssh(self) -> Iterator[LostAccess]:
        """Host endpoints that are not reached on tcp/22, though they were before or are new."""
        before, after = self._before.reachable_hosts(_SSH), self._after.reachable_hosts(_SSH)
        for host in self._after.hosts:
            if host not in after:
                old_host = self._hosts_before.get(host.identifier)
                if old_host is None:
                    yield self._new_host_loss(host, None, self._example_path_in(host))
                elif old_host in before:
                    yield self._lost_path(host, None, before[old_host])

    def relevant_sources(self) -> Iterator[PolicySource]:
        """Policies and profiles of host endpoints, and those endpoints that are a way to others."""
        yield from self._after.policy_sources()
        for path in self._after.reachable_hosts(_SSH).values():
            if path.source.endpoint and path.source.endpoint.origin:
                yield path.source.endpoint.origin

    def lost_targets(self, target: RequiredTarget) -> Iterator[LostAccess]:
        """Host endpoints that do not reach a goal, though they did before or are new."""
        for host in self._after.hosts:
            if self._can_reach(self._after, host, target):
                continue
            old_host = self._hosts_before.get(host.identifier)
            if old_host is None:
                if path := self._example_path_out(host, target):
                    yield self._new_host_loss(host, target, path)
            elif path := self._path_to_target(self._before, old_host, target):
                yield self._lost_path(host, target, path)

    def _can_reach(self, reachability: HostReachability, host: Endpoint, target: RequiredTarget) -> bool:
        """Whether a goal is reached, or lies on the very node."""
        is_local = any(reachability.is_on_same_node(host, place) for place in target.addresses)
        return is_local or self._path_to_target(reachability, host, target) is not None

    @staticmethod
    def _path_to_target(reachability: HostReachability, host: Endpoint, target: RequiredTarget) -> TrafficPath | None:
        paths = (reachability.path_out(host, place, target.services) for place in target.addresses)
        return next(filter(None, paths), None)

    def _example_path_in(self, host: Endpoint) -> TrafficPath:
        """An example of what would come to a host endpoint."""
        end = self._after.ends_of(host)[0]
        sender = self._after.external_end(end.address.version)
        return TrafficPath(sender, end, Service(TCP, _EXAMPLE_CLIENT_PORT, 22))

    def _example_path_out(self, host: Endpoint, target: RequiredTarget) -> TrafficPath | None:
        """An example of what a host endpoint would send to a goal; None when they have no IP version in common."""
        pairs = ((end, address) for end in self._after.ends_of(host) for address in target.addresses)
        for end, place in pairs:
            if end.address.version == place.version:
                return TrafficPath(
                    end, self._end_after(PathEnd(place)), Service(TCP, _EXAMPLE_CLIENT_PORT, target.port)
                )
        return None

    def _new_host_loss(self, host: Endpoint, target: RequiredTarget | None, path: TrafficPath) -> LostAccess:
        return LostAccess(host, target, path, None, self._denying_direction(path))

    def _lost_path(self, host: Endpoint, target: RequiredTarget | None, path: TrafficPath) -> LostAccess:
        """What has become of a way that there was."""
        after = path._replace(source=self._end_after(path.source), destination=self._end_after(path.destination))
        if after.source.address.version != after.destination.address.version:  # it has other addresses now
            after = (self._example_path_out(host, target) if target else None) or self._example_path_in(host)
        passed_before = self._before.trace_direction(path, "egress" if target else "ingress")
        return LostAccess(host, target, after, passed_before, self._denying_direction(after))

    def _end_after(self, path_end: PathEnd) -> PathEnd:
        """The same after the change: where the endpoint is then, or who has the address."""
        host = self._hosts_after.get(path_end.endpoint.identifier) if path_end.endpoint else None
        if host is None:
            owners = self._after.policy_set.endpoints_by_address.get(path_end.address, ())
            return PathEnd(path_end.address, next(iter(owners), None))
        ends, version = self._after.ends_of(host), path_end.address.version
        return min(ends, key=lambda end: (end.address != path_end.address, end.address.version != version))

    def _denying_direction(self, path: TrafficPath) -> DirectionTrace | None:
        """The half that denies it; None when neither does."""
        traces = (self._after.trace_direction(path, direction) for direction in _DIRECTIONS)
        return next((half for half in traces if half.action == "deny"), None)
