"""What the analysis is about: endpoints, profiles, policies and their rules, as plain immutable values.

`calicoctl.analysis.build` makes them from v1 resources; nothing here knows where those came from, but for the
`Origin` that each keeps, so that an answer can name the line of a file or the key in the datastore.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from calicoctl.analysis.model.source import DEFAULT_TIER, Direction, FieldPath, PolicySource, Tier
from calicoctl.analysis.sets.addresses import Address, Network
from calicoctl.analysis.sets.intervals import Intervals
from calicoctl.resource import Identifier
from calicoctl.selector import Selector

__all__ = [
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
]

RuleAction = Literal["allow", "deny", "log", "pass"]


@dataclass(frozen=True, eq=False)
class EntityRule:
    """The source or the destination of a rule: what its address and its port have to be."""

    selectors: tuple[Selector, ...] = ()
    """One with what `selector` and `tag` say together, or none. Only addresses of endpoints can match it."""
    not_selectors: tuple[Selector, ...] = ()
    """One with what `notSelector` and `notTag` say together, or none."""
    networks: tuple[Network, ...] = ()
    not_networks: tuple[Network, ...] = ()
    ports: Intervals | None = None
    not_ports: Intervals | None = None

    @property
    def any_address(self) -> bool:
        """Whether the address does not matter."""
        return not (self.selectors or self.not_selectors or self.networks or self.not_networks)


@dataclass(frozen=True, eq=False)
class Icmp:
    """A type of ICMP, and a code; None means any."""

    type: int | None
    code: int | None


@dataclass(frozen=True, eq=False)
class Rule:
    """A rule: every criterion has to match. Rules are told apart by identity."""

    action: RuleAction
    owner: Identifier
    direction: Direction
    index: int
    """Its place in the list of rules, from 0 on."""
    origin: PolicySource
    ip_version: int | None = None
    protocol: int | None = None
    not_protocol: int | None = None
    icmp: Icmp | None = None
    not_icmp: Icmp | None = None
    source: EntityRule = field(default_factory=EntityRule)
    destination: EntityRule = field(default_factory=EntityRule)
    unsupported_field: str = ""
    """The field with what nothing can meet here, such as `source.services`; then no packet matches."""

    @property
    def path(self) -> FieldPath:
        """The way to it within its resource."""
        return ("spec", self.direction, self.index)

    @property
    def location(self) -> str:
        """Where it stands: `file:line`, or the key in the datastore."""
        return self.origin.location(*self.path)

    def __str__(self) -> str:
        return f"{self.owner} {self.direction}[{self.index}]"

    def side(self, peer: bool) -> EntityRule:
        """The side that is the endpoint's own, or that of its peer."""
        return self.source if peer == (self.direction == "ingress") else self.destination


@dataclass(frozen=True, eq=False)
class Profile:
    """The rules and labels that endpoints get by naming it."""

    identifier: Identifier
    name: str
    """The name that the agent knows it by."""
    origin: PolicySource
    labels: Mapping[str, str] = field(default_factory=dict)
    """With the tags, which are labels with an empty value."""
    ingress: tuple[Rule, ...] = ()
    egress: tuple[Rule, ...] = ()

    def rules(self, direction: Direction) -> tuple[Rule, ...]:
        """The rules of a direction."""
        return self.ingress if direction == "ingress" else self.egress

    @property
    def has_rules(self) -> bool:
        """Whether it decides anything."""
        return bool(self.ingress or self.egress)


@dataclass(frozen=True, eq=False)
class Policy:
    """The rules for all endpoints that a selector selects."""

    identifier: Identifier
    name: bytes
    """The name that the agent sorts by, as its bytes."""
    origin: PolicySource
    order: float | None
    selector: Selector
    types: frozenset[str]
    untracked: bool = False
    pre_dnat: bool = False
    ingress: tuple[Rule, ...] = ()
    egress: tuple[Rule, ...] = ()
    tier: Tier = DEFAULT_TIER

    def rules(self, direction: Direction) -> tuple[Rule, ...]:
        """The rules of a direction."""
        return self.ingress if direction == "ingress" else self.egress

    @property
    def sort_key(self) -> tuple[Any, ...]:
        """What the agent tries policies by: tier by tier, those without an order last, those of one order by name."""
        return (self.tier.sort_key, self.order is None, self.order or 0.0, self.name)


@dataclass(frozen=True, eq=False)
class Endpoint:
    """The end of a connection that policy can apply to."""

    identifier: Identifier
    labels: Mapping[str, str]
    """Its own, without those of its profiles."""
    profiles: tuple[str, ...]
    """The names that the agent knows them by, in the order in which it tries them."""
    addresses: tuple[Address, ...] | None
    """None when they are not known: then any address may be one of it, whose meaning no rule shares with others."""
    origin: PolicySource | None = None
    host: bool = False
    """Whether it is an interface of a host, and not a workload."""
    selectable: bool = True
    """Whether selectors of rules match its addresses; not for a host endpoint that tells none."""

    @property
    def name(self) -> str:
        """What to call it: `workloadEndpoint/...`, or in words when nobody has written it down."""
        return str(self.identifier) if self.origin else self.identifier.values[-1]


@dataclass(frozen=True)
class PolicySet:
    """Everything that decides, and everybody whom it is decided for."""

    policies: tuple[Policy, ...]
    """In the order in which the agent tries them."""
    profiles: Mapping[str, Profile]
    """By the name that the agent knows each by."""
    endpoints: tuple[Endpoint, ...]
    has_placeholders: bool = False
    """Whether there were no endpoints, and one stands in for each profile."""
    notes: tuple[str, ...] = ()
    """What the reader has to know to trust the answer."""

    @cached_property
    def endpoints_by_address(self) -> Mapping[Address, tuple[Endpoint, ...]]:
        """The endpoints that have each address."""
        by_address: dict[Address, tuple[Endpoint, ...]] = {}
        for endpoint in self.endpoints:
            for address in endpoint.addresses or ():
                by_address[address] = (*by_address.get(address, ()), endpoint)
        return by_address

    @property
    def summary(self) -> str:
        """What there is, in words."""
        counts = [
            _count_noun(len(self.policies), "policy", "policies"),
            _count_noun(len(self.profiles), "profile", "profiles"),
        ]
        if self.has_placeholders:
            return f"{', '.join(counts)}, no endpoints, so that one stands in for each profile"
        return ", ".join([*counts, _count_noun(len(self.endpoints), "endpoint", "endpoints")])

    def labels_of(self, endpoint: Endpoint) -> Mapping[str, str]:
        """The labels that selectors see: its own win, then those of the first profile that has them."""
        labels: dict[str, str] = {}
        for name in reversed(endpoint.profiles):
            if profile := self.profiles.get(name):
                labels.update(profile.labels)
        labels.update(endpoint.labels)
        return labels


def _count_noun(number: int, singular: str, plural: str) -> str:
    return f"{number} {singular if number == 1 else plural}"
