"""Row drafts: allowed traffic between subgroups, before subgroups are combined into endpoint groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from calicoctl.analysis.connectivity.focus import FocusedBlocks
from calicoctl.analysis.connectivity.subgroups import Subgroup
from calicoctl.analysis.model.policy_set import Endpoint, single_endpoint
from calicoctl.analysis.sets.addresses import ADDRESS_COUNTS
from calicoctl.analysis.sets.bitsets import bit_indexes, bitset, lowest_bit
from calicoctl.analysis.sets.services import ServiceSet
from calicoctl.analysis.sets.set_index import union_by_key


class RowDraft(NamedTuple):
    """Allowed traffic between subgroups; sources and destinations are bitsets of their positions."""

    sources: int
    destinations: int
    services: ServiceSet
    versions: tuple[int, ...]
    """IP versions: `(4,)`, `(6,)` or `(4, 6)`."""


def draft_rows(
    focused_blocks: FocusedBlocks, subgroups: Sequence[Subgroup], example_parts: Sequence[int]
) -> list[RowDraft]:
    """Return a row of subgroups for each block of class parts, and so for one IP version.

    Args:
        focused_blocks: allowed traffic between class parts.
        subgroups: all subgroups.
        example_parts: for each treatment the position of one class part that has it.
    """
    subgroups_by_treatment = union_by_key(
        (treatment, 1 << number)
        for number, subgroup in enumerate(subgroups)
        for treatment in subgroup.treatments
        if treatment is not None
    )
    subgroups_by_part = {part: subgroups_by_treatment[treatment] for treatment, part in enumerate(example_parts)}
    example_bits = bitset(example_parts)
    drafts = []
    for block in focused_blocks.blocks:
        sides = [0, 0]
        for index, side in enumerate((block.sources, block.destinations)):
            for part in bit_indexes(side & example_bits):
                sides[index] |= subgroups_by_part[part]
        version = focused_blocks.parts[lowest_bit(block.sources)].address_class.version
        drafts.append(RowDraft(sides[0], sides[1], block.services, (version,)))
    return drafts


def merge_ip_versions(drafts: Iterable[RowDraft], subgroups: Sequence[Subgroup]) -> list[RowDraft]:
    """Merge an IPv4 row and an IPv6 row that are equal for all subgroups with addresses of both versions."""
    dual_stack = bitset(number for number, subgroup in enumerate(subgroups) if None not in subgroup.treatments)
    unmerged: dict[object, list[RowDraft]] = {}
    merged: list[RowDraft] = []
    for draft in drafts:
        dual_stack_ends = (draft.sources & dual_stack, draft.destinations & dual_stack)
        candidates = unmerged.setdefault((draft.services, dual_stack_ends), [])
        counterpart = next((other for other in candidates if other.versions != draft.versions), None)
        if any(dual_stack_ends) and counterpart:
            candidates.remove(counterpart)
            ends = (draft.sources | counterpart.sources, draft.destinations | counterpart.destinations)
            merged.append(RowDraft(*ends, draft.services, tuple(ADDRESS_COUNTS)))
        else:
            candidates.append(draft)
    return [*merged, *(draft for remaining in unmerged.values() for draft in remaining)]


def drop_self_traffic(drafts: Iterable[RowDraft], subgroups: Sequence[Subgroup]) -> list[RowDraft]:
    """Remove traffic that only a single endpoint sends to itself, then merge rows that differ in one end only."""
    single_endpoints = [single_endpoint(location.endpoint for location in subgroup.locations) for subgroup in subgroups]
    subgroups_by_endpoint = union_by_key(
        (endpoint, 1 << number) for number, endpoint in enumerate(single_endpoints) if endpoint
    )
    remaining = []
    for draft in drafts:
        sources, destinations = (
            end & ~_subgroups_of_only_endpoint(other_end, single_endpoints, subgroups_by_endpoint)
            for end, other_end in ((draft.sources, draft.destinations), (draft.destinations, draft.sources))
        )
        if sources and destinations:
            remaining.append(draft._replace(sources=sources, destinations=destinations))
    by_sources = union_by_key(((draft.sources, *draft[2:]), draft.destinations) for draft in remaining)
    by_destinations = union_by_key(
        ((destinations, services, versions), sources)
        for (sources, services, versions), destinations in by_sources.items()
    )
    return [
        RowDraft(sources, destinations, services, versions)
        for (destinations, services, versions), sources in by_destinations.items()
    ]


def _subgroups_of_only_endpoint(
    end: int, single_endpoints: Sequence[Endpoint | None], subgroups_by_endpoint: Mapping[Endpoint, int]
) -> int:
    """Return all subgroups of the endpoint that is alone at one end of a row, or no subgroups if it is not alone."""
    endpoint = single_endpoints[lowest_bit(end)]
    endpoint_subgroups = subgroups_by_endpoint[endpoint] if endpoint else 0
    return 0 if end & ~endpoint_subgroups else endpoint_subgroups
