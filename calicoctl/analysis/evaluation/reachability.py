"""Reachability: egress of the source and ingress of the destination together, as blocks of address classes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.evaluation.address_space import build_address_space
from calicoctl.analysis.evaluation.first_match import ClassDecision, FirstMatchEvaluator
from calicoctl.analysis.evaluation.neighbor_discovery import DeniedDiscovery
from calicoctl.analysis.model.host_interface import HostInterface
from calicoctl.analysis.model.policy_set import DIRECTIONS, Direction, Endpoint, PolicySet
from calicoctl.analysis.sets.addresses import Network
from calicoctl.analysis.sets.bitsets import bitset
from calicoctl.analysis.sets.services import NO_SERVICES, ServiceSet
from calicoctl.analysis.sets.set_index import containing_sets, union_by_key


class Block(NamedTuple):
    """Allowed traffic: from each source to each destination, exactly these services."""

    sources: int
    """Set of address classes."""
    destinations: int
    """Set of address classes."""
    services: ServiceSet


class Reachability:
    """Exact allowed traffic of a policy set.

    Traffic between non-endpoints is always allowed, and in no block. Traffic of an endpoint to itself does not reach
    the agent; blocks contain it as policy would decide.

    Args:
        policy_set: the policies, profiles and all endpoints.
        endpoints: endpoints to evaluate; None means all.
        networks: additional networks to distinguish: each becomes a union of address classes.
    """

    def __init__(
        self, policy_set: PolicySet, endpoints: Sequence[Endpoint] | None = None, networks: Sequence[Network] = ()
    ) -> None:
        self.policy_set = policy_set
        self.address_space = build_address_space(policy_set, endpoints, networks)
        self._evaluator = FirstMatchEvaluator(self.address_space)

    @property
    def classes(self) -> Sequence[AddressClass]:
        """Address classes; a set of classes has the bits of their indexes."""
        return self.address_space.classes

    def decision(self, address_class: AddressClass, direction: Direction) -> ClassDecision:
        """Return the decision on traffic to an address class (ingress) or from it (egress)."""
        return self._evaluator.decide(address_class, direction)

    def own_decision(self, address_class: AddressClass, direction: Direction) -> ClassDecision:
        """Return the decision of the policies of an address class alone, regardless of its node and of replies."""
        return self._evaluator.decide_own(address_class, direction)

    def denied_discovery(
        self, interface: HostInterface, own: AddressClass | None = None
    ) -> tuple[DeniedDiscovery, ...]:
        """Return the messages of IPv6 neighbor discovery that an interface denies; see `NeighborDiscovery.denied`."""
        return self._evaluator.denied_discovery(interface, own)

    def denied_discovery_of(self, address_class: AddressClass) -> tuple[DeniedDiscovery, ...]:
        """Return the messages that the interface of a class of host endpoints denies; none for other classes."""
        place = address_class.place
        if address_class.version == 4 or not (place and place.host):
            return ()
        named, node = self.policy_set.interface, place.node
        return self.denied_discovery(
            node.interface_named(named) if named else node.interface_of(place.host), address_class
        )

    def decisions(self, direction: Direction) -> dict[ClassDecision, int]:
        """Return the distinct decisions of a direction, each with its set of address classes."""
        return union_by_key(
            (self.decision(address_class, direction), 1 << address_class.index) for address_class in self.classes
        )

    def allowed(self, source: AddressClass, destination: AddressClass, *, always: bool = False) -> ServiceSet:
        """Return the services that are allowed from one address class to another.

        Args:
            source: class of the source.
            destination: class of the destination.
            always: whether to return only the services that are allowed through all interfaces of the nodes.
        """
        egress = _allowed_with_peer(self.decision(source, "egress"), destination, always)
        return egress & _allowed_with_peer(self.decision(destination, "ingress"), source, always)

    @cached_property
    def nodes_with_dependent_traffic(self) -> tuple[str, ...]:
        """Names of the nodes with traffic that only some of their interfaces allow."""
        on_nodes = ((each, each.place) for each in self.classes if each.place)
        names = {
            place.node.name: None
            for address_class, place in on_nodes
            for direction in DIRECTIONS
            if (decision := self.decision(address_class, direction)).allowed is not decision.always_allowed
        }
        return tuple(sorted(names))

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """All allowed traffic. Blocks are disjoint, and no two have the same services and sources."""
        egress_blocks = self._egress_blocks()
        destinations_by_key = union_by_key(
            ((services, sources), destinations)
            for (ingress, entries), destinations in self._grouped_destinations(egress_blocks).items()
            for services, sources in _intersect(ingress, [egress_blocks[entry] for entry in entries]).items()
        )
        external = bitset(address_class.index for address_class in self.classes if address_class.is_external)
        return tuple(
            part
            for (services, sources), destinations in destinations_by_key.items()
            for part in _without_external(Block(sources, destinations, services), external)
        )

    def _egress_blocks(self) -> list[Block]:
        """Return the traffic that egress allows; no two blocks have the same destinations and services."""
        sources_by_key = union_by_key(
            (allowed, sources)
            for decision, sources in self.decisions("egress").items()
            for allowed in decision.allowed.items()
        )
        return [Block(sources, destinations, services) for (destinations, services), sources in sources_by_key.items()]

    def _grouped_destinations(self, egress_blocks: Sequence[Block]) -> dict[tuple[ClassDecision, tuple[int, ...]], int]:
        """Return sets of destinations by ingress decision and numbers of the egress blocks that reach them."""
        incoming = containing_sets((block.destinations for block in egress_blocks), len(self.classes))
        return union_by_key(
            ((self.decision(address_class, "ingress"), incoming[address_class.index]), 1 << address_class.index)
            for address_class in self.classes
        )


def _allowed_with_peer(decision: ClassDecision, peer: AddressClass, always: bool) -> ServiceSet:
    allowed = decision.always_allowed if always else decision.allowed
    return next((services for peers, services in allowed.items() if peers >> peer.index & 1), NO_SERVICES)


def _intersect(ingress: ClassDecision, incoming: Sequence[Block]) -> dict[ServiceSet, int]:
    """Return the sources of incoming blocks that ingress allows, by services."""
    return union_by_key(
        (services, sources)
        for peers, accepted in ingress.allowed.items()
        for block in incoming
        if (sources := peers & block.sources) and (services := accepted & block.services)
    )


def _without_external(block: Block, external: int) -> list[Block]:
    """Return a block without the traffic between non-endpoints."""
    parts = []
    if inner := block.sources & ~external:
        parts.append(block._replace(sources=inner))
    if (outer := block.sources & external) and (destinations := block.destinations & ~external):
        parts.append(block._replace(sources=outer, destinations=destinations))
    return parts
