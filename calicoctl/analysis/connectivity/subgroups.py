"""Subgroups: endpoints, or external addresses, with the same group key and the same connectivity.

An endpoint is in one subgroup with all its addresses, unless its addresses of one IP version differ in connectivity.
Endpoints with unknown addresses and external addresses are in one subgroup for each difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from calicoctl.analysis.connectivity.focus import ClassPart, FocusedBlocks
from calicoctl.analysis.connectivity.grouping import OUTSIDE_KEY, Grouping, GroupKey
from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.model.policy_set import Endpoint
from calicoctl.analysis.peers.peer import ALL_ADDRESSES
from calicoctl.analysis.sets.addresses import ADDRESS_COUNTS, Address
from calicoctl.analysis.sets.set_index import containing_pairs, positions_by_key

Treatments = tuple["int | None", ...]
"""Number of the treatment in each IP version; None without an address of that version.

Class parts have the same treatment if they have the same IP version and are in the same traffic blocks.
"""


class Location(NamedTuple):
    """An endpoint, or external addresses, within an address class."""

    address_class: AddressClass
    endpoint: Endpoint | None
    """None for external addresses."""
    address: Address | None
    """None for all addresses of the class, if the endpoint's addresses are unknown or there is no endpoint."""


class Subgroup(NamedTuple):
    """Locations with the same group key and the same treatments."""

    group_key: GroupKey
    locations: tuple[Location, ...]
    focused: bool
    treatments: Treatments


LocationsByKey = dict[tuple[GroupKey, bool, Treatments], list[Location]]
"""Locations by group key, whether they are focused, and treatments."""


def make_subgroups(focused_blocks: FocusedBlocks, grouping: Grouping) -> tuple[list[Subgroup], list[int]]:
    """Return all subgroups, and for each treatment the position of one class part that has it."""
    memberships = containing_pairs(
        ((block.sources, block.destinations) for block in focused_blocks.blocks), len(focused_blocks.parts)
    )
    parts_by_treatment = positions_by_key(
        (part.address_class.version, *blocks) for part, blocks in zip(focused_blocks.parts, memberships, strict=True)
    ).values()
    treatment_by_part = {part: treatment for treatment, parts in enumerate(parts_by_treatment) for part in parts}
    entries_by_endpoint: dict[Endpoint | None, list[tuple[int, bool, Location]]] = {}
    for part_index, part in enumerate(focused_blocks.parts):
        for location in _locations_in(part):
            entries_by_endpoint.setdefault(location.endpoint, []).append(
                (treatment_by_part[part_index], part.focused, location)
            )
    locations_by_key: LocationsByKey = {}
    for endpoint, entries in entries_by_endpoint.items():
        group_key = grouping.key_of(endpoint) if endpoint else OUTSIDE_KEY
        for focused in (True, False):
            own_entries = [
                (treatment, location) for treatment, is_focused, location in entries if is_focused is focused
            ]
            for treatments, locations in _split_by_treatment(own_entries):
                locations_by_key.setdefault((group_key, focused, treatments), []).extend(locations)
    return list(_merge_single_version(locations_by_key)), [parts[0] for parts in parts_by_treatment]


def _locations_in(part: ClassPart) -> Iterator[Location]:
    for endpoint, address in part.members:
        yield Location(part.address_class, endpoint, address if endpoint.addresses is not None else None)
    if part.address_class.external_addresses:
        yield Location(part.address_class, None, None)


def _split_by_treatment(entries: Iterable[tuple[int, Location]]) -> Iterator[tuple[Treatments, list[Location]]]:
    """Yield the locations of one endpoint by treatment; the main treatments of both IP versions come together."""
    by_version: dict[int, dict[int, list[Location]]] = {version: {} for version in ADDRESS_COUNTS}
    for treatment, location in entries:
        by_version[location.address_class.version].setdefault(treatment, []).append(location)
    main_treatments = tuple(map(_main_treatment, by_version.values()))
    main_locations = [
        location
        for locations_by_treatment in by_version.values()
        for treatment, locations in locations_by_treatment.items()
        if treatment in main_treatments
        for location in locations
    ]
    if main_locations:
        yield main_treatments, main_locations
    for version, locations_by_treatment in by_version.items():
        for treatment, locations in locations_by_treatment.items():
            if treatment not in main_treatments:
                yield tuple(treatment if version == each else None for each in ADDRESS_COUNTS), locations


def _main_treatment(locations_by_treatment: Mapping[int, Sequence[Location]]) -> int | None:
    """Return the treatment of one IP version that is combined with the main treatment of the other version.

    It is the only one, or that of the addresses in no network of a rule, or None.
    """
    if len(locations_by_treatment) == 1:
        return next(iter(locations_by_treatment))
    return next(
        (
            treatment
            for treatment, locations in locations_by_treatment.items()
            if any(map(_is_outside_all_networks, locations))
        ),
        None,
    )


def _is_outside_all_networks(location: Location) -> bool:
    return location.address is None and location.address_class.networks <= set(ALL_ADDRESSES)


def _merge_single_version(locations_by_key: LocationsByKey) -> Iterator[Subgroup]:
    """Yield subgroups; locations of one IP version join a subgroup of both versions that has the same treatment."""
    dual_stack_treatments: dict[object, Treatments] = {}
    for group_key, focused, treatments in locations_by_key:
        if None not in treatments:
            for treatment in treatments:
                dual_stack_treatments.setdefault((group_key, focused, treatment), treatments)
    merged: LocationsByKey = {}
    for (group_key, focused, treatments), locations in locations_by_key.items():
        merged_treatments = treatments
        if None in treatments:
            (treatment,) = (treatment for treatment in treatments if treatment is not None)
            merged_treatments = dual_stack_treatments.get((group_key, focused, treatment), treatments)
        merged.setdefault((group_key, focused, merged_treatments), []).extend(locations)
    for (group_key, focused, treatments), locations in merged.items():
        yield Subgroup(group_key, tuple(locations), focused, treatments)
