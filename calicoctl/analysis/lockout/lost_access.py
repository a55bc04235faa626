"""Lockouts by a change of policy: host endpoints that become unreachable on tcp/22, or lose access to etcd.

The check evaluates connections from any client port with their replies, and neighbor discovery of IPv6. An address of
etcd may be that of a workload: then its policy decides as well, and forwarding must work through each interface.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from calicoctl.analysis.evaluation.stages import DefaultDecision
from calicoctl.analysis.lockout.host_access import HostReachability, TrafficPath
from calicoctl.analysis.model.policy_set import Direction, Endpoint, PolicySet, PolicySource, Rule
from calicoctl.analysis.model.source import PACKET_DIRECTIONS
from calicoctl.analysis.peers.peer import PathEnd
from calicoctl.analysis.sets.addresses import Address
from calicoctl.analysis.sets.services import EXAMPLE_CLIENT_PORT, Service, ServiceSet, services_of_protocol
from calicoctl.analysis.trace.explain import DirectionTrace
from calicoctl.analysis.trace.rule_walk import TriedPolicy
from calicoctl.kinds.values.protocols import TCP
from calicoctl.resource import Identifier

_CLIENT_PORTS: Final = (32768, 65536)
"""Source ports of clients: the ranges of Linux (from 32768) and IANA (from 49152)."""
_SSH: Final = services_of_protocol(TCP, _CLIENT_PORTS, (22, 23))


_CAUSED_BY_RULES: Final = {
    DefaultDecision.FORWARD,
    DefaultDecision.UNTRACKED_REPLY,
    DefaultDecision.INVALID_REPLY,
}
"""Default decisions that exist only because of rules."""


class RequiredTarget(NamedTuple):
    """Target that host endpoints must reach: a TCP port at one of several addresses."""

    name: str
    port: int
    addresses: tuple[Address, ...]

    @property
    def services(self) -> ServiceSet:
        """Services to the target."""
        return services_of_protocol(TCP, _CLIENT_PORTS, (self.port, self.port + 1))


@dataclass(frozen=True)
class LostAccess:
    """Host endpoint that is no longer reachable, or no longer reaches a target."""

    host: Endpoint
    """Host endpoint after the change."""
    target: RequiredTarget | None
    """Target that it does not reach; None if the host endpoint is not reachable on tcp/22."""
    path: TrafficPath
    """Example of traffic that the change denies."""
    before: DirectionTrace | None
    """Decision that allows the example before the change; None for a new host endpoint."""
    after: DirectionTrace | None
    """Decision that denies the example after the change; None if only its source has become unreachable."""

    @property
    def is_new_host(self) -> bool:
        """Whether the change creates the host endpoint."""
        return self.before is None

    @property
    def is_lockout(self) -> bool:
        """Whether it is a lockout; not for a new host endpoint without any rule, which is a common first step."""
        return not self.is_new_host or self._has_rules

    @property
    def _has_rules(self) -> bool:
        trace = self.after
        if trace is None or isinstance(trace.decided_by, Rule) or trace.decided_by in _CAUSED_BY_RULES:
            return True
        return any(_has_rules_for(tried, trace.direction) for tried in trace.tried)


class LockoutResult(NamedTuple):
    """Result of the lockout check of a change."""

    lost: tuple[LostAccess, ...]
    """Lost access of host endpoints, and missing access of new ones."""
    relevant_sources: tuple[PolicySource, ...]
    """Sources of the policies, profiles and endpoints that affect the result."""


def find_lockouts(before: PolicySet, after: PolicySet, targets: Sequence[RequiredTarget]) -> LockoutResult:
    """Return the access that host endpoints lose if the policy set changes.

    Args:
        before: policy set before the change.
        after: policy set after the change.
        targets: targets that host endpoints must reach.
    """
    addresses = [address for target in targets for address in target.addresses]
    change = _AccessChange(HostReachability(before, addresses), HostReachability(after, addresses))
    lost = [*change.lost_ssh(), *(loss for target in targets for loss in change.lost_targets(target))]
    return LockoutResult(tuple(lost), tuple(dict.fromkeys(change.relevant_sources())))


def _has_rules_for(tried: TriedPolicy, direction: Direction) -> bool:
    """Whether a policy or profile has rules for a direction, so that its default is intended."""
    return tried.kind in {"policies", "profile"} and tried.owner is not None and bool(tried.owner.rules(direction))


class _AccessChange:
    """Access before and after a change."""

    def __init__(self, before: HostReachability, after: HostReachability) -> None:
        self._before = before
        self._after = after
        self._hosts_before: Mapping[Identifier, Endpoint] = {host.identifier: host for host in before.hosts}
        self._hosts_after: Mapping[Identifier, Endpoint] = {host.identifier: host for host in after.hosts}

    def lost_ssh(self) -> Iterator[LostAccess]:
        """Yield host endpoints that are not reachable on tcp/22 and were before the change, or are new."""
        before, after = self._before.reachable_hosts(_SSH), self._after.reachable_hosts(_SSH)
        for host in self._after.hosts:
            if host not in after:
                old_host = self._hosts_before.get(host.identifier)
                if old_host is None:
                    yield self._new_host_loss(host, None, self._example_path_in(host))
                elif old_host in before:
                    yield self._lost_path(host, None, before[old_host])

    def relevant_sources(self) -> Iterator[PolicySource]:
        """Yield the policies and profiles of host endpoints, and the host endpoints on the paths to others."""
        yield from self._after.policy_sources()
        for path in self._after.reachable_hosts(_SSH).values():
            if path.source.endpoint and path.source.endpoint.origin:
                yield path.source.endpoint.origin

    def lost_targets(self, target: RequiredTarget) -> Iterator[LostAccess]:
        """Yield host endpoints that do not reach a target and did before the change, or are new."""
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
        """Whether a host endpoint reaches a target, or the target is on its node."""
        is_local = any(reachability.is_on_same_node(host, address) for address in target.addresses)
        return is_local or self._path_to_target(reachability, host, target) is not None

    @staticmethod
    def _path_to_target(reachability: HostReachability, host: Endpoint, target: RequiredTarget) -> TrafficPath | None:
        paths = (reachability.path_out(host, address, target.services) for address in target.addresses)
        return next(filter(None, paths), None)

    def _example_path_in(self, host: Endpoint) -> TrafficPath:
        """Return an example of tcp/22 to a host endpoint."""
        end = self._after.ends_of(host)[0]
        sender = self._after.external_end(end.address.version)
        return TrafficPath(sender, end, Service(TCP, EXAMPLE_CLIENT_PORT, 22))

    def _example_path_out(self, host: Endpoint, target: RequiredTarget) -> TrafficPath | None:
        """Return an example from a host endpoint to a target; None if they have no common IP version."""
        pairs = ((end, address) for end in self._after.ends_of(host) for address in target.addresses)
        for end, address in pairs:
            if end.address.version == address.version:
                service = Service(TCP, EXAMPLE_CLIENT_PORT, target.port)
                return TrafficPath(end, self._end_after(PathEnd(address)), service)
        return None

    def _new_host_loss(self, host: Endpoint, target: RequiredTarget | None, path: TrafficPath) -> LostAccess:
        return LostAccess(host, target, path, None, self._denying_direction(path))

    def _lost_path(self, host: Endpoint, target: RequiredTarget | None, path: TrafficPath) -> LostAccess:
        """Return the loss of a path that existed before the change."""
        after = path._replace(source=self._end_after(path.source), destination=self._end_after(path.destination))
        if after.source.address.version != after.destination.address.version:  # the addresses have changed
            after = (self._example_path_out(host, target) if target else None) or self._example_path_in(host)
        passed_before = self._before.trace_direction(path, "egress" if target else "ingress")
        return LostAccess(host, target, after, passed_before, self._denying_direction(after))

    def _end_after(self, path_end: PathEnd) -> PathEnd:
        """Return an end after the change: the endpoint at its new address, or the new endpoint at the address."""
        host = self._hosts_after.get(path_end.endpoint.identifier) if path_end.endpoint else None
        if host is None:
            owners = self._after.policy_set.endpoints_by_address.get(path_end.address, ())
            return PathEnd(path_end.address, next(iter(owners), None))
        ends, version = self._after.ends_of(host), path_end.address.version
        return min(ends, key=lambda end: (end.address != path_end.address, end.address.version != version))

    def _denying_direction(self, path: TrafficPath) -> DirectionTrace | None:
        """Return the direction that denies a path after the change; None if both allow it."""
        paths = (path, *self._after.neighbor_discovery_paths(path))
        traces = (self._after.trace_direction(each, direction) for each in paths for direction in PACKET_DIRECTIONS)
        return next((trace for trace in traces if trace.action == "deny" or trace.depends_on_interface), None)
