"""Equivalence classes of addresses: the addresses that no rule distinguishes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from calicoctl.analysis.evaluation.stages import EffectivePolicies
from calicoctl.analysis.model.host_interface import HostNode
from calicoctl.analysis.model.named_port import OwnedPort
from calicoctl.analysis.model.policy_set import Endpoint
from calicoctl.analysis.sets.addresses import Address, Network, parse_address
from calicoctl.analysis.sets.intervals import Intervals, contains


class ClassMember(NamedTuple):
    """Endpoint with one of its addresses; with a sample address if its addresses are unknown."""

    endpoint: Endpoint
    address: Address


class HostPlace(NamedTuple):
    """Place on a node with host endpoints."""

    node: HostNode
    is_host: bool = False
    """Whether it is the node itself; else a workload of the node."""
    host: Endpoint | None = None
    """Host endpoint with the address; None for other addresses of the node, and for workloads."""

    @classmethod
    def of_endpoint(cls, endpoint: Endpoint, host_nodes: Mapping[str, HostNode]) -> HostPlace | None:
        """Return the place of an endpoint; None if its node has no host endpoints."""
        node = host_nodes.get(endpoint.node)
        return cls(node, endpoint.host, endpoint if endpoint.host else None) if node else None


@dataclass(eq=False)
class AddressClass:
    """Addresses of one IP version that no rule distinguishes: either of endpoints or of non-endpoints."""

    index: int
    """Bit of the class in sets of address classes."""
    version: int
    """IP version: 4 or 6."""
    effective_policies: EffectivePolicies | None
    """Policies and profiles that apply to the endpoints; None for non-endpoints."""
    selector_numbers: frozenset[int]
    """Numbers of the rule selectors that match the addresses."""
    networks: frozenset[Network]
    """Networks of rules that contain the addresses."""
    place: HostPlace | None = None
    """Node of the addresses, if it has host endpoints; else None."""
    members: list[ClassMember] = field(default_factory=list)
    external_addresses: Intervals = ()
    """Addresses of non-endpoints."""
    named_ports: frozenset[OwnedPort] = frozenset()
    """Ports of the endpoints whose names rules have."""

    @property
    def is_external(self) -> bool:
        """Whether it contains addresses of non-endpoints: no policy applies to them."""
        return self.effective_policies is None

    @property
    def sample(self) -> Address:
        """One address of the class."""
        if self.members:
            return self.members[0].address
        return Address(self.version, sample_address(self.version, self.external_addresses))


_ENDPOINT_SAMPLES = (*map(parse_address, ("10.0.0.1", "192.168.0.1", "172.16.0.1", "fd00::1")),)
_EXTERNAL_SAMPLES = (*map(parse_address, ("198.51.100.1", "2001:db8::1")),)


def sample_address(version: int, addresses: Intervals, *, nth: int | None = None) -> int:
    """Return a realistic address from a non-empty set.

    Args:
        version: IP version of the set.
        addresses: the set.
        nth: number of the endpoint that needs the address, so that endpoints get different ones; None for a
            non-endpoint.
    """
    offset = nth or 0
    for sample in _EXTERNAL_SAMPLES if nth is None else _ENDPOINT_SAMPLES:
        if sample.version == version and contains(addresses, sample.value + offset):
            return sample.value + offset
    candidate = addresses[0] + 1 + offset
    return candidate if candidate < addresses[1] else addresses[0]
