"""Who sends or receives in a trace: endpoints, or what is none, within networks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from calicoctl.analysis.addresses import SIZES, Address, Network
from calicoctl.analysis.groups import Group, Member, example_of
from calicoctl.analysis.model import Endpoint

EVERYWHERE = tuple(Network(version, 0, size) for version, size in SIZES.items())
"""All addresses."""


@dataclass(frozen=True)
class Party:
    """Who sends or receives: endpoints, and what is no endpoint within networks."""

    name: str
    endpoints: tuple[Endpoint, ...] = ()
    networks: tuple[Network, ...] = ()
    within: Network | None = None
    """Where an address of an endpoint has to lie to be meant; None means anywhere."""

    def means(self, member: Member) -> bool:
        """Whether an endpoint with one of its addresses is meant."""
        limit, own = self.within, member.address
        if limit and not (limit.version == own.version and limit.holds(own.value)):
            return False
        return member.endpoint in self._endpoints

    def means_outside(self, group: Group) -> bool:
        """Whether addresses of a group that are no endpoint's are meant."""
        nets = (net for net in self.networks if group.outside and net.version == group.version)
        return any(net.holds(group.outside[0]) for net in nets)

    @cached_property
    def _endpoints(self) -> frozenset[Endpoint]:
        return frozenset(self.endpoints)


def names_of(groups: Iterable[Group], party: Party) -> tuple[str, ...]:
    """Who of a party is meant: endpoints by their names, and the rest by where it is."""
    names: dict[str, None] = {}
    for group in groups:
        for endpoint, _ in filter(party.means, group.members):
            names[endpoint.name + _somewhere(endpoint, group)] = None
        if party.means_outside(group):
            names[f"outside{_within(group)}"] = None
    return tuple(names)


def _somewhere(endpoint: Endpoint, group: Group) -> str:
    return _within(group) if endpoint.addresses is None else ""


def _within(group: Group) -> str:
    """The smallest of the networks that a group lies in, when it lies in any."""
    nets = [net for net in group.networks if net not in EVERYWHERE]
    return f" in {min(nets, key=lambda net: net.end - net.start)}" if nets else ""


def member_of(group: Group, party: Party, other: Member | Address | None = None) -> Member | Address:
    """Somebody of a party within a group, and not the other one where there is a choice."""
    choice = list(filter(party.means, group.members))
    others = [member for member in choice if not (isinstance(other, Member) and member.endpoint is other.endpoint)]
    if choice:
        return (others or choice)[0]
    return Address(group.version, example_of(group.version, group.outside))
