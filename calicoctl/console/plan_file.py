"""Files of saved plans."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from calicoctl.bounded_read import read_argument
from calicoctl.console import output_files
from calicoctl.console.messages import current_messages
from calicoctl.console.stdin import announce_stdin
from calicoctl.errors import InvalidManifest, Position, Problem, UsageError, os_reason

if TYPE_CHECKING:
    from calicoctl.operations.plan import SavedPlan


def load(option: str, filename: str) -> SavedPlan:
    """Return the plan in a file, or on stdin (`-`).

    Args:
        option: the option with the name of the file, for messages.
        filename: the file.

    Raises:
        UsageError: the name is empty, or stdin is closed.
        InvalidManifest: the file is unreadable or not a plan.
    """
    from calicoctl.operations.plan_format import parse_plan

    if filename == "":
        raise UsageError(f"{option} is empty (name a file, or - for stdin)")
    if filename == "-" and not sys.stdin:
        raise UsageError(f"{option} -: stdin is closed")
    if filename == "-":
        announce_stdin()
    try:
        text = read_argument(filename).decode()
    except (OSError, UnicodeDecodeError) as error:
        reason = os_reason(error) if isinstance(error, OSError) else "is not UTF-8"
        raise InvalidManifest([Problem(Position(filename), "", "", f"cannot read the plan: {reason}")]) from None
    return parse_plan(filename, text)


def check_name(filename: str) -> None:
    """Raise UsageError if a plan cannot be saved to a file of this name."""
    if filename in {"", "-"}:
        problem = "-: is not a file" if filename else "is empty"
        raise UsageError(f"--save {problem} (name a file, or write -o json for stdout)")


def save(filename: str, plan: SavedPlan) -> None:
    """Save a plan to a file that only its owner can read, and state its contents.

    Raises:
        UsageError, CalicoctlError: as `output_files.save_private`.
    """
    from calicoctl.operations.plan_format import format_plan

    output_files.save_private(filename, format_plan(plan), "plan")
    current_messages().info(
        f"plan saved to {filename}: it contains manifests and stored objects with all annotations, in clear text"
    )
