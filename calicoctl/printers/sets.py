"""Sets of the datastore with their members, as a table or as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from calicoctl.printable import align_columns, escape_unprintable, join_lines
from calicoctl.printers import record
from calicoctl.resource import Identifier

Sets = Mapping[str, Sequence[Identifier]]
"""Members of each set, in the order of the output."""


def format_text(sets: Sets) -> str:
    """Return a table of the sets, with the number of their members in all and by kind."""
    rows = [("SET", "RESOURCES", "KINDS")]
    for name, members in sets.items():
        kinds = Counter(member.kind for member in members)
        by_kind = ", ".join(f"{kind} {count}" for kind, count in kinds.items())
        rows.append((escape_unprintable(name), str(len(members)), by_kind))
    return join_lines(align_columns(rows))


def format_json(sets: Sets) -> str:
    """Return a JSON list with an object for each set."""
    return record.format_json(
        [
            {"name": name, "resources": [{"kind": each.kind, "name": each.name} for each in members]}
            for name, members in sets.items()
        ]
    )


def format_names(sets: Sets) -> str:
    """Return the name of each set on a line."""
    return join_lines(sets)
