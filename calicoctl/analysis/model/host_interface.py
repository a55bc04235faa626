"""Interfaces of nodes, each with the host endpoint whose policy applies to its traffic.

The interface decides, never the address (Felix `dataplane/linux/endpoint_mgr.go`). Of several host endpoints for one
interface, the one with the first name applies. A host endpoint with `interfaceName` matches by that name only; without
it, by `expectedIPs`. The host endpoint `*` applies to all interfaces without an own one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

from calicoctl.analysis.model.cluster import ClusterNode
from calicoctl.analysis.model.endpoint import Endpoint
from calicoctl.analysis.sets.addresses import Address

ALL_INTERFACES: Final = "*"
"""Interface name of a host endpoint for all interfaces without an own host endpoint."""
LOOPBACK: Final = "lo"


class NamedInterface(NamedTuple):
    """Interface that traffic uses on every node."""

    name: str
    addresses: tuple[Address, ...] = ()
    """Addresses of the interface, for host endpoints without `interfaceName`."""
    neighbors: tuple[Address, ...] = ()
    """Addresses of the hosts and routers at the interface; if they are unknown, all are possible."""


@dataclass(frozen=True)
class HostInterface:
    """Interface of a node."""

    identity: NamedInterface
    """Its name, empty if unknown, and addresses."""
    endpoint: Endpoint | None
    """Host endpoint of this interface; None if it has no own one."""
    default: Endpoint | None
    """Host endpoint `*` of the node; None if there is none."""

    @property
    def name(self) -> str:
        """Name in messages, such as `interface eth0`."""
        if self.identity.name:
            return f"interface {self.identity.name}"
        addresses = self.identity.addresses
        return f"the interface with {min(addresses)}" if addresses else "another interface"

    @property
    def effective_endpoint(self) -> Endpoint | None:
        """Host endpoint whose normal policy and forward policy apply."""
        return self.endpoint or self.default


@dataclass(frozen=True, eq=False)
class HostNode:
    """Node with host endpoints."""

    name: str
    """Name in the datastore."""
    hosts: tuple[Endpoint, ...]
    """Host endpoints in the order of their names in the datastore."""
    addresses: frozenset[Address] = frozenset()
    """Addresses of the node in the cluster, in addition to those of its host endpoints."""

    @cached_property
    def default(self) -> Endpoint | None:
        """Host endpoint for the interfaces without an own one."""
        return next((host for host in self.hosts if host.interface_name == ALL_INTERFACES), None)

    def interface(self, name: str, addresses: Iterable[Address] = ()) -> HostInterface:
        """Return the interface with a name (empty if unknown) and addresses."""
        identity = NamedInterface(name, tuple(addresses))
        own = set(identity.addresses)
        candidates = (
            host
            for host in self.hosts
            if (host.interface_name == name if host.interface_name else own.intersection(host.addresses or ()))
        )
        return HostInterface(identity, next(candidates, None), self.default)

    def interface_named(self, named: NamedInterface) -> HostInterface:
        """Return the interface with a name and addresses that are known."""
        return self.interface(named.name, named.addresses)

    def interface_of(self, host: Endpoint) -> HostInterface:
        """Return the interface of a host endpoint; another endpoint with an earlier name may apply to it.

        The names of interfaces and their addresses are in no manifest: the addresses of an interface are assumed to be
        the `expectedIPs` of its host endpoints.
        """
        if host.interface_name == ALL_INTERFACES:
            return self.other_interface
        return self._interface_with(host.interface_name, host.addresses or ())

    def same_interface(self, interface: HostInterface) -> HostInterface:
        """Return an interface of this node in another policy set, with the host endpoints of this one."""
        return self._interface_with(interface.identity.name, interface.identity.addresses)

    def _interface_with(self, name: str, addresses: Iterable[Address]) -> HostInterface:
        """Return the interface with a name and addresses; host endpoints with an address have an unknown name."""
        own = set(addresses)
        named = (other for other in self.hosts if other.interface_name not in ("", ALL_INTERFACES))
        known = (other.interface_name for other in named if own.intersection(other.addresses or ()))
        return self.interface(name or next(known, ""), addresses)

    @property
    def other_interface(self) -> HostInterface:
        """Interface without an own host endpoint."""
        return HostInterface(NamedInterface(""), None, self.default)

    @property
    def loopback(self) -> HostInterface:
        """Interface of the traffic from the node to itself."""
        return self.interface(LOOPBACK)

    @cached_property
    def interfaces(self) -> tuple[HostInterface, ...]:
        """Interfaces with different host endpoints, through which traffic of the node may pass."""
        return tuple({each.endpoint: each for each in self._all_interfaces()}.values())

    def _all_interfaces(self) -> Iterator[HostInterface]:
        for host in self.hosts:
            if host.interface_name not in (ALL_INTERFACES, LOOPBACK):
                yield self.interface_of(host)
        yield self.other_interface


def host_nodes(hosts: Iterable[Endpoint], nodes: Iterable[ClusterNode] = ()) -> Mapping[str, HostNode]:
    """Return the nodes of host endpoints, by name in the datastore."""
    addresses = {node.name: frozenset(node.addresses.values()) for node in nodes}
    by_node: dict[str, list[Endpoint]] = {}
    for host in hosts:
        by_node.setdefault(host.node, []).append(host)
    return {
        node: HostNode(node, tuple(sorted(members, key=lambda host: host.sort_name)), addresses.get(node, frozenset()))
        for node, members in by_node.items()
    }
