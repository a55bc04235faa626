"""Reachability: the allowed traffic of a policy set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.evaluation.address_space import build_address_space
from calicoctl.analysis.evaluation.allowed_traffic import AllowedTraffic, Block
from calicoctl.analysis.evaluation.first_match import ClassDecision
from calicoctl.analysis.evaluation.neighbor_discovery import DeniedDiscovery, DiscoveryMatches
from calicoctl.analysis.evaluation.policy_resolver import PolicyResolver
from calicoctl.analysis.model.host_interface import HostInterface
from calicoctl.analysis.model.policy_set import DIRECTIONS, Direction, Endpoint, PolicySet
from calicoctl.analysis.sets.addresses import Address, Network
from calicoctl.analysis.sets.services import ServiceSet

__all__ = ["Block", "Reachability"]


class Reachability(AllowedTraffic):
    """Exact allowed traffic of a policy set.

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
        super().__init__(self.address_space)

    @property
    def policy_resolver(self) -> PolicyResolver:
        """Resolver of the policies of the endpoints."""
        return self.address_space.policy_resolver

    def class_of(self, address: Address) -> AddressClass | None:
        """Return the class of an address; see `AddressSpace.class_of`."""
        return self.address_space.class_of(address)

    def own_decision(self, address_class: AddressClass, direction: Direction) -> ClassDecision:
        """Return the decision of the policies of an address class alone, regardless of its node and of replies."""
        return self._evaluator.decide_own(address_class, direction)

    def denied_discovery(
        self, interface: HostInterface, own: AddressClass | None = None
    ) -> tuple[DeniedDiscovery, ...]:
        """Return the messages of IPv6 neighbor discovery that an interface denies; see `NeighborDiscovery.denied`."""
        return self._evaluator.denied_discovery(interface, own)

    def discovery_matches(self, interface: HostInterface) -> Iterator[DiscoveryMatches]:
        """Yield the decisions on the messages of neighbor discovery; see `NeighborDiscovery.matches`."""
        return self._evaluator.discovery_matches(interface)

    def denied_discovery_of(self, address_class: AddressClass) -> tuple[DeniedDiscovery, ...]:
        """Return the messages that the interface of a class of host endpoints denies; none for other classes."""
        place = address_class.place
        if address_class.version == 4 or not (place and place.host):
            return ()
        named, node = self.policy_set.interface, place.node
        return self.denied_discovery(
            node.interface_named(named) if named else node.interface_of(place.host), address_class
        )

    def allowed(self, source: AddressClass, destination: AddressClass, *, always: bool = False) -> ServiceSet:
        """Return the services that are allowed from one address class to another.

        Args:
            source: class of the source.
            destination: class of the destination.
            always: whether to return only the services that are allowed through all interfaces of the nodes.
        """
        egress = self.decision(source, "egress").allowed_with(destination, always=always)
        return egress & self.decision(destination, "ingress").allowed_with(source, always=always)

    @cached_property
    def nodes_with_dependent_traffic(self) -> tuple[str, ...]:
        """Names of the nodes with traffic that only some of their interfaces allow."""
        on_nodes = ((each, each.place) for each in self.classes if each.place)
        names = {
            place.node.name: None
            for address_class, place in on_nodes
            for direction in DIRECTIONS
            if self.decision(address_class, direction).depends_on_interface
        }
        return tuple(sorted(names))
