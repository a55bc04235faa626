"""Results of the commands that write, and of `wait`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from calicoctl.errors import Position, Problem
from calicoctl.resource import Identifier


class Action(str, Enum):
    """Action on a resource, or the state that `wait` waited for, as displayed."""

    CREATED = "created"
    CONFIGURED = "configured"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"
    DELETED = "deleted"
    SKIPPED = "skipped"
    PRUNED = "pruned"
    KEPT = "kept"
    UNMANAGED = "unmanaged"
    PRESENT = "present"
    ABSENT = "absent"
    MET = "condition met"
    VALID = "valid"


@dataclass(frozen=True)
class Outcome:
    """Action on one resource."""

    identifier: Identifier
    action: Action
    position: Position | None = None
    notes: tuple[str, ...] = ()
    """Side effects of the write, such as the removal of labels that another client added."""
    key: str = ""
    """Key in the datastore; empty where it is not needed."""

    def source_fields(self) -> dict[str, Any]:
        """Return the name and the source of the resource, as in all JSON output."""
        return {
            "kind": self.identifier.kind,
            "name": self.identifier.name,
            "file": self.position.source if self.position else None,
            "line": self.position.line if self.position else None,
        }


@dataclass(frozen=True)
class Report:
    """Outcomes of a command in the order of its resources, and its warnings."""

    outcomes: tuple[Outcome, ...]
    warnings: tuple[Problem, ...] = ()
    dry_run: bool = False
    """Whether nothing was written because of `--dry-run`."""
    read_datastore: bool = True
    """Whether the datastore was read; not with `--dry-run=client`."""
