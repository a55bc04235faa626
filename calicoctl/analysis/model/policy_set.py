"""Endpoints, profiles, policies and rules as immutable values.

`calicoctl.analysis.model.build` makes them from v1 resources. Each has a `PolicySource`, so that results can name the
line of a file or the key in the datastore.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from calicoctl.analysis.model.cluster import AddressPool, ClusterNode
from calicoctl.analysis.model.criteria import EntityRule, Icmp
from calicoctl.analysis.model.endpoint import Endpoint, single_endpoint
from calicoctl.analysis.model.endpoint_names import EndpointNames
from calicoctl.analysis.model.failsafe import NO_FAILSAFE_PORTS, FailsafePorts
from calicoctl.analysis.model.host_interface import HostNode, NamedInterface, host_nodes
from calicoctl.analysis.model.network_set import NetworkSet
from calicoctl.analysis.model.rule import Rule, RuleAction, RuleOwner
from calicoctl.analysis.model.source import DEFAULT_TIER, DIRECTIONS, Direction, PolicySource, Tier
from calicoctl.analysis.sets.addresses import Address
from calicoctl.name_list import count_noun
from calicoctl.resource import Identifier
from calicoctl.selector import Selector

__all__ = [
    "DIRECTIONS",
    "Direction",
    "Endpoint",
    "EntityRule",
    "Icmp",
    "Policy",
    "PolicySet",
    "PolicySource",
    "Profile",
    "Rule",
    "RuleAction",
    "RuleOwner",
    "single_endpoint",
]


@dataclass(frozen=True, eq=False)
class Profile(RuleOwner):
    """Rules and labels for the endpoints that list the profile."""

    identifier: Identifier
    name: str
    """Name in the datastore."""
    origin: PolicySource
    labels: Mapping[str, str] = field(default_factory=dict)
    """Labels, and tags as labels with an empty value."""
    ingress: tuple[Rule, ...] = ()
    egress: tuple[Rule, ...] = ()

    @property
    def has_rules(self) -> bool:
        """Whether the profile has any rule."""
        return bool(self.ingress or self.egress)


@dataclass(frozen=True, eq=False)
class Policy(RuleOwner):
    """Rules for the endpoints that a selector matches."""

    identifier: Identifier
    name: bytes
    """Name, namespace and v3 kind as bytes: the agent sorts policies of equal order by it."""
    origin: PolicySource
    order: float | None
    selector: Selector
    types: frozenset[str]
    untracked: bool = False
    """Whether it has `doNotTrack`."""
    pre_dnat: bool = False
    ingress: tuple[Rule, ...] = ()
    egress: tuple[Rule, ...] = ()
    tier: Tier = DEFAULT_TIER
    applies_on_forward: bool = False
    """Whether a normal policy also applies to forwarded traffic of host endpoints; only v3 can specify it."""

    @property
    def is_normal(self) -> bool:
        """Whether it is neither an untracked (`doNotTrack`) nor a `preDNAT` policy."""
        return not (self.untracked or self.pre_dnat)

    @property
    def sort_key(self) -> tuple[Any, ...]:
        """Sort key of the order in which the agent tries policies: tier, order (none is last), name."""
        return (self.tier.sort_key, self.order is None, self.order or 0.0, self.name)


@dataclass(frozen=True)
class PolicySet:
    """Policies and profiles, and the endpoints to which they apply."""

    policies: tuple[Policy, ...]
    """Policies in the order in which the agent tries them."""
    profiles: Mapping[str, Profile]
    """Profiles by name in the datastore."""
    endpoints: tuple[Endpoint, ...]
    has_placeholders: bool = False
    """Whether `endpoints` are placeholders, one for each profile, because no endpoint exists."""
    notes: tuple[str, ...] = ()
    """Limits of the result, for the user."""
    pools: tuple[AddressPool, ...] = ()
    """IP pools, if they were read: only lint needs them."""
    nodes: tuple[ClusterNode, ...] = ()
    """Nodes: their addresses are those of hosts, and lint checks references to them."""
    failsafe_ports: FailsafePorts = NO_FAILSAFE_PORTS
    """Failsafe ports of the agent on all nodes; the default of the evaluation has none."""
    network_sets: tuple[NetworkSet, ...] = ()
    """Network sets of v3."""
    neighbor_discovery: bool = False
    """Whether hosts find each other by IPv6 neighbor discovery, without which no IPv6 packet passes an interface.

    Otherwise their neighbors are static, and policy on neighbor discovery has no effect on other packets.
    """
    interface: NamedInterface | None = None
    """Interface that all traffic of nodes with host endpoints uses.

    If it is None, a host endpoint uses its own interface, and the interface of the traffic of workloads is unknown.
    """

    @cached_property
    def endpoints_by_address(self) -> Mapping[Address, tuple[Endpoint, ...]]:
        """Endpoints by address."""
        by_address: dict[Address, tuple[Endpoint, ...]] = {}
        for endpoint in self.endpoints:
            for address in endpoint.addresses or ():
                by_address[address] = (*by_address.get(address, ()), endpoint)
        return by_address

    @cached_property
    def host_nodes(self) -> Mapping[str, HostNode]:
        """Nodes with host endpoints, by name in the datastore."""
        return host_nodes((endpoint for endpoint in self.endpoints if endpoint.host), self.nodes)

    @cached_property
    def endpoint_names(self) -> EndpointNames:
        """Endpoints by name."""
        return EndpointNames(self.endpoints, self.host_nodes)

    @property
    def rule_owners(self) -> tuple[Policy | Profile, ...]:
        """All policies and profiles."""
        return (*self.policies, *self.profiles.values())

    @property
    def summary(self) -> str:
        """Number of policies, profiles and endpoints as text."""
        counts = [count_noun(len(self.policies), "policy", "policies"), count_noun(len(self.profiles), "profile")]
        if not self.has_placeholders:
            return ", ".join([*counts, count_noun(len(self.endpoints), "endpoint")])
        return ", ".join([*counts, "no endpoints", *(["one placeholder for each profile"] if self.profiles else [])])

    def labels_of(self, endpoint: Endpoint | NetworkSet) -> Mapping[str, str]:
        """Return the labels that selectors match: own labels first, then those of the first profile with the key."""
        labels: dict[str, str] = {}
        for name in reversed(endpoint.profiles):
            if profile := self.profiles.get(name):
                labels.update(profile.labels)
        labels.update(endpoint.labels)
        return labels
