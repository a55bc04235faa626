"""The answer that every form prints, and the words that they have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from calicoctl.analysis import wording
from calicoctl.analysis.connectivity.crowds import Crowd
from calicoctl.analysis.connectivity.rows import Connectivity, Row
from calicoctl.analysis.services import EVERYTHING, ServiceSet

ARROW = "\N{RIGHTWARDS ARROW}"


class Answer(NamedTuple):
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
        of = "" if self.services is EVERYTHING else f" of {wording.services(self.services)}"
        about = f" from and to {self.focus}" if self.focus else ""
        return f"What policy allows{of}{about}, by {self.group_by}"

    @property
    def remarks(self) -> list[str]:
        """What the rows do not tell: who is in none of them."""
        isolated = [crowd.name for crowd in self.connectivity.isolated]
        if not any(not crowd.outside for crowd in self.connectivity.crowds):
            return ["There is nobody to whom policy applies: neither endpoints nor profiles."]
        if len(isolated) == len(self.connectivity.crowds):
            return ["Nothing is allowed from or to anybody."]
        between = f"between {self.focus} and" if self.focus else "from or to"
        return [f"Nothing is allowed {between} {shortened(isolated, 10)}."] if isolated else []

    def names(self, side: Sequence[Crowd]) -> list[str]:
        """The crowds of one side of a row, with one name for all that go under one heading."""
        return list(self.parts(side))

    def parts(self, side: Sequence[Crowd]) -> dict[str, list[str]]:
        """The names of one side of a row, each with the crowds that it stands for."""
        here = Counter(crowd.under for crowd in side if not crowd.whole)
        found: dict[str, list[str]] = {}
        for crowd in side:
            all_of_it = not crowd.whole and here[crowd.under] == crowd.parts
            name = (crowd.heading.text or "every endpoint") if all_of_it else crowd.name
            found.setdefault(name, []).append(crowd.name)
        return found


def shortened(names: Sequence[str], most: int, room: int = 1000) -> str:
    """Names with commas between them, those beyond the first few counted; fewer when they need more room."""
    shown = list(names[:most])
    while len(shown) > 1 and len(", ".join(shown)) > room:
        shown.pop()
    return wording.listed(names, len(shown))


def services(row: Row) -> str:
    """What a row allows, with the IP version where it does not hold for both."""
    return wording.services(row.services) + (f" (IPv{row.only} only)" if row.only else "")
