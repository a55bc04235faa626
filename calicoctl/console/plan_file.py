"""Files of saved plans."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from calicoctl.console import output_files
from calicoctl.console.messages import current_messages
from calicoctl.console.stdin import read_option_file
from calicoctl.errors import InvalidManifest, Position, Problem, UsageError

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
    return parse_plan(filename, read_option_file(option, filename, partial(_unreadable_plan, filename)))


def _unreadable_plan(filename: str, reason: str) -> InvalidManifest:
    return InvalidManifest([Problem(Position(filename), message=f"cannot read the plan: {reason}")])


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
