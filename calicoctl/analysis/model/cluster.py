"""IP pools and nodes as immutable values. No policy applies to them: nodes have the addresses of hosts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from calicoctl.analysis.model.source import PolicySource
from calicoctl.analysis.sets.addresses import Address, parse_address
from calicoctl.kinds.ip_pool import IP_POOL
from calicoctl.kinds.node import ADDRESS_FIELDS, NODE
from calicoctl.kinds.values.names import v3_node_name
from calicoctl.kinds.values.networks import IpNetwork, parse_network

CLUSTER_KINDS: Final = (IP_POOL, NODE)
"""Kinds without rules and labels: their stored objects need no evaluation of policy."""


@dataclass(frozen=True, eq=False)
class AddressPool:
    """IP pool: a network from which Calico assigns addresses to workloads."""

    origin: PolicySource
    network: IpNetwork


@dataclass(frozen=True, eq=False)
class ClusterNode:
    """Host that runs Calico."""

    origin: PolicySource
    name: str
    """Name in the datastore."""
    addresses: Mapping[str, Address]
    """BGP addresses by the field of `spec.bgp`."""


def build_pool(origin: PolicySource) -> AddressPool:
    """Build an IP pool."""
    return AddressPool(origin, parse_network(origin.resource.metadata.get("cidr", "")).network)


def build_node(origin: PolicySource) -> ClusterNode:
    """Build a node."""
    bgp = origin.resource.spec.get("bgp", {})
    addresses = {field: parse_address(str(bgp[field])) for field in ADDRESS_FIELDS if bgp.get(field)}
    return ClusterNode(origin, v3_node_name(origin.resource.metadata["name"]), addresses)
