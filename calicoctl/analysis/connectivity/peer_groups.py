"""Endpoint groups: the named ends of connectivity rows. A group named as its key contains all endpoints of that key."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count

from calicoctl.analysis.connectivity.group_names import GroupMember, group_members, make_names
from calicoctl.analysis.connectivity.grouping import OUTSIDE_KEY, Grouping, GroupKey, natural_sort_key
from calicoctl.analysis.connectivity.subgroups import Subgroup
from calicoctl.analysis.evaluation.address_class import AddressClass
from calicoctl.analysis.model.policy_set import Endpoint, single_endpoint


@dataclass(frozen=True, eq=False)
class EndpointGroup:
    """Endpoints, or external addresses, with the same connectivity."""

    index: int
    """Position among all groups."""
    name: str
    """Unique name."""
    key: GroupKey
    key_index: int
    """Position of the key among all keys."""
    key_group_count: int
    """Number of groups that have the key."""
    focused: bool
    """Whether it belongs to the focused peer."""
    members: tuple[GroupMember, ...]
    versions: frozenset[int]
    """IP versions of its addresses."""
    subgroups: tuple[int, ...]
    """Positions of its subgroups."""
    classes: tuple[AddressClass, ...]
    """Address classes of its members; other groups can have other members of these classes."""

    @property
    def is_complete(self) -> bool:
        """Whether it is the only group that has the key."""
        return self.key_group_count == 1

    @property
    def outside(self) -> bool:
        """Whether it contains addresses of non-endpoints."""
        return self.key is OUTSIDE_KEY

    @property
    def single_endpoint(self) -> Endpoint | None:
        """The endpoint if the group consists of a single one from a manifest or the datastore; else None."""
        return single_endpoint(member.endpoint for member in self.members)


def make_groups(
    subgroups: Sequence[Subgroup], subgroup_sets: Iterable[Sequence[int]], grouping: Grouping
) -> tuple[EndpointGroup, ...]:
    """Return a group for each set of subgroups, sorted by group key and name.

    Args:
        subgroups: all subgroups.
        subgroup_sets: positions of the subgroups of each group; they have the same group key and connectivity.
        grouping: source of group keys, labels and short names.
    """
    sets_by_key: dict[GroupKey, list[Sequence[int]]] = {}
    for indices in subgroup_sets:
        sets_by_key.setdefault(subgroups[indices[0]].group_key, []).append(indices)
    groups: list[EndpointGroup] = []
    used_names: set[str] = set()
    for key_index, (group_key, key_sets) in enumerate(sorted(sets_by_key.items())):
        for name, indices, members in _name_groups(group_key, key_sets, subgroups, grouping):
            own_subgroups = [subgroups[index] for index in indices]
            classes = dict.fromkeys(
                location.address_class for subgroup in own_subgroups for location in subgroup.locations
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
                    frozenset(address_class.version for address_class in classes),
                    tuple(indices),
                    tuple(classes),
                )
            )
    return tuple(groups)


def _name_groups(
    group_key: GroupKey, subgroup_sets: Sequence[Sequence[int]], subgroups: Sequence[Subgroup], grouping: Grouping
) -> list[tuple[str, Sequence[int], list[GroupMember]]]:
    """Return the groups of one key, sorted by name: name, positions of the subgroups, and members."""
    location_sets = [
        [location for index in indices for location in subgroups[index].locations] for indices in subgroup_sets
    ]
    members = group_members(location_sets, grouping)
    return sorted(
        zip(make_names(group_key, location_sets, members, grouping), subgroup_sets, members, strict=True),
        key=lambda named_group: natural_sort_key(named_group[0]),
    )


def _unique_name(name: str, used_names: set[str]) -> str:
    """Return the name, with a number appended if it is in use: names with `and N more` may be equal."""
    candidates = (name if number == 1 else f"{name} ({number})" for number in count(1))
    unused_name = next(candidate for candidate in candidates if candidate not in used_names)
    used_names.add(unused_name)
    return unused_name
