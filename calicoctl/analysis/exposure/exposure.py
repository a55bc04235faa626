"""Exposure of existing endpoints to endpoints that do not exist yet, as connectivity rows.

The new endpoint is a workload on a node without host endpoints, with a free address, any labels, and one existing
profile or none. The result is exact for all labels.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from calicoctl.analysis.connectivity.focus import ClassPart, FocusedBlocks, split_class
from calicoctl.analysis.connectivity.grouping import Grouping
from calicoctl.analysis.connectivity.rows import Connectivity, connectivity_of_blocks, interface_notes
from calicoctl.analysis.evaluation.address_class import AddressClass, ClassMember
from calicoctl.analysis.evaluation.address_space import build_address_space
from calicoctl.analysis.evaluation.reachability import Block
from calicoctl.analysis.exposure.exposed_services import ExposureEvaluator
from calicoctl.analysis.exposure.label_space import LabelSpace
from calicoctl.analysis.exposure.new_endpoints import NewEndpointDescriber, NewEndpoints
from calicoctl.analysis.model.placeholder import placeholder_endpoint
from calicoctl.analysis.model.policy_set import DIRECTIONS, Direction, Endpoint, PolicySet, Rule
from calicoctl.analysis.peers.peer import Peer
from calicoctl.analysis.sets.addresses import ADDRESS_COUNTS, Address
from calicoctl.analysis.sets.services import ALL_SERVICES, ServiceSet
from calicoctl.analysis.sets.set_index import union_by_key
from calicoctl.selector import Selector

_ASSUMPTION: Final = (
    "new endpoints are workloads on a node without host endpoints, with a free address, and with one existing profile "
    "or none"
)
"""Assumption about the endpoints that do not exist yet, for the user."""


@dataclass(frozen=True)
class Exposure:
    """Traffic allowed between existing endpoints or non-endpoints, and endpoints that do not exist yet."""

    connectivity: Connectivity
    """Groups of both, and rows; each row has new endpoints at one end."""
    new_endpoints: Mapping[Endpoint, NewEndpoints]
    """Descriptions by the placeholder endpoint that is the only member of the group of new endpoints."""
    assumption: str
    """Assumption about the new endpoints, for the user."""


def compute_exposure(
    policy_set: PolicySet, grouping: Grouping, services: ServiceSet = ALL_SERVICES, focus: Peer | None = None
) -> Exposure:
    """Return the traffic of these services allowed between existing groups and endpoints that do not exist yet.

    Args:
        policy_set: policies, profiles and endpoints.
        grouping: group key of each existing endpoint.
        services: services to include.
        focus: peer to which the existing ends are restricted; None includes all.

    Raises:
        ExposureLimit: too many combinations of labels have different results.
    """
    rules = [rule for owner in policy_set.rule_owners for rule in owner.all_rules]
    endpoints = focus.endpoints if focus else policy_set.endpoints
    space = build_address_space(policy_set, endpoints, focus.boundary_networks if focus else (), rules)
    labels = LabelSpace(_all_selectors(policy_set))
    evaluator = ExposureEvaluator(policy_set, space, labels, services)
    describer = NewEndpointDescriber(policy_set.profiles, labels, evaluator.addresses)
    parts = [part for each in space.classes for part in split_class(each, focus) if part.focused or focus is None]
    builder = _BlockBuilder(parts)
    for number, part in enumerate(parts):
        for direction in DIRECTIONS:
            for kind, allowed in evaluator.exposed(part.address_class, direction):
                if described := describer.describe(kind, part.address_class.version):
                    builder.add(described, direction, number, allowed)
    placeholders = builder.placeholders
    notes = tuple(interface_notes(evaluator.dependent_nodes))
    all_keys = grouping.with_extra_endpoints(placeholders.values())
    connectivity = connectivity_of_blocks(builder.focused_blocks(), all_keys, None, notes)
    assumption = f"{_ASSUMPTION}, and without named ports" if _has_named_ports(rules) else _ASSUMPTION
    descriptions = {placeholder: described for described, placeholder in placeholders.items()}
    return Exposure(connectivity, descriptions, assumption)


def _has_named_ports(rules: Iterable[Rule]) -> bool:
    return any(side.all_named_ports for rule in rules for side in (rule.source, rule.destination))


def _all_selectors(policy_set: PolicySet) -> Iterator[Selector]:
    yield from (policy.selector for policy in policy_set.policies)
    for owner in policy_set.rule_owners:
        for rule in owner.all_rules:
            for side in (rule.source, rule.destination):
                yield from side.effective_selectors


class _BlockBuilder:
    """Collects exposure as blocks of traffic between parts of address classes and new endpoints."""

    def __init__(self, parts: Sequence[ClassPart]) -> None:
        self._parts = [*parts]
        self._part_numbers: dict[tuple[NewEndpoints, int], int] = {}
        self._existing_parts: dict[tuple[int, Direction, ServiceSet], int] = {}
        self.placeholders: dict[NewEndpoints, Endpoint] = {}
        """Placeholder endpoint for each description."""

    def add(self, described: NewEndpoints, direction: Direction, part: int, services: ServiceSet) -> None:
        """Add services that are allowed between new endpoints and a part, in a direction of the part."""
        key = (self._number(described, self._parts[part].address_class.version), direction, services)
        self._existing_parts[key] = self._existing_parts.get(key, 0) | 1 << part

    def focused_blocks(self) -> FocusedBlocks:
        """Return all parts and blocks; new endpoints with the same traffic are in one block."""
        new_parts = union_by_key(
            ((direction, services, existing), 1 << number)
            for (number, direction, services), existing in self._existing_parts.items()
        )
        blocks = [
            Block(new, existing, services) if direction == "ingress" else Block(existing, new, services)
            for (direction, services, existing), new in new_parts.items()
        ]
        return FocusedBlocks(self._parts, blocks)

    def _number(self, described: NewEndpoints, version: int) -> int:
        """Return the position of the part for new endpoints with addresses of an IP version.

        Without networks they have addresses of both versions: rows are only merged if they are equal for both.
        """
        if described not in self.placeholders:
            self.placeholders[described] = placeholder_endpoint("", name=described.name)
            for each in (version,) if described.networks else ADDRESS_COUNTS:
                member = ClassMember(self.placeholders[described], Address(each, 0))
                address_class = AddressClass(-1, each, None, frozenset(), frozenset())
                self._part_numbers[described, each] = len(self._parts)
                self._parts.append(ClassPart(address_class, (member,), focused=False))
        return self._part_numbers[described, version]
