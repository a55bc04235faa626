"""Rows in the making: what is allowed between sets of pieces, for both IP versions together where they agree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from calicoctl.analysis.addresses import ADDRESS_COUNTS
from calicoctl.analysis.bitsets import bit_indexes, bitset, lowest_bit
from calicoctl.analysis.connectivity.cells import FocusedBlocks
from calicoctl.analysis.connectivity.pieces import Subgroup
from calicoctl.analysis.model import Endpoint
from calicoctl.analysis.services import ServiceSet


class RowDraft(NamedTuple):
    """A row in the making, of sets of the numbers of pieces."""

    sources: int
    destinations: int
    services: ServiceSet
    versions: tuple[int, ...]


def draft_rows(
    focused_blocks: FocusedBlocks, subgroups: Sequence[Subgroup], example_parts: Sequence[int]
) -> list[RowDraft]:
    """The blocks, each of one IP version, in pieces: of each class of cells one stands for all."""
    subgroups_by_treatment: list[list[int]] = [[] for _ in example_parts]
    for number, subgroup in enumerate(subgroups):
        for treatment in subgroup.treatments:
            if treatment is not None:
                subgroups_by_treatment[treatment].append(number)
    subgroups_by_part = {
        part: bitset(subgroups_by_treatment[treatment]) for treatment, part in enumerate(example_parts)
    }
    example_bits = bitset(example_parts)
    drafts = []
    for block in focused_blocks.blocks:
        sides = []
        for side in (block.sources, block.destinations):
            side_subgroups = 0
            for part in bit_indexes(side & example_bits):
                side_subgroups |= subgroups_by_part[part]
            sides.append(side_subgroups)
        version = focused_blocks.parts[lowest_bit(block.sources)].address_class.version
        drafts.append(RowDraft(sides[0], sides[1], block.services, (version,)))
    return drafts


def merge_ip_versions(drafts: Iterable[RowDraft], subgroups: Sequence[Subgroup]) -> list[RowDraft]:
    """The same with those of both IP versions said once where they agree on all who have both."""
    both = bitset(number for number, subgroup in enumerate(subgroups) if None not in subgroup.treatments)
    unmerged: dict[object, list[RowDraft]] = {}
    merged: list[RowDraft] = []
    for draft in drafts:
        shared = (draft.sources & both, draft.destinations & both)
        key = (draft.services, shared)
        counterparts = [other for other in unmerged.get(key, ()) if other.versions != draft.versions]
        if any(shared) and counterparts:
            unmerged[key].remove(counterparts[0])
            sides = (draft.sources | counterparts[0].sources, draft.destinations | counterparts[0].destinations)
            merged.append(RowDraft(*sides, draft.services, tuple(ADDRESS_COUNTS)))
        else:
            unmerged.setdefault(key, []).append(draft)
    return [*merged, *(draft for remaining in unmerged.values() for draft in remaining)]


def _single_endpoint(subgroup: Subgroup) -> Endpoint | None:
    """The endpoint, when a piece is but one that somebody has written down."""
    endpoints = {location.endpoint for location in subgroup.locations}
    endpoint = endpoints.pop()
    return None if endpoints or not (endpoint and endpoint.origin) else endpoint


def drop_self_traffic(drafts: Iterable[RowDraft], subgroups: Sequence[Subgroup]) -> list[RowDraft]:
    """The same without what is about nothing but what one endpoint sends to itself; equal ends are said once."""
    subgroups_by_endpoint: dict[Endpoint, int] = {}
    single_endpoints = [_single_endpoint(subgroup) for subgroup in subgroups]
    for number, endpoint in enumerate(single_endpoints):
        if endpoint:
            subgroups_by_endpoint[endpoint] = subgroups_by_endpoint.get(endpoint, 0) | 1 << number
    by_sources: dict[object, RowDraft] = {}
    for draft in drafts:
        sources = draft.sources & ~_subgroups_of_single_endpoint(
            draft.destinations, single_endpoints, subgroups_by_endpoint
        )
        destinations = draft.destinations & ~_subgroups_of_single_endpoint(
            draft.sources, single_endpoints, subgroups_by_endpoint
        )
        if sources and destinations:
            key = (sources, draft.services, draft.versions)
            previous = by_sources.get(key)
            by_sources[key] = RowDraft(sources, destinations | (previous.destinations if previous else 0), *draft[2:])
    by_destinations: dict[object, RowDraft] = {}
    for draft in by_sources.values():
        key = (draft.destinations, draft.services, draft.versions)
        previous = by_destinations.get(key)
        by_destinations[key] = draft._replace(sources=draft.sources | (previous.sources if previous else 0))
    return list(by_destinations.values())


def _subgroups_of_single_endpoint(
    side: int, single_endpoints: Sequence[Endpoint | None], subgroups_by_endpoint: Mapping[Endpoint, int]
) -> int:
    """All pieces of an endpoint that is the only one at a side of a line; none when there are others."""
    endpoint = single_endpoints[lowest_bit(side)]
    endpoint_subgroups = subgroups_by_endpoint[endpoint] if endpoint else 0
    return 0 if side & ~endpoint_subgroups else endpoint_subgroups
