"""Result of `connectivity`, and the texts that its output formats share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from calicoctl.analysis.connectivity.peer_groups import EndpointGroup
from calicoctl.analysis.connectivity.rows import Connectivity, Row
from calicoctl.analysis.sets import service_text
from calicoctl.analysis.sets.services import ALL_SERVICES, ServiceSet
from calicoctl.name_list import join_limited

ARROW = "\N{RIGHTWARDS ARROW}"
_MAX_ISOLATED_NAMES = 10


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

    @property
    def title(self) -> str:
        """Description of the result in a line."""
        services_text = "" if self.services is ALL_SERVICES else f" ({service_text.format_services(self.services)})"
        focus_text = f" from and to {self.focus}" if self.focus else ""
        return f"Allowed traffic{focus_text}{services_text}, by {self.group_by}"

    @property
    def isolation_notes(self) -> list[str]:
        """Sentence that names the groups without allowed traffic; empty if there are none."""
        isolated = [group.name for group in self.connectivity.isolated]
        if len(isolated) == len(self.connectivity.groups):
            return ["No traffic is allowed."]
        direction_text = f"between {self.focus} and" if self.focus else "from or to"
        names = shorten_names(isolated, _MAX_ISOLATED_NAMES)
        return [f"No traffic is allowed {direction_text} {names}."] if isolated else []

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
    return service_text.format_services(row.services) + (f" (IPv{row.only_version} only)" if row.only_version else "")
