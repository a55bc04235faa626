"""Crowds: what stands under one name in an answer. A name that says no more than its heading means all under it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count

from calicoctl.analysis.connectivity.group_names import GroupMember, group_members, make_names
from calicoctl.analysis.connectivity.grouping import OUTSIDE_KEY, Grouping, GroupKey, natural_sort_key
from calicoctl.analysis.connectivity.pieces import Location, Subgroup
from calicoctl.analysis.model.policy_set import Endpoint


@dataclass(frozen=True, eq=False)
class EndpointGroup:
    """Endpoints, or what is none, that are treated alike."""

    index: int
    """Its place among all."""
    name: str
    """No other crowd has it."""
    key: GroupKey
    key_index: int
    """The number of its heading."""
    key_group_count: int
    """How many crowds go under its heading."""
    focused: bool
    """Whether it is of the party that was asked about."""
    members: tuple[GroupMember, ...]
    versions: frozenset[int]
    """The IP versions that it has addresses of."""
    subgroups: tuple[int, ...]
    """The numbers of the pieces that it is made of."""

    @property
    def is_complete(self) -> bool:
        """Whether it is all that goes under its heading."""
        return self.key_group_count == 1

    @property
    def outside(self) -> bool:
        """Whether it is no endpoint."""
        return self.key is OUTSIDE_KEY

    @property
    def single_endpoint(self) -> Endpoint | None:
        """The endpoint, when it is but one that somebody has written down."""
        endpoint = self.members[0].endpoint if len(self.members) == 1 else None
        return endpoint if endpoint and endpoint.origin else None


def make_groups(
    subgroups: Sequence[Subgroup], subgroup_sets: Iterable[Sequence[int]], grouping: Grouping
) -> tuple[EndpointGroup, ...]:
    """The crowds that pieces make when those that are alike are put together, by heading and name."""
    sets_by_key: dict[GroupKey, list[Sequence[int]]] = {}
    for indices in subgroup_sets:
        sets_by_key.setdefault(subgroups[indices[0]].group_key, []).append(indices)
    groups: list[EndpointGroup] = []
    used_names: set[str] = set()
    for key_index, (group_key, key_sets) in enumerate(sorted(sets_by_key.items())):
        for name, indices, members in _name_groups(group_key, key_sets, subgroups, grouping):
            own_subgroups = [subgroups[index] for index in indices]
            versions = frozenset(
                location.address_class.version for subgroup in own_subgroups for location in subgroup.locations
            )
            groups.append(
                EndpointGroup(
                    len(groups),
                    _unique_name(name, used_names),
                    group_key,
                    key_index,
                    len(key_sets),
                    own_subgroups[0].focused,
                    tuple(members),
                    versions,
                    tuple(indices),
                )
            )
    return tuple(groups)


def _name_groups(
    group_key: GroupKey, subgroup_sets: Sequence[Sequence[int]], subgroups: Sequence[Subgroup], grouping: Grouping
) -> list[tuple[str, Sequence[int], list[GroupMember]]]:
    """The parts of what goes under one heading, each with its name and who is in it, by name."""
    location_sets = [_locations_of(indices, subgroups) for indices in subgroup_sets]
    members = group_members(location_sets, grouping)
    return sorted(
        zip(make_names(group_key, location_sets, members, grouping), subgroup_sets, members, strict=True),
        key=lambda named_group: natural_sort_key(named_group[0]),
    )


def _locations_of(indices: Iterable[int], subgroups: Sequence[Subgroup]) -> list[Location]:
    return [location for index in indices for location in subgroups[index].locations]


def _unique_name(name: str, used_names: set[str]) -> str:
    """The name, with a number behind it when it is taken: a long list is not written out in it."""
    candidates = (name if number == 1 else f"{name} ({number})" for number in count(1))
    unused_name = next(candidate for candidate in candidates if candidate not in used_names)
    used_names.add(unused_name)
    return unused_name
