"""Who can talk to whom: egress of the source and ingress of the destination together, as blocks of groups."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from calicoctl.analysis.addresses import Network
from calicoctl.analysis.bitsets import members
from calicoctl.analysis.firstmatch import FirstMatch, Outcome
from calicoctl.analysis.groups import Group
from calicoctl.analysis.model import Direction, Endpoint, PolicySet
from calicoctl.analysis.services import NOTHING, ServiceSet
from calicoctl.analysis.universe import Universe


class Block(NamedTuple):
    """From each of these sources to each of these destinations exactly these services are allowed."""

    sources: int
    """A set of groups."""
    destinations: int
    services: ServiceSet


class Analysis:
    """The exact answer to what a set of policies allows.

    Whoever is no endpoint may send and receive anything as far as policy is concerned, so blocks with nothing but
    outside at both ends are left out. What an endpoint sends to itself never comes to the agent; blocks say what
    policy would do with it.

    Args:
        policy_set: who decides.
        endpoints: the endpoints of interest; None means all.
        networks: networks that shall be told apart besides those that rules name.
    """

    def __init__(
        self, policy_set: PolicySet, endpoints: Sequence[Endpoint] | None = None, networks: Sequence[Network] = ()
    ) -> None:
        self.policy_set = policy_set
        self.universe = Universe(policy_set, endpoints, networks)
        self.first_match = FirstMatch(self.universe)

    @property
    def groups(self) -> Sequence[Group]:
        """The groups; a set of groups has the bits of their indexes."""
        return self.universe.groups

    def outcome(self, group: Group, direction: Direction) -> Outcome:
        """What is decided on traffic to a group (ingress) or from it (egress)."""
        return self.first_match.outcome(group, direction)

    def outcomes(self, direction: Direction) -> dict[Outcome, int]:
        """The different outcomes of a direction, each with the groups that have it."""
        found: dict[Outcome, int] = {}
        for group in self.groups:
            outcome = self.outcome(group, direction)
            found[outcome] = found.get(outcome, 0) | 1 << group.index
        return found

    def allowed(self, source: Group, destination: Group) -> ServiceSet:
        """The services that are allowed from one group to another."""
        return _towards(self.outcome(source, "egress"), destination) & _towards(
            self.outcome(destination, "ingress"), source
        )

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """All that is allowed; the blocks do not overlap, and no two have the same services and sources."""
        outgoing = self._outgoing()
        merged: dict[tuple[ServiceSet, int], int] = {}
        outside = sum(1 << group.index for group in self.groups if group.governance is None)
        for (ingress, entries), destinations in self._alike(outgoing).items():
            for services, sources in _joined(ingress, [outgoing[entry] for entry in entries]).items():
                key = (services, sources)
                merged[key] = merged.get(key, 0) | destinations
        blocks = [Block(sources, destinations, services) for (services, sources), destinations in merged.items()]
        return tuple(part for block in blocks for part in _without_outside(block, outside))

    def _outgoing(self) -> list[Block]:
        """What all egress allows; blocks with the same destinations and services are one."""
        merged: dict[tuple[int, ServiceSet], int] = {}
        for outcome, sources in self.outcomes("egress").items():
            for destinations, services in outcome.allowed.items():
                key = (destinations, services)
                merged[key] = merged.get(key, 0) | sources
        return [Block(sources, destinations, services) for (destinations, services), sources in merged.items()]

    def _alike(self, outgoing: Sequence[Block]) -> dict[tuple[Outcome, tuple[int, ...]], int]:
        """The groups as destinations: those that let in the same, and that the same blocks come to, are one."""
        arriving: list[list[int]] = [[] for _ in self.groups]
        for number, block in enumerate(outgoing):
            for index in members(block.destinations):
                arriving[index].append(number)
        found: dict[tuple[Outcome, tuple[int, ...]], int] = {}
        for group in self.groups:
            key = (self.outcome(group, "ingress"), tuple(arriving[group.index]))
            found[key] = found.get(key, 0) | 1 << group.index
        return found


def _towards(outcome: Outcome, peer: Group) -> ServiceSet:
    return next((services for peers, services in outcome.allowed.items() if peers >> peer.index & 1), NOTHING)


def _joined(ingress: Outcome, arriving: Sequence[Block]) -> dict[ServiceSet, int]:
    """What comes and is let in: services, and the sources that each set is allowed from."""
    found: dict[ServiceSet, int] = {}
    for peers, accepted in ingress.allowed.items():
        for block in arriving:
            sources = peers & block.sources
            services = accepted & block.services if sources else None
            if services:
                found[services] = found.get(services, 0) | sources
    return found


def _without_outside(block: Block, outside: int) -> list[Block]:
    """The block without the part from outside to outside."""
    parts = []
    if inner := block.sources & ~outside:
        parts.append(block._replace(sources=inner))
    if (outer := block.sources & outside) and (destinations := block.destinations & ~outside):
        parts.append(block._replace(sources=outer, destinations=destinations))
    return parts
