"""The answer that every form prints, and the words that they have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from calicoctl.analysis.connectivity.peer_groups import EndpointGroup
from calicoctl.analysis.connectivity.rows import Connectivity, Row
from calicoctl.analysis.sets import service_text
from calicoctl.analysis.sets.services import ALL_SERVICES, ServiceSet
from calicoctl.errors import UsageError
from calicoctl.name_list import join_limited

ARROW = "\N{RIGHTWARDS ARROW}"


class ConnectivityResult(NamedTuple):
    """What was asked, and the answer."""

    connectivity: Connectivity
    group_by: str
    focus: str
    """The party that has to be at one end; empty when it is about everybody."""
    services: ServiceSet
    basis: str
    """What the answer was worked out from."""
    notes: Sequence[str]

    @property
    def title(self) -> str:
        """What it is about, in a line."""
        services_text = "" if self.services is ALL_SERVICES else f" of {service_text.format_services(self.services)}"
        focus_text = f" from and to {self.focus}" if self.focus else ""
        return f"What policy allows{services_text}{focus_text}, by {self.group_by}"

    @property
    def isolation_notes(self) -> list[str]:
        """What the rows do not tell: who is in none of them."""
        isolated = [group.name for group in self.connectivity.isolated]
        if not any(not group.outside for group in self.connectivity.groups):
            return ["There is nobody to whom policy applies: neither endpoints nor profiles."]
        if len(isolated) == len(self.connectivity.groups):
            return ["Nothing is allowed from or to anybody."]
        direction_text = f"between {self.focus} and" if self.focus else "from or to"
        return [f"Nothing is allowed {direction_text} {shorten_names(isolated, 10)}."] if isolated else []

    def side_names(self, side: Sequence[EndpointGroup]) -> list[str]:
        """The crowds of one side of a row, with one name for all that go under one heading."""
        return list(self.groups_by_name(side))

    def groups_by_name(self, side: Sequence[EndpointGroup]) -> dict[str, list[str]]:
        """The names of one side of a row, each with the crowds that it stands for."""
        counts_by_key = Counter(group.key_index for group in side if not group.is_complete)
        groups_by_name: dict[str, list[str]] = {}
        for group in side:
            all_shown = not group.is_complete and counts_by_key[group.key_index] == group.key_group_count
            name = (group.key.text or "every endpoint") if all_shown else group.name
            groups_by_name.setdefault(name, []).append(group.name)
        return groups_by_name


def shorten_names(names: Sequence[str], limit: int, max_length: int = 1000) -> str:
    """Names with commas between them, those beyond the first few counted; fewer when they need more room."""
    shown = list(names[:limit])
    while len(shown) > 1 and len(", ".join(shown)) > max_length:
        shown.pop()
    return join_limited(names, len(shown))


def format_row_services(row: Row) -> str:
    """What a row allows, with the IP version where it does not hold for both."""
    return service_text.format_services(row.services) + (f" (IPv{row.only_version} only)" if row.only_version else "")


def check_limit(count: int, limit: int, output_format: str, noun: str) -> None:
    """Refuse what nobody could use.

    Raises:
        UsageProblem: there is more than `limit` of it.
    """
    if count > limit:
        raise UsageError(
            f"-o {output_format}: this would have {count:,} {noun}, more than {limit:,} "
            "(use --group-by profile or class, --focus PARTY, or -o json)"
        )
