"""Services allowed between an existing end and endpoints that do not exist yet, by labels, profiles and addresses."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.evaluation.address_space import AddressSpace
from calicoctl.analysis.exposure.decision_diagram import Diagram, terminals
from calicoctl.analysis.exposure.existing_end import ExistingEndEvaluator
from calicoctl.analysis.exposure.label_space import LabelSpace
from calicoctl.analysis.exposure.new_addresses import NewAddresses
from calicoctl.analysis.exposure.new_end import NewEnd, NewEndEvaluator
from calicoctl.analysis.exposure.node_end import NodeEndEvaluator
from calicoctl.analysis.exposure.service_diagrams import common_services, has_services
from calicoctl.analysis.model.policy_set import Direction, PolicySet
from calicoctl.analysis.model.source import opposite_direction
from calicoctl.analysis.sets.bitsets import add_bits
from calicoctl.analysis.sets.services import NO_SERVICES, ServiceSet


class NewKind(NamedTuple):
    """Endpoints that do not exist yet: all combinations of these labels, profiles and addresses."""

    labels: Diagram
    """Set of labels."""
    profiles: frozenset[str]
    """Names of profiles; `NO_PROFILE` for endpoints without a profile."""
    addresses: int
    """Set of free addresses of one IP version."""


class Exposed(NamedTuple):
    """Exactly these services are allowed with these endpoints."""

    kind: NewKind
    services: ServiceSet


class _EndEvaluator(Protocol):
    """Evaluator of existing ends; each evaluator has its own type of end."""

    def end_of(self, address_class: AddressClass, direction: Direction) -> Any:
        """Return the end of an address class in one direction; equal ends have equal decisions."""

    def address_sets(self, end: Any) -> Iterable[int]:
        """Return the sets of addresses of the peer that an end distinguishes."""

    def allowed(self, end: Any, addresses: int) -> Diagram:
        """Return the services that an end allows, by the labels of its peer at some addresses."""


class ExposureEvaluator:
    """Evaluator of both ends of traffic with new endpoints; equal ends share a result.

    Args:
        policy_set: policies, profiles and all endpoints.
        address_space: classes of the existing ends; they distinguish the criteria of all rules.
        labels: labels that the selectors distinguish.
        services: services to include.
    """

    def __init__(
        self, policy_set: PolicySet, address_space: AddressSpace, labels: LabelSpace, services: ServiceSet
    ) -> None:
        self.addresses = NewAddresses(address_space)
        self._labels = labels
        self._services = services
        self._existing = ExistingEndEvaluator(policy_set, address_space.peer_matcher, labels, self.addresses)
        self._nodes = NodeEndEvaluator(address_space, labels, self.addresses)
        self._new = NewEndEvaluator(policy_set, address_space, labels, self.addresses)
        self._results: dict[tuple[Hashable, NewEnd], tuple[Exposed, ...]] = {}

    @property
    def dependent_nodes(self) -> Sequence[str]:
        """Names of the nodes with traffic that only some of their interfaces allow."""
        return sorted(self._nodes.dependent_nodes)

    def exposed(self, address_class: AddressClass, direction: Direction) -> tuple[Exposed, ...]:
        """Return the allowed traffic between new endpoints and an address class; no packet is in two items.

        Args:
            address_class: class of the existing end.
            direction: direction of the existing end: `ingress` for traffic from new endpoints.

        Raises:
            ExposureLimit: too many combinations of labels have different results.
        """
        evaluator: _EndEvaluator = self._nodes if address_class.place else self._existing
        existing = evaluator.end_of(address_class, direction)
        new = self._new.end_of(address_class, opposite_direction(direction))
        key = (existing, new)
        if key not in self._results:
            self._results[key] = tuple(_group_profiles(self._allowed(evaluator, existing, new)))
        return self._results[key]

    def _allowed(
        self, evaluator: _EndEvaluator, existing: Hashable, new: NewEnd
    ) -> Iterator[tuple[ServiceSet, Diagram, int, Iterable[str]]]:
        """Yield services, the labels and addresses for which exactly they are allowed, and the profiles."""
        apply = self._labels.builder.apply
        sets = (*evaluator.address_sets(existing), *self._new.address_sets(new))
        for addresses in self.addresses.split(sets, new.version):
            accepted = apply(common_services, evaluator.allowed(existing, addresses), self._services)
            for own, profiles in self._new.allowed(new, addresses).items():
                allowed = apply(common_services, accepted, own)
                for services in terminals(allowed):
                    if services is not NO_SERVICES:
                        yield services, apply(has_services, allowed, services), addresses, profiles


def _group_profiles(items: Iterable[tuple[ServiceSet, Diagram, int, Iterable[str]]]) -> Iterator[Exposed]:
    """Yield as few items as possible: profiles with the same labels, addresses and services together."""
    addresses_by_profile: dict[tuple[ServiceSet, Diagram], dict[str, int]] = {}
    for services, labels, addresses, profiles in items:
        own = addresses_by_profile.setdefault((services, labels), {})
        for profile in profiles:
            add_bits(own, profile, addresses)
    for (services, labels), own in addresses_by_profile.items():
        for addresses, names in _invert(own).items():
            yield Exposed(NewKind(labels, frozenset(names), addresses), services)


def _invert(addresses_by_profile: Mapping[str, int]) -> dict[int, list[str]]:
    result: dict[int, list[str]] = {}
    for profile, addresses in addresses_by_profile.items():
        result.setdefault(addresses, []).append(profile)
    return result
