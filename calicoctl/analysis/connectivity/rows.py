"""Who can reach whom, in the words of people: rows of named crowds, exact, and no loop over pairs of endpoints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import NamedTuple

from calicoctl.analysis.connectivity.cells import FocusedBlocks, containing_sets, restrict
from calicoctl.analysis.connectivity.grouping import Grouping
from calicoctl.analysis.connectivity.peer_groups import EndpointGroup, make_groups
from calicoctl.analysis.connectivity.pieces import Subgroup, make_subgroups
from calicoctl.analysis.evaluation.reachability import Reachability
from calicoctl.analysis.model.policy_set import Endpoint, PolicySet
from calicoctl.analysis.peers.peer import Peer
from calicoctl.analysis.sets import service_text
from calicoctl.analysis.sets.addresses import ADDRESS_COUNTS
from calicoctl.analysis.sets.bitsets import bit_indexes, bitset, lowest_bit
from calicoctl.analysis.sets.services import ALL_SERVICES, ServiceSet


class Row(NamedTuple):
    """From everybody in these crowds to everybody in those exactly these services are allowed.

    That holds for each of the IP versions, between the addresses that both have of it. What an endpoint sends to
    itself never comes to the agent, and no row speaks of that.
    """

    sources: tuple[EndpointGroup, ...]
    destinations: tuple[EndpointGroup, ...]
    services: ServiceSet
    versions: tuple[int, ...]

    @property
    def ends(self) -> tuple[tuple[EndpointGroup, ...], tuple[EndpointGroup, ...]]:
        """Both sides."""
        return (self.sources, self.destinations)

    @property
    def only_version(self) -> int | None:
        """The one IP version that it holds for, when both ends have addresses of the other one too."""
        ends = [frozenset(version for group in end for version in group.versions) for end in self.ends]
        return self.versions[0] if self.versions != tuple(sorted(ends[0] & ends[1])) else None

    def pairs(self) -> Iterator[tuple[EndpointGroup, EndpointGroup]]:
        """Every crowd at one end with every crowd at the other, where there is anything to send."""
        for pair in product(self.sources, self.destinations):
            source, destination = pair
            same_endpoint = source.single_endpoint is not None and source.single_endpoint is destination.single_endpoint
            if not same_endpoint and source.versions & destination.versions & frozenset(self.versions):
                yield pair


@dataclass(frozen=True)
class Connectivity:
    """The whole answer."""

    groups: tuple[EndpointGroup, ...]
    """Everybody, each in one crowd."""
    rows: tuple[Row, ...]
    """All that is allowed; of the crowds in a row each is there once, and no packet is in two rows."""

    @cached_property
    def grouped_by_rows(self) -> tuple[tuple[EndpointGroup, ...], ...]:
        """The crowds, those together that stand in the same rows."""
        groups_by_rows: dict[object, list[EndpointGroup]] = {}
        sides = ((row.sources for row in self.rows), (row.destinations for row in self.rows))
        sets = ((bitset(group.index for group in side) for side in row_sides) for row_sides in sides)
        for group, *row_indices in zip(
            self.groups, *(containing_sets(row_sides, len(self.groups)) for row_sides in sets), strict=True
        ):
            groups_by_rows.setdefault(tuple(row_indices), []).append(group)
        return tuple(map(tuple, groups_by_rows.values()))

    @property
    def isolated(self) -> tuple[EndpointGroup, ...]:
        """The crowds that no row speaks of."""
        connected = {group for row in self.rows for side in row.ends for group in side}
        return tuple(group for group in self.groups if group not in connected)


def compute_connectivity(
    policy_set: PolicySet, grouping: Grouping, services: ServiceSet = ALL_SERVICES, focus: Peer | None = None
) -> Connectivity:
    """What is allowed of these services, in crowds under the headings of a grouping.

    Args:
        policy_set: who decides, and for whom.
        grouping: what is put together.
        services: what is of interest.
        focus: the party that has to be at one end; None means everybody.
    """
    endpoints = tuple(dict.fromkeys((*policy_set.endpoints, *(focus.endpoints if focus else ()))))
    focused_blocks = restrict(Reachability(policy_set, endpoints, focus.networks if focus else ()), services, focus)
    subgroups, example_parts = make_subgroups(focused_blocks, grouping)
    drafts = drop_self_traffic(
        merge_ip_versions(draft_rows(focused_blocks, subgroups, example_parts), subgroups), subgroups
    )
    groups = make_groups(subgroups, _indistinguishable_subgroups(drafts, subgroups), grouping)
    return Connectivity(groups, _make_rows(drafts, subgroups, groups))


def _indistinguishable_subgroups(drafts: Sequence[RowDraft], subgroups: Sequence[Subgroup]) -> list[list[int]]:
    """The numbers of pieces that go under one heading and stand in the same lines, together."""
    sides = [[draft.sources for draft in drafts], [draft.destinations for draft in drafts]]
    numbers_by_rows: dict[object, list[int]] = {}
    row_indices = zip(*(containing_sets(side, len(subgroups)) for side in sides), strict=True)
    for number, (subgroup, own_rows) in enumerate(zip(subgroups, row_indices, strict=True)):
        numbers_by_rows.setdefault((subgroup.group_key, subgroup.focused, own_rows), []).append(number)
    return list(numbers_by_rows.values())


def _make_rows(
    drafts: Iterable[RowDraft], subgroups: Sequence[Subgroup], groups: Sequence[EndpointGroup]
) -> tuple[Row, ...]:
    """The rows in the order in which they are shown."""
    group_by_subgroup: list[EndpointGroup] = [groups[0] for _ in subgroups]
    for group in groups:
        for number in group.subgroups:
            group_by_subgroup[number] = group
    rows = [
        Row(
            _groups_of(draft.sources, group_by_subgroup),
            _groups_of(draft.destinations, group_by_subgroup),
            draft.services,
            draft.versions,
        )
        for draft in drafts
    ]
    return tuple(sorted(rows, key=_sort_key))


def _groups_of(subgroups: int, group_by_subgroup: Sequence[EndpointGroup]) -> tuple[EndpointGroup, ...]:
    groups = {group_by_subgroup[number] for number in bit_indexes(subgroups)}
    return tuple(sorted(groups, key=lambda group: group.index))


def _sort_key(row: Row) -> tuple[object, ...]:
    sides = [[group.index for group in side] for side in row.ends]
    return (*sides, service_text.format_services(row.services), row.versions)


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
