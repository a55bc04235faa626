"""What became of a resource: the result of every writing verb, and of wait."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from calicoctl.errors import Position
from calicoctl.resource import Identifier


class Action(str, Enum):
    """What was done to a resource, or what it was waited for, in the word that users read."""

    CREATED = "created"
    CONFIGURED = "configured"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"
    DELETED = "deleted"
    SKIPPED = "skipped"
    PRESENT = "present"
    ABSENT = "absent"


@dataclass(frozen=True)
class Outcome:
    """What was done to one resource."""

    identifier: Identifier
    action: Action
    position: Position | None = None
    notes: tuple[str, ...] = ()
    """What the write took from others, such as labels that they had added."""

    def __str__(self) -> str:
        notes = f" ({'; '.join(self.notes)})" if self.notes else ""
        return f"{self.identifier} {self.action.value}{notes}"


@dataclass(frozen=True)
class Report:
    """The outcomes of one command, in the order of its resources, and what to warn of."""

    outcomes: tuple[Outcome, ...]
    warnings: tuple[str, ...] = field(default=())

    def summary(self) -> str:
        """How many of each action, such as `2 created, 1 unchanged`."""
        counts = {action: sum(outcome.action is action for outcome in self.outcomes) for action in Action}
        return ", ".join(f"{count} {action.value}" for action, count in counts.items() if count) or "nothing to do"
