"""Connectivity of a policy set: rows of endpoint groups and the services allowed between them.

The result is exact for any number of endpoints; no step iterates over pairs of endpoints.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import NamedTuple

from calicoctl.analysis.connectivity.focus import FocusedBlocks, restrict
from calicoctl.analysis.connectivity.group_names import GroupMember
from calicoctl.analysis.connectivity.grouping import Grouping
from calicoctl.analysis.connectivity.peer_groups import EndpointGroup, make_groups
from calicoctl.analysis.connectivity.row_drafts import RowDraft, draft_rows, drop_self_traffic, merge_ip_versions
from calicoctl.analysis.connectivity.subgroups import Subgroup, make_subgroups
from calicoctl.analysis.evaluation.reachability import Reachability
from calicoctl.analysis.model.policy_set import DIRECTIONS, Direction, PolicySet
from calicoctl.analysis.peers.peer import Peer
from calicoctl.analysis.sets import service_text
from calicoctl.analysis.sets.addresses import single_version
from calicoctl.analysis.sets.bitsets import bit_indexes, bitset
from calicoctl.analysis.sets.services import ALL_SERVICES, ServiceSet
from calicoctl.analysis.sets.set_index import containing_pairs, positions_by_key
from calicoctl.name_list import join_limited

_MAX_NODES_IN_NOTE = 3


class Row(NamedTuple):
    """Exactly these services are allowed from each of the sources to each of the destinations.

    The row holds for each of its IP versions, between the addresses of that version at both ends. Traffic from an
    endpoint to itself is not part of any row: the agent does not see it.
    """

    sources: tuple[EndpointGroup, ...]
    destinations: tuple[EndpointGroup, ...]
    services: ServiceSet
    versions: tuple[int, ...]

    @property
    def ends(self) -> tuple[tuple[EndpointGroup, ...], tuple[EndpointGroup, ...]]:
        """Sources and destinations."""
        return (self.sources, self.destinations)

    @property
    def only_version(self) -> int | None:
        """IP version of the row if both ends also have addresses of the other version; else None."""
        ends = [frozenset(version for group in end for version in group.versions) for end in self.ends]
        return single_version(self.versions, *ends)

    def pairs(self) -> Iterator[tuple[EndpointGroup, EndpointGroup]]:
        """Yield each pair of a source and a destination that can exchange packets of the row."""
        for source, destination in product(self.sources, self.destinations):
            same_endpoint = source.single_endpoint is not None and source.single_endpoint is destination.single_endpoint
            if not same_endpoint and source.versions & destination.versions & frozenset(self.versions):
                yield source, destination


@dataclass(frozen=True)
class Connectivity:
    """All endpoint groups, and all traffic allowed between them."""

    groups: tuple[EndpointGroup, ...]
    """Each endpoint address and each external address is in one group."""
    rows: tuple[Row, ...]
    """All allowed traffic: no packet is in two rows, and each group is at most once at each end of a row."""
    reachability: Reachability | None = None
    """Reachability between the address classes of the groups; None for an exposure."""
    notes: tuple[str, ...] = ()
    """Limits of the result, for the user."""

    @cached_property
    def grouped_by_rows(self) -> tuple[tuple[EndpointGroup, ...], ...]:
        """Sets of endpoint groups that are sources of the same rows and destinations of the same rows."""
        ends = (
            (bitset(group.index for group in row.sources), bitset(group.index for group in row.destinations))
            for row in self.rows
        )
        positions = positions_by_key(containing_pairs(ends, len(self.groups)))
        return tuple(tuple(self.groups[index] for index in indexes) for indexes in positions.values())

    @property
    def members_without_policy(self) -> Mapping[Direction, Mapping[EndpointGroup, list[GroupMember]]]:
        """Members of each group to which no policy applies, by direction."""
        result: dict[Direction, dict[EndpointGroup, list[GroupMember]]] = {direction: {} for direction in DIRECTIONS}
        for group in self.groups:
            for member in group.members:
                for direction in member.without_policy:
                    result[direction].setdefault(group, []).append(member)
        return result

    @property
    def isolated(self) -> tuple[EndpointGroup, ...]:
        """Endpoint groups in no row."""
        connected = {group for row in self.rows for end in row.ends for group in end}
        return tuple(group for group in self.groups if group not in connected)


def compute_connectivity(
    policy_set: PolicySet, grouping: Grouping, services: ServiceSet = ALL_SERVICES, focus: Peer | None = None
) -> Connectivity:
    """Return the allowed traffic of these services between the groups of a grouping.

    Args:
        policy_set: policies, profiles and endpoints.
        grouping: group key of each endpoint.
        services: services to include.
        focus: peer that must be the source or the destination; None includes all traffic.
    """
    endpoints = tuple(dict.fromkeys((*policy_set.endpoints, *(focus.endpoints if focus else ()))))
    reachability = Reachability(policy_set, endpoints, focus.boundary_networks if focus else ())
    notes = tuple(interface_notes(reachability.nodes_with_dependent_traffic))
    return connectivity_of_blocks(restrict(reachability, services, focus), grouping, reachability, notes)


def connectivity_of_blocks(
    focused_blocks: FocusedBlocks, grouping: Grouping, reachability: Reachability | None, notes: tuple[str, ...] = ()
) -> Connectivity:
    """Return traffic between parts of address classes as rows of endpoint groups.

    Args:
        focused_blocks: the traffic; each block has one IP version.
        grouping: group key of each endpoint.
        reachability: reachability between the address classes, if there is one.
        notes: limits of the result, for the user.
    """
    subgroups, example_parts = make_subgroups(focused_blocks, grouping)
    drafts = merge_ip_versions(draft_rows(focused_blocks, subgroups, example_parts), subgroups)
    drafts = drop_self_traffic(drafts, subgroups)
    groups = make_groups(subgroups, _combine_subgroups(drafts, subgroups), grouping)
    return Connectivity(groups, _make_rows(drafts, groups), reachability, notes)


def interface_notes(nodes: Sequence[str]) -> Iterator[str]:
    """Yield notes about nodes with traffic that only some of their interfaces allow."""
    if nodes:
        names = join_limited(nodes, _MAX_NODES_IN_NOTE)
        yield f"some traffic through {names} depends on the interface: rows contain what any interface allows"


def _combine_subgroups(drafts: Sequence[RowDraft], subgroups: Sequence[Subgroup]) -> list[list[int]]:
    """Return lists of positions of subgroups that have the same group key and are in the same rows."""
    memberships = containing_pairs(((draft.sources, draft.destinations) for draft in drafts), len(subgroups))
    keys = ((subgroup.group_key, subgroup.focused, rows) for subgroup, rows in zip(subgroups, memberships, strict=True))
    return list(positions_by_key(keys).values())


def _make_rows(drafts: Iterable[RowDraft], groups: Sequence[EndpointGroup]) -> tuple[Row, ...]:
    """Return the rows in the order of the output."""
    group_by_subgroup = {number: group for group in groups for number in group.subgroups}

    def groups_of(subgroups: int) -> tuple[EndpointGroup, ...]:
        groups = {group_by_subgroup[number] for number in bit_indexes(subgroups)}
        return tuple(sorted(groups, key=lambda group: group.index))

    rows = (
        Row(groups_of(draft.sources), groups_of(draft.destinations), draft.services, draft.versions) for draft in drafts
    )
    return tuple(sorted(rows, key=_sort_key))


def _sort_key(row: Row) -> tuple[object, ...]:
    ends = [[group.index for group in end] for end in row.ends]
    return (*ends, service_text.format_services(row.services), row.versions)
