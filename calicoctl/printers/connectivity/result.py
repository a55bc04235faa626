"""Result of `connectivity`, and the texts that its output formats share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from calicoctl.analysis.connectivity.explanation import ExplainedPair
from calicoctl.analysis.connectivity.group_names import GroupMember
from calicoctl.analysis.connectivity.peer_groups import EndpointGroup
from calicoctl.analysis.connectivity.rows import Connectivity, Row
from calicoctl.analysis.model.policy_set import Endpoint
from calicoctl.analysis.sets import service_text
from calicoctl.analysis.sets.services import ALL_SERVICES, ServiceSet
from calicoctl.name_list import join_limited

if TYPE_CHECKING:
    from calicoctl.analysis.exposure.new_endpoints import NewEndpoints

ARROW = "\N{RIGHTWARDS ARROW}"
_MAX_ISOLATED_NAMES = 10
_EFFECTS = {True: "profiles decide", False: "denied, because they have no profile"}
"""Effect of no policy on endpoints with and without a profile."""


class ConnectivityResult(NamedTuple):
    """Connectivity, with the options and the resources used."""

    connectivity: Connectivity
    group_by: str
    """`--group-by` as written."""
    focus: str
    """`--focus` as written; empty without it."""
    services: ServiceSet
    """Services included in the result."""
    basis: str
    """Files or datastore, with the number of resources."""
    notes: Sequence[str]
    """Warnings about these resources."""
    width: int | None = None
    """Columns of the terminal; None if the output is not on a terminal."""
    new_endpoints: Mapping[Endpoint, NewEndpoints] | None = None
    """Endpoints that do not exist yet, by placeholder; None without `--exposure`."""
    explanation: Sequence[ExplainedPair] | None = None
    """Decisions for each pair of groups; None without `--explain`."""

    @property
    def title(self) -> str:
        """Description of the result in a line."""
        services_text = "" if self.services is ALL_SERVICES else f" ({service_text.format_services(self.services)})"
        focus_text = f" from and to {self.focus}" if self.focus else ""
        new_text = "" if self.new_endpoints is None else " with endpoints that do not exist yet"
        return f"Allowed traffic{focus_text}{new_text}{services_text}, by {self.group_by}"

    @property
    def isolation_notes(self) -> list[str]:
        """Sentence that names the groups without allowed traffic; empty if there are none."""
        isolated = [group.name for group in self.connectivity.isolated]
        if len(isolated) == len(self.connectivity.groups):
            return ["No traffic is allowed."]
        names = shorten_names(isolated, _MAX_ISOLATED_NAMES)
        if isolated and self.new_endpoints is not None:
            return [f"Endpoints that do not exist yet can have no traffic with {names}."]
        direction_text = f"between {self.focus} and" if self.focus else "from or to"
        return [f"No traffic is allowed {direction_text} {names}."] if isolated else []

    @property
    def policy_notes(self) -> list[str]:
        """Sentences that name the endpoints to which no policy applies; empty if no policy applies to any endpoint."""
        by_direction = {
            direction: {group: members for group, members in by_group.items() if not self.described_by(group)}
            for direction, by_group in self.connectivity.members_without_policy.items()
        }
        every_endpoint = {
            group: list(group.members)
            for group in self.connectivity.groups
            if not (group.outside or self.described_by(group))
        }
        if all(members == every_endpoint for members in by_direction.values()):
            return []
        directions_by_names: dict[tuple[str, tuple[str, ...]], list[str]] = {}
        for has_profile, effect in _EFFECTS.items():
            for direction, by_group in by_direction.items():
                if members := _select_members(by_group, has_profile=has_profile):
                    names = tuple(self._member_names(members))
                    directions_by_names.setdefault((effect, names), []).append(direction)
        return [
            f"No policy applies to {' and '.join(directions)} of {shorten_names(names, _MAX_ISOLATED_NAMES)}: {effect}."
            for (effect, names), directions in directions_by_names.items()
        ]

    def described_by(self, group: EndpointGroup) -> NewEndpoints | None:
        """Return the description of a group of endpoints that do not exist yet; None for other groups."""
        endpoint = group.members[0].endpoint
        return self.new_endpoints.get(endpoint) if self.new_endpoints and endpoint else None

    def _member_names(self, members_by_group: Mapping[EndpointGroup, Sequence[GroupMember]]) -> list[str]:
        """Return the names of groups of which all members are listed, and of the members of the others."""
        complete: list[EndpointGroup] = []
        names: list[str] = []
        for group, members in members_by_group.items():
            if len(members) == len(group.members):
                complete.append(group)
            else:
                names += [member.endpoint.name for member in members if member.endpoint]
        return [*self.groups_by_name(complete), *names]

    def groups_by_name(self, side: Sequence[EndpointGroup]) -> dict[str, list[str]]:
        """Return the names at one end of a row, each with the names of its groups.

        If all groups of a group key are at the end, they share the name of the key.
        """
        counts_by_key = Counter(group.key_index for group in side)
        groups_by_name: dict[str, list[str]] = {}
        for group in side:
            all_shown = not group.is_complete and counts_by_key[group.key_index] == group.key_group_count
            groups_by_name.setdefault(group.key.group_name if all_shown else group.name, []).append(group.name)
        return groups_by_name


def _select_members(
    members_by_group: Mapping[EndpointGroup, Sequence[GroupMember]], *, has_profile: bool
) -> dict[EndpointGroup, list[GroupMember]]:
    """Return the members with or without a profile, without empty groups."""
    selected = {
        group: [each for each in members if bool(each.endpoint and each.endpoint.profiles) == has_profile]
        for group, members in members_by_group.items()
    }
    return {group: members for group, members in selected.items() if members}


def shorten_names(names: Sequence[str], limit: int, max_length: int = 1000) -> str:
    """Return names separated by commas, and the number of those beyond a limit.

    Args:
        names: names to list.
        limit: maximum number of names.
        max_length: maximum number of characters; a single name may be longer.
    """
    shown = list(names[:limit])
    while len(shown) > 1 and len(", ".join(shown)) > max_length:
        shown.pop()
    return join_limited(names, len(shown))


def format_row_services(row: Row) -> str:
    """Return the services of a row, with its IP version if both ends also have addresses of the other version."""
    return service_text.format_services(row.services, row.only_version)
