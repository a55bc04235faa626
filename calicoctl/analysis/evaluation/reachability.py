"""Who can talk to whom: egress of the source and ingress of the destination together, as blocks of groups."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.evaluation.address_space import AddressSpace
from calicoctl.analysis.evaluation.first_match import ClassDecision, FirstMatchEvaluator
from calicoctl.analysis.model.policy_set import Direction, Endpoint, PolicySet
from calicoctl.analysis.sets.addresses import Network
from calicoctl.analysis.sets.bitsets import bit_indexes
from calicoctl.analysis.sets.services import NO_SERVICES, ServiceSet


class Block(NamedTuple):
    """From each of these sources to each of these destinations exactly these services are allowed."""

    sources: int
    """A set of groups."""
    destinations: int
    services: ServiceSet


class Reachability:
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
        self.address_space = AddressSpace(policy_set, endpoints, networks)
        self.evaluator = FirstMatchEvaluator(self.address_space)

    @property
    def classes(self) -> Sequence[AddressClass]:
        """The groups; a set of groups has the bits of their indexes."""
        return self.address_space.classes

    def decision(self, address_class: AddressClass, direction: Direction) -> ClassDecision:
        """What is decided on traffic to a group (ingress) or from it (egress)."""
        return self.evaluator.decide(address_class, direction)

    def decisions(self, direction: Direction) -> dict[ClassDecision, int]:
        """The different outcomes of a direction, each with the groups that have it."""
        result: dict[ClassDecision, int] = {}
        for address_class in self.classes:
            decision = self.decision(address_class, direction)
            result[decision] = result.get(decision, 0) | 1 << address_class.index
        return result

    def allowed(self, source: AddressClass, destination: AddressClass) -> ServiceSet:
        """The services that are allowed from one group to another."""
        return _allowed_with_peer(self.decision(source, "egress"), destination) & _allowed_with_peer(
            self.decision(destination, "ingress"), source
        )

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """All that is allowed; the blocks do not overlap, and no two have the same services and sources."""
        egress_blocks = self._egress_blocks()
        destinations_by_key: dict[tuple[ServiceSet, int], int] = {}
        external = sum(
            1 << address_class.index for address_class in self.classes if address_class.effective_policies is None
        )
        for (ingress, entries), destinations in self._grouped_destinations(egress_blocks).items():
            for services, sources in _intersect(ingress, [egress_blocks[entry] for entry in entries]).items():
                key = (services, sources)
                destinations_by_key[key] = destinations_by_key.get(key, 0) | destinations
        blocks = [
            Block(sources, destinations, services) for (services, sources), destinations in destinations_by_key.items()
        ]
        return tuple(part for block in blocks for part in _without_external(block, external))

    def _egress_blocks(self) -> list[Block]:
        """What all egress allows; blocks with the same destinations and services are one."""
        sources_by_key: dict[tuple[int, ServiceSet], int] = {}
        for decision, sources in self.decisions("egress").items():
            for destinations, services in decision.allowed.items():
                key = (destinations, services)
                sources_by_key[key] = sources_by_key.get(key, 0) | sources
        return [Block(sources, destinations, services) for (destinations, services), sources in sources_by_key.items()]

    def _grouped_destinations(self, egress_blocks: Sequence[Block]) -> dict[tuple[ClassDecision, tuple[int, ...]], int]:
        """The groups as destinations: those that let in the same, and that the same blocks come to, are one."""
        incoming: list[list[int]] = [[] for _ in self.classes]
        for number, block in enumerate(egress_blocks):
            for index in bit_indexes(block.destinations):
                incoming[index].append(number)
        result: dict[tuple[ClassDecision, tuple[int, ...]], int] = {}
        for address_class in self.classes:
            key = (self.decision(address_class, "ingress"), tuple(incoming[address_class.index]))
            result[key] = result.get(key, 0) | 1 << address_class.index
        return result


def _allowed_with_peer(decision: ClassDecision, peer: AddressClass) -> ServiceSet:
    return next((services for peers, services in decision.allowed.items() if peers >> peer.index & 1), NO_SERVICES)


def _intersect(ingress: ClassDecision, incoming: Sequence[Block]) -> dict[ServiceSet, int]:
    """What comes and is let in: services, and the sources that each set is allowed from."""
    result: dict[ServiceSet, int] = {}
    for peers, accepted in ingress.allowed.items():
        for block in incoming:
            sources = peers & block.sources
            services = accepted & block.services if sources else None
            if services:
                result[services] = result.get(services, 0) | sources
    return result


def _without_external(block: Block, external: int) -> list[Block]:
    """The block without the part from outside to outside."""
    parts = []
    if inner := block.sources & ~external:
        parts.append(block._replace(sources=inner))
    if (outer := block.sources & external) and (destinations := block.destinations & ~external):
        parts.append(block._replace(sources=outer, destinations=destinations))
    return parts
