"""Pieces: endpoints, and what is none, that go under one heading and are treated alike.

An endpoint is in one piece with all its addresses, unless some of them are treated differently from others of the
same IP version. What may have any address, as the outside does, is in as many pieces as there are differences.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from calicoctl.analysis.connectivity.cells import ClassPart, FocusedBlocks, containing_sets
from calicoctl.analysis.connectivity.grouping import OUTSIDE_KEY, Grouping, GroupKey
from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.model.policy_set import Endpoint
from calicoctl.analysis.peers.peer import ALL_ADDRESSES
from calicoctl.analysis.sets.addresses import ADDRESS_COUNTS, Address

Treatments = tuple["int | None", ...]
"""The class of treatment in each IP version; None where there is no address."""


class Location(NamedTuple):
    """Somebody with one of the addresses: a known one, or any of a group where the address is not known."""

    address_class: AddressClass
    endpoint: Endpoint | None
    """None for what is no endpoint."""
    address: Address | None

    @property
    def any_address(self) -> bool:
        """Whether it stands for all addresses of its group."""
        return self.address is None


class Subgroup(NamedTuple):
    """Spots that are treated alike."""

    group_key: GroupKey
    locations: tuple[Location, ...]
    focused: bool
    treatments: Treatments


LocationsByKey = dict[tuple[GroupKey, bool, Treatments], list[Location]]
"""Spots by their heading, by whether they are focused, and by how they are treated."""


def make_subgroups(focused_blocks: FocusedBlocks, grouping: Grouping) -> tuple[list[Subgroup], list[int]]:
    """The pieces under all headings, and for each class of treatment a cell that has it."""
    treatment_by_part, example_parts = _classify_parts(focused_blocks)
    entries_by_endpoint: dict[Endpoint | None, list[tuple[int, bool, Location]]] = {}
    for part_index, part in enumerate(focused_blocks.parts):
        for location in _locations_in(part):
            entries_by_endpoint.setdefault(location.endpoint, []).append(
                (treatment_by_part[part_index], part.focused, location)
            )
    locations_by_key: LocationsByKey = {}
    for endpoint, entries in entries_by_endpoint.items():
        group_key = grouping.key_of(endpoint) if endpoint else OUTSIDE_KEY
        for focused, treatments, locations in _split_by_treatment(entries):
            locations_by_key.setdefault((group_key, focused, treatments), []).extend(locations)
    return list(_merge_single_version(locations_by_key)), example_parts


def _classify_parts(focused_blocks: FocusedBlocks) -> tuple[list[int], list[int]]:
    """The class of each cell, and an example of each class. Cells of one class are in the same blocks."""
    part_count = len(focused_blocks.parts)
    sides = (
        [block.sources for block in focused_blocks.blocks],
        [block.destinations for block in focused_blocks.blocks],
    )
    treatment_numbers: dict[object, int] = {}
    treatment_by_part: list[int] = []
    example_parts: list[int] = []
    for part_index, (part, source_blocks, destination_blocks) in enumerate(
        zip(focused_blocks.parts, *(containing_sets(side, part_count) for side in sides), strict=True)
    ):
        key = (part.address_class.version, source_blocks, destination_blocks)
        treatment_by_part.append(treatment_numbers.setdefault(key, len(treatment_numbers)))
        if treatment_by_part[-1] == len(example_parts):
            example_parts.append(part_index)
    return treatment_by_part, example_parts


def _locations_in(part: ClassPart) -> Iterator[Location]:
    for endpoint, address in part.members:
        yield Location(part.address_class, endpoint, address if endpoint.addresses is not None else None)
    if part.address_class.external_addresses:
        yield Location(part.address_class, None, None)


def _split_by_treatment(
    entries: Sequence[tuple[int, bool, Location]],
) -> Iterable[tuple[bool, Treatments, list[Location]]]:
    """Somebody as a whole where that can be; otherwise by treatment."""
    for focused in (True, False):
        by_version: dict[int, dict[int, list[Location]]] = {version: {} for version in ADDRESS_COUNTS}
        for treatment, is_focused, location in entries:
            if is_focused is focused:
                by_version[location.address_class.version].setdefault(treatment, []).append(location)
        main_treatments = tuple(map(_main_treatment, by_version.values()))
        main_locations = [
            location
            for locations_by_treatment, expected in zip(by_version.values(), main_treatments, strict=True)
            if expected is not None
            for location in locations_by_treatment[expected]
        ]
        if main_locations:
            yield focused, main_treatments, main_locations
        for version, locations_by_treatment in by_version.items():
            for treatment, locations in locations_by_treatment.items():
                if treatment not in main_treatments:
                    yield (
                        focused,
                        tuple(treatment if version == expected else None for expected in ADDRESS_COUNTS),
                        locations,
                    )


def _main_treatment(locations_by_treatment: Mapping[int, Sequence[Location]]) -> int | None:
    """The treatment in one IP version that goes together with that in the other.

    It is the only one; or else that of the rest of the world, behind all networks that rules name.
    """
    if len(locations_by_treatment) == 1:
        return next(iter(locations_by_treatment))
    return next(
        (
            treatment
            for treatment, locations in locations_by_treatment.items()
            if any(map(_is_rest_of_world, locations))
        ),
        None,
    )


def _is_rest_of_world(location: Location) -> bool:
    return location.any_address and all(network in ALL_ADDRESSES for network in location.address_class.networks)


def _merge_single_version(locations_by_key: LocationsByKey) -> Iterator[Subgroup]:
    """The pieces; who has no address of an IP version joins those who are treated alike in the other one."""
    dual_stack_treatments: dict[object, Treatments] = {}
    for group_key, focused, treatments in locations_by_key:
        if None not in treatments:
            for version_index, treatment in enumerate(treatments):
                dual_stack_treatments.setdefault((group_key, focused, version_index, treatment), treatments)
    merged: LocationsByKey = {}
    for (group_key, focused, treatments), locations in locations_by_key.items():
        merged_treatments = treatments
        if None in treatments:
            version_index = next(
                version_index for version_index, treatment in enumerate(treatments) if treatment is not None
            )
            merged_treatments = dual_stack_treatments.get(
                (group_key, focused, version_index, treatments[version_index]), treatments
            )
        merged.setdefault((group_key, focused, merged_treatments), []).extend(locations)
    for (group_key, focused, treatments), locations in merged.items():
        yield Subgroup(group_key, tuple(locations), focused, treatments)
