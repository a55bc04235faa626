"""What became of a resource: the result of every writing verb, and of wait."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from calicoctl.errors import Position, Problem
from calicoctl.resource import Identifier


class Action(str, Enum):
    """What was done to a resource, or what it was waited for, in the word that users read."""

    CREATED = "created"
    CONFIGURED = "configured"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"
    DELETED = "deleted"
    SKIPPED = "skipped"
    PRUNED = "pruned"
    KEPT = "kept"
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
    key: str = ""
    """Where it is stored; empty where that does not matter."""


@dataclass(frozen=True)
class Report:
    """The outcomes of one command, in the order of its resources, and what to warn of."""

    outcomes: tuple[Outcome, ...]
    warnings: tuple[Problem, ...] = ()
    dry_run: bool = False
    """Whether this is only what a command would have done."""
