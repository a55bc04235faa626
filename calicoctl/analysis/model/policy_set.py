"""Endpoints, profiles, policies and rules as immutable values.

`calicoctl.analysis.model.build` makes them from v1 resources. Each has a `PolicySource`, so that results can name the
line of a file or the key in the datastore.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from calicoctl.analysis.model.source import DEFAULT_TIER, DIRECTIONS, Direction, FieldPath, PolicySource, Tier
from calicoctl.analysis.sets.addresses import Address, Network
from calicoctl.analysis.sets.intervals import Intervals
from calicoctl.name_list import count_noun
from calicoctl.resource import Identifier
from calicoctl.selector import Selector

__all__ = [
    "DIRECTIONS",
    "Direction",
    "Endpoint",
    "EntityRule",
    "FieldPath",
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

RuleAction = Literal["allow", "deny", "log", "pass"]


@dataclass(frozen=True, eq=False)
class EntityRule:
    """Criteria for the address and the port of the source or the destination of a packet."""

    selectors: tuple[Selector, ...] = ()
    """At most one, with the criteria of `selector` and `tag`. It matches addresses of endpoints only."""
    not_selectors: tuple[Selector, ...] = ()
    """At most one, with the criteria of `notSelector` and `notTag`."""
    networks: tuple[Network, ...] = ()
    not_networks: tuple[Network, ...] = ()
    ports: Intervals | None = None
    not_ports: Intervals | None = None

    @property
    def any_address(self) -> bool:
        """Whether every address matches."""
        return not (self.selectors or self.not_selectors or self.networks or self.not_networks)


@dataclass(frozen=True, eq=False)
class Icmp:
    """ICMP type and code; None means any."""

    type: int | None
    code: int | None


@dataclass(frozen=True, eq=False)
class Rule:
    """Rule of a policy or profile: it matches if all criteria match. Rules are compared by identity."""

    action: RuleAction
    owner: Identifier
    direction: Direction
    index: int
    """Position in the list of rules, from 0."""
    origin: PolicySource
    ip_version: int | None = None
    protocol: int | None = None
    not_protocol: int | None = None
    icmp: Icmp | None = None
    not_icmp: Icmp | None = None
    source: EntityRule = field(default_factory=EntityRule)
    destination: EntityRule = field(default_factory=EntityRule)
    unsupported_field: str = ""
    """Field that only Kubernetes supports, such as `source.services`: no packet matches the rule. Empty if none."""

    @property
    def path(self) -> FieldPath:
        """Path of the rule within its resource."""
        return ("spec", self.direction, self.index)

    @property
    def location(self) -> str:
        """Location as `file:line`, or the key in the datastore."""
        return self.origin.location(*self.path)

    def __str__(self) -> str:
        return f"{self.owner} {self.direction}[{self.index}]"

    @property
    def peer_field(self) -> Literal["source", "destination"]:
        """Field for the peer of the endpoint: the source of ingress, the destination of egress."""
        return "source" if self.direction == "ingress" else "destination"

    @property
    def own_field(self) -> Literal["source", "destination"]:
        """Field for the endpoint itself."""
        return "destination" if self.direction == "ingress" else "source"

    def side(self, peer: bool) -> EntityRule:
        """Return the criteria for the peer of the endpoint, or for the endpoint itself."""
        return self.source if peer == (self.direction == "ingress") else self.destination


class RuleOwner:
    """Policy or profile: a resource with ingress and egress rules."""

    ingress: tuple[Rule, ...]
    egress: tuple[Rule, ...]

    @property
    def all_rules(self) -> tuple[Rule, ...]:
        """Rules of both directions, ingress first."""
        return (*self.ingress, *self.egress)

    def rules(self, direction: Direction) -> tuple[Rule, ...]:
        """Return the rules of a direction."""
        return self.ingress if direction == "ingress" else self.egress


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
    """Name in the datastore as bytes: the agent sorts policies of equal order by it."""
    origin: PolicySource
    order: float | None
    selector: Selector
    types: frozenset[str]
    untracked: bool = False
    pre_dnat: bool = False
    ingress: tuple[Rule, ...] = ()
    egress: tuple[Rule, ...] = ()
    tier: Tier = DEFAULT_TIER

    @property
    def is_normal(self) -> bool:
        """Whether it is neither an untracked (`doNotTrack`) nor a `preDNAT` policy."""
        return not (self.untracked or self.pre_dnat)

    @property
    def sort_key(self) -> tuple[Any, ...]:
        """Sort key of the order in which the agent tries policies: tier, order (none is last), name."""
        return (self.tier.sort_key, self.order is None, self.order or 0.0, self.name)


@dataclass(frozen=True, eq=False)
class Endpoint:
    """Workload or host endpoint: the end of a connection to which policy applies."""

    identifier: Identifier
    labels: Mapping[str, str]
    """Labels without those of its profiles."""
    profiles: tuple[str, ...]
    """Names in the datastore, in the order in which the agent tries the profiles."""
    addresses: tuple[Address, ...] | None
    """None if unknown: the endpoint may have any address that no other endpoint has."""
    origin: PolicySource | None = None
    host: bool = False
    """Whether it is a host endpoint."""
    selectable: bool = True
    """Whether selectors of rules match its addresses; False for a host endpoint without `expectedIPs`."""

    @property
    def name(self) -> str:
        """Name in messages: `workloadEndpoint/...`, or a description of a placeholder."""
        return str(self.identifier) if self.origin else self.identifier.values[-1]


def single_endpoint(endpoints: Iterable[Endpoint | None]) -> Endpoint | None:
    """Return the endpoint if all items are the same one; None otherwise, and for a placeholder of many endpoints."""
    distinct = set(endpoints)
    endpoint = distinct.pop() if len(distinct) == 1 else None
    return endpoint if endpoint and endpoint.origin else None


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

    @cached_property
    def endpoints_by_address(self) -> Mapping[Address, tuple[Endpoint, ...]]:
        """Endpoints by address."""
        by_address: dict[Address, tuple[Endpoint, ...]] = {}
        for endpoint in self.endpoints:
            for address in endpoint.addresses or ():
                by_address[address] = (*by_address.get(address, ()), endpoint)
        return by_address

    @property
    def rule_owners(self) -> tuple[Policy | Profile, ...]:
        """All policies and profiles."""
        return (*self.policies, *self.profiles.values())

    @property
    def summary(self) -> str:
        """Number of policies, profiles and endpoints as text."""
        counts = [count_noun(len(self.policies), "policy", "policies"), count_noun(len(self.profiles), "profile")]
        endpoints = "no endpoints, one placeholder for each profile"
        return ", ".join([*counts, endpoints if self.has_placeholders else count_noun(len(self.endpoints), "endpoint")])

    def labels_of(self, endpoint: Endpoint) -> Mapping[str, str]:
        """Return the labels that selectors match: own labels first, then those of the first profile with the key."""
        labels: dict[str, str] = {}
        for name in reversed(endpoint.profiles):
            if profile := self.profiles.get(name):
                labels.update(profile.labels)
        labels.update(endpoint.labels)
        return labels
