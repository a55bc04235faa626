"""Consent of the user to a change of resources that the command line does not name."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NamedTuple

import click

from calicoctl.console.messages import current_messages
from calicoctl.console.streams import write_message
from calicoctl.console.terminal import is_terminal
from calicoctl.errors import Refused
from calicoctl.name_list import count_noun


class Task(NamedTuple):
    """Change that requires consent, with its names in messages."""

    verb: str
    noun: str
    participle: str
    max_listed: int | None = None
    """Maximum number of listed resources; None for all."""


DELETION = Task("delete", "deletion", "deleted")
ROLLBACK = Task("roll back", "rollback", "rolled back", 200)


def require_consent(names: Sequence[str], place: str, *, yes: bool, task: Task = DELETION) -> None:
    """Show which resources will be changed, and continue only with consent.

    Args:
        names: the resources.
        place: the datastore, for messages.
        yes: whether the user has consented with `--yes`.
        task: the change.

    Raises:
        Refused: no consent, or no terminal to request it.
    """
    count = count_noun(len(names), "resource")
    hidden = 0 if task.max_listed is None else len(names) - task.max_listed
    rest = (f"  and {hidden} more (list all: --dry-run)",) if hidden > 0 else ()
    listed = (f"  {name}" for name in names[: task.max_listed])
    current_messages().info(f"{count} in {place} to be {task.participle}:", *listed, *rest)
    if yes:
        return
    if not is_terminal(sys.stdin, sys.stderr) or current_messages().json:
        raise Refused(f"the {task.noun} of {count} requires consent, nothing was {task.participle} (write --yes)")
    if not _confirm(f"{task.verb} {count}?"):
        raise Refused(f"no consent, nothing was {task.participle}")


def _confirm(question: str) -> bool:
    """Return the answer at the terminal; False at the end of the input (Ctrl-D)."""
    try:
        return click.confirm(question, err=True)
    except click.Abort as abort:
        if isinstance(abort.__context__, EOFError):
            write_message("")  # the cursor is after the question
            return False
        raise
