"""Results of the commands that write, of `wait`, and of `diff --unmanaged`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import Enum
from typing import Any

from calicoctl.errors import Position, Problem
from calicoctl.lazy_dataclass import dataclass
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

    @classmethod
    def of_change(cls, before: object, after: object) -> Action:
        """Return the action that makes `after` of `before`; None for a key that does not exist."""
        return cls.DELETED if after is None else cls.CREATED if before is None else cls.CONFIGURED


WRITTEN_ACTIONS = {Action.CREATED, Action.CONFIGURED, Action.REPLACED, Action.DELETED, Action.PRUNED}
"""Actions that change the datastore."""


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

    @property
    def summary(self) -> str:
        """Number of resources by action: `2 created, 1 unchanged`."""
        return _count_actions(outcome.action for outcome in self.outcomes)

    @property
    def written_summary(self) -> str:
        """Number of written resources by action; empty if nothing was written."""
        if self.dry_run:
            return ""
        return _count_actions(outcome.action for outcome in self.outcomes if outcome.action in WRITTEN_ACTIONS)


def _count_actions(actions: Iterable[Action]) -> str:
    counts = Counter(actions)
    return ", ".join(f"{counts[action]} {action.value}" for action in Action if counts[action])
